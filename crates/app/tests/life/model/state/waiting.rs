//! Who waits for a time, and who is offered one.

use roomkey_core::{ids::WaitingEntryId, time::TimeZone};

use super::{
    super::{
        command::Outcome,
        rules::{DAY, MINUTE},
        stage::at,
    },
    Entry, Hold, Mail, Model, Reader, Said, is_refused, micros,
    verdict::Own,
};

/// An entry lasts so long at most.
const LONGEST: i64 = 180 * DAY;
/// Nobody is offered a time that they could book for less than this.
const SHORTEST_OFFER: i64 = 5 * MINUTE;
/// An entry whose address nobody has shown to be theirs keeps others of that address away so long.
const UNPROVEN_LASTS: i64 = DAY;
/// Times start at no other steps.
const STEP: i64 = 5 * MINUTE;

impl Model {
    pub(super) fn join(
        &mut self,
        event: usize,
        day: Option<i64>,
        customer: usize,
        outcome: &Outcome,
    ) -> Said {
        let rules = &self.rules[event];
        if rules.waiting.is_none() {
            return is_refused("no list", outcome);
        }
        let (now, today) = (self.now, self.now.div_euclid(DAY) * DAY);
        if day.is_some_and(|day| day < today || day > today + rules.window_days * DAY) {
            return is_refused("day", outcome);
        }
        let (from, over) = day.map_or((now, now + LONGEST), |day| (day, day + DAY));
        if self.first_free(event, from, over, |_| true).is_some() {
            return is_refused("free", outcome);
        }
        let Outcome::Joined(asks, id, link) = outcome else {
            return Err(format!("should wait, not {outcome:?}"));
        };
        if *asks != rules.asks_proof {
            return Err(format!("the address is to be proven: {}", rules.asks_proof));
        }
        let since = (!rules.asks_proof).then_some(now);
        let same = |entry: &&mut Entry| {
            (entry.event, entry.day, entry.customer) == (event, day, customer)
                && entry.ended.is_none()
        };
        if let Some(present) = self.waiting.iter_mut().find(same) {
            if present.keeps_others_away(now) {
                let is_it = present.id == *id && present.link.hash() == link.hash();
                return if is_it { Ok(()) } else { Err(format!("{present:?} waits already")) };
            }
            (present.state, present.ended) = ("lapsed", Some(now));
        }
        self.waiting.push(Entry {
            id: *id,
            link: link.clone(),
            is_known: false,
            event,
            customer,
            day,
            joined: now,
            since,
            over,
            state: "waiting",
            offered: None,
            ended: None,
        });
        self.tell_waiting(*id, "waiting_joined");
        Ok(())
    }

    pub(super) fn join_proven(&mut self, id: WaitingEntryId, outcome: &Outcome) -> Said {
        let now = self.now;
        let found = self.waiting.iter_mut().find(|entry| entry.id == id);
        let Some(entry) = found else { return is_refused("unknown", outcome) };
        if entry.since.is_none() && (entry.is_ended(now) || entry.over <= now) {
            return is_refused("ended", outcome);
        }
        entry.since.get_or_insert(now);
        is_nothing(outcome)
    }

    pub(super) fn leave_line(&mut self, id: WaitingEntryId, outcome: &Outcome) -> Said {
        let now = self.now;
        let found = self.waiting.iter_mut().find(|entry| entry.id == id);
        let Some(entry) = found else { return is_refused("unknown", outcome) };
        if entry.is_ended(now) {
            return is_refused("ended", outcome);
        }
        (entry.state, entry.ended) = ("left", Some(now));
        self.offers.remove(&id);
        is_nothing(outcome)
    }

    /// Somebody who has waited has booked.
    pub(super) fn has_booked(&mut self, id: WaitingEntryId) {
        let now = self.now;
        self.offers.remove(&id);
        let found = self.waiting.iter_mut().find(|entry| entry.id == id);
        if let Some(entry) = found.filter(|entry| !entry.is_ended(now)) {
            (entry.state, entry.ended) = ("booked", Some(now));
        }
    }

    /// Offers that have lapsed are ended, and what is free is offered to who waits for it.
    pub(super) fn offer(&mut self) {
        let now = self.now;
        for entry in &mut self.waiting {
            let is_in_line = entry.ended.is_none() && entry.since.is_some();
            if is_in_line && entry.state == "offered" && entry.is_ended(now) {
                (entry.state, entry.ended) = ("lapsed", Some(now));
                self.offers.remove(&entry.id);
            }
        }
        for event in 0..self.rules.len() {
            while let Some((place, start, until)) = self.next_offer(event) {
                let end = start + self.rules[event].durations[0];
                let entry = &mut self.waiting[place];
                (entry.state, entry.offered) = ("offered", Some((start, end, until)));
                let id = entry.id;
                self.offers.insert(id, Hold { event, start, end, since: now, until });
                self.tell_waiting(id, "waiting_offered");
            }
        }
    }

    /// The first in line whom a free time suits, that time, and until when it is kept.
    fn next_offer(&self, event: usize) -> Option<(usize, i64, i64)> {
        let (rules, now) = (&self.rules[event], self.now);
        let kept = rules.waiting?;
        let is_in_line =
            |entry: &Entry| entry.event == event && entry.state == "waiting" && now < entry.over;
        let mut line: Vec<_> = (0..self.waiting.len())
            .filter(|place| is_in_line(&self.waiting[*place]))
            .filter_map(|place| Some((self.waiting[place].since?, self.waiting[place].id, place)))
            .collect();
        line.sort_unstable();
        line.into_iter().find_map(|(_, _, place)| {
            let entry = &self.waiting[place];
            let from = entry.day.unwrap_or(entry.joined).max(now);
            let until = |start: i64| (now + kept).min(start - rules.min_notice);
            let lasts = |start: i64| now + SHORTEST_OFFER <= until(start);
            let start = self.first_free(event, from, entry.over, lasts)?;
            Some((place, start, until(start)))
        })
    }

    /// The first time that anybody could book.
    fn first_free(
        &self,
        event: usize,
        from: i64,
        to: i64,
        suits: impl Fn(i64) -> bool,
    ) -> Option<i64> {
        let rules = &self.rules[event];
        let (length, buffers) = (rules.durations[0], (rules.before, rules.after));
        // Nothing is offered beyond its window.
        let last = to.min((self.now.div_euclid(DAY) + rules.window_days + 1) * DAY);
        let first = from.max(self.now).div_euclid(STEP);
        let steps = (first..=last.div_euclid(STEP)).map(|step| step * STEP);
        let mut times = steps.filter(|start| (from..to).contains(start) && suits(*start));
        times.find(|start| self.verdict(event, *start, length, buffers, Own::NOTHING).is_ok())
    }

    fn tell_waiting(&mut self, id: WaitingEntryId, kind: &'static str) {
        self.mails.push(Mail {
            booking: None,
            series: None,
            at: self.now,
            version: 0,
            sequence: 0,
            to: Reader::Waiting(id),
            kind,
            state: "queued",
            due: 0,
        });
    }

    /// Whether what somebody who waits is told is still so.
    pub(super) fn is_worth_telling_waiting(&self, id: WaitingEntryId, kind: &str) -> bool {
        let found = self.waiting.iter().find(|entry| entry.id == id);
        found.is_some_and(|entry| {
            // Whoever is offered a time already hears of that alone.
            !entry.is_ended(self.now) && (kind == "waiting_offered") == (entry.state == "offered")
        })
    }

    /// The mail to somebody who waits that a letter is.
    pub(super) fn waiting_mail_of(&self, id: WaitingEntryId, kind: &str) -> Result<usize, String> {
        let is_it = |mail: &Mail| {
            (mail.to, mail.kind, mail.state) == (Reader::Waiting(id), kind, "claimed")
        };
        let found = self.mails.iter().position(is_it);
        found.ok_or_else(|| format!("a letter that should not be, to {id}: {kind}"))
    }

    /// As whose a time is kept for somebody who waited for it.
    pub(super) fn offer_holder(&self, id: WaitingEntryId) -> String {
        let found = self.waiting.iter().find(|entry| entry.id == id);
        found.map_or_else(|| id.to_string(), |entry| entry.link.hash().to_hex())
    }
}

impl Entry {
    /// Whether nothing comes after it, noted or not.
    pub(crate) fn is_ended(&self, now: i64) -> bool {
        let has_lapsed = self.offered.is_some_and(|(_, _, until)| until <= now);
        !["waiting", "offered"].contains(&self.state) || (self.state == "offered" && has_lapsed)
    }

    fn keeps_others_away(&self, now: i64) -> bool {
        let lasts = if self.since.is_some() { self.over } else { self.joined + UNPROVEN_LASTS };
        !self.is_ended(now) && now < lasts
    }

    pub(super) fn row(&self, event: &str) -> String {
        let Self { id, customer, state, .. } = self;
        let email = format!("customer-{customer}@customers.example");
        let date = |day: i64| TimeZone::UTC.date(at(day)).to_string();
        let day = self.day.map_or_else(|| "any".to_owned(), date);
        let (joined, over) = (micros(self.joined), micros(self.over));
        let since = self.since.map_or(0, micros);
        let (start, end, until) = self.offered.unwrap_or_default();
        let (start, end, until) = (micros(start), micros(end), micros(until));
        format!(
            "waiting {id} {event} {email} {day} {joined} {since} {over} {state} {start}-{end} {until}"
        )
    }
}

fn is_nothing(outcome: &Outcome) -> Said {
    match outcome {
        Outcome::Nothing => Ok(()),
        other => Err(format!("should be done, not {other:?}")),
    }
}
