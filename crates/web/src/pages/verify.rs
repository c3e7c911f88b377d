//! `/b/{token}/verify`: the link in the mail to an address that is not known to be its customer's. The
//! page asks, and the `POST` acts.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use roomkey_app::{Found, ProofError};
use roomkey_core::{booking::Proof, proof_key::Purpose};

use super::{
    booked::{Facts, asked_whole, path},
    check_mail::kept_until,
    page, see_other, shell,
};
use crate::{
    Web,
    failure::Failure,
    proof_cookie,
    view::{Shell, When},
};

#[derive(Template)]
#[template(path = "pages/verify.html")]
pub(crate) struct Page {
    shell: Shell,
    title: String,
    host: String,
    when: When,
    /// How it repeats, if it does.
    repeats: Option<String>,
    email: String,
    /// Until when the button works; none if it does not any more.
    until: Option<String>,
    /// Whether the host is asked then.
    asks_first: bool,
    /// The path of this page.
    path: String,
    /// Where another time can be booked.
    again: Option<String>,
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    link: Path<String>,
) -> Result<HttpResponse, Failure> {
    let found = web.app.booking_to_prove(Purpose::Prove, &link).await?;
    match found.details.booking.attendee.proof {
        Proof::Given(_) => Ok(see_other(path(&found.details.customer_link))),
        Proof::Asked | Proof::NotAsked => page(StatusCode::OK, &Page::new(&request, &found, &link)),
    }
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    link: Path<String>,
) -> Result<HttpResponse, Failure> {
    match web.app.prove(&link).await {
        Ok(details) => {
            let answer = see_other(path(&details.customer_link));
            proof_cookie::keep(&web, &details.booking.attendee.email, answer)
        }
        Err(ProofError::InvalidTransition(_) | ProofError::Changed) => {
            let found = web.app.booking_to_prove(Purpose::Prove, &link).await?;
            page(StatusCode::UNPROCESSABLE_ENTITY, &Page::new(&request, &found, &link))
        }
        Err(ProofError::Link(error)) => Err(error.into()),
        Err(ProofError::Limited(limited)) => Err(limited.into()),
        Err(ProofError::Store(error)) => Err(error.into()),
    }
}

impl Page {
    fn new(request: &HttpRequest, found: &Found, link: &str) -> Self {
        let Facts { title, when, other, again, .. } = Facts::of(found);
        Self {
            shell: shell(request),
            title,
            host: other,
            when,
            repeats: asked_whole(&found.details.booking),
            email: found.details.booking.attendee.email.to_string(),
            until: kept_until(found),
            asks_first: found.details.event_type.terms.confirm_within.is_some(),
            path: format!("/b/{link}/verify"),
            again,
        }
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |until: Option<&str>, asks_first| Self {
            shell: Shell::default(),
            title: "Intro call".into(),
            host: "Ada <b>bold</b>".into(),
            when: When::sample(),
            repeats: Some("4 times. Every week on Monday".into()),
            email: "bo@example.com".into(),
            until: until.map(str::to_owned),
            asks_first,
            path: "/b/link/verify".into(),
            again: Some("/ada/intro".into()),
        };
        vec![page(Some("12:45 London time"), false), page(Some("12:45"), true), page(None, false)]
    }
}
