//! Who waits for a time is offered one that has become free, in their turn.
//!
//! A regular turn asks the slot engine what is free for whom, instead of each use case that frees a time telling
//! the next in line: so no way in which a time can become free is forgotten, a process that is killed in between
//! loses nothing, and the next turn finds what the last one has not done. It looks without writing first; where
//! nobody waits, that is one query of an index with nothing in it. What it finds it looks at again with the host
//! locked, in the transaction that keeps the time, so turns of several processes do no harm.

use std::collections::BTreeMap;

use roomkey_core::{
    availability::Slot,
    ids::{EventTypeId, UserId},
    notice::{Notice, WaitingOccasion},
    time::{Instant, Minutes, Span},
    waiting_list::{Entry, Offered, State},
};
use roomkey_store::{Hold, OfferFacts, OfferKey, StoreError, Tx, WaitingEntry};

use crate::{
    App,
    context::enqueue,
    offer::{Own, ask, duration_of},
};

/// Where its holds come from: they count against no visitor's limit.
const CLIENT: &str = "waiting list";

impl App {
    /// Ends offers that have lapsed, and offers what is free to those who wait for it. Says when the next offer lapses.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn offer_to_waiting(&self) -> Result<Option<Instant>, StoreError> {
        let now = self.now();
        let lists = self.store.read(move |tx| tx.waiting_lists(now)).await?;
        if lists.is_empty() {
            return Ok(None);
        }
        for (host, event_type) in lists {
            match self.turn(host, event_type).await {
                Err(error) if error.is_temporary() => return Err(error),
                // One list that can not be read must not hold up the others.
                Err(error) => tracing::error!(%event_type, %error, "a waiting list waits"),
                Ok(()) => {}
            }
        }
        self.store.read(|tx| tx.next_offer_lapse()).await
    }

    /// Comes to an end as soon as a waiting list is worth a look, for whatever was done in this process.
    pub async fn waiting_is_due(&self) {
        self.waiting_due.notified().await;
    }

    async fn turn(&self, host: UserId, event_type: EventTypeId) -> Result<(), StoreError> {
        let app = self.clone();
        let is_due = self
            .store
            .read(move |tx| {
                let Some(mut line) = Line::load(tx, host, event_type, app.now())? else {
                    return Ok(false);
                };
                Ok::<_, StoreError>(line.has_lapsed() || line.next_offer(tx)?.is_some())
            })
            .await?;
        if !is_due {
            return Ok(());
        }
        let app = self.clone();
        self.store.write(move |tx| app.offer_in(tx, host, event_type)).await?;
        self.mail_due.notify_one();
        Ok(())
    }

    fn offer_in(
        &self,
        tx: &mut Tx<'_>,
        host: UserId,
        event_type: EventTypeId,
    ) -> Result<(), StoreError> {
        // From here on nobody books, or is given a time, in between.
        tx.lock_host(host)?;
        let now = self.now();
        let Some(mut line) = Line::load(tx, host, event_type, now)? else { return Ok(()) };
        for WaitingEntry { entry, token } in line.waiting.iter().filter(|w| w.entry.has_lapsed(now))
        {
            if tx.change_waiting_entry(entry, State::Lapsed, now)? {
                tx.drop_holds(&[token.hash()])?;
            }
        }
        while let Some((WaitingEntry { entry, token }, offered)) = line.next_offer(tx)? {
            line.is_given(&entry);
            if !tx.change_waiting_entry(&entry, State::Offered(offered), now)? {
                continue;
            }
            tx.place_hold(&Hold {
                holder: token.hash(),
                client: CLIENT.to_owned(),
                host,
                event_type,
                span: offered.span,
                buffers: line.facts.event_type.terms.buffers,
                created_at: now,
                expires_at: offered.until,
            })?;
            let notice = Notice::Waiting { entry: entry.id, occasion: WaitingOccasion::Offered };
            enqueue(tx, &[notice], now, self.entropy())?;
        }
        Ok(())
    }
}

/// Who waits for an event type, the first of them first.
struct Line {
    facts: OfferFacts,
    waiting: Vec<WaitingEntry>,
    /// The free times by length, as far as they were asked for since the last one was given away.
    free: BTreeMap<Minutes, Vec<Slot>>,
    now: Instant,
}

impl Line {
    fn load(
        tx: &mut Tx<'_>,
        host: UserId,
        event_type: EventTypeId,
        now: Instant,
    ) -> Result<Option<Self>, StoreError> {
        let facts = tx.offer_facts(OfferKey::Own(host, event_type), now)?;
        let Some(facts) = facts else { return Ok(None) };
        let facts = OfferFacts { has_holds: true, ..facts };
        let waiting = tx.waiting_line(event_type)?;
        Ok(Some(Self { facts, waiting, free: BTreeMap::new(), now }))
    }

    fn has_lapsed(&self) -> bool {
        self.waiting.iter().any(|waiting| waiting.entry.has_lapsed(self.now))
    }

    /// The first in line whom a free time suits, and that time.
    fn next_offer(
        &mut self,
        tx: &mut Tx<'_>,
    ) -> Result<Option<(WaitingEntry, Offered)>, StoreError> {
        let Self { facts, waiting, free, now } = self;
        let now = *now;
        let (terms, zone) = (&facts.event_type.terms, facts.schedule.time_zone);
        if terms.waiting_list().is_none() {
            return Ok(None);
        }
        let in_line = || waiting.iter().filter(|waiting| waiting.entry.is_in_line(now));
        // All that anybody in line waits for.
        let end = in_line().map(|waiting| waiting.entry.over_at).max().unwrap_or(now);
        for candidate in in_line() {
            // A length that there is no more is the usual one.
            let asked = candidate.entry.wish.duration;
            let duration = duration_of(terms, Some(asked)).unwrap_or(terms.duration);
            let slots = if let Some(slots) = free.get(&duration) {
                slots
            } else {
                let range = Span { start: now, end };
                let slots =
                    ask(tx, facts, duration, range, now, Own::default(), |o| o.slots(range))?;
                free.entry(duration).or_insert(slots)
            };
            if let Some(offered) = candidate.entry.decide_offer(slots, terms, zone, now) {
                return Ok(Some((candidate.clone(), offered)));
            }
        }
        Ok(None)
    }

    /// Notes that somebody has had their turn; what is free is another thing from now on.
    fn is_given(&mut self, entry: &Entry) {
        self.waiting.retain(|waiting| waiting.entry.id != entry.id);
        self.free.clear();
    }
}
