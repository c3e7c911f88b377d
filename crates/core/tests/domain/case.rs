//! One question to the slot engine, with all its facts.

use std::collections::BTreeMap;

use roomkey_core::{
    availability::{Busy, BusyTimes, Offer, Schedule, WeeklyHours, parse_override, parse_weekly},
    event_type::{Buffers, Terms},
    ids::{ScheduleId, UserId},
    time::{Instant, MICROS_PER_MINUTE, Minutes, Span, TimeZone},
};

use crate::seeded::Seeded;

/// Which slots start in `range`, asked at `now`?
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) schedule: Schedule,
    pub(crate) terms: Terms,
    pub(crate) bookings: Vec<Busy>,
    pub(crate) now: Instant,
    pub(crate) range: Span,
}

impl Case {
    /// A host in `zone` who is open at `weekly`, asked on 1 January 2024 for half hours of that
    /// year's first 60 days.
    pub(crate) fn new(zone: &str, weekly: &str) -> Self {
        let now = instant("2024-01-01T00:00:00Z");
        Self {
            schedule: schedule(zone.parse().unwrap(), parse_weekly(&[weekly]).unwrap()),
            terms: terms(30),
            bookings: Vec::new(),
            now,
            range: Span { start: now, end: instant("2024-03-01T00:00:00Z") },
        }
    }

    /// Asks for the slots that start at `from` or later, before `to`, on the day before `from`.
    pub(crate) fn between(mut self, from: &str, to: &str) -> Self {
        self.range = Span { start: instant(from), end: instant(to) };
        self.now = self.range.start.minus(Minutes(24 * 60));
        self
    }

    pub(crate) fn at(mut self, now: Instant) -> Self {
        self.now = now;
        self
    }

    pub(crate) fn lasting(mut self, duration: u32) -> Self {
        self.terms.duration = Minutes(duration);
        self
    }

    pub(crate) fn every(mut self, increment: u32) -> Self {
        self.terms.increment = Minutes(increment);
        self
    }

    pub(crate) fn buffers(mut self, before: u32, after: u32) -> Self {
        self.terms.buffers = Buffers { before: Minutes(before), after: Minutes(after) };
        self
    }

    pub(crate) fn notice(mut self, minutes: u32) -> Self {
        self.terms.min_notice = Minutes(minutes);
        self
    }

    pub(crate) fn window(mut self, days: u16) -> Self {
        self.terms.window_days = days;
        self
    }

    pub(crate) fn except(mut self, text: &str) -> Self {
        let (date, hours) = parse_override(text).unwrap();
        self.schedule.overrides.insert(date, hours);
        self
    }

    /// With a booking that has no buffers of its own.
    pub(crate) fn booked(mut self, start: &str, end: &str) -> Self {
        let span = Span { start: instant(start), end: instant(end) };
        self.bookings.push(Busy { span, buffers: Buffers::default() });
        self
    }

    /// Puts the question to the engine in its own words.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&Offer<'_>) -> T) -> T {
        let busy = BusyTimes::new(self.bookings.clone());
        question(&Offer {
            schedule: &self.schedule,
            terms: &self.terms,
            busy: &busy,
            now: self.now,
        })
    }

    pub(crate) fn slots(&self) -> Vec<Span> {
        self.ask(|offer| offer.slots(self.range))
    }

    /// The slots' starts as the host's wall clock shows them, with the UTC offset in minutes: `25
    /// 02:30 +120`.
    pub(crate) fn starts(&self) -> Vec<String> {
        let zone = self.schedule.time_zone;
        let shown = |at| {
            let offset = zone.offset_seconds(at) / 60;
            format!("{} {offset:+}", zone.local(at).format("%d %H:%M"))
        };
        self.slots().iter().map(|slot| shown(slot.start)).collect()
    }
}

pub(crate) fn instant(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

/// Microseconds of so many minutes.
pub(crate) const fn minutes(count: i64) -> i64 {
    count * MICROS_PER_MINUTE
}

pub(crate) fn schedule(time_zone: TimeZone, weekly: WeeklyHours) -> Schedule {
    let entropy = Seeded::new(0);
    Schedule {
        id: ScheduleId::new(Instant::EPOCH, &entropy),
        owner: UserId::new(Instant::EPOCH, &entropy),
        time_zone,
        weekly,
        overrides: BTreeMap::new(),
    }
}

pub(crate) fn terms(duration: u32) -> Terms {
    let text = "a-talk";
    Terms::usual(
        text.parse().unwrap(),
        text.parse().unwrap(),
        text.parse().unwrap(),
        Minutes(duration),
    )
}
