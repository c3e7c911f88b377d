//! `/b/{token}/join`: says when the room opens, and when it is open, leads into it.

use askama::Template;
use roomkey_core::time::Instant;

use crate::view::{Shell, When};

/// The room's door.
#[derive(Debug)]
pub(crate) enum Door {
    Early { opens_at: Instant, opens: String },
    Open { url: String, closes: String },
    Over,
    Cancelled,
}

impl Door {
    const fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    const fn icon(&self) -> &'static str {
        match self {
            Self::Early { .. } => "lock",
            Self::Open { .. } => "door",
            Self::Over => "clock",
            Self::Cancelled => "x",
        }
    }
}

#[derive(Template)]
#[template(path = "pages/join.html")]
pub(crate) struct Page {
    shell: Shell,
    heading: String,
    title: String,
    /// The other side's name.
    other: String,
    when: When,
    door: Door,
    /// Until the room closes, where Jitsi asks for one.
    password: Option<String>,
    /// The path of the booking's page.
    page: String,
    /// Where to book another time; not for the host.
    again: Option<String>,
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |door: Door| Self {
            shell: Shell::default(),
            heading: "Your room opens at 12:35".into(),
            title: "Intro call".into(),
            other: "Ada <b>bold</b>".into(),
            when: When::sample(),
            password: door.is_open().then(|| "tern-moss-quilt-48275".into()),
            door,
            page: "/b/token".into(),
            again: Some("/ada/intro".into()),
        };
        let opens_at = Instant::EPOCH;
        let url = "https://meet.example.org/k7w2mtq9".into();
        vec![
            page(Door::Early { opens_at, opens: "at 12:35".into() }),
            page(Door::Open { url, closes: "at 13:45".into() }),
            page(Door::Over),
            page(Door::Cancelled),
        ]
    }
}
