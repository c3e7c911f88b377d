//! `/b/{token}/propose`: the host proposes other times for a booking; the customer chooses one of them by link.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use chrono::Days;
use roomkey_app::{Found, MoveError, ProposalError};
use roomkey_core::{
    booking::{MOST_TIMES, Side, may_propose},
    text::Note,
    time::{Instant, LocalDate, Span, TimeZone, parse_date},
};

use super::{
    booked::{self, Facts, found, path},
    page, see_other, shell,
};
use crate::{
    Web,
    failure::Failure,
    form::Form,
    pages::reschedule::movable,
    view::{Clock, Problems, Shell, TimeOfDay, When, date_with_year},
};

/// Days whose times are shown at once.
const DAYS: Days = Days::new(14);

/// A time to tick.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) start: Instant,
    pub(crate) time: TimeOfDay,
    pub(crate) ticked: bool,
}

/// A day with free times.
#[derive(Debug)]
pub(crate) struct Day {
    pub(crate) title: String,
    pub(crate) times: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "pages/propose.html")]
pub(crate) struct Page {
    shell: Shell,
    title: String,
    /// The customer's name.
    other: String,
    when: When,
    /// The path of the booking's page.
    path: String,
    from: LocalDate,
    /// Where the next days begin.
    next: LocalDate,
    days: Vec<Day>,
    /// What is ticked on other days.
    elsewhere: Vec<(Instant, String)>,
    most: usize,
    note: String,
    problems: Problems,
}

/// The booking, to its host alone.
async fn own(web: &Web, token: &str) -> Result<Found, Failure> {
    let found = found(web, token).await?;
    if found.side == Side::Host { Ok(found) } else { Err(Failure::NotFound) }
}

fn can_propose(found: &Found) -> bool {
    let terms = &found.details.event_type.terms;
    may_propose(&found.details.booking, terms, Side::Host, found.now).is_ok()
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
) -> Result<HttpResponse, Failure> {
    let found = own(&web, &token).await?;
    if !can_propose(&found) {
        return Ok(see_other(path(found.details.link(found.side))));
    }
    let query = Form::query(&request);
    show(StatusCode::OK, &request, &web, &found, &query, Problems::default()).await
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    let found = own(&web, &token).await?;
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    if !can_propose(&found) {
        return booked::show(status, &request, &web, &found).await;
    }
    // Other days are asked for by the same form, so that ticks and message stay.
    if form.has("show") {
        return show(StatusCode::OK, &request, &web, &found, &form, Problems::default()).await;
    }
    let mut problems = Problems::default();
    let note = problems.check("note", form.get("note").parse::<Note>());
    let starts: Result<Vec<_>, _> = form.all("slot").map(Instant::parse).collect();
    match (starts, note) {
        (Ok(starts), Some(note)) => {
            let link = found.details.link(found.side);
            match web.app.propose_by_link(link, starts, note).await {
                Ok(_) => return Ok(see_other(format!("{}/proposal", path(link)))),
                Err(ProposalError::Unknown | ProposalError::Gone) => return Err(Failure::NotFound),
                Err(ProposalError::Store(error)) => return Err(error.into()),
                Err(ProposalError::Limited(limited)) => return Err(limited.into()),
                Err(error) => problems.add("times", in_words(&error, found.details.host.time_zone)),
            }
        }
        (Err(_), _) => problems.add("times", "Choose from the times below"),
        (Ok(_), None) => {}
    }
    show(status, &request, &web, &found, &form, problems).await
}

fn in_words(error: &ProposalError, zone: TimeZone) -> String {
    use roomkey_core::booking::ProposalRefusal::{NotOffered, Number};
    match error {
        ProposalError::Refused(NotOffered { start, .. }) => {
            let (date, time) =
                (date_with_year(zone.date(*start)), TimeOfDay::at(zone, *start, Clock::TwentyFour));
            format!("{date} at {time} is not free any more")
        }
        ProposalError::Refused(Number { most }) => format!("Tick 1 to {most} times"),
        other => format!("Nothing was proposed: {other}"),
    }
}

async fn show(
    status: StatusCode,
    request: &HttpRequest,
    web: &Web,
    found: &Found,
    typed: &Form,
    problems: Problems,
) -> Result<HttpResponse, Failure> {
    let zone = found.details.host.time_zone;
    let today = zone.date(found.now);
    let from = parse_date(typed.get("from")).ok().map_or(today, |from| from.max(today));
    let last = from.checked_add_days(DAYS).unwrap_or(from);
    let range = Span { start: zone.start_of(from), end: zone.start_of(last) };
    let offered = web.app.slots_to_move(movable(found), range).await;
    let slots = match offered {
        Ok(offered) => offered.slots,
        Err(MoveError::Store(error)) => return Err(error.into()),
        Err(_) => Vec::new(),
    };
    let ticked: Vec<_> = typed.all("slot").filter_map(|slot| Instant::parse(slot).ok()).collect();
    let mut days: Vec<(LocalDate, Day)> = Vec::new();
    for slot in slots {
        let date = zone.date(slot.start);
        let choice = Choice {
            start: slot.start,
            time: TimeOfDay::at(zone, slot.start, Clock::TwentyFour),
            ticked: ticked.contains(&slot.start),
        };
        match days.last_mut() {
            Some((last, day)) if *last == date => day.times.push(choice),
            _ => days.push((date, Day { title: date_with_year(date), times: vec![choice] })),
        }
    }
    let elsewhere = ticked.iter().filter(|start| !(range.start..range.end).contains(*start));
    let elsewhere = elsewhere.map(|&start| {
        let time = TimeOfDay::at(zone, start, Clock::TwentyFour);
        (start, format!("{}, {time}", date_with_year(zone.date(start))))
    });
    let Facts { title, when, other, path, .. } = Facts::of(found);
    page(
        status,
        &Page {
            shell: shell(request),
            title,
            other,
            when,
            path,
            from,
            next: last,
            elsewhere: elsewhere.collect(),
            days: days.into_iter().map(|(_, day)| day).collect(),
            most: MOST_TIMES,
            note: typed.text("note"),
            problems,
        },
    )
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |days, problems| Self {
            shell: Shell::default(),
            title: "Intro call".into(),
            other: "Bo <b>bold</b>".into(),
            when: When::sample(),
            path: "/b/token".into(),
            from: parse_date("2026-10-08").unwrap(),
            next: parse_date("2026-10-22").unwrap(),
            days,
            elsewhere: vec![(Instant::EPOCH, "Friday 23 October 2026, 09:00".into())],
            most: MOST_TIMES,
            note: "<b>bold".into(),
            problems,
        };
        let choice = |ticked| Choice {
            start: Instant::EPOCH,
            time: TimeOfDay::at(TimeZone::UTC, Instant::EPOCH, Clock::TwentyFour),
            ticked,
        };
        let day = Day {
            title: "Thursday 8 October 2026".into(),
            times: vec![choice(true), choice(false)],
        };
        let mut wrong = Problems::default();
        wrong.add("times", "Tick 1 to 5 times");
        vec![page(vec![day], wrong), page(Vec::new(), Problems::default())]
    }
}
