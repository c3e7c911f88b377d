//! `/b/{token}`: a booking, to one of its two sides.

mod history;
pub(crate) mod in_room;
mod series;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use roomkey_app::{BookingDetails, Found};
use roomkey_core::{
    booking::{
        Booking, Event, Guest, Occurrence, Place, Proposal, Side, Status, Way, deadline,
        may_add_guest, may_cancel, may_mark, may_propose, may_remove_guest, way_to_move,
    },
    event_type::Visibility,
    time::{Instant, Minutes, TimeZone},
    token::Token,
};

use super::{page, shell};
use crate::{
    Web,
    failure::Failure,
    view::{Came, Clock, Problems, Shell, TimeOfDay, When, date_with_year, long_date},
};
use history::Entry;
use in_room::InRoom;
use series::SeriesCard;

/// Where the booking is in its life, as its reader sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Unverified,
    Pending,
    Confirmed,
    Past,
    Declined,
    Expired,
    Cancelled,
}

impl State {
    /// Of a booking, by its status and whether its time is over.
    pub(crate) fn of(booking: &Booking, now: Instant) -> Self {
        let is_over = booking.span.end <= now;
        match booking.status {
            Status::Unverified if !is_over => Self::Unverified,
            Status::Pending if !is_over => Self::Pending,
            // Nobody said yes to it before its time was over.
            Status::Unverified | Status::Pending | Status::Expired => Self::Expired,
            Status::Confirmed if is_over => Self::Past,
            Status::Confirmed => Self::Confirmed,
            Status::Declined => Self::Declined,
            Status::Cancelled => Self::Cancelled,
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Unverified => "Not verified",
            Self::Pending => "Requested",
            Self::Confirmed => "Confirmed",
            Self::Past => "Past",
            Self::Declined => "Declined",
            Self::Expired => "Expired",
            Self::Cancelled => "Cancelled",
        }
    }

    pub(crate) const fn icon(self) -> &'static str {
        match self {
            Self::Confirmed => "check",
            Self::Unverified | Self::Pending | Self::Past | Self::Expired => "clock",
            Self::Declined | Self::Cancelled => "x",
        }
    }

    pub(crate) const fn badge(self) -> &'static str {
        match self {
            Self::Unverified | Self::Pending => "badge--wait",
            Self::Confirmed => "badge--ok",
            Self::Past => "",
            Self::Declined | Self::Expired | Self::Cancelled => "badge--bad",
        }
    }

    /// Whether it may still be called off.
    pub(crate) const fn is_open(self) -> bool {
        matches!(self, Self::Unverified | Self::Pending | Self::Confirmed)
    }
}

/// Who booked.
#[derive(Debug)]
pub(crate) struct Customer {
    pub(crate) name: String,
    pub(crate) email: String,
}

/// The room, while it may be shown.
#[derive(Debug)]
pub(crate) struct RoomKey {
    pub(crate) url: String,
    /// None where Jitsi does not ask for one.
    pub(crate) password: Option<String>,
    pub(crate) opens_at: Instant,
    pub(crate) opens: String,
    /// How long before the start, if it is before.
    pub(crate) early: Option<String>,
    pub(crate) closes_at: Instant,
    pub(crate) closes: String,
}

/// What may be changed, and until when.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "the template asks each by itself")]
pub(crate) struct Changes {
    pub(crate) can_move: bool,
    /// Whether moving takes the host's yes.
    pub(crate) asks_host: bool,
    pub(crate) can_propose: bool,
    pub(crate) can_cancel: bool,
    /// `You can move or cancel until …`.
    pub(crate) until: String,
}

impl Changes {
    fn of(found: &Found) -> Self {
        let (booking, terms) = (&found.details.booking, &found.details.event_type.terms);
        if found.guest.is_some() {
            let who = &booking.attendee.name;
            let until = format!("{who} booked this, and can move or cancel it.");
            return Self { until, ..Self::default() };
        }
        let way = way_to_move(booking, terms, found.side, found.now);
        let asks_host = way == Ok(Way::Ask);
        let can_move = way.is_ok();
        let can_cancel = may_cancel(booking, terms.cancel_notice, found.side, found.now).is_ok();
        let is_firm = booking.status == Status::Confirmed;
        let until = |notice: Minutes| {
            if notice == Minutes(0) || !is_firm {
                "it begins".to_owned()
            } else {
                moment_in_full(found, deadline(booking, notice))
            }
        };
        let (moves, cancels) = (until(terms.move_notice), until(terms.cancel_notice));
        let until = match (found.side, can_move, can_cancel) {
            (Side::Host, true, _) => "You can move or cancel it until it ends.".to_owned(),
            (Side::Host, false, _) => "You can cancel it until it ends.".to_owned(),
            (Side::Customer, true, true) if asks_host => format!(
                "{} confirms each booking of this kind: you can ask for another time until {moves}, \
                 and cancel until {cancels}.",
                found.details.host.name
            ),
            (Side::Customer, true, true) if moves == cancels => {
                format!("You can move or cancel until {moves}.")
            }
            (Side::Customer, true, true) => {
                format!("You can move until {moves}, and cancel until {cancels}.")
            }
            (Side::Customer, true, false) => {
                format!("You can move until {moves}. Cancelling was possible until {cancels}.")
            }
            (Side::Customer, false, true) if is_firm => {
                format!("You can cancel until {cancels}. Moving was possible until {moves}.")
            }
            (Side::Customer, false, true) => format!("You can cancel until {cancels}."),
            (Side::Customer, false, false) => format!(
                "Moving was possible until {moves}, cancelling until {cancels}. Reply to the email \
                 about this booking to reach {}.",
                found.details.host.name
            ),
        };
        let by_host = found.side == Side::Host;
        let can_propose = by_host && may_propose(booking, terms, Side::Host, found.now).is_ok();
        Self { can_move, asks_host, can_propose, can_cancel, until }
    }
}

/// Who called the booking off, and when.
#[derive(Debug)]
pub(crate) struct Cancelled {
    /// `You`, or the other side's name.
    pub(crate) by: String,
    /// In the reader's zone, which it names.
    pub(crate) at: String,
}

#[derive(Template)]
#[template(path = "pages/booked.html")]
#[expect(clippy::struct_excessive_bools, reason = "the template asks each by itself")]
pub(crate) struct Page {
    shell: Shell,
    state: State,
    cancelled: Option<Cancelled>,
    /// Whether the reader just tried to call it off once more.
    cancelled_before: bool,
    /// Whether the host reads it.
    for_host: bool,
    /// Whether a guest of the customer reads it.
    for_guest: bool,
    /// Whom the customer brings along, with the paths that take them off again, to the two sides.
    guests: Vec<(String, Option<String>)>,
    /// Whether there is room for one more.
    can_add_guest: bool,
    /// What was typed as one more.
    new_guest: String,
    title: String,
    host: String,
    customer: Customer,
    when: When,
    key: Option<RoomKey>,
    /// Where they meet, if it is not in a room.
    place: Option<Place>,
    /// Questions and what was answered.
    answers: Vec<(String, String)>,
    note: String,
    /// Where it stands in its series, if it is in one.
    series: Option<SeriesCard>,
    /// How it repeats, while it waits for somebody's yes together with the others of its series.
    asked_whole: Option<String>,
    /// Whether others can book the same time.
    is_seat: bool,
    /// Who has, as far as the reader may know.
    others: Vec<String>,
    reason: Option<String>,
    changes: Changes,
    /// Other times that are proposed, and by whom, in words.
    proposed: Option<String>,
    /// Until when a request is kept.
    kept_until: Option<String>,
    /// What the host typed when they said no.
    decline_reason: String,
    problems: Problems,
    /// The path of this page.
    path: String,
    /// Where a customer can book another time.
    again: Option<String>,
    /// What only the host sees.
    own: Option<Own>,
}

/// The booking behind a link.
pub(super) async fn found(web: &Web, token: &str) -> Result<Found, Failure> {
    let token = token.parse::<Token>().map_err(|_| Failure::NotFound)?;
    Ok(web.app.booking_by_link(&token).await?)
}

/// The booking behind a link, also a guest's, who may look and come.
pub(super) async fn to_look_at(web: &Web, token: &str) -> Result<Found, Failure> {
    let token = token.parse::<Token>().map_err(|_| Failure::NotFound)?;
    Ok(web.app.booking_to_look_at(&token).await?)
}

/// The path of a booking's page.
pub(super) fn path(token: &Token) -> String {
    format!("/b/{}", token.expose())
}

/// What every page of a booking says about it, in the reader's zone.
pub(super) struct Facts {
    pub(super) title: String,
    pub(super) when: When,
    /// The other side's name.
    pub(super) other: String,
    /// The path of the booking's page.
    pub(super) path: String,
    /// Where a customer can book another time; not where that takes a link.
    pub(super) again: Option<String>,
}

impl Facts {
    pub(super) fn of(found: &Found) -> Self {
        let details = &found.details;
        let (customer, host) = (&details.booking.attendee, &details.host);
        let (own, other) = zones(found);
        let terms = &details.event_type.terms;
        Self {
            title: terms.title.to_string(),
            when: When::new(details.booking.span, own, other, Clock::TwentyFour),
            other: match found.side {
                Side::Host => customer.name.to_string(),
                Side::Customer => host.name.to_string(),
            },
            path: path(details.link(found.side)),
            again: (found.side == Side::Customer && terms.visibility != Visibility::Link)
                .then(|| format!("/{}/{}", host.handle, terms.slug)),
        }
    }
}

/// The reader's zone, and the other side's.
pub(super) fn zones(found: &Found) -> (TimeZone, TimeZone) {
    let (customer, host) = (found.details.booking.attendee.time_zone, found.details.host.time_zone);
    match found.side {
        Side::Host => (host, customer),
        Side::Customer => (customer, host),
    }
}

/// `at 12:35`, or if that is on another day than the booking starts, `Thursday 8 October at 23:55`.
pub(super) fn moment(found: &Found, at: Instant) -> String {
    let (zone, _) = zones(found);
    let time = TimeOfDay::at(zone, at, Clock::TwentyFour);
    let date = zone.date(at);
    if date == zone.date(found.details.booking.span.start) {
        format!("at {time}")
    } else {
        format!("on {} at {time}", long_date(date))
    }
}

/// `Thursday 8 October 2026 at 23:55 London time`.
pub(super) fn moment_in_full(found: &Found, at: Instant) -> String {
    let (zone, _) = zones(found);
    let (date, time) = (zone.date(at), TimeOfDay::at(zone, at, Clock::TwentyFour));
    format!("{} at {time} {} time", date_with_year(date), zone.city())
}

/// The room's password, where Jitsi asks for one and until the room closes.
pub(super) fn password(web: &Web, found: &Found) -> Option<String> {
    let room = open_until_later(found)?;
    web.app.site().password(room, found.side).map(str::to_owned)
}

/// The room, until it closes for good.
fn open_until_later(found: &Found) -> Option<&roomkey_core::room::Room> {
    let stands = found.details.booking.status == Status::Confirmed;
    found.details.room.as_ref().filter(|room| stands && found.now < room.window.end)
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
) -> Result<HttpResponse, Failure> {
    let found = to_look_at(&web, &token).await?;
    show(StatusCode::OK, &request, &web, &found).await
}

/// The page as the answer to a change that the booking's state does not allow.
pub(super) async fn show(
    status: StatusCode,
    request: &HttpRequest,
    web: &Web,
    found: &Found,
) -> Result<HttpResponse, Failure> {
    page(status, &Page::new(request, web, found, false).await?)
}

/// What was typed on the page.
#[derive(Debug, Default)]
pub(super) struct Typed {
    /// When the host said no to a request.
    pub(super) decline_reason: String,
    /// As the private note; none if they did not write on it.
    pub(super) private_note: Option<String>,
    /// As somebody else's address.
    pub(super) guest: String,
}

/// The page as the answer to what was sent and not taken.
pub(super) async fn refused(
    request: &HttpRequest,
    web: &Web,
    token: &str,
    problems: Problems,
    Typed { decline_reason, private_note, guest }: Typed,
) -> Result<HttpResponse, Failure> {
    let found = found(web, token).await?;
    let mut contents = Page::new(request, web, &found, false).await?;
    if let (Some(own), Some(typed)) = (&mut contents.own, private_note) {
        own.private_note = typed;
    }
    let contents = Page { decline_reason, problems, new_guest: guest, ..contents };
    page(StatusCode::UNPROCESSABLE_ENTITY, &contents)
}

/// The page as the answer to what was not taken, for either side.
pub(super) async fn refused_with(
    request: &HttpRequest,
    web: &Web,
    token: &str,
    problems: Problems,
) -> Result<HttpResponse, Failure> {
    refused(request, web, token, problems, Typed::default()).await
}

/// The page that a cancellation of a cancelled booking is answered with.
pub(super) async fn cancelled_before(
    request: &HttpRequest,
    web: &Web,
    token: &str,
) -> Result<HttpResponse, Failure> {
    let found = found(web, token).await?;
    page(StatusCode::UNPROCESSABLE_ENTITY, &Page::new(request, web, &found, true).await?)
}

/// What waits for an answer, to the two sides.
async fn proposed(web: &Web, found: &Found) -> Result<Option<String>, Failure> {
    if found.guest.is_some() || found.details.booking.status != Status::Confirmed {
        return Ok(None);
    }
    let open = web.app.open_proposal(found.details.booking.id).await?;
    let words = |Proposal { by, .. }: Proposal| {
        let other = Facts::of(found).other;
        match (by == found.side, by) {
            (true, Side::Host) => format!("You proposed other times to {other}"),
            (true, Side::Customer) => format!("You asked {other} for another time"),
            (false, Side::Host) => format!("{other} proposes other times"),
            (false, Side::Customer) => format!("{other} asks for another time"),
        }
    };
    Ok(open.map(words))
}

/// Who else has a seat, to the host, and to customers if the host lets them know.
async fn others(web: &Web, found: &Found) -> Result<Vec<String>, Failure> {
    let BookingDetails { booking, event_type, .. } = &found.details;
    let may_know = found.side == Side::Host
        || event_type.terms.shows_attendees && booking.status == Status::Confirmed;
    if booking.session.is_none() || !may_know {
        return Ok(Vec::new());
    }
    let others = web.app.others_in_session(booking).await?;
    Ok(others.iter().map(ToString::to_string).collect())
}

/// How what was asked for as a whole repeats, while it waits for somebody's yes.
pub(super) fn asked_whole(booking: &Booking) -> Option<String> {
    let waits = booking.waits_in().is_some();
    booking.series.as_ref().filter(|_| waits).map(Occurrence::in_words)
}

/// Whom the customer brings along; guests learn nothing of each other.
fn guests(found: &Found) -> Vec<(String, Option<String>)> {
    let booking = &found.details.booking;
    if found.guest.is_some() {
        return Vec::new();
    }
    let can_remove = may_remove_guest(booking, found.now).is_ok();
    let own = path(found.details.link(found.side));
    let shown = |guest: &Guest| {
        let remove = can_remove.then(|| format!("{own}/guests/{}/remove", guest.id));
        (guest.email.to_string(), remove)
    };
    booking.present_guests().map(shown).collect()
}

impl Cancelled {
    async fn of(web: &Web, found: &Found) -> Result<Option<Self>, Failure> {
        let booking = &found.details.booking;
        let Some((by, _)) = &booking.cancelled else { return Ok(None) };
        let Some(at) = web.app.cancelled_at(booking.id).await? else { return Ok(None) };
        Ok(Some(Self {
            by: if *by == found.side && found.guest.is_none() {
                "You".to_owned()
            } else {
                Facts::of(found).other
            },
            at: moment_in_full(found, at),
        }))
    }
}

/// What only the host of a booking sees and does.
#[derive(Debug)]
pub(crate) struct Own {
    /// Whether the customer came, if the host has said.
    pub(crate) came: Option<Came>,
    /// What the host may say of it; nothing before the start.
    pub(crate) marks: Vec<Came>,
    pub(crate) private_note: String,
    pub(crate) history: Vec<Entry>,
    pub(crate) in_room: InRoom,
}

impl Own {
    async fn of(web: &Web, found: &Found) -> Result<Self, Failure> {
        let booking = &found.details.booking;
        let attendance = booking.attendee.attendance;
        let can_mark = may_mark(booking, found.now).is_ok();
        let history: Vec<Event> = web.app.history(booking).await?;
        Ok(Self {
            came: attendance.map(Came::from),
            marks: if can_mark { Came::others(attendance) } else { Vec::new() },
            private_note: found.details.private_note.to_string(),
            history: history::entries(found, &history),
            in_room: InRoom::of(web, found).await?,
        })
    }
}

impl Page {
    /// What becomes of somebody else's address.
    const fn guest_hint(&self) -> &'static str {
        match self.state {
            State::Unverified | State::Pending => {
                "Their email address. They are invited once this is confirmed."
            }
            _ => "Their email address. They get the invitation, with a link of their own.",
        }
    }

    async fn new(
        request: &HttpRequest,
        web: &Web,
        found: &Found,
        cancelled_before: bool,
    ) -> Result<Self, Failure> {
        let Facts { title, when, path, again, .. } = Facts::of(found);
        let booking = &found.details.booking;
        let key = open_until_later(found).map(|room| {
            let (zone, _) = zones(found);
            let opens = TimeOfDay::at(zone, room.window.start, Clock::TwentyFour);
            let early = room.opens_before(booking.span.start);
            RoomKey {
                url: web.app.site().told_room(room, found.details.link(found.side)),
                password: password(web, found),
                opens_at: room.window.start,
                opens: format!("{} at {opens}", long_date(zone.date(room.window.start))),
                early: (early > Minutes(0)).then(|| early.to_string()),
                closes_at: room.window.end,
                closes: moment(found, room.window.end),
            }
        });
        let own = match found.side {
            Side::Host => Some(Own::of(web, found).await?),
            Side::Customer => None,
        };
        let said = |note: &roomkey_core::text::Note| (!note.is_empty()).then(|| note.to_string());
        Ok(Self {
            shell: shell(request),
            state: State::of(booking, found.now),
            cancelled: Cancelled::of(web, found).await?,
            cancelled_before,
            for_host: found.side == Side::Host,
            for_guest: found.guest.is_some(),
            guests: guests(found),
            can_add_guest: found.guest.is_none()
                && may_add_guest(booking, &found.details.event_type.terms, found.now).is_ok(),
            new_guest: String::new(),
            title,
            host: found.details.host.name.to_string(),
            customer: Customer {
                name: booking.attendee.name.to_string(),
                email: booking.attendee.email.to_string(),
            },
            when,
            key,
            place: booking.place(found.side, &found.details.host.name),
            answers: booking
                .answers
                .iter()
                .filter(|_| found.guest.is_none())
                .map(|answer| (answer.label.to_string(), answer.value.to_string()))
                .collect(),
            note: if found.guest.is_some() { String::new() } else { booking.note.to_string() },
            series: SeriesCard::of(web, found).await?,
            asked_whole: asked_whole(booking),
            is_seat: booking.session.is_some(),
            others: others(web, found).await?,
            reason: booking.cancelled.as_ref().and_then(|(_, reason)| said(reason)),
            changes: Changes::of(found),
            proposed: proposed(web, found).await?,
            kept_until: booking.expires_at.map(|at| moment_in_full(found, at)),
            decline_reason: String::new(),
            problems: Problems::default(),
            path,
            again,
            own,
        })
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        use roomkey_core::booking::Attendance;
        let at = Instant::parse("2026-10-08T11:35:00Z").unwrap();
        let key = || RoomKey {
            url: "https://meet.example.org/k7w2mtq9".into(),
            password: Some("tern-moss-quilt-48275".into()),
            opens_at: at,
            opens: "Thursday 8 October at 12:35".into(),
            early: Some("10 minutes".into()),
            closes_at: at,
            closes: "at 13:45".into(),
        };
        let page = |state, for_host, key: Option<RoomKey>| Self {
            shell: Shell::default(),
            state,
            cancelled: (state == State::Cancelled).then(|| Cancelled {
                by: "Ada <b>bold</b>".into(),
                at: "Thursday 1 October 2026 at 12:00 London time".into(),
            }),
            cancelled_before: for_host && state == State::Cancelled,
            for_host,
            for_guest: state == State::Past,
            guests: vec![("guest@example.com".into(), Some("/b/token/guests/1/remove".into()))],
            can_add_guest: state == State::Confirmed,
            new_guest: "<b>".into(),
            title: "Intro call".into(),
            host: "Ada Lovelace".into(),
            customer: Customer { name: "Bo <b>bold</b>".into(), email: "bo@example.com".into() },
            when: When::sample(),
            place: key.is_none().then(|| Place {
                text: "https://video.example/<b>".into(),
                link: Some("https://video.example/<b>".into()),
            }),
            key,
            answers: vec![("What <b>size</b>?".into(), "<b>Large</b>".into())],
            note: "Line\nline".into(),
            series: matches!(state, State::Confirmed | State::Pending).then(SeriesCard::sample),
            asked_whole: (state == State::Pending).then(|| "4 times. Every week".to_owned()),
            is_seat: state == State::Pending,
            others: vec!["Cy <b>bold</b>".into()],
            reason: (state == State::Cancelled).then(|| "Ill".to_owned()),
            changes: Changes {
                can_move: state == State::Confirmed,
                asks_host: !for_host,
                can_propose: for_host,
                can_cancel: true,
                until: "You can move or cancel until it begins.".into(),
            },
            proposed: (state == State::Confirmed).then(|| "Bo <b> asks for another time".into()),
            kept_until: Some("Thursday 1 October 2026 at 12:00 London time".into()),
            decline_reason: "<b>".into(),
            problems: Problems::default(),
            path: "/b/token".into(),
            again: (!for_host).then(|| "/ada/intro".into()),
            own: for_host.then(|| Own {
                came: (state == State::Past).then(|| Came::from(Attendance::NoShow)),
                marks: Came::others(Some(Attendance::NoShow)),
                private_note: "<b>bold".into(),
                history: Entry::samples(),
                in_room: InRoom::sample(),
            }),
        };
        vec![
            page(State::Confirmed, false, Some(key())),
            page(State::Confirmed, true, Some(key())),
            page(State::Past, false, None),
            page(State::Past, true, None),
            page(State::Unverified, false, None),
            page(State::Pending, false, None),
            page(State::Pending, true, None),
            page(State::Declined, false, None),
            page(State::Expired, true, None),
            page(State::Cancelled, false, None),
            page(State::Cancelled, true, None),
        ]
    }
}
