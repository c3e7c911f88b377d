//! `/w/{token}`: the page of somebody in a waiting list. It says where they are in it; the `POST` confirms that the
//! address is theirs, or takes them out.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use roomkey_app::{WaitingError, WaitingFound};
use roomkey_core::{
    time::{Instant, Minutes, TimeZone},
    token::Token,
    waiting_list::{Entry, State as Is, Wish},
};

use super::{page, see_other, shell, waiting_list};
use crate::{
    Web,
    failure::Failure,
    form::Form,
    proof_cookie,
    view::{Clock, Shell, TimeOfDay, Trail, When, date_with_year, nearby},
};

/// Where they are.
#[derive(Debug)]
pub(crate) enum State {
    /// They have yet to show that the address is theirs.
    Unproven,
    /// In line.
    Waiting {
        /// So many are before them.
        before: i64,
    },
    /// A time is kept for them.
    Offered {
        /// Which.
        when: Box<When>,
        /// Until then.
        until: String,
        /// Where it is booked.
        book: String,
    },
    Booked,
    Left,
    /// They did not take what they were offered.
    Lapsed,
    /// What they waited for is over.
    Over,
}

#[derive(Template)]
#[template(path = "pages/waiting.html")]
pub(crate) struct Page {
    shell: Shell,
    state: State,
    title: String,
    host: String,
    /// What they wait for.
    wish: String,
    email: String,
    /// How long a time is kept.
    kept: String,
    /// The path of this page.
    path: String,
    /// Where free times are.
    times: String,
    /// Where one joins again, if the list is still there.
    again: Option<String>,
    /// Whether a button was pressed that does nothing any more.
    was_late: bool,
}

const PROVE: &str = "prove";
const LEAVE: &str = "leave";

fn read_token(text: &str) -> Result<Token, Failure> {
    text.parse().map_err(|_| Failure::NotFound)
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
) -> Result<HttpResponse, Failure> {
    let token = read_token(&token)?;
    let found = web.app.waiting_entry(&token).await?;
    page(StatusCode::OK, &Page::new(&request, &found, &token))
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    let token = read_token(&token)?;
    let done = match form.get("do") {
        PROVE => web.app.prove_waiting(&token).await.map(Some),
        LEAVE => web.app.leave_waiting_list(&token).await.map(|()| None),
        _ => {
            web.app.waiting_entry(&token).await?;
            return Err(Failure::Status(StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    let back = || see_other(path(&token));
    match done {
        Ok(Some(email)) => proof_cookie::keep(&web, &email, back()),
        Ok(None) => Ok(back()),
        Err(WaitingError::Ended(_)) => {
            let found = web.app.waiting_entry(&token).await?;
            let contents = Page { was_late: true, ..Page::new(&request, &found, &token) };
            page(StatusCode::UNPROCESSABLE_ENTITY, &contents)
        }
        Err(error) => Err(error.into()),
    }
}

fn path(token: &Token) -> String {
    format!("/w/{}", token.expose())
}

impl From<WaitingError> for Failure {
    fn from(error: WaitingError) -> Self {
        match error {
            WaitingError::Unknown | WaitingError::Ended(_) => Self::NotFound,
            WaitingError::Store(error) => error.into(),
        }
    }
}

impl State {
    fn of(found: &WaitingFound, token: &Token, trail: &Trail) -> Self {
        let WaitingFound { entry, host, event_type, now, .. } = found;
        match entry.state_at(*now) {
            Is::Waiting if entry.over_at <= *now => Self::Over,
            Is::Waiting if entry.in_line_since.is_none() => Self::Unproven,
            Is::Waiting => Self::Waiting { before: found.before },
            Is::Offered(offered) => {
                let (start, waiting) = (offered.span.start, Some(token.clone()));
                let trail = Trail { waiting, ..trail.clone() };
                let (handle, slug) = (&host.handle, &event_type.terms.slug);
                let clock = Clock::default();
                Self::Offered {
                    when: When::new(offered.span, entry.time_zone, host.time_zone, clock).into(),
                    until: until(offered.until, *now, entry.time_zone),
                    book: format!("/{handle}/{slug}?slot={start}{trail}"),
                }
            }
            Is::Booked => Self::Booked,
            Is::Left => Self::Left,
            Is::Lapsed => Self::Lapsed,
        }
    }
}

/// `14:32, London time`, or `Tomorrow 00:12, London time`.
fn until(until: Instant, now: Instant, zone: TimeZone) -> String {
    let today = zone.date(now);
    let time = if zone.date(until) == today {
        TimeOfDay::at(zone, until, Clock::default()).to_string()
    } else {
        nearby(zone, until, today, Clock::default())
    };
    format!("{time}, {} time", zone.city())
}

/// What they wait for, in words.
pub(super) fn wish(Wish { duration, day, until }: Wish) -> String {
    match (day, until) {
        (Some(day), _) => format!("{duration} on {}", date_with_year(day)),
        (None, Some(until)) => format!("{duration} on any day until {}", date_with_year(until)),
        (None, None) => format!("{duration} on any day"),
    }
}

impl Page {
    fn new(request: &HttpRequest, found: &WaitingFound, token: &Token) -> Self {
        let WaitingFound { entry, host, event_type, zone, .. } = found;
        let terms = &event_type.terms;
        let Entry { wish: wished, .. } = entry;
        let usual = wished.duration == terms.duration;
        let duration: Option<Minutes> =
            (!usual && terms.has_duration(wished.duration)).then_some(wished.duration);
        let trail = Trail { zone: Some(entry.time_zone), duration, ..Trail::default() };
        let day = wished.day.map(|day| format!("date={day}")).unwrap_or_default();
        let query = format!("{day}{trail}");
        let mut spoken = wish(*wished);
        if wished.day.is_some() && entry.time_zone != *zone {
            spoken = format!("{spoken}, in {}", zone.city());
        }
        Self {
            shell: shell(request),
            state: State::of(found, token, &trail),
            title: terms.title.to_string(),
            host: host.name.to_string(),
            wish: spoken,
            email: entry.email.to_string(),
            kept: terms.waiting_list().map(|kept| kept.to_string()).unwrap_or_default(),
            path: path(token),
            times: format!("/{}/{}?{}", host.handle, terms.slug, query.trim_start_matches('&')),
            again: terms
                .waiting_list()
                .map(|_| waiting_list::path(host, event_type, wished.day, &trail)),
            was_late: false,
        }
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |state| Self {
            shell: Shell::default(),
            was_late: matches!(state, State::Lapsed),
            again: (!matches!(state, State::Over)).then(|| "/ada/intro/waiting-list".into()),
            state,
            title: "Intro call".into(),
            host: "Ada <b>bold</b>".into(),
            wish: "30 minutes on Thursday 8 October 2026".into(),
            email: "bo@example.com".into(),
            kept: "30 minutes".into(),
            path: "/w/token".into(),
            times: "/ada/intro?date=2026-10-08".into(),
        };
        let offered = State::Offered {
            when: When::sample().into(),
            until: "14:32, London time".into(),
            book: "/ada/intro?slot=2026-10-08T11:45:00Z".into(),
        };
        let states = [
            State::Unproven,
            State::Waiting { before: 0 },
            State::Waiting { before: 1 },
            State::Waiting { before: 2 },
            offered,
            State::Booked,
            State::Left,
            State::Lapsed,
            State::Over,
        ];
        states.into_iter().map(page).collect()
    }
}
