//! Joining a waiting list, where there is no free time.

use roomkey_core::{
    event_type::Terms,
    ids::WaitingEntryId,
    notice::{Notice, WaitingOccasion},
    text::{EmailAddress, PersonName},
    time::{Instant, LocalDate, Minutes, TimeZone},
    token::Token,
    waiting_list::{Entry, State, Wish, WrongWish},
};
use roomkey_store::{OfferFacts, StoreError, Tx, WaitingEntry};

use crate::{
    App, Client, Limited, Page, WrongDuration,
    attempts::Attempt,
    context::enqueue,
    offer::{Own, ask, duration_of},
};

/// So many wait for one event type at most.
const MOST: i64 = 500;

/// Who wants to be told, and of what.
#[derive(Debug, Clone)]
pub struct Joining {
    /// For which event type.
    pub page: Page,
    /// For how long; its usual length if it does not say.
    pub duration: Option<Minutes>,
    /// On which date of the schedule's zone; on any, if it does not say.
    pub day: Option<LocalDate>,
    /// The last date that suits, where any day does.
    pub until: Option<LocalDate>,
    /// As given.
    pub name: PersonName,
    /// Where they are told.
    pub email: EmailAddress,
    /// In which times are shown to them.
    pub time_zone: TimeZone,
}

/// What there is to know before one joins.
#[derive(Debug, Clone)]
pub struct WaitingList {
    /// With whom, what and by which hours.
    pub facts: OfferFacts,
    /// How long a time is kept.
    pub kept: Minutes,
    /// The last date, in the schedule's zone, that can be booked.
    pub last_date: LocalDate,
    /// The present moment.
    pub now: Instant,
}

/// Nobody was put into a waiting list.
#[derive(Debug, thiserror::Error)]
pub enum JoinListError {
    /// There is no such event type, or it has no waiting list.
    #[error("there is no waiting list at this address")]
    Unknown,
    /// The event type has no bookings of that length.
    #[error(transparent)]
    Duration(#[from] WrongDuration),
    /// Nobody can wait for that.
    #[error(transparent)]
    Wish(#[from] WrongWish),
    /// What is waited for is free.
    #[error("there are free times; book one of them")]
    Free,
    /// Too many wait.
    #[error("{MOST} people are on this waiting list already")]
    Full,
    /// Too many tries.
    #[error(transparent)]
    Limited(#[from] Limited),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// The waiting list of an event type, if it has one.
    ///
    /// # Errors
    /// [`JoinListError::Unknown`] and [`JoinListError::Store`].
    pub async fn waiting_list(&self, page: Page) -> Result<WaitingList, JoinListError> {
        let now = self.now();
        let facts = self.store.read(move |tx| tx.offer_facts(page.key(), now)).await?;
        let facts = facts.ok_or(JoinListError::Unknown)?;
        let kept = facts.event_type.terms.waiting_list().ok_or(JoinListError::Unknown)?;
        let last_date = last_date(&facts, now);
        Ok(WaitingList { facts, kept, last_date, now })
    }

    /// Puts somebody into the waiting list of an event type. Says whether they must show first that the address is
    /// theirs, which does not tell whether it was there already: then nothing is changed and nothing sent. The link
    /// to their page goes to that address alone.
    ///
    /// # Errors
    /// [`JoinListError`]; then nothing is stored.
    pub async fn join_waiting_list(
        &self,
        joining: Joining,
        client: Client,
    ) -> Result<bool, JoinListError> {
        let app = self.clone();
        let asks_proof =
            self.store.write(move |tx| app.join_waiting_list_in(tx, &joining, client)).await?;
        self.wake_mail();
        Ok(asks_proof)
    }

    fn join_waiting_list_in(
        &self,
        tx: &mut Tx<'_>,
        joining: &Joining,
        client: Client,
    ) -> Result<bool, JoinListError> {
        let now = self.now();
        let facts = tx.offer_facts(joining.page.key(), now)?.ok_or(JoinListError::Unknown)?;
        let terms = &facts.event_type.terms;
        terms.waiting_list().ok_or(JoinListError::Unknown)?;
        let duration = duration_of(terms, joining.duration)?;
        // From here on nobody can join, or be given a time, in between.
        tx.lock_host(facts.host.id)?;
        let facts = OfferFacts { has_holds: true, ..facts };
        let zone = facts.schedule.time_zone;
        let wish = Wish { duration, day: joining.day, until: joining.until };
        let wish = wish.check(zone.date(now), last_date(&facts, now))?;
        let span = wish.span(zone, now);
        let is_free = ask(tx, &facts, duration, span, now, Own::default(), |offer| {
            !offer.slots(span).is_empty()
        })?;
        if is_free {
            return Err(JoinListError::Free);
        }
        let event_type = facts.event_type.id;
        if tx.count_waiting_entries(event_type)? >= MOST {
            return Err(JoinListError::Full);
        }
        let stamp = joining.page.stamp.as_deref();
        let is_proven =
            stamp.is_some_and(|stamp| self.proof_key.is_stamped(stamp, &joining.email, now));
        let asks_proof = self.asks_email_proof(&facts.event_type) && !is_proven;
        let email = joining.email.folded();
        let attempt = if asks_proof {
            Attempt::unproven_booking(&email, client)
        } else {
            Attempt::booking(&email, client)
        };
        // Counted whether or not the address is there already, which must not show.
        self.attempt::<JoinListError>(tx, &attempt, now)?;
        if let Some(present) = tx.waiting_entry_like(event_type, &joining.email, wish.day)? {
            if present.entry.keeps_others_away(now) {
                return Ok(asks_proof);
            }
            tx.change_waiting_entry(&present.entry, State::Lapsed, now)?;
        }
        let entry = Entry {
            id: WaitingEntryId::new(now, self.entropy()),
            event_type,
            host: facts.host.id,
            name: joining.name.clone(),
            email: joining.email.clone(),
            time_zone: joining.time_zone,
            wish,
            joined_at: now,
            in_line_since: (!asks_proof).then_some(now),
            over_at: span.end,
            state: State::Waiting,
        };
        let notice = Notice::Waiting { entry: entry.id, occasion: WaitingOccasion::Joined };
        tx.insert_waiting_entry(&WaitingEntry { entry, token: Token::new(self.entropy()) })?;
        enqueue(tx, &[notice], now, self.entropy())?;
        Ok(asks_proof)
    }
}

/// The last date that can be booked, in the schedule's zone.
fn last_date(OfferFacts { event_type, schedule, .. }: &OfferFacts, now: Instant) -> LocalDate {
    let Terms { window, .. } = &event_type.terms;
    window.last_date(schedule.time_zone.date(now))
}
