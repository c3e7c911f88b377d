//! `/b/{token}`: a booking, to one of its two sides.

use askama::Template;
use roomkey_core::time::Instant;

use crate::view::{Shell, When};

/// Where the booking is in its life, as its reader sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Confirmed,
    Past,
    Cancelled,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "Confirmed",
            Self::Past => "Past",
            Self::Cancelled => "Cancelled",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Confirmed => "check",
            Self::Past => "clock",
            Self::Cancelled => "x",
        }
    }

    const fn badge(self) -> &'static str {
        match self {
            Self::Confirmed => "badge--ok",
            Self::Past => "",
            Self::Cancelled => "badge--bad",
        }
    }
}

/// Who booked.
#[derive(Debug)]
pub(crate) struct Customer {
    pub(crate) name: String,
    pub(crate) email: String,
}

/// The room, while it may be shown.
#[derive(Debug)]
pub(crate) struct RoomKey {
    pub(crate) url: String,
    /// None where Jitsi does not ask for one.
    pub(crate) password: Option<String>,
    pub(crate) opens_at: Instant,
    pub(crate) opens: String,
    /// Minutes before the start.
    pub(crate) early: u32,
    pub(crate) closes_at: Instant,
    pub(crate) closes: String,
}

#[derive(Template)]
#[template(path = "pages/booked.html")]
pub(crate) struct Page {
    shell: Shell,
    state: State,
    /// Whether the host reads it.
    for_host: bool,
    title: String,
    host: String,
    customer: Customer,
    when: When,
    key: Option<RoomKey>,
    note: String,
    reason: Option<String>,
    /// The path of this page.
    page: String,
    /// Where to book another time.
    again: String,
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let at = Instant::parse("2026-10-08T11:35:00Z").unwrap();
        let key = || RoomKey {
            url: "https://meet.example.org/k7w2mtq9".into(),
            password: Some("tern-moss-quilt-48275".into()),
            opens_at: at,
            opens: "Thursday 8 October at 12:35".into(),
            early: 10,
            closes_at: at,
            closes: "at 13:45".into(),
        };
        let page = |state, for_host, key| Self {
            shell: Shell::default(),
            state,
            for_host,
            title: "Intro call".into(),
            host: "Ada Lovelace".into(),
            customer: Customer { name: "Bo <b>bold</b>".into(), email: "bo@example.com".into() },
            when: When::sample(),
            key,
            note: "Line\nline".into(),
            reason: (state == State::Cancelled).then(|| "Ill".to_owned()),
            page: "/b/token".into(),
            again: "/ada/intro".into(),
        };
        vec![
            page(State::Confirmed, false, Some(key())),
            page(State::Confirmed, true, Some(key())),
            page(State::Past, false, None),
            page(State::Cancelled, false, None),
            page(State::Cancelled, true, None),
        ]
    }
}
