//! `/{handle}`: what a host offers.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;

use super::{page, shell};
use crate::{
    Web,
    failure::Failure,
    view::{Shell, initials},
};

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

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    handle: Path<String>,
) -> Result<HttpResponse, Failure> {
    let (host, event_types) = web.app.profile(&handle).await?.ok_or(Failure::NotFound)?;
    let offers = event_types.into_iter().map(|event| OfferCard {
        slug: event.terms.slug.to_string(),
        title: event.terms.title.to_string(),
        length: event.terms.duration.to_string(),
        description: event.terms.description.to_string(),
    });
    page(
        StatusCode::OK,
        &Page {
            shell: shell(&request),
            handle: host.handle.to_string(),
            initials: initials(host.name.as_str()),
            name: host.name.to_string(),
            offers: offers.collect(),
        },
    )
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
