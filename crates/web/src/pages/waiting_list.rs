//! `/{handle}/{slug}/waiting-list`: who finds no free time asks to be told when one frees up. The link to their own
//! page goes to their address alone, so that the answer is the same whether or not that was on the list already.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use roomkey_app::{JoinListError, Joining, Page as Address, WaitingList};
use roomkey_core::{
    account::User,
    event_type::{Bounds, EventType},
    text::{EmailAddress, FieldError, PersonName},
    time::{LocalDate, Minutes, TimeZone, parse_date},
    waiting_list::WrongWish,
};

use super::{
    booking::{EventCard, HostCard},
    page, see_other, shell,
};
use crate::{
    Web, address,
    failure::Failure,
    form::Form,
    proof_cookie,
    view::{Problems, Shell, Trail, ZoneOptions, long_date},
};

/// What was typed.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) day: String,
    pub(crate) until: String,
    pub(crate) name: String,
    pub(crate) email: String,
}

#[derive(Template)]
#[template(path = "pages/waiting_list.html")]
pub(crate) struct Page {
    shell: Shell,
    host: HostCard,
    event: EventCard,
    /// Whether somebody has just joined, and whether they press a button in an email first.
    joined: Option<bool>,
    /// Whose clock days go by.
    city: String,
    /// The first and the last date that can be waited for.
    dates: [String; 2],
    /// How long a time is kept.
    kept: String,
    /// Whether it takes the button in an email, as far as is known before the address is.
    proves: bool,
    /// The name of the zone in which times are shown.
    zone: &'static str,
    /// To choose from, where the zone is wrong.
    zones: ZoneOptions,
    answers: Answers,
    /// Back to the month.
    back: String,
    problems: Problems,
}

/// What the address says after somebody has joined.
const ON_THE_LIST: &str = "on";
const TO_PROVE: &str = "prove";

/// The path of the form, with a day filled in.
pub(super) fn path(
    host: &User,
    event_type: &EventType,
    day: Option<LocalDate>,
    trail: &Trail,
) -> String {
    let day = day.map(|day| format!("date={day}")).unwrap_or_default();
    let query = format!("{day}{trail}");
    let query = query.trim_start_matches('&');
    format!("/{}/{}/waiting-list?{query}", host.handle, event_type.terms.slug)
}

async fn find(web: &Web, handle: &str, slug: &str) -> Result<(Address, WaitingList), Failure> {
    let address = address::of(handle, slug).ok_or(Failure::NotFound)?;
    let found = web.app.waiting_list(address.clone()).await.map_err(failure)?;
    Ok((address, found))
}

/// What can not be told in its place.
fn failure(error: JoinListError) -> Failure {
    match error {
        JoinListError::Limited(limited) => limited.into(),
        JoinListError::Store(error) => error.into(),
        _ => Failure::NotFound,
    }
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Failure> {
    let (handle, slug) = path.into_inner();
    let (_, found) = find(&web, &handle, &slug).await?;
    let query = Form::query(&request);
    let answers = Answers {
        day: query.text("date"),
        until: String::new(),
        name: query.text("name"),
        email: query.text("email"),
    };
    let mut contents = Page::new(&request, &web, &found, &query, answers, Problems::default());
    contents.joined = match query.get("done") {
        ON_THE_LIST => Some(false),
        TO_PROVE => Some(true),
        _ => None,
    };
    page(StatusCode::OK, &contents)
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    path: Path<(String, String)>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    let (handle, slug) = path.into_inner();
    let (mut address, found) = find(&web, &handle, &slug).await?;
    address.stamp = proof_cookie::of(&request, &web);
    let mut problems = Problems::default();
    if let Some(joining) = read(&form, address, &found, &mut problems) {
        match web.app.join_waiting_list(joining, web.client(&request)).await {
            Ok(asks_proof) => {
                let done = if asks_proof { TO_PROVE } else { ON_THE_LIST };
                return Ok(see_other(format!("/{handle}/{slug}/waiting-list?done={done}")));
            }
            Err(JoinListError::Duration(wrong)) => {
                problems.add("waiting", format!("Bookings of this kind last {}", wrong.in_words()));
            }
            Err(JoinListError::Wish(WrongWish::Day { last })) => {
                let last = long_date(last);
                problems.add("day", format!("Choose a day from today to {last}"));
            }
            Err(JoinListError::Wish(WrongWish::Until)) => {
                problems.add("until", "Choose a day that is still to come");
            }
            Err(JoinListError::Free) if form.get("day").is_empty() => {
                problems
                    .add("day", "There are free times: book one, or choose a day that has none");
            }
            Err(JoinListError::Free) => {
                problems.add("day", "There are free times on that day: book one of them");
            }
            Err(JoinListError::Full) => {
                problems.add("waiting", "Very many wait already. Look again later");
            }
            Err(error) => return Err(failure(error)),
        }
    }
    let answers = Answers {
        day: form.text("day"),
        until: form.text("until"),
        name: form.text("name"),
        email: form.text("email"),
    };
    let contents = Page::new(&request, &web, &found, &form, answers, problems);
    page(StatusCode::UNPROCESSABLE_ENTITY, &contents)
}

/// What the form asks for, if nothing is wrong with it.
fn read(
    form: &Form,
    page: Address,
    found: &WaitingList,
    problems: &mut Problems,
) -> Option<Joining> {
    let mut date = |id: &'static str| match form.get(id) {
        "" => Some(None),
        text => problems.check(id, parse_date(text).map(Some).map_err(|_| FieldError::Date)),
    };
    let (day, until) = (date("day"), date("until"));
    let time_zone = match form.get("tz") {
        "" => Some(found.facts.host.time_zone),
        name => problems.check("tz", name.parse().map_err(|_| FieldError::TimeZone)),
    };
    let duration = match form.get("duration") {
        "" => Some(None),
        text => problems.check("waiting", Bounds::DURATION.parse(text)).map(|n| Some(Minutes(n))),
    };
    let name = problems.check("name", form.get("name").parse::<PersonName>());
    let email = problems.check("email", form.get("email").parse::<EmailAddress>());
    // People do not see this field; programs that fill in everything do.
    if !form.get("website").is_empty() {
        problems.add("waiting", "Send the form as it stands on the page");
    }
    let joining = Joining {
        page,
        duration: duration?,
        day: day?,
        until: until?,
        name: name?,
        email: email?,
        time_zone: time_zone?,
    };
    problems.is_empty().then_some(joining)
}

impl Page {
    /// `given` is the query, or the form that was sent.
    fn new(
        request: &HttpRequest,
        web: &Web,
        WaitingList { facts, kept, last_date, now }: &WaitingList,
        given: &Form,
        answers: Answers,
        problems: Problems,
    ) -> Self {
        let (host, event_type) = (&facts.host, &facts.event_type);
        let terms = &event_type.terms;
        let asked = Bounds::DURATION.parse(given.get("duration")).ok().map(Minutes);
        let duration = asked.filter(|asked| terms.has_duration(*asked)).unwrap_or(terms.duration);
        let zone = given.get("tz").parse::<TimeZone>().unwrap_or(host.time_zone);
        let trail = Trail {
            zone: Some(zone),
            duration: (duration != terms.duration).then_some(duration),
            ..Trail::default()
        };
        let date = parse_date(&answers.day).map(|day| format!("date={day}")).unwrap_or_default();
        let query = format!("{date}{trail}");
        let first = facts.schedule.time_zone.date(*now);
        Self {
            shell: shell(request),
            host: HostCard::new(host),
            event: EventCard::new(event_type, duration),
            joined: None,
            city: facts.schedule.time_zone.city(),
            dates: [first, *last_date].map(|date| date.to_string()),
            kept: kept.to_string(),
            proves: web.app.asks_email_proof(event_type)
                && proof_cookie::of(request, web).is_none(),
            zone: zone.name(),
            zones: ZoneOptions::new(zone, [host.time_zone], *now),
            answers,
            back: format!("/{}/{}?{}", host.handle, terms.slug, query.trim_start_matches('&')),
            problems,
        }
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |joined, problems| Self {
            shell: Shell::default(),
            host: HostCard::sample(),
            event: EventCard::sample(),
            joined,
            city: "London".into(),
            dates: ["2026-10-08", "2026-12-07"].map(str::to_owned),
            kept: "30 minutes".into(),
            proves: true,
            zone: "Europe/London",
            zones: ZoneOptions::new(TimeZone::UTC, [], roomkey_core::time::Instant::EPOCH),
            answers: Answers { day: "<b>bold</b>".into(), ..Answers::default() },
            back: "/ada/intro?date=2026-10-08".into(),
            problems,
        };
        let mut problems = Problems::default();
        problems.add("day", "There are free times on that day: book one of them");
        problems.add("tz", "Choose a time zone from the list, like Europe/Berlin");
        let none = Problems::default;
        vec![
            page(None, none()),
            page(None, problems),
            page(Some(true), none()),
            page(Some(false), none()),
        ]
    }
}
