//! `/b/{token}/cancel`: asks, and the `POST` acts.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use roomkey_app::{CancelError, CancelRequest, Found};
use roomkey_core::{
    booking::{InvalidTransition, SeriesScope, Side, Status, may_cancel},
    text::Note,
};

use super::{
    booked::{Facts, cancelled_before, found, path},
    closed, page, see_other, shell,
};
use crate::{
    Web,
    failure::Failure,
    form::Form,
    view::{Problems, Shell, When},
};

#[derive(Template)]
#[template(path = "pages/cancel.html")]
#[expect(clippy::struct_excessive_bools, reason = "the template asks each by itself")]
pub(crate) struct Page {
    shell: Shell,
    title: String,
    /// The other side's name.
    other: String,
    when: When,
    /// The path of the booking's page.
    path: String,
    /// Whether they meet in a room that nobody else is expected in.
    has_room: bool,
    /// Whether others can book the same time.
    is_seat: bool,
    /// Whether there are others who meet in the room that the customer knows.
    shares_room: bool,
    /// Whether it was chosen that these keep it.
    keep_room: bool,
    reason: String,
    /// Whether there are others in its series, of which some can be left.
    in_series: bool,
    /// Whether all of its series go with it.
    takes_all: bool,
    /// Which of them was chosen.
    scope: String,
    problems: Problems,
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
) -> Result<HttpResponse, Failure> {
    let found = found(&web, &token).await?;
    let booking = &found.details.booking;
    if booking.status.holds_time() && found.now < booking.span.end {
        let notice = found.details.event_type.terms.cancel_notice;
        if let Err(InvalidTransition::TooLate { until }) =
            may_cancel(booking, notice, found.side, found.now)
        {
            return closed::answer(StatusCode::OK, &request, &found, closed::Act::Cancel, until);
        }
        let form = Form::default();
        let page_of = Page::new(&request, &web, &found, &form, Problems::default()).await?;
        page(StatusCode::OK, &page_of)
    } else {
        Ok(see_other(path(found.details.link(found.side))))
    }
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    let found = found(&web, &token).await?;
    let link = found.details.link(found.side);
    let mut problems = Problems::default();
    if let Some(reason) = problems.check("reason", form.get("reason").parse::<Note>()) {
        let Some(scope) = scope(&form) else {
            problems.add("scope", "Choose which dates to cancel");
            let contents = Page::new(&request, &web, &found, &form, problems).await?;
            return page(StatusCode::UNPROCESSABLE_ENTITY, &contents);
        };
        let keep_room = form.has("keep_room");
        match web.app.cancel_by_link(link, CancelRequest { reason, scope, keep_room }).await {
            Ok(_) => return Ok(see_other(path(link))),
            Err(CancelError::InvalidTransition(InvalidTransition::AlreadyCancelled)) => {
                return cancelled_before(&request, &web, &token).await;
            }
            Err(CancelError::InvalidTransition(InvalidTransition::TooLate { until })) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                return closed::answer(status, &request, &found, closed::Act::Cancel, until);
            }
            Err(CancelError::InvalidTransition(InvalidTransition::Over)) => {
                problems.add("reason", "This booking is over and can not be cancelled");
            }
            Err(CancelError::InvalidTransition(why)) => {
                problems.add("reason", format!("It can not be cancelled: {why}"));
            }
            Err(CancelError::Unknown | CancelError::Gone) => return Err(Failure::NotFound),
            Err(CancelError::Store(error)) => return Err(error.into()),
        }
    }
    let again = Page::new(&request, &web, &found, &form, problems).await?;
    page(StatusCode::UNPROCESSABLE_ENTITY, &again)
}

/// Which bookings of a series a form is about; the one, if it does not say.
pub(super) fn scope(form: &Form) -> Option<SeriesScope> {
    match form.get("scope") {
        "" => Some(SeriesScope::This),
        name => name.parse().ok(),
    }
}

impl Page {
    async fn new(
        request: &HttpRequest,
        web: &Web,
        found: &Found,
        form: &Form,
        problems: Problems,
    ) -> Result<Self, Failure> {
        let Facts { title, when, other, path, .. } = Facts::of(found);
        let (shell, reason) = (shell(request), form.text("reason"));
        // Of a session only a seat is given back.
        let is_seat = found.details.booking.session.is_some();
        let has_room = found.details.room.is_some() && !is_seat;
        let takes_all = found.details.booking.waits_in().is_some();
        let in_series = found.details.booking.series.is_some() && !takes_all;
        let scope = form.text("scope");
        let booking = &found.details.booking;
        let may_know = found.side == Side::Host
            && booking.status == Status::Confirmed
            && found.details.room.is_some();
        let shares_room =
            is_seat && may_know && !web.app.others_in_session(booking).await?.is_empty();
        let keep_room = form.has("keep_room");
        Ok(Self {
            shell,
            title,
            other,
            when,
            path,
            has_room,
            is_seat,
            shares_room,
            keep_room,
            reason,
            in_series,
            takes_all,
            scope,
            problems,
        })
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |takes_all: bool| Self {
            shell: Shell::default(),
            title: "Intro call".into(),
            other: "Ada <b>bold</b>".into(),
            when: When::sample(),
            path: "/b/token".into(),
            has_room: true,
            is_seat: takes_all,
            shares_room: takes_all,
            keep_room: false,
            reason: String::new(),
            in_series: !takes_all,
            takes_all,
            scope: "all".into(),
            problems: Problems::default(),
        };
        vec![page(false), page(true)]
    }
}
