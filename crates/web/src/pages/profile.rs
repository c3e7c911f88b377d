//! `/{handle}`: what a host offers.

use askama::Template;

use crate::view::Shell;

/// An event type, as a card.
#[derive(Debug)]
pub(crate) struct OfferCard {
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) length: String,
    pub(crate) description: String,
}

#[derive(Template)]
#[template(path = "pages/profile.html")]
pub(crate) struct Page {
    shell: Shell,
    handle: String,
    name: String,
    initials: String,
    offers: Vec<OfferCard>,
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |offers| Self {
            shell: Shell::default(),
            handle: "ada".into(),
            name: "Ada <b>bold</b>".into(),
            initials: "AL".into(),
            offers,
        };
        let card = OfferCard {
            slug: "intro".into(),
            title: "Intro call".into(),
            length: "30 minutes".into(),
            description: "What you plan, and what comes next.".into(),
        };
        vec![page(Vec::new()), page(vec![card])]
    }
}
