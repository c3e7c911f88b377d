//! What is shown when a page cannot be.

use std::borrow::Cow;

use askama::Template;

use crate::view::Shell;

/// A way on from a page that leads nowhere.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) href: String,
    pub(crate) text: &'static str,
}

#[derive(Template)]
#[template(path = "pages/error.html")]
pub(crate) struct Page {
    pub(crate) shell: Shell,
    pub(crate) status: u16,
    pub(crate) icon: &'static str,
    pub(crate) heading: &'static str,
    pub(crate) text: Cow<'static, str>,
    pub(crate) link: Option<Link>,
    /// The request's id, where somebody may have to look it up.
    pub(crate) reference: Option<String>,
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let link = Link { href: "/ada".into(), text: "Book again" };
        vec![Self {
            shell: Shell::default(),
            status: 410,
            icon: "lock",
            heading: "This link is used up",
            text: "The booking was cancelled.".into(),
            link: Some(link),
            reference: Some("5f2c".into()),
        }]
    }
}
