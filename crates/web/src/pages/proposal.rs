//! `/b/{token}/proposal`: other times that one side of a booking would like. `GET` shows them; `POST` chooses one,
//! says no, or takes them back, whichever is the reader's to do.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use roomkey_app::{Found, ProposalAnswer, ProposalError, Says};
use roomkey_core::{
    booking::{Proposal, Side},
    text::Note,
    time::{Instant, Span},
};

use super::{
    booked::{self, Facts, found, moment_in_full, path, zones},
    page, see_other, shell,
};
use crate::{
    Web,
    failure::Failure,
    form::Form,
    view::{Clock, Problems, Shell, When},
};

/// A proposed time.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) when: When,
    pub(crate) is_free: bool,
    pub(crate) chosen: bool,
}

#[derive(Template)]
#[template(path = "pages/proposal.html")]
pub(crate) struct Page {
    shell: Shell,
    title: String,
    /// The other side's name.
    other: String,
    when: When,
    /// The path of the booking's page.
    path: String,
    /// Whether the reader proposed it.
    is_own: bool,
    /// Whether a customer asks the host.
    is_request: bool,
    choices: Vec<Choice>,
    /// Names what is answered.
    made: i64,
    until: String,
    /// What the other side wrote.
    said: String,
    /// What the reader typed.
    note: String,
    problems: Problems,
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
) -> Result<HttpResponse, Failure> {
    let found = found(&web, &token).await?;
    match web.app.open_proposal(found.details.booking.id).await? {
        Some(proposal) => {
            let typed = Form::query(&request);
            let problems = Problems::default();
            show(StatusCode::OK, &request, &web, &found, &proposal, &typed, problems).await
        }
        None => Ok(see_other(path(found.details.link(found.side)))),
    }
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    let found = found(&web, &token).await?;
    let mut problems = Problems::default();
    let note = problems.check("note", form.get("note").parse::<Note>());
    let says = note.and_then(|note| match form.get("answer") {
        "accept" => {
            let start = Instant::parse(form.get("slot"));
            let start = start.map_err(|_| problems.add("slot", "Choose a time")).ok();
            start.map(|start| Says::Accept(start, note))
        }
        "withdraw" => Some(Says::Withdraw),
        "decline" => Some(Says::Decline(note)),
        _ => {
            problems.add("slot", "Choose what to answer");
            None
        }
    });
    if let Some(says) = says {
        let seen = form.get("made").parse().ok().map(Instant::from_micros);
        let answer = ProposalAnswer { seen, says };
        let link = found.details.link(found.side);
        match web.app.answer_proposal_by_link(link, answer).await {
            Ok(_) => return Ok(see_other(path(link))),
            Err(ProposalError::Unknown | ProposalError::Gone) => return Err(Failure::NotFound),
            Err(ProposalError::Store(error)) => return Err(error.into()),
            Err(ProposalError::Limited(limited)) => return Err(limited.into()),
            Err(ProposalError::Move(_)) => {
                problems.add("slot", "This time is not free any more, and nothing was changed");
            }
            Err(error) => problems.add("slot", format!("Nothing was changed: {error}")),
        }
    }
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    match web.app.open_proposal(found.details.booking.id).await? {
        Some(proposal) => show(status, &request, &web, &found, &proposal, &form, problems).await,
        // It was answered meanwhile: the booking's page says how it stands.
        None => booked::refused_with(&request, &web, &token, problems).await,
    }
}

async fn show(
    status: StatusCode,
    request: &HttpRequest,
    web: &Web,
    found: &Found,
    proposal: &Proposal,
    typed: &Form,
    problems: Problems,
) -> Result<HttpResponse, Failure> {
    let booking = &found.details.booking;
    let free = match web.app.free_of(booking.host, booking.id, proposal).await {
        Ok(free) => free,
        Err(ProposalError::Store(error)) => return Err(error.into()),
        Err(_) => Vec::new(),
    };
    let (own, theirs) = zones(found);
    let length = booking.span.end.since(booking.span.start);
    let chosen = Instant::parse(typed.get("slot")).ok();
    let only = proposal.starts.len() == 1;
    let choice = |&start: &Instant| Choice {
        when: When::new(
            Span { start, end: start.plus_micros(length) },
            own,
            theirs,
            Clock::TwentyFour,
        ),
        is_free: free.contains(&start),
        chosen: only || chosen == Some(start),
    };
    let Facts { title, when, other, path, .. } = Facts::of(found);
    page(
        status,
        &Page {
            shell: shell(request),
            title,
            other,
            when,
            path,
            is_own: proposal.by == found.side,
            is_request: proposal.by == Side::Customer,
            choices: proposal.starts.iter().map(choice).collect(),
            made: proposal.made_at.micros(),
            until: moment_in_full(found, proposal.expires_at),
            said: proposal.note.to_string(),
            note: typed.text("note"),
            problems,
        },
    )
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |is_own, is_request, problems| Self {
            shell: Shell::default(),
            title: "Intro call".into(),
            other: "Bo <b>bold</b>".into(),
            when: When::sample(),
            path: "/b/token".into(),
            is_own,
            is_request,
            choices: [(true, true), (true, false), (false, false)]
                .map(|(is_free, chosen)| Choice { when: When::sample(), is_free, chosen })
                .into(),
            made: 1,
            until: "Thursday 1 October 2026 at 12:00 London time".into(),
            said: "<b>said".into(),
            note: "<b>bold".into(),
            problems,
        };
        let mut wrong = Problems::default();
        wrong.add("slot", "Choose a time");
        vec![
            page(false, false, wrong),
            page(false, true, Problems::default()),
            page(true, false, Problems::default()),
            page(true, true, Problems::default()),
        ]
    }
}
