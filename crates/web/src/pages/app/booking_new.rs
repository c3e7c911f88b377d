//! `/app/bookings/new`: the host books for a customer.

use askama::Template;
use roomkey_core::time::{Instant, LocalDate};

use crate::view::{AppShell, Problems, Section, TimeOfDay, ZoneOptions};

/// A choice of the event-type select.
#[derive(Debug)]
pub(crate) struct EventChoice {
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) length: String,
}

/// A free time of the day.
#[derive(Debug)]
pub(crate) struct TimeChoice {
    pub(crate) start: Instant,
    pub(crate) from: TimeOfDay,
    pub(crate) to: TimeOfDay,
    pub(crate) chosen: bool,
}

/// The next day with free times.
#[derive(Debug)]
pub(crate) struct NextDay {
    pub(crate) date: LocalDate,
    pub(crate) title: String,
}

/// What was typed.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) event: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) note: String,
}

#[derive(Template)]
#[template(path = "pages/app/booking_new.html")]
pub(crate) struct Page {
    shell: AppShell,
    events: Vec<EventChoice>,
    date: LocalDate,
    /// The date in words.
    day: String,
    /// The host's zone, in which times are shown.
    city: String,
    times: Vec<TimeChoice>,
    next_day: Option<NextDay>,
    zones: ZoneOptions,
    idempotency_key: String,
    answers: Answers,
    problems: Problems,
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        use crate::view::Clock;
        let zone = roomkey_core::time::TimeZone::UTC;
        let time = TimeOfDay::at(zone, Instant::EPOCH, Clock::TwentyFour);
        let choice = |chosen| TimeChoice { start: Instant::EPOCH, from: time, to: time, chosen };
        let event = || EventChoice {
            slug: "intro".into(),
            title: "Intro call".into(),
            length: "30 minutes".into(),
        };
        let date = zone.date(Instant::EPOCH);
        let page = |events, times: Vec<TimeChoice>, problems| Self {
            shell: AppShell::sample(Section::Bookings),
            events,
            date,
            day: "Thursday 8 October".into(),
            city: "London".into(),
            next_day: times.is_empty().then(|| NextDay { date, title: "Friday 9 October".into() }),
            times,
            zones: ZoneOptions::new(zone, [], Instant::EPOCH),
            idempotency_key: "key".into(),
            answers: Answers { event: "intro".into(), ..Answers::default() },
            problems,
        };
        let mut problems = Problems::default();
        problems.add("slot", "Choose a time");
        vec![
            page(Vec::new(), Vec::new(), Problems::default()),
            page(vec![event()], Vec::new(), Problems::default()),
            page(vec![event()], vec![choice(true), choice(false)], problems),
        ]
    }
}
