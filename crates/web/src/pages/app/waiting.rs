//! `/app/waiting`: who waits for a time with the host, and a button to take each out.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use roomkey_app::WaitingError;
use roomkey_core::{
    time::{Instant, TimeZone},
    waiting_list::{Entry, State},
};

use crate::{
    Web,
    failure::Failure,
    form::Form,
    pages::{page, see_other, waiting::wish},
    session::SignedIn,
    view::{AppShell, Clock, Section, nearby},
};

/// Somebody in line.
#[derive(Debug)]
pub(crate) struct Row {
    id: String,
    name: String,
    email: String,
    wish: String,
    /// What they are offered, if it is their turn.
    offered: Option<String>,
    joined: String,
}

/// The line of an event type.
#[derive(Debug)]
pub(crate) struct List {
    title: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "pages/app/waiting.html")]
pub(crate) struct Page {
    shell: AppShell,
    city: String,
    lists: Vec<List>,
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
) -> Result<HttpResponse, Failure> {
    let user = host.user();
    let (zone, now) = (user.time_zone, web.app.now());
    let waiting = web.app.waiting_with(user.id, None).await?;
    let lists = web.app.event_types(user.id).await?.into_iter().map(|event| List {
        title: event.terms.title.to_string(),
        rows: waiting
            .iter()
            .filter(|entry| entry.event_type == event.id)
            .map(|entry| Row::new(entry, zone, now))
            .collect(),
    });
    let flash = match Form::query(&request).get("done") {
        "removed" => Some("Removed. What was kept for them goes to the next in line."),
        _ => None,
    };
    let contents = Page {
        shell: host.shell(&request, Section::Bookings, flash),
        city: zone.city(),
        lists: lists.filter(|list| !list.rows.is_empty()).collect(),
    };
    page(StatusCode::OK, &contents)
}

pub(crate) async fn post_remove(
    web: Data<Web>,
    host: SignedIn,
    id: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let id = id.parse().map_err(|_| Failure::NotFound)?;
    match web.app.remove_waiting(host.user().id, id).await {
        // Who is gone already is what was asked for.
        Ok(()) | Err(WaitingError::Ended(_)) => Ok(see_other("/app/waiting?done=removed")),
        Err(error) => Err(error.into()),
    }
}

impl Row {
    fn new(entry: &Entry, zone: TimeZone, now: Instant) -> Self {
        let (today, clock) = (zone.date(now), Clock::default());
        let offered = match entry.state_at(now) {
            State::Offered(offered) => Some(format!(
                "{}, kept until {}",
                nearby(zone, offered.span.start, today, clock),
                nearby(zone, offered.until, today, clock),
            )),
            State::Waiting | State::Booked | State::Left | State::Lapsed => None,
        };
        Self {
            id: entry.id.to_string(),
            name: entry.name.to_string(),
            email: entry.email.to_string(),
            wish: wish(entry.wish),
            offered,
            joined: nearby(zone, entry.joined_at, today, clock),
        }
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let row = |offered: Option<&str>| Row {
            id: "id".into(),
            name: "Bo <b>bold</b>".into(),
            email: "bo@example.com".into(),
            wish: "30 minutes on any day".into(),
            offered: offered.map(str::to_owned),
            joined: "Today 12:45".into(),
        };
        let list = List {
            title: "Intro <b>bold</b>".into(),
            rows: vec![row(Some("Today 15:00, kept until Today 14:32")), row(None)],
        };
        let page = |lists| Self {
            shell: AppShell::sample(Section::Bookings),
            city: "London".into(),
            lists,
        };
        vec![page(Vec::new()), page(vec![list])]
    }
}
