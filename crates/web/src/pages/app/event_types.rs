//! `/app/event-types`: what the host offers.

use askama::Template;

use crate::view::{AppShell, Section};

/// An event type, as a row.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) length: String,
    pub(crate) url: String,
    /// The address as people say it, without the scheme.
    pub(crate) address: String,
}

#[derive(Template)]
#[template(path = "pages/app/event_types.html")]
pub(crate) struct Page {
    shell: AppShell,
    events: Vec<Row>,
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let row = Row {
            slug: "intro".into(),
            title: "Intro <b>bold</b>".into(),
            length: "30 minutes".into(),
            url: "http://localhost:8080/ada/intro".into(),
            address: "localhost:8080/ada/intro".into(),
        };
        vec![
            Self { shell: AppShell::sample(Section::EventTypes), events: Vec::new() },
            Self { shell: AppShell::sample(Section::EventTypes), events: vec![row] },
        ]
    }
}
