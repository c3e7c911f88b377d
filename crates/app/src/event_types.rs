//! Event types of a host.

use roomkey_core::{
    account::User,
    availability::Schedule,
    event_type::{EventType, Terms, Unbookable, Visibility},
    ids::{EventTypeId, UserId},
};
use roomkey_store::{Constraint, StoreError};

use crate::App;

/// The event type was not stored.
#[derive(Debug, thiserror::Error)]
pub enum EventTypeError {
    /// The host has one with that slug.
    #[error("another of your event types has this slug, choose another")]
    SlugTaken,
    /// The host has none with that id.
    #[error("there is no such event type")]
    Unknown,
    /// The database.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for EventTypeError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Constraint(Constraint::EventTypeSlug) => Self::SlugTaken,
            other => Self::Store(other),
        }
    }
}

impl App {
    /// All event types of a host, by title.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn event_types(&self, host: UserId) -> Result<Vec<EventType>, StoreError> {
        self.store.read(move |tx| tx.event_types(host)).await
    }

    /// What in the terms alone leaves customers no time to book, if anything does. `schedules` are its host's.
    pub fn unbookable(&self, terms: &Terms, schedules: &[Schedule]) -> Option<Unbookable> {
        let schedule = schedules.iter().find(|schedule| terms.is_by(schedule))?;
        terms.unbookable(schedule.time_zone.date(self.now()))
    }

    /// A host by handle, with their public event types: what their page shows.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn profile(
        &self,
        handle: &str,
    ) -> Result<Option<(User, Vec<EventType>)>, StoreError> {
        match self.host(handle).await? {
            Some(host) => {
                let mut event_types = self.event_types(host.id).await?;
                event_types.retain(|event| event.terms.visibility == Visibility::Public);
                Ok(Some((host, event_types)))
            }
            None => Ok(None),
        }
    }

    /// One event type of a host.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn event_type(
        &self,
        host: UserId,
        id: EventTypeId,
    ) -> Result<Option<EventType>, StoreError> {
        self.store.read(move |tx| tx.event_type(host, id)).await
    }

    /// Makes an event type.
    ///
    /// # Errors
    /// [`EventTypeError`].
    pub async fn create_event_type(
        &self,
        host: UserId,
        terms: Terms,
    ) -> Result<EventType, EventTypeError> {
        let now = self.now();
        let event_type = EventType { id: EventTypeId::new(now, self.entropy()), host, terms };
        let stored = event_type.clone();
        self.store
            .write(move |tx| Ok::<_, EventTypeError>(tx.insert_event_type(&stored, now)?))
            .await?;
        Ok(event_type)
    }

    /// Gives an event type new terms, but for its questions, which are changed one by one
    /// ([`Self::change_questions`]). Bookings keep those that they were made with.
    ///
    /// # Errors
    /// [`EventTypeError`].
    pub async fn change_event_type(
        &self,
        host: UserId,
        id: EventTypeId,
        terms: Terms,
    ) -> Result<EventType, EventTypeError> {
        self.store
            .write(move |tx| {
                let before = tx.event_type(host, id)?.ok_or(EventTypeError::Unknown)?;
                let questions = before.terms.questions;
                let terms = Terms { questions, ..terms.clone() };
                let event_type = EventType { id, host, terms };
                tx.update_event_type(&event_type)?;
                Ok(event_type)
            })
            .await
    }
}
