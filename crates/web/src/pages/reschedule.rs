//! `/b/{token}/reschedule`: another time for a booking. `GET` shows the free times, and with `slot` the
//! one beside the other; `POST` moves it.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use roomkey_app::{Found, Movable, MoveError};
use roomkey_core::{
    booking::{InvalidTransition, SeriesScope, Way, way_to_move},
    text::Note,
    time::{Instant, Span},
};

use super::{
    booked::{self, Facts, found, path, zones},
    booking::{self, Asked, Chip, ScopeChoice, Source},
    cancel, closed, page, see_other, shell,
};
use crate::{
    Web,
    failure::Failure,
    form::Form,
    view::{Clock, Problems, Shell, When, nearby},
};

/// Free times that are named when the chosen one is gone.
const NEAREST: usize = 3;

/// The former and the new time, side by side.
#[derive(Template)]
#[template(path = "pages/reschedule.html")]
pub(crate) struct Page {
    shell: Shell,
    title: String,
    /// The other side's name.
    other: String,
    was: When,
    /// Whether they meet in a room that nobody else is expected in.
    has_room: bool,
    /// Whether the host is asked.
    asks: bool,
    /// None where the time that was chosen is gone.
    new: Option<When>,
    nearest: Vec<Chip>,
    /// The path of the booking's page.
    path: String,
    note: String,
    /// Whether there are others in its series.
    in_series: bool,
    /// Which of them was chosen.
    scope: &'static str,
    problems: Problems,
}

pub(super) const fn movable(found: &Found) -> Movable {
    let booking = &found.details.booking;
    Movable { host: booking.host, booking: booking.id, scope: SeriesScope::This, by: found.side }
}

/// The booking with those of its series that a query or form says; alone where it says something else, or where the
/// host is asked.
fn with_others(found: &Found, form: &Form) -> Movable {
    let scope = match way(found) {
        Ok(Way::Move) if found.details.booking.series.is_some() => cancel::scope(form),
        _ => None,
    };
    Movable { scope: scope.unwrap_or(SeriesScope::This), ..movable(found) }
}

fn way(found: &Found) -> Result<Way, InvalidTransition> {
    way_to_move(&found.details.booking, &found.details.event_type.terms, found.side, found.now)
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
) -> Result<HttpResponse, Failure> {
    let found = found(&web, &token).await?;
    let query = Form::query(&request);
    let movable = with_others(&found, &query);
    let way = match movable.scope {
        SeriesScope::This => way(&found).map_err(MoveError::from),
        SeriesScope::Following | SeriesScope::All => web.app.way_to_move(movable).await,
    };
    match way {
        Ok(_) => {}
        Err(MoveError::InvalidTransition(InvalidTransition::TooLate { until })) => {
            return closed::answer(StatusCode::OK, &request, &found, closed::Act::Move, until);
        }
        Err(MoveError::InvalidTransition(_)) => {
            return Ok(see_other(path(found.details.link(found.side))));
        }
        Err(error) => return Err(failure(error)),
    }
    let asked = Asked::read(&query);
    if let Some(start) = asked.slot {
        let offered = web.app.slots_to_move(movable, Span::moment(start)).await;
        if let Some(slot) = offered.map_err(failure)?.slots.first() {
            let note = query.text("note");
            let mut contents =
                Page::new(&request, &found, Some(slot.span()), note, Problems::default());
            contents.scope = movable.scope.as_str();
            return page(StatusCode::OK, &contents);
        }
    }
    pick(StatusCode::OK, &request, &web, &found, movable, asked).await
}

/// The page with the free times.
async fn pick(
    status: StatusCode,
    request: &HttpRequest,
    web: &Web,
    found: &Found,
    movable: Movable,
    mut asked: Asked,
) -> Result<HttpResponse, Failure> {
    let (own, _) = zones(found);
    asked.trail.zone.get_or_insert(own);
    let trail = |scope| asked.trail.with_scope(Some(scope).filter(|s| *s != SeriesScope::This));
    let is_series = found.details.booking.series.is_some() && way(found) == Ok(Way::Move);
    let choices = if is_series { &SeriesScope::ALL[..] } else { &[] };
    let choice = |scope: &SeriesScope| ScopeChoice {
        text: scope_text(*scope),
        trail: trail(*scope),
        chosen: *scope == movable.scope,
    };
    let scopes = choices.iter().map(choice).collect();
    asked.trail = trail(movable.scope);
    let Facts { when, other, path, .. } = Facts::of(found);
    let moving = booking::Moving { when, other, path, scopes };
    booking::pick(status, request, web, &Source::Booking(movable), asked, Some(moving)).await
}

/// Which bookings of a series, in words that follow a verb.
const fn scope_text(scope: SeriesScope) -> &'static str {
    match scope {
        SeriesScope::This => "Only this date",
        SeriesScope::Following => "This and those after it",
        SeriesScope::All => "All that are to come",
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
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    let mut problems = Problems::default();
    let movable = with_others(&found, &form);
    let Ok(start) = Instant::parse(form.get("slot")) else {
        return match way(&found) {
            Ok(_) => pick(unprocessable, &request, &web, &found, movable, Asked::read(&form)).await,
            Err(why) => refused(&request, &web, &token, &found, why).await,
        };
    };
    let note = problems.check("note", form.get("note").parse::<Note>());
    let (own, _) = zones(&found);
    let mut chosen = Some(Span { start, end: start.plus_micros(length(&found)) });
    let mut nearest = Vec::new();
    let scope = cancel::scope(&form);
    if scope.is_none() {
        problems.add("scope", "Choose which dates to move");
    }
    if let Some((note, scope)) = note.zip(scope) {
        match move_or_ask(&web, &found, start, note, scope).await {
            // Of one that was changed meanwhile its page says how it stands.
            Ok(()) | Err(MoveError::Changed) => return Ok(see_other(path(link))),
            Err(MoveError::InvalidTransition(why)) => {
                return refused(&request, &web, &token, &found, why).await;
            }
            Err(MoveError::Unknown | MoveError::Gone) => return Err(Failure::NotFound),
            Err(MoveError::Store(error)) => return Err(error.into()),
            Err(MoveError::Limited(limited)) => return Err(limited.into()),
            Err(MoveError::Dates(refused)) => {
                let today = own.date(found.now);
                let told = refused.iter().map(|date| {
                    let time = nearby(own, date.start, today, Clock::TwentyFour);
                    format!("{time} ({})", date.why)
                });
                let told = told.collect::<Vec<_>>().join(", ");
                let text = format!("Nothing was moved, for not all dates are free: {told}");
                problems.add("scope", text);
            }
            Err(MoveError::Refused(_) | MoveError::Taken) => {
                let today = own.date(found.now);
                let time = nearby(own, start, today, Clock::TwentyFour);
                problems.add("slot", format!("{time} is not free any more. Choose another time"));
                chosen = None;
                let near = start.max(found.now);
                let slots = web.app.nearest_to_move(movable, near, NEAREST).await;
                let chip = |slot| Chip::new(slot, own, today, Clock::TwentyFour);
                nearest = slots.map_err(failure)?.iter().map(chip).collect();
            }
        }
    }
    let mut contents = Page::new(&request, &found, chosen, form.text("note"), problems);
    contents.nearest = nearest;
    contents.scope = movable.scope.as_str();
    page(unprocessable, &contents)
}

/// Moves the booking, or asks the host to.
async fn move_or_ask(
    web: &Web,
    found: &Found,
    start: Instant,
    note: Note,
    scope: SeriesScope,
) -> Result<(), MoveError> {
    let link = found.details.link(found.side);
    match way(found)? {
        Way::Move => web.app.move_series_by_link(link, start, note, scope).await.map(drop),
        Way::Ask => match web.app.propose_by_link(link, vec![start], note).await {
            Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        },
    }
}

/// The answer to a move that the booking's state does not allow.
async fn refused(
    request: &HttpRequest,
    web: &Web,
    token: &str,
    found: &Found,
    why: InvalidTransition,
) -> Result<HttpResponse, Failure> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    match why {
        InvalidTransition::TooLate { until } => {
            closed::answer(status, request, found, closed::Act::Move, until)
        }
        InvalidTransition::AlreadyCancelled => booked::cancelled_before(request, web, token).await,
        InvalidTransition::Over
        | InvalidTransition::AskHost
        | InvalidTransition::NotConfirmed
        | InvalidTransition::State { .. } => booked::show(status, request, web, found).await,
    }
}

fn length(found: &Found) -> i64 {
    let span = found.details.booking.span;
    span.end.since(span.start)
}

fn failure(error: MoveError) -> Failure {
    match error {
        MoveError::Store(error) => error.into(),
        _ => Failure::NotFound,
    }
}

impl Page {
    /// Who reads the message.
    const fn where_to(&self) -> &'static str {
        if self.asks { "It stands in the email to them." } else { "It goes to both of you." }
    }

    fn new(
        request: &HttpRequest,
        found: &Found,
        new: Option<Span>,
        note: String,
        problems: Problems,
    ) -> Self {
        let Facts { title, when, other, path, .. } = Facts::of(found);
        let (own, theirs) = zones(found);
        Self {
            shell: shell(request),
            title,
            other,
            was: when,
            has_room: found.details.room.is_some() && found.details.booking.session.is_none(),
            asks: way(found) == Ok(Way::Ask),
            new: new.map(|span| When::new(span, own, theirs, Clock::TwentyFour)),
            nearest: Vec::new(),
            path,
            note,
            in_series: found.details.booking.series.is_some(),
            scope: SeriesScope::This.as_str(),
            problems,
        }
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |new: Option<When>, problems: Problems| Self {
            shell: Shell::default(),
            title: "Intro call".into(),
            other: "Ada <b>bold</b>".into(),
            was: When::sample(),
            has_room: true,
            asks: new.is_none(),
            nearest: match new {
                None => vec![Chip { start: Instant::EPOCH, label: "Today 12:45".into() }],
                Some(_) => Vec::new(),
            },
            new,
            path: "/b/token".into(),
            note: "<b>bold".into(),
            in_series: true,
            scope: "following",
            problems,
        };
        let mut gone = Problems::default();
        gone.add("slot", "12:45 is not free any more");
        vec![page(Some(When::sample()), Problems::default()), page(None, gone)]
    }
}
