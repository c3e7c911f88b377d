//! `/b/{token}/check-mail`: where whoever booked waits until the address is shown to be theirs. They may
//! have typed somebody else's, so it tells no more than they know, and leads to nothing of the booking;
//! the `POST` has the mail sent once more, or lets the time go.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use roomkey_app::{Found, ProofError};
use roomkey_core::{
    booking::{Proof, Status},
    proof_key::{ProofLink, Purpose},
};

use super::{
    booked::{Facts, asked_whole, moment_in_full, zones},
    page, see_other, shell,
};
use crate::{
    Web,
    failure::Failure,
    form::Form,
    view::{Clock, Shell, TimeOfDay, When},
};

/// What became of the time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is kept.
    Waiting {
        /// Until then.
        until: String,
    },
    /// The address was shown to be somebody's, and that is not our reader's business any more.
    Proven,
    /// Nobody showed it in time, or somebody called it off.
    Ended,
}

#[derive(Template)]
#[template(path = "pages/check_mail.html")]
pub(crate) struct Page {
    shell: Shell,
    state: State,
    title: String,
    host: String,
    when: When,
    /// How it repeats, if it does.
    repeats: Option<String>,
    email: String,
    /// Whether the reader just had it sent once more.
    resent: bool,
    /// The path of this page.
    path: String,
    /// Where another time can be booked.
    again: Option<String>,
}

/// The path of this page.
pub(super) fn path(link: &ProofLink) -> String {
    format!("/b/{}/check-mail", link.expose())
}

/// Until when the time of a booking is kept that waits for its customer; none if it does not any more.
pub(super) fn kept_until(found: &Found) -> Option<String> {
    let booking = &found.details.booking;
    let until = booking.expires_at.filter(|until| found.now < *until);
    let until = until.filter(|_| booking.status == Status::Unverified)?;
    let (zone, _) = zones(found);
    if zone.date(until) == zone.date(found.now) {
        let time = TimeOfDay::at(zone, until, Clock::TwentyFour);
        Some(format!("{time}, {} time", zone.city()))
    } else {
        Some(moment_in_full(found, until))
    }
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    link: Path<String>,
) -> Result<HttpResponse, Failure> {
    show(StatusCode::OK, &request, &web, &link).await
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    link: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    let resends = form.get("do") == "resend";
    let done = if resends {
        web.app.resend_proof(&link, web.client(&request)).await
    } else {
        web.app.withdraw(&link).await
    };
    match done {
        Ok(()) => {
            let more = if resends { "?resent=1" } else { "" };
            Ok(see_other(format!("/b/{link}/check-mail{more}")))
        }
        Err(ProofError::InvalidTransition(_) | ProofError::Changed) => {
            show(StatusCode::UNPROCESSABLE_ENTITY, &request, &web, &link).await
        }
        Err(ProofError::Link(error)) => Err(error.into()),
        Err(ProofError::Limited(limited)) => Err(limited.into()),
        Err(ProofError::Store(error)) => Err(error.into()),
    }
}

async fn show(
    status: StatusCode,
    request: &HttpRequest,
    web: &Web,
    link: &str,
) -> Result<HttpResponse, Failure> {
    let found = web.app.booking_to_prove(Purpose::Wait, link).await?;
    let Facts { title, when, other, again, .. } = Facts::of(&found);
    let attendee = &found.details.booking.attendee;
    let state = match (attendee.proof, kept_until(&found)) {
        (Proof::Given(_), _) => State::Proven,
        (_, Some(until)) => State::Waiting { until },
        (_, None) => State::Ended,
    };
    let contents = Page {
        shell: shell(request),
        state,
        title,
        host: other,
        when,
        repeats: asked_whole(&found.details.booking),
        email: attendee.email.to_string(),
        resent: Form::query(request).has("resent"),
        path: format!("/b/{link}/check-mail"),
        again,
    };
    page(status, &contents)
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |state| Self {
            shell: Shell::default(),
            state,
            title: "Intro call".into(),
            host: "Ada <b>bold</b>".into(),
            when: When::sample(),
            repeats: Some("4 times. Every week on Monday".into()),
            email: "bo@example.com".into(),
            resent: true,
            path: "/b/link/check-mail".into(),
            again: Some("/ada/intro".into()),
        };
        let until = "12:45, London time".to_owned();
        vec![page(State::Waiting { until }), page(State::Proven), page(State::Ended)]
    }
}
