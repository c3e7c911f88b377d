//! `/setup`: the first account, made with the token that the server printed at its start.

use askama::Template;

use crate::view::{Problems, Shell, ZoneOptions};

/// What was typed; the password never comes back.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) token: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) handle: String,
}

#[derive(Template)]
#[template(path = "pages/setup.html")]
pub(crate) struct Page {
    shell: Shell,
    /// What addresses start with, without the scheme.
    site: String,
    answers: Answers,
    zones: ZoneOptions,
    problems: Problems,
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let mut problems = Problems::default();
        problems.add("handle", "This name is reserved, choose another");
        let zone = roomkey_core::time::TimeZone::UTC;
        let page = |problems| Self {
            shell: Shell::default(),
            site: "book.example.org".into(),
            answers: Answers { name: "Ada <b>bold</b>".into(), ..Answers::default() },
            zones: ZoneOptions::new(zone, [], roomkey_core::time::Instant::EPOCH),
            problems,
        };
        vec![page(Problems::default()), page(problems)]
    }
}
