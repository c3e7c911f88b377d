//! `/app/bookings`: the host's bookings by day.

use askama::Template;
use roomkey_core::time::Instant;

use crate::view::{AppShell, Section, TimeOfDay};

/// Which bookings are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tab {
    #[default]
    Upcoming,
    Past,
    Cancelled,
}

impl Tab {
    const fn heading(self) -> &'static str {
        match self {
            Self::Upcoming => "Upcoming bookings",
            Self::Past => "Past bookings",
            Self::Cancelled => "Cancelled bookings",
        }
    }
}

/// A booking, as a row.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) start: Instant,
    pub(crate) from: TimeOfDay,
    pub(crate) to: TimeOfDay,
    pub(crate) customer: String,
    pub(crate) title: String,
    /// The customer's zone.
    pub(crate) city: String,
    /// The path of the host's page for it.
    pub(crate) page: String,
}

/// The bookings of one day.
#[derive(Debug)]
pub(crate) struct AgendaDay {
    pub(crate) title: String,
    /// Said beside the title, if that is a word like Today.
    pub(crate) date: String,
    pub(crate) bookings: Vec<Row>,
}

#[derive(Template)]
#[template(path = "pages/app/bookings.html")]
pub(crate) struct Page {
    shell: AppShell,
    today: String,
    city: String,
    /// The address of the host's profile.
    my_page: String,
    tab: Tab,
    days: Vec<AgendaDay>,
    more: Option<String>,
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        use crate::view::Clock;
        let zone = roomkey_core::time::TimeZone::UTC;
        let time = TimeOfDay::at(zone, Instant::EPOCH, Clock::TwentyFour);
        let days = || {
            let row = Row {
                start: Instant::EPOCH,
                from: time,
                to: time,
                customer: "Bo <b>bold</b>".into(),
                title: "Intro call".into(),
                city: "Berlin".into(),
                page: "/b/token".into(),
            };
            let (title, date) = ("Today".into(), "Thursday 8 October".into());
            vec![AgendaDay { title, date, bookings: vec![row] }]
        };
        let page = |tab, days| Self {
            shell: AppShell::sample(Section::Bookings),
            today: "Thursday 8 October".into(),
            city: "London".into(),
            my_page: "http://localhost:8080/ada".into(),
            tab,
            days,
            more: (tab == Tab::Past).then(|| "?show=past&cursor=x".to_owned()),
        };
        [Tab::Upcoming, Tab::Past, Tab::Cancelled]
            .into_iter()
            .flat_map(|tab| [page(tab, Vec::new()), page(tab, days())])
            .collect()
    }
}
