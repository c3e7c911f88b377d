//! Which times of an event type are free, and why others are not.

use roomkey_core::{
    account::User,
    availability::{
        Busy, BusyTimes, Occupant, Offer, Reason, Refusal, Schedule, Slot, counted_span,
    },
    booking::Side,
    event_type::{EventLink, EventType, Terms},
    ids::{BookingId, EventTypeId},
    time::{Instant, LocalDate, Minutes, Span},
    token::TokenHash,
    waiting_list::Entry,
};
use roomkey_store::{OfferFacts, OfferKey, StoreError, Tx};

use crate::{
    App, LinkGone,
    event_links::{NotOpen, admit},
};

/// An event type that can be booked, with its free times.
#[derive(Debug, Clone)]
pub struct Offered {
    /// With whom.
    pub host: User,
    /// What.
    pub event_type: EventType,
    /// When the host can be booked at all.
    pub schedule: Schedule,
    /// For how long.
    pub duration: Minutes,
    /// The free times that were asked for, in order.
    pub slots: Vec<Slot>,
    /// The last date, in the schedule's zone, that can be booked.
    pub last_date: LocalDate,
    /// The link by which it was asked for.
    pub link: Option<EventLink>,
    /// Who asks, if they have waited for it.
    pub waiting: Option<Entry>,
    /// The moment for which all this holds.
    pub now: Instant,
}

/// Whether a time can be booked, and all that speaks against it.
#[derive(Debug, Clone)]
pub struct Explained {
    /// With whom.
    pub host: User,
    /// In whose zone the reasons are told.
    pub schedule: Schedule,
    /// The slot, if it can be booked.
    pub slot: Option<Slot>,
    /// What speaks against it, in order, and each in full for the host alone.
    pub reasons: Vec<(Refusal, String)>,
}

/// Which page is asked for, as it stands in its address.
#[derive(Debug, Clone)]
pub struct Page {
    /// The host's handle.
    pub handle: String,
    /// The event type's slug.
    pub slug: String,
    /// Who asks, by all that they are known by: a time that they keep themselves is free to them.
    pub holders: Vec<TokenHash>,
    /// The link that they brought. One that is none of the event type's is as good as no link.
    pub link: Option<TokenHash>,
    /// On which side they are: a host needs no link to what is theirs.
    pub by: Side,
    /// What their browser keeps to show that an address is theirs.
    pub stamp: Option<String>,
    /// The link to their page in a waiting list, which they brought: a time that is kept for them is free to them.
    pub waiting: Option<TokenHash>,
}

/// No free times can be told.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// There is no such event type.
    #[error("there is nothing to book at this address")]
    Unknown,
    /// The link works no longer.
    #[error(transparent)]
    Gone(LinkGone),
    /// The event type has no bookings of that length.
    #[error(transparent)]
    Duration(#[from] WrongDuration),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NotOpen> for OfferError {
    fn from(not_open: NotOpen) -> Self {
        match not_open {
            NotOpen::Unknown => Self::Unknown,
            NotOpen::Gone(gone) => Self::Gone(gone),
        }
    }
}

/// The event type has no bookings of that length.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bookings of this event type last {}", self.in_words())]
pub struct WrongDuration {
    /// The lengths that it has, the shortest first.
    pub offered: Vec<Minutes>,
}

impl WrongDuration {
    /// The lengths that it has: `30 minutes or 1 hour`.
    pub fn in_words(&self) -> String {
        let words: Vec<String> = self.offered.iter().map(Minutes::to_string).collect();
        match words.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

/// The free times nearest to another.
pub(crate) mod nearest {
    use super::{Instant, Minutes, Slot, Span};

    /// How far they may be.
    const NEAR: Minutes = Minutes(14 * 24 * 60);

    /// Where they are looked for.
    pub(crate) fn around(start: Instant) -> Span {
        Span { start: start.minus(NEAR), end: start.plus(NEAR) }
    }

    /// At most `most` of them, in order of time.
    pub(crate) fn pick(mut slots: Vec<Slot>, start: Instant, most: usize) -> Vec<Slot> {
        slots.sort_unstable_by_key(|slot| slot.start.since(start).abs());
        slots.truncate(most);
        slots.sort_unstable_by_key(|slot| slot.start);
        slots
    }
}

impl App {
    /// The free times of an event type that start in `range`; without `duration` of its usual
    /// length.
    ///
    /// # Errors
    /// [`OfferError`].
    pub async fn slots(
        &self,
        page: Page,
        duration: Option<Minutes>,
        range: Span,
    ) -> Result<Offered, OfferError> {
        let now = self.now();
        self.store
            .read(move |tx| {
                let facts = tx.offer_facts(page.key(), now)?.ok_or(OfferError::Unknown)?;
                let link = admit::<OfferError>(tx, &facts, &page, now)?;
                let waiting = waiting_of(tx, &page, facts.event_type.id)?;
                let offered = offered(tx, facts, duration, range, now, page.keepers())?;
                Ok(Offered { link, waiting, ..offered })
            })
            .await
    }

    /// The free times of a host's own event type that start in `range`.
    ///
    /// # Errors
    /// [`OfferError`].
    pub async fn own_slots(
        &self,
        host: &User,
        event_type: EventTypeId,
        duration: Option<Minutes>,
        range: Span,
    ) -> Result<Offered, OfferError> {
        let (now, host) = (self.now(), host.id);
        self.store
            .read(move |tx| {
                let facts = tx.offer_facts(OfferKey::Own(host, event_type), now)?;
                offered(tx, facts.ok_or(OfferError::Unknown)?, duration, range, now, Vec::new())
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
        duration: Option<Minutes>,
        start: Instant,
        most: usize,
    ) -> Result<Vec<Slot>, OfferError> {
        let offered = self.slots(page, duration, nearest::around(start)).await?;
        Ok(nearest::pick(offered.slots, start, most))
    }

    /// Whether the time that starts at `start` can be booked, and if not, everything that speaks
    /// against it.
    ///
    /// # Errors
    /// [`OfferError`].
    pub async fn explain(
        &self,
        page: Page,
        duration: Option<Minutes>,
        start: Instant,
    ) -> Result<Explained, OfferError> {
        let now = self.now();
        self.store
            .read(move |tx| {
                let facts = tx.offer_facts(page.key(), now)?.ok_or(OfferError::Unknown)?;
                admit::<OfferError>(tx, &facts, &page, now)?;
                let duration = duration_of(&facts.event_type.terms, duration)?;
                let moment = Span::moment(start);
                let (slot, reasons) =
                    ask(tx, &facts, duration, moment, now, page.keepers(), |offer| {
                        let tell = |refusal| {
                            let reason = Reason { offer, start, refusal, calendars: &[] };
                            (refusal, reason.to_string())
                        };
                        let reasons = offer.refusals(start).into_iter().map(tell).collect();
                        (offer.verdict(start).ok(), reasons)
                    })?;
                let OfferFacts { host, schedule, .. } = facts;
                Ok(Explained { host, schedule, slot, reasons })
            })
            .await
    }
}

impl Page {
    /// Asked for by a customer, and nobody in particular.
    pub const fn new(handle: String, slug: String) -> Self {
        Self {
            handle,
            slug,
            holders: Vec::new(),
            link: None,
            by: Side::Customer,
            stamp: None,
            waiting: None,
        }
    }

    /// Asked for by its own host.
    pub fn own(handle: String, slug: String) -> Self {
        Self { by: Side::Host, ..Self::new(handle, slug) }
    }

    pub(crate) fn key(&self) -> OfferKey<'_> {
        OfferKey::Address { handle: &self.handle, slug: &self.slug }
    }

    /// Whose kept time is free to who asks.
    pub(crate) fn keepers(&self) -> Vec<TokenHash> {
        self.holders.iter().copied().chain(self.waiting).collect()
    }
}

/// The length that is asked for, or the usual one.
pub(crate) fn duration_of(terms: &Terms, asked: Option<Minutes>) -> Result<Minutes, WrongDuration> {
    match asked {
        None => Ok(terms.duration),
        Some(asked) if terms.has_duration(asked) => Ok(asked),
        Some(_) => Err(WrongDuration { offered: terms.durations() }),
    }
}

/// Who asks, if they brought the link to their page in the event type's waiting list. Only who brings one causes a
/// look-up.
pub(crate) fn waiting_of(
    tx: &mut Tx<'_>,
    page: &Page,
    event_type: EventTypeId,
) -> Result<Option<Entry>, StoreError> {
    let Some(token) = page.waiting else { return Ok(None) };
    let found = tx.waiting_entry_by_token(token)?.map(|found| found.entry);
    Ok(found.filter(|entry| entry.event_type == event_type))
}

/// What is the asker's own, and therefore not in the asker's way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Own {
    /// Who may keep a time, by all that they are known by.
    pub(crate) holders: Vec<TokenHash>,
    /// The bookings that are to be moved.
    pub(crate) bookings: Vec<BookingId>,
}

impl From<Vec<TokenHash>> for Own {
    fn from(holders: Vec<TokenHash>) -> Self {
        Self { holders, bookings: Vec::new() }
    }
}

/// Puts a question about starts in `range` to the slot engine, with all the facts that it needs: a
/// look-up for bookings, and where there are any, one for what others keep and one for limits. What is
/// the asker's `own` is left out.
pub(crate) fn ask<T>(
    tx: &mut Tx<'_>,
    facts: &OfferFacts,
    duration: Minutes,
    range: Span,
    now: Instant,
    own: impl Into<Own>,
    question: impl FnOnce(&Offer<'_>) -> T,
) -> Result<T, StoreError> {
    let OfferFacts { host, event_type, schedule, time_off, has_holds } = facts;
    let terms = &event_type.terms;
    let Own { holders, bookings } = own.into();
    let seats = terms.seats.map(|seats| (event_type.id, seats));
    let mut taken = tx.busy_times(host.id, range, bookings.iter().copied(), seats)?;
    let counted = counted_span(&terms.limits, schedule.time_zone, host.week_start, range);
    // What others keep counts for limits as bookings do, however far from the question it is.
    let around = counted.map_or(range, |period| Span {
        start: period.start.min(range.start),
        end: period.end.max(range.end),
    });
    let holds = if *has_holds { tx.holds(host.id, around, now, &holders)? } else { Vec::new() };
    for (hold, held) in &holds {
        match terms.seats.filter(|_| *held == event_type.id) {
            Some(seats) => keep_seat(&mut taken, *hold, seats),
            None => taken.push(*hold),
        }
    }
    let mut busy = BusyTimes::new(taken);
    if let Some(period) = counted {
        let mut counted = tx.counted(event_type.id, period, bookings.iter().copied())?;
        let same = holds.iter().filter(|(_, held)| *held == event_type.id);
        counted.extend(same.map(|(busy, _)| busy.span));
        if terms.seats.is_some() {
            // A session counts once, however many seats of it are kept.
            counted.sort_unstable_by_key(|span| (span.start, span.end));
            counted.dedup();
        }
        busy = busy.with_counted(counted);
    }
    Ok(question(&Offer {
        schedule,
        time_off,
        week_start: host.week_start,
        terms,
        duration,
        seats: terms.seats,
        busy: &busy,
        now,
    }))
}

/// Who keeps a time that others can book as well keeps one seat.
fn keep_seat(taken: &mut Vec<Busy>, hold: Busy, seats: u32) {
    let mut same = taken.iter_mut().filter(|busy| busy.span == hold.span);
    match same.find_map(|busy| match &mut busy.by {
        Occupant::Session { seats_left } => Some(seats_left),
        Occupant::Booking | Occupant::Hold => None,
    }) {
        Some(seats_left) => *seats_left = seats_left.saturating_sub(1),
        None => taken.push(Busy { by: Occupant::Session { seats_left: seats - 1 }, ..hold }),
    }
}

fn offered(
    tx: &mut Tx<'_>,
    facts: OfferFacts,
    duration: Option<Minutes>,
    range: Span,
    now: Instant,
    holders: Vec<TokenHash>,
) -> Result<Offered, OfferError> {
    let duration = duration_of(&facts.event_type.terms, duration)?;
    let find = |offer: &Offer<'_>| offer.slots(range);
    Ok(slots_by(tx, facts, duration, range, now, holders.into(), find)?)
}

/// The free times that `find` finds with what is known of `range`, whatever lengths the event type has.
pub(crate) fn slots_by(
    tx: &mut Tx<'_>,
    facts: OfferFacts,
    duration: Minutes,
    range: Span,
    now: Instant,
    own: Own,
    find: impl FnOnce(&Offer<'_>) -> Vec<Slot>,
) -> Result<Offered, StoreError> {
    let (slots, last_date) =
        ask(tx, &facts, duration, range, now, own, |offer| (find(offer), offer.last_date()))?;
    let OfferFacts { host, event_type, schedule, .. } = facts;
    Ok(Offered {
        host,
        event_type,
        schedule,
        duration,
        slots,
        last_date,
        link: None,
        waiting: None,
        now,
    })
}
