//! `/b/{token}/cancel`: asks, and the `POST` acts.

use askama::Template;

use crate::view::{Problems, Shell, When};

#[derive(Template)]
#[template(path = "pages/cancel.html")]
pub(crate) struct Page {
    shell: Shell,
    title: String,
    /// The other side's name.
    other: String,
    when: When,
    /// The path of the booking's page.
    page: String,
    reason: String,
    problems: Problems,
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        vec![Self {
            shell: Shell::default(),
            title: "Intro call".into(),
            other: "Ada <b>bold</b>".into(),
            when: When::sample(),
            page: "/b/token".into(),
            reason: String::new(),
            problems: Problems::default(),
        }]
    }
}
