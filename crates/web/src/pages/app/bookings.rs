//! `/app/bookings`: the host's bookings by day.

pub(crate) mod csv;
mod search;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use roomkey_app::{BookingDetails, BookingFilter, Cursor};
use roomkey_core::{
    booking::{Side, Status, may_mark},
    ids::BookingId,
    time::{Instant, TimeZone},
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
    view::{AppShell, Came, Clock, Section, TimeOfDay, date_with_year, long_date},
};
use search::{Search, Wanted};

/// Which bookings are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tab {
    #[default]
    Upcoming,
    Past,
    Cancelled,
}

impl Tab {
    const fn heading(self) -> &'static str {
        match self {
            Self::Upcoming => "Upcoming bookings",
            Self::Past => "Past bookings",
            Self::Cancelled => "Cancelled bookings",
        }
    }
}

/// A booking, as a row.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) start: Instant,
    pub(crate) from: TimeOfDay,
    pub(crate) to: TimeOfDay,
    pub(crate) customer: String,
    pub(crate) title: String,
    /// The customer's zone.
    pub(crate) city: String,
    pub(crate) state: State,
    /// Whether they meet in a room.
    pub(crate) has_room: bool,
    /// Whether the customer came, if the host has said.
    pub(crate) came: Option<Came>,
    /// `3 of 6`, in a series.
    pub(crate) series: Option<String>,
    /// How many dates one answer is for, if it is for several.
    pub(crate) asked_with: Option<u32>,
    /// What the host may say of it; nothing before the start.
    pub(crate) marks: Vec<Came>,
    /// Whether the customer asks for another time.
    pub(crate) asks: bool,
    /// The path of the host's page for it.
    pub(crate) page: String,
}

/// The bookings of one day.
#[derive(Debug)]
pub(crate) struct AgendaDay {
    pub(crate) title: String,
    /// Said beside the title, if that is a word like Today.
    pub(crate) date: String,
    pub(crate) bookings: Vec<Row>,
}

#[derive(Template)]
#[template(path = "pages/app/bookings.html")]
pub(crate) struct Page {
    shell: AppShell,
    today: String,
    city: String,
    /// The address of the host's profile.
    address: String,
    tab: Tab,
    search: Search,
    /// The query of this list, for buttons that lead back to it.
    query: String,
    /// How many times are kept for customers who are yet to show that the address is theirs.
    unproven: i64,
    /// How many wait for a time.
    waiting: usize,
    days: Vec<AgendaDay>,
    more: Option<String>,
}

/// Bookings on a page.
const MOST: u32 = 50;

/// The address of the list with that query, whatever it holds.
pub(crate) fn address(query: &str) -> String {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    format!("/app/bookings?{}", serde_urlencoded::to_string(pairs).unwrap_or_default())
}

/// `/app` leads to the bookings.
pub(crate) async fn redirect(_: SignedIn) -> HttpResponse {
    see_other("/app/bookings")
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
) -> Result<HttpResponse, Failure> {
    let event_types = web.app.event_types(host.user().id).await?;
    let query = Form::query(&request);
    let (search, wanted) = Search::read(&query, &event_types, host.user().time_zone);
    show(&request, &web, &host, &query, search, wanted).await
}

/// The list; with nothing in it where the search makes no sense.
async fn show(
    request: &HttpRequest,
    web: &Web,
    host: &SignedIn,
    query: &Form,
    search: Search,
    wanted: Option<Wanted>,
) -> Result<HttpResponse, Failure> {
    let tab = Tab::read(query.get("show"));
    let now = web.app.now();
    let filter = tab.filter(now, read_cursor(query.get("after")));
    let status = if wanted.is_some() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut listed = match wanted {
        Some(wanted) => {
            let (filter, searched) = wanted.narrow(filter, tab.over_by(now));
            web.app.find_bookings(host.user().id, filter, searched).await?
        }
        None => Vec::new(),
    };
    let more = (listed.len() > MOST as usize).then(|| {
        listed.truncate(MOST as usize);
        listed.last().map(|last| {
            let (start, id) = (last.booking.span.start.micros(), last.booking.id);
            format!("{}&after={start}.{id}", search.path("/app/bookings", tab))
        })
    });
    let unproven = match tab {
        Tab::Upcoming => web.app.count_unproven(host.user().id).await?,
        Tab::Past | Tab::Cancelled => 0,
    };
    let asking = match tab {
        Tab::Upcoming => web.app.asked_to_move(host.user().id).await?,
        Tab::Past | Tab::Cancelled => Vec::new(),
    };
    let waiting = match tab {
        Tab::Upcoming => web.app.waiting_with(host.user().id, None).await?.len(),
        Tab::Past | Tab::Cancelled => 0,
    };
    let zone = host.user().time_zone;
    let today = zone.date(now);
    let handle = &host.user().handle;
    let contents = Page {
        today: long_date(today),
        city: zone.city(),
        address: format!("{}/{handle}", web.app.site().public_url.as_str()),
        shell: host.shell(request, Section::Bookings, flash(query.get("done"))),
        tab,
        search,
        query: request.query_string().to_owned(),
        unproven,
        waiting,
        days: by_day(&listed, &asking, zone, now),
        more: more.flatten(),
    };
    page(status, &contents)
}

fn flash(done: &str) -> Option<&'static str> {
    match done {
        "day" => Some("Done. Everybody who had a booking on that day gets an email."),
        "moved" => Some("Moved. Everybody who had a booking on that day gets an email."),
        _ => None,
    }
}

impl Tab {
    fn read(text: &str) -> Self {
        match text {
            "past" => Self::Past,
            "cancelled" => Self::Cancelled,
            _ => Self::Upcoming,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Upcoming => "upcoming",
            Self::Past => "past",
            Self::Cancelled => "cancelled",
        }
    }

    /// When those that it lists must have ended.
    fn over_by(self, now: Instant) -> Option<Instant> {
        (self == Self::Past).then_some(now)
    }

    /// One more than fits on a page is asked for, to know whether there are more.
    const fn filter(self, now: Instant, after: Option<Cursor>) -> BookingFilter {
        let (states, from, to) = match self {
            Self::Upcoming => (Status::HOLDING, Some(now), None),
            Self::Past => (Status::Confirmed.alone(), None, Some(now)),
            Self::Cancelled => (Status::ENDED, None, None),
        };
        let latest_first = !matches!(self, Self::Upcoming);
        let states = Some(states);
        BookingFilter { states, unproven: false, from, to, latest_first, after, limit: MOST + 1 }
    }
}

fn read_cursor(text: &str) -> Option<Cursor> {
    let (start, id) = text.split_once('.')?;
    Some(Cursor { start: Instant::from_micros(start.parse().ok()?), id: id.parse().ok()? })
}

/// The bookings, which are in order, under their days.
fn by_day(
    listed: &[BookingDetails],
    asking: &[BookingId],
    zone: TimeZone,
    now: Instant,
) -> Vec<AgendaDay> {
    let today = zone.date(now);
    let date = |details: &BookingDetails| zone.date(details.booking.span.start);
    let day = |bookings: &[BookingDetails]| {
        let date = bookings.first().map_or(today, date);
        let (title, date) = if date == today {
            ("Today".to_owned(), long_date(date))
        } else if today.succ_opt() == Some(date) {
            ("Tomorrow".to_owned(), long_date(date))
        } else {
            (date_with_year(date), String::new())
        };
        let bookings =
            bookings.iter().map(|details| Row::new(details, asking, zone, now)).collect();
        AgendaDay { title, date, bookings }
    };
    listed.chunk_by(|a, b| date(a) == date(b)).map(day).collect()
}

impl Row {
    fn new(details: &BookingDetails, asking: &[BookingId], zone: TimeZone, now: Instant) -> Self {
        let booking = &details.booking;
        let time = |at| TimeOfDay::at(zone, at, Clock::TwentyFour);
        let attendance = booking.attendee.attendance;
        let can_mark = may_mark(booking, now).is_ok();
        Self {
            start: booking.span.start,
            asks: asking.contains(&booking.id),
            from: time(booking.span.start),
            to: time(booking.span.end),
            customer: booking.attendee.name.to_string(),
            title: details.event_type.terms.title.to_string(),
            city: booking.attendee.time_zone.city(),
            state: State::of(booking, now),
            has_room: details.room.is_some(),
            came: attendance.map(Came::from),
            series: (booking.series.as_ref()).map(|s| format!("{} of {}", s.index, s.of)),
            asked_with: (booking.series.as_ref())
                .filter(|series| booking.waits_in().is_some() && series.of > 1)
                .map(|series| series.of),
            marks: if can_mark { Came::others(attendance) } else { Vec::new() },
            page: booked::path(details.link(Side::Host)),
        }
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        use crate::view::Clock;
        use roomkey_core::booking::Attendance;
        let zone = roomkey_core::time::TimeZone::UTC;
        let time = TimeOfDay::at(zone, Instant::EPOCH, Clock::TwentyFour);
        let days = || {
            let row = Row {
                start: Instant::EPOCH,
                asks: true,
                from: time,
                to: time,
                customer: "Bo <b>bold</b>".into(),
                title: "Intro call".into(),
                city: "Berlin".into(),
                state: State::Pending,
                has_room: false,
                came: Some(Came::from(Attendance::NoShow)),
                series: Some("3 of 6".into()),
                asked_with: Some(6),
                marks: Came::others(None),
                page: "/b/token".into(),
            };
            let (title, date) = ("Today".into(), "Thursday 8 October".into());
            vec![AgendaDay { title, date, bookings: vec![row] }]
        };
        let page = |tab, days| Self {
            shell: AppShell::sample(Section::Bookings),
            today: "Thursday 8 October".into(),
            city: "London".into(),
            address: "http://localhost:8080/ada".into(),
            tab,
            search: Search::sample(),
            query: "show=past&q=%3Cb%3Ebold\"".to_owned(),
            unproven: i64::from(tab == Tab::Upcoming),
            waiting: usize::from(tab == Tab::Upcoming),
            days,
            more: (tab == Tab::Past).then(|| "?show=past&cursor=x".to_owned()),
        };
        [Tab::Upcoming, Tab::Past, Tab::Cancelled]
            .into_iter()
            .flat_map(|tab| [page(tab, Vec::new()), page(tab, days())])
            .collect()
    }
}
