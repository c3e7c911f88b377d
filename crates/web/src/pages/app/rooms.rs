//! `/app/rooms`: the host's rooms without a booking, which other programs made, and a button that closes each.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use roomkey_app::{ListedRoom, RoomFilter};
use roomkey_core::{
    booking::Status,
    ids::RoomId,
    room::Admission,
    time::{Instant, TimeZone},
};

use crate::{
    Web,
    failure::Failure,
    form::Form,
    pages::{
        booked::in_room::{Opening, Visitor, lasted, openings, visitors},
        page, see_other,
    },
    session::SignedIn,
    view::{AppShell, Clock, Section, TimeOfDay, date_with_year, long_date},
};

/// Which rooms are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tab {
    /// Those whose time is not over.
    #[default]
    Upcoming,
    Past,
}

/// How a room stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    ToCome,
    Open,
    Over,
    Closed,
}

/// A room, as a row.
#[derive(Debug)]
pub(crate) struct Row {
    id: String,
    label: String,
    start: Instant,
    from: TimeOfDay,
    /// With its day, if that is another one.
    to: String,
    state: State,
    /// What the host calls the key of the program that made it.
    maker: Option<String>,
    blocks: bool,
    openings: Vec<Opening>,
    visitors: Vec<Visitor>,
    /// How long at least two were there at once.
    together: Option<String>,
}

/// The rooms of one day.
#[derive(Debug)]
pub(crate) struct RoomDay {
    title: String,
    /// Said beside the title, if that is a word like Today.
    date: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "pages/app/rooms.html")]
pub(crate) struct Page {
    shell: AppShell,
    city: String,
    tab: Tab,
    days: Vec<RoomDay>,
    more: Option<String>,
}

/// Rooms on a page.
const MOST: u32 = 50;

impl Tab {
    fn read(text: &str) -> Self {
        if text == "past" { Self::Past } else { Self::Upcoming }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Upcoming => "upcoming",
            Self::Past => "past",
        }
    }

    const fn heading(self) -> &'static str {
        match self {
            Self::Upcoming => "Rooms to come and open ones",
            Self::Past => "Past rooms",
        }
    }

    /// One more than fits on a page is asked for, to know whether there are more.
    fn filter(self, now: Instant, after: Option<(Instant, RoomId)>) -> RoomFilter {
        let whole = RoomFilter { after, limit: MOST + 1, ..RoomFilter::default() };
        match self {
            Self::Upcoming => RoomFilter { from: Some(now), ..whole },
            Self::Past => RoomFilter { over_by: Some(now), latest_first: true, ..whole },
        }
    }
}

impl State {
    fn of(listed: &ListedRoom, now: Instant) -> Self {
        match listed.made.room.on_page(Status::Confirmed, now) {
            Admission::Early { .. } => Self::ToCome,
            Admission::Open => Self::Open,
            Admission::Over => Self::Over,
            Admission::Revoked => Self::Closed,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::ToCome => "To come",
            Self::Open => "Open",
            Self::Over => "Over",
            Self::Closed => "Closed",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::ToCome => "lock",
            Self::Open => "door",
            Self::Over => "clock",
            Self::Closed => "x",
        }
    }

    const fn badge(self) -> &'static str {
        match self {
            Self::ToCome => "badge--info",
            Self::Open => "badge--ok",
            Self::Over => "",
            Self::Closed => "badge--bad",
        }
    }

    /// Whether it can be closed.
    const fn may_open(self) -> bool {
        matches!(self, Self::ToCome | Self::Open)
    }
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
) -> Result<HttpResponse, Failure> {
    let query = Form::query(&request);
    let (tab, now) = (Tab::read(query.get("show")), web.app.now());
    let filter = tab.filter(now, read_cursor(query.get("after")));
    let mut listed = web.app.listed_rooms(host.user().id, filter).await?;
    let more = (listed.len() > MOST as usize).then(|| {
        listed.truncate(MOST as usize);
        listed.last().map(|last| {
            let (start, id) = (last.made.span.start.micros(), last.made.room.id);
            format!("/app/rooms?show={}&after={start}.{id}", tab.as_str())
        })
    });
    let zone = host.user().time_zone;
    let flash = match query.get("done") {
        "closed" => Some("Closed. Nobody can open that room any more."),
        _ => None,
    };
    let contents = Page {
        shell: host.shell(&request, Section::Settings, flash),
        city: zone.city(),
        tab,
        days: by_day(&listed, zone, now),
        more: more.flatten(),
    };
    page(StatusCode::OK, &contents)
}

/// Once more changes nothing.
pub(crate) async fn post_close(
    web: Data<Web>,
    host: SignedIn,
    id: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let id = id.parse::<RoomId>().map_err(|_| Failure::NotFound)?;
    let closed = web.app.revoke_standalone_room(host.user().id, id).await?;
    closed.map(|_| see_other("/app/rooms?done=closed")).ok_or(Failure::NotFound)
}

fn read_cursor(text: &str) -> Option<(Instant, RoomId)> {
    let (start, id) = text.split_once('.')?;
    Some((Instant::from_micros(start.parse().ok()?), id.parse().ok()?))
}

/// The rooms, which are in order, under the days on which they begin.
fn by_day(listed: &[ListedRoom], zone: TimeZone, now: Instant) -> Vec<RoomDay> {
    let today = zone.date(now);
    let date = |listed: &ListedRoom| zone.date(listed.made.span.start);
    let day = |rooms: &[ListedRoom]| {
        let date = rooms.first().map_or(today, date);
        let (title, date) = if date == today {
            ("Today".to_owned(), long_date(date))
        } else if today.succ_opt() == Some(date) {
            ("Tomorrow".to_owned(), long_date(date))
        } else {
            (date_with_year(date), String::new())
        };
        RoomDay { title, date, rows: rooms.iter().map(|room| Row::new(room, zone, now)).collect() }
    };
    listed.chunk_by(|a, b| date(a) == date(b)).map(day).collect()
}

impl Row {
    fn new(listed: &ListedRoom, zone: TimeZone, now: Instant) -> Self {
        let ListedRoom { made, maker, conferences, presence } = listed;
        let (start, end) = (made.span.start, made.span.end);
        let time = |at| TimeOfDay::at(zone, at, Clock::TwentyFour);
        // `at 12:35`, or with its day where that is another one than the room's.
        let elsewhere = |at| (zone.date(at) != zone.date(start)).then(|| long_date(zone.date(at)));
        let moment = |at| match elsewhere(at) {
            Some(date) => format!("on {date} at {}", time(at)),
            None => format!("at {}", time(at)),
        };
        let presence = presence.as_ref();
        let together = presence.filter(|presence| presence.is_meeting());
        Self {
            id: made.room.id.to_string(),
            label: made
                .label
                .as_ref()
                .map_or_else(|| "Without a label".to_owned(), ToString::to_string),
            start,
            from: time(start),
            to: match elsewhere(end) {
                Some(date) => format!("{} on {date}", time(end)),
                None => time(end).to_string(),
            },
            state: State::of(listed, now),
            maker: maker.as_ref().map(ToString::to_string),
            blocks: made.blocks,
            openings: openings(conferences, now, moment),
            visitors: visitors(presence, moment),
            together: together.map(|presence| lasted(presence.together)),
        }
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let time = TimeOfDay::at(TimeZone::UTC, Instant::EPOCH, Clock::TwentyFour);
        let row = |state: State| Row {
            id: "id".into(),
            label: "Board <b>bold</b>".into(),
            start: Instant::EPOCH,
            from: time,
            to: "13:30".into(),
            state,
            maker: (state != State::Over).then(|| "Shop <b>bold</b>".into()),
            blocks: state == State::Open,
            openings: vec![Opening {
                opened_at: Instant::EPOCH,
                opened: "at 12:35".into(),
                ended: (state == State::Over).then(|| "empty at 12:50, after 15 minutes".into()),
            }],
            visitors: vec![Visitor {
                name: "Bo <b>bold</b>".into(),
                times: "at 12:35 until 12:50".into(),
            }],
            together: (state == State::Over).then(|| "15 minutes".into()),
        };
        let states = [State::ToCome, State::Open, State::Over, State::Closed];
        let day = || RoomDay {
            title: "Today".into(),
            date: "Thursday 8 October".into(),
            rows: states.map(row).into(),
        };
        let page = |tab, days| Self {
            shell: AppShell::sample(Section::Settings),
            city: "London".into(),
            tab,
            days,
            more: (tab == Tab::Past).then(|| "?show=past&after=x".to_owned()),
        };
        [Tab::Upcoming, Tab::Past]
            .into_iter()
            .flat_map(|tab| [page(tab, Vec::new()), page(tab, vec![day()])])
            .collect()
    }
}
