//! `/app/event-types/new` and `/app/event-types/{slug}`: the editor.

use askama::Template;

use crate::view::{AppShell, Problems, Section};

/// What was typed.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) title: String,
    pub(crate) slug: String,
    pub(crate) duration: String,
    pub(crate) description: String,
    pub(crate) min_notice: String,
    pub(crate) window_days: String,
    pub(crate) increment: String,
    pub(crate) buffer_before: String,
    pub(crate) buffer_after: String,
    pub(crate) early: String,
    pub(crate) grace: String,
    pub(crate) max_occupants: String,
    pub(crate) lobby: bool,
}

#[derive(Template)]
#[template(path = "pages/app/event_type.html")]
pub(crate) struct Page {
    shell: AppShell,
    heading: String,
    /// Where the form goes.
    action: String,
    /// The page that customers see; none before it is saved.
    url: Option<String>,
    /// What addresses start with, without the scheme.
    site: String,
    answers: Answers,
    problems: Problems,
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |problems| Self {
            shell: AppShell::sample(Section::EventTypes),
            heading: "Intro <b>bold</b>".into(),
            action: "/app/event-types/intro".into(),
            url: Some("/ada/intro".into()),
            site: "localhost:8080".into(),
            answers: Answers { lobby: true, ..Answers::default() },
            problems,
        };
        let mut problems = Problems::default();
        problems.add("duration", "Enter a number from 5 to 1440");
        vec![page(Problems::default()), page(problems)]
    }
}
