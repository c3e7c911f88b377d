//! `/{handle}/{slug}?slot=…`: who books, and the `POST` that books.

use askama::Template;
use roomkey_core::time::Instant;

use super::booking::{Chip, EventCard, HostCard};
use crate::view::{Problems, Shell, When};

/// Which time the form asks for.
#[derive(Debug)]
pub(crate) enum Choice {
    /// The one that was chosen.
    Chosen(Instant),
    /// That one is gone: the customer chooses again, and keeps every answer.
    Again {
        /// What happened, in a sentence.
        taken: String,
        /// Free times near it.
        nearest: Vec<Chip>,
    },
}

/// What was typed.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) note: String,
}

#[derive(Template)]
#[template(path = "pages/details.html")]
pub(crate) struct Page {
    pub(crate) shell: Shell,
    pub(crate) host: HostCard,
    pub(crate) event: EventCard,
    pub(crate) when: Option<When>,
    pub(crate) choice: Choice,
    /// Back to the month.
    pub(crate) back: String,
    /// The zone's name, empty if none was chosen.
    pub(crate) zone: &'static str,
    pub(crate) idempotency_key: String,
    pub(crate) answers: Answers,
    pub(crate) problems: Problems,
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |choice, problems| Self {
            shell: Shell::default(),
            host: HostCard::sample(),
            event: EventCard::sample(),
            when: Some(When::sample()),
            choice,
            back: "?date=2026-10-08&tz=Europe/London#times".into(),
            zone: "Europe/London",
            idempotency_key: "key".into(),
            answers: Answers { note: "<b>bold</b>\nline".into(), ..Answers::default() },
            problems,
        };
        let mut problems = Problems::default();
        problems.add("slot", "Somebody just took 12:45.");
        problems.add("email", "Enter an email address with a domain, like name@example.com");
        let at = Instant::parse("2026-10-08T11:45:00Z").unwrap();
        let again = Choice::Again {
            taken: "Somebody just took 12:45.".into(),
            nearest: vec![Chip { start: at, label: "Thu 8 Oct 13:30".into() }],
        };
        vec![page(Choice::Chosen(at), Problems::default()), page(again, problems)]
    }
}
