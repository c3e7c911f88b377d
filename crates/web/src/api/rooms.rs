//! `/api/v1/rooms`: rooms without a booking, for programs that tell people themselves.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::LOCATION,
    web::{Data, Path},
};
use roomkey_app::{App, RoomFilter, TokenError};
use roomkey_core::{
    account::{Scope, User},
    booking::Side,
    event_type::Bounds,
    ids::RoomId,
    jitsi::{JitsiServers, ServerName},
    room::{Conference, Role, RoomRequest, StandaloneRoom},
    site::Site,
    text::{FieldError, Title},
    time::{Edge, Instant, Span, parse_moment},
};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    body::{Body, Reader},
    bookings::{MOST, USUAL, idempotency_key},
    caller,
    conferences::ConferenceJson,
    cursor,
    problem::Problem,
    requests,
};
use crate::{Web, form::Form};

/// A room without a booking.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = StandaloneRoom)]
pub struct StandaloneRoomJson {
    id: String,
    /// By which whoever asked knows it again; null without one.
    #[schema(required)]
    label: Option<String>,
    name: String,
    url: String,
    /// Where Jitsi takes tokens: leads whoever opens it into the room, as its moderator, until it closes. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    host_url: Option<String>,
    /// Null where Jitsi asks for none.
    #[schema(required)]
    password: Option<String>,
    #[schema(format = DateTime)]
    start: String,
    #[schema(format = DateTime)]
    end: String,
    /// When it can be opened: `start`, exactly.
    #[schema(format = DateTime)]
    opens_at: String,
    /// When it is closed: `end`, exactly.
    #[schema(format = DateTime)]
    closes_at: String,
    /// Null where any number of people may come.
    #[schema(required)]
    max_occupants: Option<u32>,
    lobby: bool,
    /// Whether it takes the host's time, as a booking does.
    blocks: bool,
    /// When it was closed before its time; left out if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = DateTime)]
    revoked_at: Option<String>,
    /// The room as Jitsi opened it, the first first. Only where one room is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    conferences: Option<Vec<ConferenceJson>>,
}

impl StandaloneRoomJson {
    /// As its host is told it.
    pub fn new(made: &StandaloneRoom, site: &Site) -> Self {
        let room = &made.room;
        Self {
            id: room.id.to_string(),
            label: made.label.as_ref().map(ToString::to_string),
            name: room.name.expose().to_owned(),
            url: site.room(room),
            host_url: None,
            password: site.password(room, Side::Host).map(str::to_owned),
            start: made.span.start.to_string(),
            end: made.span.end.to_string(),
            opens_at: room.window.start.to_string(),
            closes_at: room.window.end.to_string(),
            max_occupants: room.max_occupants,
            lobby: room.lobby,
            blocks: made.blocks,
            revoked_at: made.revoked_at.map(|at| at.to_string()),
            conferences: None,
        }
    }

    /// With the link for who leads the meeting, where Jitsi takes tokens and the room can still be opened.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn with_host_url(
        mut self,
        made: &StandaloneRoom,
        host: &User,
        app: &App,
    ) -> Result<Self, TokenError> {
        let is_open = made.revoked_at.is_none() && app.now() < made.room.window.end;
        if is_open && app.site().server(&made.room).mode.takes_tokens() {
            let person = host.id.to_string();
            let url = app.entrance_for(&made.room, person, host.name.as_str(), Role::Host)?;
            self.host_url = Some(url.expose_secret().to_owned());
        }
        Ok(self)
    }

    /// With the room as Jitsi opened it.
    #[must_use]
    pub fn with_conferences(mut self, all: &[Conference], now: Instant) -> Self {
        self.conferences = Some(all.iter().map(|each| ConferenceJson::at(now, each)).collect());
        self
    }
}

/// Makes a room: a name, a password and a time in which it can be opened, without an event type, a customer or a mail.
/// It takes none of the host's time unless `blocks` asks for that.
#[utoipa::path(
    post,
    path = "/api/v1/rooms",
    operation_id = "createRoom",
    tag = "rooms",
    security(("key" = ["rooms:write"])),
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
        description = "A repeat of the same request with the same key gives the same room and makes \
                       none.")),
    request_body = requests::NewRoom,
    responses(
        (status = 201, description = "The room.", body = StandaloneRoomJson,
            headers(("Location" = String, description = "Where the room is."))),
        (status = 400, description = "The body can not be read."),
        (status = 401, description = "No key, or none that is known."),
        (status = 403, description = "The key has not the scope."),
        (status = 409, description = "`slot_taken`: it `blocks`, and the host has no time then."),
        (status = 415, description = "The body is not `application/json`."),
        (status = 422, description = "`invalid_request` with `fields`, or `idempotency_key_reused`."),
    ),
)]
pub(super) async fn create(
    request: HttpRequest,
    web: Data<Web>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let caller = caller::required(&request, &web, Scope::RoomsWrite).await?;
    let key = idempotency_key(&request)?.map(|key| (caller.key.id, key));
    let asked = read(&body, &web.app.site().jitsi)?;
    let (host, by) = (caller.host.id, Some(caller.key.id));
    let made = web.app.add_standalone_room(host, by, asked, key).await?;
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, format!("/api/v1/rooms/{}", made.room.id)))
        .json(StandaloneRoomJson::new(&made, web.app.site()).with_host_url(
            &made,
            &caller.host,
            &web.app,
        )?))
}

fn read(body: &Body, jitsi: &JitsiServers) -> Result<RoomRequest, Problem> {
    let mut reader = Reader::default();
    let moment = |text: &str| Instant::parse(text).map_err(|_| FieldError::Instant);
    let start = reader.text(body, "start", moment);
    let end = reader.text(body, "end", moment);
    let people = reader.optional_number(body, "max_occupants");
    let max_occupants =
        people.and_then(|people| reader.check("max_occupants", Bounds::OCCUPANTS.check(people)));
    let lobby = reader.flag(body, "lobby");
    let label = reader.text_if_any(body, "label", str::parse::<Title>);
    let blocks = reader.flag(body, "blocks");
    let server = reader.text_if_any(body, "server", |text| {
        let name = text.parse::<ServerName>()?;
        if jitsi.has(name) { Ok(name) } else { Err(FieldError::Choice) }
    });
    reader.finish()?;
    let span = start.zip(end).map(|(start, end)| Span { start, end });
    let span = span.ok_or_else(|| Problem::bad_request("The request is not complete."))?;
    Ok(RoomRequest { span, max_occupants, lobby, label, blocks, server })
}

/// A part of a list of rooms, by start.
#[derive(Serialize, ToSchema)]
#[schema(as = RoomList)]
struct List {
    rooms: Vec<StandaloneRoomJson>,
    /// For the next part of the list; null at its end.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// The rooms without a booking of the key's host, by start.
#[utoipa::path(
    get,
    path = "/api/v1/rooms",
    operation_id = "listRooms",
    tag = "rooms",
    security(("key" = ["rooms:write"])),
    params(
        ("from" = Option<String>, Query,
            description = "Only those that end after this time, or this date in UTC."),
        ("to" = Option<String>, Query,
            description = "Only those that start before this time, or the end of this date in UTC."),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200,
            description = "The longest list; 50 if left out."),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the part before."),
    ),
    responses(
        (status = 200, description = "A part of the list.", body = List),
        (status = 400, description = "The query can not be read; `fields` says why."),
        (status = 401, description = "No key, or none that is known."),
        (status = 403, description = "The key has not the scope."),
    ),
)]
pub(super) async fn list(request: HttpRequest, web: Data<Web>) -> Result<HttpResponse, Problem> {
    let caller = caller::required(&request, &web, Scope::RoomsWrite).await?;
    let filter = filter(&Form::query(&request))?;
    // One more than is shown, to know whether there are more.
    let asked = RoomFilter { limit: filter.limit + 1, ..filter };
    let mut found = web.app.standalone_rooms(caller.host.id, asked).await?;
    let shown = filter.limit as usize;
    let more = found.len() > shown;
    found.truncate(shown);
    let last = found.last().filter(|_| more);
    let next_cursor = last.map(|last| cursor::write(last.span.start, last.room.id));
    let site = web.app.site();
    let rooms = found.iter().map(|made| StandaloneRoomJson::new(made, site)).collect();
    Ok(HttpResponse::Ok().json(List { rooms, next_cursor }))
}

fn filter(query: &Form) -> Result<RoomFilter, Problem> {
    let mut reader = Reader::default();
    // A plus sign that nobody escaped arrives as a space.
    let moment = |text: &str, edge| {
        parse_moment(&text.replace(' ', "+"), edge).map_err(|_| FieldError::Instant)
    };
    let from = reader.parameter_if_any(query, "from", |text| moment(text, Edge::Start));
    let to = reader.parameter_if_any(query, "to", |text| moment(text, Edge::End));
    let limit = reader.parameter_if_any(query, "limit", |text| {
        let number = text.parse::<u32>().ok().filter(|number| (1..=MOST).contains(number));
        number.ok_or(FieldError::OutOfRange { min: 1, max: MOST })
    });
    let after = reader.parameter_if_any(query, "cursor", |text| {
        cursor::read::<RoomId>(text).ok_or(FieldError::Choice)
    });
    reader.finish_query()?;
    Ok(RoomFilter { from, to, after, limit: limit.unwrap_or(USUAL), ..RoomFilter::default() })
}

/// A room without a booking of the key's host.
#[utoipa::path(
    get,
    path = "/api/v1/rooms/{id}",
    operation_id = "getRoom",
    tag = "rooms",
    security(("key" = ["rooms:write"])),
    params(("id" = String, Path, description = "The room's id.")),
    responses(
        (status = 200, description = "The room.", body = StandaloneRoomJson),
        (status = 401, description = "No key, or none that is known."),
        (status = 403, description = "The key has not the scope."),
        (status = 404, description = "There is no such room, or it is another host's."),
    ),
)]
pub(super) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let caller = caller::required(&request, &web, Scope::RoomsWrite).await?;
    let id = id.parse::<RoomId>().map_err(|_| Problem::not_found())?;
    let found = web.app.standalone_room(caller.host.id, id).await?;
    let found = found.ok_or_else(Problem::not_found)?;
    let conferences = web.app.conferences_in(id).await?;
    let told = StandaloneRoomJson::new(&found, web.app.site());
    let told = told.with_host_url(&found, &caller.host, &web.app)?;
    Ok(HttpResponse::Ok().json(told.with_conferences(&conferences, web.app.now())))
}

/// Closes a room for good, and frees the time that it takes. Whoever is in it stays until it is empty or its time is
/// over. Once more changes nothing.
#[utoipa::path(
    delete,
    path = "/api/v1/rooms/{id}",
    operation_id = "revokeRoom",
    tag = "rooms",
    security(("key" = ["rooms:write"])),
    params(("id" = String, Path, description = "The room's id.")),
    responses(
        (status = 200, description = "The room, with `revoked_at`.", body = StandaloneRoomJson),
        (status = 401, description = "No key, or none that is known."),
        (status = 403, description = "The key has not the scope."),
        (status = 404, description = "There is no such room, or it is another host's."),
    ),
)]
pub(super) async fn delete(
    request: HttpRequest,
    web: Data<Web>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let caller = caller::required(&request, &web, Scope::RoomsWrite).await?;
    let id = id.parse::<RoomId>().map_err(|_| Problem::not_found())?;
    let revoked = web.app.revoke_standalone_room(caller.host.id, id).await?;
    let revoked = revoked.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(StandaloneRoomJson::new(&revoked, web.app.site())))
}
