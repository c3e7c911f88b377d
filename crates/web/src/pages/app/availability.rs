//! `/app/availability`: weekly hours in a time zone.

use askama::Template;

use crate::view::{AppShell, Problems, Section, ZoneOptions};

/// A range of hours as it was typed.
#[derive(Debug)]
pub(crate) struct RangeRow {
    /// `mon-1`: names its first input and its errors.
    pub(crate) id: String,
    /// 1 for the first of the day.
    pub(crate) number: usize,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// A day of the week.
#[derive(Debug)]
pub(crate) struct DayRow {
    /// `mon` to `sun`.
    pub(crate) key: &'static str,
    pub(crate) name: &'static str,
    pub(crate) ranges: Vec<RangeRow>,
}

#[derive(Template)]
#[template(path = "pages/app/availability.html")]
pub(crate) struct Page {
    shell: AppShell,
    zones: ZoneOptions,
    days: Vec<DayRow>,
    problems: Problems,
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let mut problems = Problems::default();
        problems.add("mon-1", "Ends before it starts");
        let range =
            RangeRow { id: "mon-1".into(), number: 1, from: "09:00".into(), to: "<b>bold".into() };
        let days = vec![
            DayRow { key: "mon", name: "Monday", ranges: vec![range] },
            DayRow { key: "tue", name: "Tuesday", ranges: Vec::new() },
        ];
        let zone = roomkey_core::time::TimeZone::UTC;
        vec![Self {
            shell: AppShell::sample(Section::Availability),
            zones: ZoneOptions::new(zone, [], roomkey_core::time::Instant::EPOCH),
            days,
            problems,
        }]
    }
}
