//! Links that open an event type: made, told and removed by its host, and honoured wherever it is
//! offered or booked.

use roomkey_core::{
    event_type::{Closed, EventLink, LinkRefusal, Prefill},
    ids::{EventLinkId, EventTypeId, UserId},
    text::{PersonName, Title},
    time::Instant,
    token::Token,
};
use roomkey_store::{IssuedLink, OfferFacts, StoreError, Tx};

use crate::{App, Page};

/// The most links of an event type.
const MOST_LINKS: i64 = 500;

/// A link to be made.
#[derive(Debug, Clone)]
pub struct NewEventLink {
    /// By which the host knows it.
    pub name: Title,
    /// For how many bookings it is; for any number if it does not say.
    pub uses: Option<u32>,
    /// From when on it opens nothing.
    pub expires_at: Option<Instant>,
    /// What it fills in.
    pub prefill: Prefill,
}

/// The link was not made.
#[derive(Debug, thiserror::Error)]
pub enum EventLinkError {
    /// The host has no such event type.
    #[error("there is no such event type")]
    Unknown,
    /// There are enough.
    #[error("this event type has {MOST_LINKS} links already, remove some first")]
    TooMany,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The link that was brought works no longer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}; ask {host} for a new one")]
pub struct LinkGone {
    /// What became of it.
    pub why: LinkRefusal,
    /// Who can give another.
    pub host: PersonName,
}

/// An event type is not open to whoever asks.
#[derive(Debug)]
pub(crate) enum NotOpen {
    /// As if there were none.
    Unknown,
    Gone(LinkGone),
}

/// The link of the event type that was brought; an error if it works no longer, or one is missing.
/// Only who brings one causes a look-up.
pub(crate) fn admit<E: From<StoreError> + From<NotOpen>>(
    tx: &mut Tx<'_>,
    OfferFacts { host, event_type, .. }: &OfferFacts,
    page: &Page,
    now: Instant,
) -> Result<Option<EventLink>, E> {
    let link = match page.link {
        Some(token) => tx.event_link(event_type.id, token)?,
        None => None,
    };
    let admitted = event_type.terms.visibility.admit(page.by, link.as_ref(), now);
    admitted.map_err(|closed| match closed {
        Closed::Missing => NotOpen::Unknown,
        Closed::Gone(why) => NotOpen::Gone(LinkGone { why, host: host.name.clone() }),
    })?;
    Ok(link)
}

/// Takes one of the bookings that a link is for. The host is locked, so that no other booking comes
/// between look and change.
pub(crate) fn take_use<E: From<StoreError> + From<NotOpen>>(
    tx: &mut Tx<'_>,
    link: &EventLink,
    host: &PersonName,
) -> Result<(), E> {
    if link.uses_left.is_some() && !tx.take_link_use(link.id)? {
        let gone = LinkGone { why: LinkRefusal::UsedUp, host: host.clone() };
        return Err(NotOpen::Gone(gone).into());
    }
    Ok(())
}

impl App {
    /// The links of an event type, the latest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn event_links(
        &self,
        event_type: EventTypeId,
    ) -> Result<Vec<IssuedLink>, StoreError> {
        self.store.read(move |tx| tx.event_links(event_type)).await
    }

    /// Makes a link to one of a host's event types.
    ///
    /// # Errors
    /// [`EventLinkError`].
    pub async fn add_event_link(
        &self,
        host: UserId,
        event_type: EventTypeId,
        NewEventLink { name, uses, expires_at, prefill }: NewEventLink,
    ) -> Result<IssuedLink, EventLinkError> {
        let now = self.now();
        let id = EventLinkId::new(now, self.entropy());
        let link = EventLink { id, event_type, name, uses_left: uses, expires_at, prefill };
        let issued = IssuedLink { link, token: Token::new(self.entropy()) };
        let stored = issued.clone();
        self.store
            .write(move |tx| {
                tx.event_type(host, event_type)?.ok_or(EventLinkError::Unknown)?;
                if tx.count_event_links(event_type)? >= MOST_LINKS {
                    return Err(EventLinkError::TooMany);
                }
                Ok(tx.insert_event_link(&stored, now)?)
            })
            .await?;
        Ok(issued)
    }

    /// Removes a link of an event type: it opens nothing any more. False if there is none with that
    /// id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_event_link(
        &self,
        event_type: EventTypeId,
        id: EventLinkId,
    ) -> Result<bool, StoreError> {
        self.store.write(move |tx| tx.delete_event_link(event_type, id)).await
    }

    /// Removes any link: for who runs the server.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remove_any_event_link(&self, id: EventLinkId) -> Result<bool, StoreError> {
        self.store.write(move |tx| tx.delete_any_event_link(id)).await
    }
}
