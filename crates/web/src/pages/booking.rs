//! `/{handle}/{slug}`: month, day and times of an event type, in the visitor's time zone.

use askama::Template;
use roomkey_core::time::{Instant, LocalDate};

use crate::view::{Clock, Month, MonthKey, Shell, TimeOfDay, Trail, ZoneOptions};

/// Who is booked.
#[derive(Debug)]
pub(crate) struct HostCard {
    pub(crate) handle: String,
    pub(crate) name: String,
    pub(crate) initials: String,
    pub(crate) city: String,
}

/// What is booked.
#[derive(Debug)]
pub(crate) struct EventCard {
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) length: String,
    pub(crate) minutes: u32,
}

/// One of the first free times.
#[derive(Debug)]
pub(crate) struct Chip {
    pub(crate) start: Instant,
    pub(crate) label: String,
}

/// A time of the chosen day.
#[derive(Debug)]
pub(crate) struct SlotLink {
    pub(crate) start: Instant,
    pub(crate) from: TimeOfDay,
    pub(crate) to: TimeOfDay,
}

/// Morning, afternoon or evening.
#[derive(Debug)]
pub(crate) struct DayPart {
    pub(crate) name: &'static str,
    pub(crate) slots: Vec<SlotLink>,
}

/// The chosen day. No date where the month has none to choose.
#[derive(Debug, Default)]
pub(crate) struct DayTimes {
    pub(crate) date: Option<LocalDate>,
    pub(crate) title: String,
    pub(crate) parts: Vec<DayPart>,
}

/// Where the next free time is, when the shown month has none.
#[derive(Debug)]
pub(crate) struct NextFree {
    pub(crate) day: String,
    pub(crate) month: MonthKey,
}

/// In which zone times are shown.
pub(crate) struct ZoneChoice {
    pub(crate) options: ZoneOptions,
    pub(crate) city: String,
    /// By the visitor; otherwise it is the host's.
    pub(crate) chosen: bool,
}

#[derive(Template)]
#[template(path = "pages/booking.html")]
pub(crate) struct Page {
    shell: Shell,
    host: HostCard,
    event: EventCard,
    /// A time that was asked for and is not free.
    gone: Option<String>,
    first: Vec<Chip>,
    month: Month,
    day: DayTimes,
    next_free: Option<NextFree>,
    zone: ZoneChoice,
    clock: Clock,
    trail: Trail,
}

#[cfg(test)]
impl HostCard {
    pub(crate) fn sample() -> Self {
        Self {
            handle: "ada".into(),
            name: "Ada <b>bold</b>".into(),
            initials: "AL".into(),
            city: "London".into(),
        }
    }
}

#[cfg(test)]
impl EventCard {
    pub(crate) fn sample() -> Self {
        Self {
            slug: "intro".into(),
            title: "Intro call".into(),
            description: "What you plan.".into(),
            length: "30 minutes".into(),
            minutes: 30,
        }
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let zone: roomkey_core::time::TimeZone = "Europe/London".parse().unwrap();
        let start = Instant::parse("2026-10-08T11:45:00Z").unwrap();
        let (today, chosen) = (zone.date(Instant::EPOCH), zone.date(start));
        let key = MonthKey::of(chosen);
        let time = |at| TimeOfDay::at(zone, at, Clock::Twelve);
        let page = |day: DayTimes, free: u32, next_free| Self {
            shell: Shell::default(),
            host: HostCard::sample(),
            event: EventCard::sample(),
            gone: (free == 0).then(|| "12:45".to_owned()),
            first: vec![Chip { start, label: "Today 12:45".into() }],
            month: Month::new(key, (None, Some(key.next())), today, day.date, |_| free),
            day,
            next_free,
            zone: ZoneChoice {
                options: ZoneOptions::new(zone, [], start),
                city: zone.city(),
                chosen: free > 0,
            },
            clock: Clock::Twelve,
            trail: Trail { zone: Some(zone), clock: Clock::Twelve },
        };
        let slot = SlotLink { start, from: time(start), to: time(start) };
        let day = DayTimes {
            date: Some(chosen),
            title: "Thursday 8 October".into(),
            parts: vec![DayPart { name: "Afternoon", slots: vec![slot] }],
        };
        let next = NextFree { day: "Monday 2 November".into(), month: key.next() };
        vec![
            page(day, 9, None),
            page(DayTimes::default(), 0, Some(next)),
            page(DayTimes::default(), 0, None),
        ]
    }
}
