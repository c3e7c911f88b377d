//! One question to the slot engine, with all its facts.

use std::collections::BTreeMap;

use roomkey_core::{
    availability::{
        Busy, BusyElsewhere, BusyTimes, Occupant, Offer, Schedule, Slot, TimeOff, WeeklyHours,
        parse_override, parse_weekly,
    },
    event_type::{Buffers, Limit, Terms, Window},
    ids::{ScheduleId, UserId},
    time::{Instant, MICROS_PER_MINUTE, Minutes, Span, TimeZone, Weekday},
};

use crate::seeded::Seeded;

/// A booking of the host's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Booked {
    pub(crate) busy: Busy,
    /// Whether it is of the event type that is asked about.
    pub(crate) counts: bool,
}

/// Which slots start in `range`, asked at `now`?
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) schedule: Schedule,
    pub(crate) time_off: Vec<TimeOff>,
    pub(crate) week_start: Weekday,
    pub(crate) terms: Terms,
    pub(crate) seats: Option<u32>,
    pub(crate) bookings: Vec<Booked>,
    pub(crate) elsewhere: Vec<Span>,
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
            time_off: Vec::new(),
            week_start: Weekday::Mon,
            terms: terms(30),
            seats: None,
            bookings: Vec::new(),
            elsewhere: Vec::new(),
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
        self.terms.grid.increment = Some(Minutes(increment));
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
        self.terms.window = Window::Days(days);
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
        let busy = Busy { span, buffers: Buffers::default(), by: Occupant::Booking };
        self.bookings.push(Booked { busy, counts: true });
        self
    }

    pub(crate) fn limit(mut self, text: &str) -> Self {
        self.terms.limits.set(text.parse::<Limit>().unwrap());
        self
    }

    /// Away from one wall time of the schedule's zone to another.
    pub(crate) fn away(self, from: &str, to: &str) -> Self {
        let zone = self.schedule.time_zone.name();
        self.away_in(zone, from, to)
    }

    /// Away from one wall time of a zone to another.
    pub(crate) fn away_in(mut self, zone: &str, from: &str, to: &str) -> Self {
        let moment = |text: &str| format!("{text}:00").parse().unwrap();
        let (zone, reason) = (zone.parse().unwrap(), Some("Holidays".parse().unwrap()));
        self.time_off.push(TimeOff::new(moment(from), moment(to), zone, reason).unwrap());
        self
    }

    pub(crate) fn busy_elsewhere(mut self, start: &str, end: &str) -> Self {
        self.elsewhere.push(Span { start: instant(start), end: instant(end) });
        self
    }

    /// Puts the question to the engine in its own words.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&Offer<'_>) -> T) -> T {
        let counted = self.bookings.iter().filter(|booked| booked.counts);
        let elsewhere =
            self.elsewhere.iter().map(|span| BusyElsewhere { span: *span, calendar: 0 });
        let busy = BusyTimes::new(self.bookings.iter().map(|booked| booked.busy).collect())
            .with_elsewhere(elsewhere.collect())
            .with_counted(counted.map(|booked| booked.busy.span).collect());
        question(&Offer {
            schedule: &self.schedule,
            time_off: &self.time_off,
            week_start: self.week_start,
            terms: &self.terms,
            duration: self.terms.duration,
            seats: self.seats,
            busy: &busy,
            now: self.now,
        })
    }

    pub(crate) fn slots(&self) -> Vec<Slot> {
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
        name: "Hours".parse().unwrap(),
        is_default: true,
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
