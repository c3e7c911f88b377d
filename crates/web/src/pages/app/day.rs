//! `/app/bookings/day`: the host calls off all that is left of a day, or moves it to another day.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use roomkey_app::{
    CancelDayError, CancelError, Day, DayMove, DayOff, MoveDayError, MoveError, TimeOffError,
};
use roomkey_core::{
    booking::Side,
    ids::BookingId,
    text::{FieldError, Note},
    time::{Instant, LocalDate, parse_date},
};

use crate::{
    Web,
    failure::Failure,
    form::Form,
    pages::{
        booked::{self, State},
        page, see_other,
    },
    session::SignedIn,
    view::{AppShell, Clock, Problems, Section, TimeOfDay, date_with_year},
};

/// A booking that would be called off or moved.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) start: Instant,
    pub(crate) from: TimeOfDay,
    pub(crate) to: TimeOfDay,
    pub(crate) customer: String,
    pub(crate) title: String,
    pub(crate) state: State,
    /// The path of the host's page for it.
    pub(crate) page: String,
    /// Why it can not be moved to the day that was asked for; empty if nothing is against it.
    pub(crate) wrong: String,
}

/// The day that was chosen.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) date: LocalDate,
    /// The date in words.
    pub(crate) title: String,
    /// By whose clock.
    pub(crate) city: String,
    pub(crate) bookings: Vec<Row>,
}

#[derive(Template)]
#[template(path = "pages/app/day.html")]
pub(crate) struct Page {
    shell: AppShell,
    /// As it was typed.
    date: String,
    chosen: Option<Chosen>,
    /// Where they should go, as it was typed.
    to: String,
    note: String,
    reason: String,
    block: bool,
    problems: Problems,
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
) -> Result<HttpResponse, Failure> {
    let query = Form::query(&request);
    let mut problems = Problems::default();
    let today = web.app.today(host.user()).await?;
    let date = query.has("date").then(|| read_date(&query, today, &mut problems)).flatten();
    let typed = Typed { date: query.text("date"), block: true, ..Typed::default() };
    show(&request, &web, &host, date, typed, Vec::new(), problems).await
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let mut problems = Problems::default();
    let today = web.app.today(host.user()).await?;
    let date = read_date(&form, today, &mut problems);
    if form.get("act") == "move" {
        return move_all(&request, &web, &host, &form, date, today, problems).await;
    }
    let reason = problems.check("reason", form.get("reason").parse::<Note>());
    if let Some((date, reason)) = date.zip(reason) {
        let seen: BTreeSet<_> = form.all("booking").filter_map(|id| id.parse().ok()).collect();
        let off = DayOff { date, seen, reason, block: form.has("block") };
        match web.app.cancel_day(host.user(), off).await {
            Ok(_) => return Ok(see_other("/app/bookings?done=day")),
            Err(CancelDayError::Changed) => problems.add("list", CHANGED),
            Err(CancelDayError::TimeOff(TimeOffError::TooMany)) => {
                problems.add("block", "There are too many times off to block the day, remove some");
            }
            Err(
                CancelDayError::TimeOff(TimeOffError::Store(error))
                | CancelDayError::Cancel(CancelError::Store(error)),
            ) => return Err(error.into()),
            Err(CancelDayError::Cancel(why)) => {
                problems.add("list", format!("Nothing was changed: {why}"));
            }
        }
    }
    let typed = Typed {
        date: form.text("date"),
        reason: form.text("reason"),
        block: form.has("block"),
        ..Typed::default()
    };
    show(&request, &web, &host, date, typed, Vec::new(), problems).await
}

const CHANGED: &str = "There is another booking by now: look at the day again";

async fn move_all(
    request: &HttpRequest,
    web: &Web,
    host: &SignedIn,
    form: &Form,
    date: Option<LocalDate>,
    today: LocalDate,
    mut problems: Problems,
) -> Result<HttpResponse, Failure> {
    let mut wrong = Vec::new();
    let note = problems.check("note", form.get("note").parse::<Note>());
    let to = problems.check("to", parse_date(form.get("to")).map_err(|_| FieldError::Date));
    let to = to.filter(|to| {
        let is_other = *to >= today && date != Some(*to);
        if !is_other {
            problems.add("to", "Choose another day, today or later");
        }
        is_other
    });
    if let (Some(date), Some(to), Some(note)) = (date, to, note) {
        let seen: BTreeSet<_> = form.all("booking").filter_map(|id| id.parse().ok()).collect();
        match web.app.move_day(host.user(), DayMove { date, to, seen, note }).await {
            Ok(_) => return Ok(see_other("/app/bookings?done=moved")),
            Err(MoveDayError::Changed) => problems.add("list", CHANGED),
            Err(MoveDayError::Bookings(these)) => {
                let text = "Nothing was moved: what stands in the list can not be moved there";
                problems.add("to", text);
                wrong = these;
            }
            Err(MoveDayError::Store(error)) => return Err(error.into()),
        }
    }
    let typed = Typed {
        date: form.text("date"),
        to: form.text("to"),
        note: form.text("note"),
        block: true,
        ..Typed::default()
    };
    show(request, web, host, date, typed, wrong, problems).await
}

/// What the page's forms hold.
#[derive(Default)]
struct Typed {
    date: String,
    to: String,
    note: String,
    reason: String,
    block: bool,
}

async fn show(
    request: &HttpRequest,
    web: &Web,
    host: &SignedIn,
    date: Option<LocalDate>,
    Typed { date: typed, to, note, reason, block }: Typed,
    wrong: Vec<(BookingId, MoveError)>,
    problems: Problems,
) -> Result<HttpResponse, Failure> {
    let chosen = match date {
        Some(date) => {
            let day = web.app.day(host.user(), date).await?;
            Some(Chosen::new(&day, &wrong, web.app.now()))
        }
        None => None,
    };
    let status =
        if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let shell = host.shell(request, Section::Bookings, None);
    page(status, &Page { shell, date: typed, chosen, to, note, reason, block, problems })
}

/// Today or a later day.
fn read_date(form: &Form, today: LocalDate, problems: &mut Problems) -> Option<LocalDate> {
    let date = parse_date(form.get("date")).map_err(|_| FieldError::Date);
    let date = problems.check("date", date)?;
    if date < today {
        problems.add("date", "Choose today or a later day: what is over can not be cancelled");
        return None;
    }
    Some(date)
}

impl Chosen {
    fn new(day: &Day, wrong: &[(BookingId, MoveError)], now: Instant) -> Self {
        let against = |id| wrong.iter().find(|(other, _)| *other == id);
        let time = |at| TimeOfDay::at(day.zone, at, Clock::TwentyFour);
        let bookings = day.bookings.iter().map(|details| Row {
            id: details.booking.id.to_string(),
            start: details.booking.span.start,
            from: time(details.booking.span.start),
            to: time(details.booking.span.end),
            customer: details.booking.attendee.name.to_string(),
            title: details.event_type.terms.title.to_string(),
            state: State::of(&details.booking, now),
            page: booked::path(details.link(Side::Host)),
            wrong: against(details.booking.id).map(|(_, why)| why.to_string()).unwrap_or_default(),
        });
        Self {
            date: day.date,
            title: date_with_year(day.date),
            city: day.zone.city(),
            bookings: bookings.collect(),
        }
    }
}

impl Page {
    /// `Cancel 3 bookings`.
    fn button(&self) -> String {
        match self.chosen.as_ref().map_or(0, |chosen| chosen.bookings.len()) {
            0 => "Block the day".to_owned(),
            1 => "Cancel 1 booking".to_owned(),
            many => format!("Cancel {many} bookings"),
        }
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let zone = roomkey_core::time::TimeZone::UTC;
        let time = TimeOfDay::at(zone, Instant::EPOCH, Clock::TwentyFour);
        let row = |state| Row {
            id: "x".into(),
            start: Instant::EPOCH,
            from: time,
            to: time,
            customer: "Bo <b>bold</b>".into(),
            title: "Intro <b>bold</b>".into(),
            state,
            page: "/b/token".into(),
            wrong: if state == State::Pending { "not <b>".into() } else { String::new() },
        };
        let chosen = |bookings| Chosen {
            date: zone.date(Instant::EPOCH),
            title: "Thursday 8 October 2026".into(),
            city: "London".into(),
            bookings,
        };
        let page = |chosen| Self {
            shell: AppShell::sample(Section::Bookings),
            date: "\"<b>bold".into(),
            chosen,
            to: "\"<b>".into(),
            note: "<b>bold".into(),
            reason: "<b>bold".into(),
            block: true,
            problems: Problems::default(),
        };
        vec![
            page(None),
            page(Some(chosen(Vec::new()))),
            page(Some(chosen(vec![row(State::Confirmed), row(State::Pending)]))),
        ]
    }
}
