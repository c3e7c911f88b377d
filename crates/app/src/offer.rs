//! Which times of an event type are free.

use roomkey_core::{
    account::User,
    availability::{Offer, Schedule, Slot},
    event_type::EventType,
    ids::{EventTypeId, UserId},
    time::{Instant, LocalDate, Minutes, Span},
};
use roomkey_store::{StoreError, Tx};

use crate::App;

/// An event type that can be booked, with its free times.
#[derive(Debug, Clone)]
pub struct Offered {
    /// With whom.
    pub host: User,
    /// What.
    pub event_type: EventType,
    /// When the host can be booked at all.
    pub schedule: Schedule,
    /// The free times that were asked for, in order.
    pub slots: Vec<Slot>,
    /// The last date, in the schedule's zone, that can be booked.
    pub last_date: LocalDate,
    /// The moment for which all this holds.
    pub now: Instant,
}

/// Which page is asked for, as it stands in its address.
#[derive(Debug, Clone)]
pub struct Page {
    /// The host's handle.
    pub handle: String,
    /// The event type's slug.
    pub slug: String,
}

/// No free times can be told.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// There is no such event type.
    #[error("there is nothing to book at this address")]
    Unknown,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How far [`App::nearest_slots`] looks to either side.
const NEAR: Minutes = Minutes(14 * 24 * 60);

impl App {
    /// The free times of an event type that start in `range`.
    ///
    /// # Errors
    /// [`OfferError`].
    pub async fn slots(&self, page: Page, range: Span) -> Result<Offered, OfferError> {
        let now = self.now();
        self.store
            .read(move |tx| {
                let facts = tx.offer_facts(&page.handle, &page.slug)?;
                offered(tx, facts.ok_or(OfferError::Unknown)?, range, now)
            })
            .await
    }

    /// The free times of a host's own event type that start in `range`.
    ///
    /// # Errors
    /// [`OfferError`].
    pub async fn own_slots(
        &self,
        host: User,
        event_type: EventTypeId,
        range: Span,
    ) -> Result<Offered, OfferError> {
        let now = self.now();
        self.store
            .read(move |tx| {
                let facts = own_facts(tx, host.id, event_type)?.ok_or(OfferError::Unknown)?;
                offered(tx, (host.clone(), facts.0, facts.1), range, now)
            })
            .await
    }

    /// The free times nearest to `start`, at most `most`, in order of time.
    ///
    /// # Errors
    /// [`OfferError`].
    pub async fn nearest_slots(
        &self,
        page: Page,
        start: Instant,
        most: usize,
    ) -> Result<Vec<Slot>, OfferError> {
        let around = Span { start: start.minus(NEAR), end: start.plus(NEAR) };
        let mut slots = self.slots(page, around).await?.slots;
        slots.sort_unstable_by_key(|slot| slot.start.since(start).abs());
        slots.truncate(most);
        slots.sort_unstable_by_key(|slot| slot.start);
        Ok(slots)
    }
}

pub(crate) fn own_facts(
    tx: &mut Tx<'_>,
    host: UserId,
    event_type: EventTypeId,
) -> Result<Option<(EventType, Schedule)>, StoreError> {
    Ok(tx.event_type(host, event_type)?.zip(tx.schedule(host)?))
}

fn offered(
    tx: &mut Tx<'_>,
    (host, event_type, schedule): (User, EventType, Schedule),
    range: Span,
    now: Instant,
) -> Result<Offered, OfferError> {
    let busy = tx.busy_times(host.id, range)?;
    let offer = Offer { schedule: &schedule, terms: &event_type.terms, busy: &busy, now };
    let (slots, last_date) = (offer.slots(range), offer.last_date());
    Ok(Offered { host, event_type, schedule, slots, last_date, now })
}
