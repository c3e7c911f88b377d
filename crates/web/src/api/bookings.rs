//! `/api/v1/bookings`: a host's bookings by key, and booking as a customer without one.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{HeaderName, LOCATION},
    web::{Data, Path},
};
use language_tags::LanguageTag;
use roomkey_app::{
    BookingDetails, BookingFilter, Caller, CancelRequest, Cursor, Idempotency, IdempotencyScope,
    Page, Wanted,
};
use roomkey_core::{
    account::Scope,
    booking::{BookingRequest, Every, Repeat, SeriesScope, Side, Status},
    ids::BookingId,
    question::Given,
    text::{EmailAddress, FieldError, Handle, Note, PersonName, Slug},
    time::{Edge, Instant, Minutes, TimeZone, parse_date, parse_moment},
    token::Token,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    body::{Body, Reader},
    booking::{BookingJson, booking_json, waiting_json},
    caller, cursor, openapi,
    problem::{Problem, WrongField},
    requests,
};
use crate::{Web, form::Form};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Bookings or rooms of a list, unless fewer are asked for.
pub(super) const USUAL: u32 = 50;
/// Characters of a language tag; RFC 5646 (4.4.1) asks for room for 35.
const MOST_OF_LOCALE: usize = 100;
/// The longest list.
pub(super) const MOST: u32 = 200;

/// Books a time: as a customer, or with a key as the host.
#[utoipa::path(
    post,
    path = "/api/v1/bookings",
    operation_id = "createBooking",
    tag = "bookings",
    security((), ("key" = ["bookings:write"])),
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
        description = "A repeat of the same request with the same key gives the same answer and \
                       books nothing.")),
    request_body = requests::NewBooking,
    responses(
        (status = 201, description = "The booking. It is `unverified` where customers show first \
                                      that the address is theirs: they get an email, and whoever \
                                      called without a key no link of the booking, but in \
                                      `links.page` a page on which to wait; nor does a repeat.",
            body = BookingJson,
            headers(("Location" = String, description = "Where the booking is."))),
        (status = 400, description = "The body can not be read."),
        (status = 401, description = "The key is not known."),
        (status = 403, description = "The key has not the scope."),
        (status = 404, description = "There is no such event type, or only with a link, or it is \
                                      another host's."),
        (status = 409, description = "`slot_taken`: somebody else has the time. Of a series `dates` \
                                      says which of its dates can not be booked, and why; nothing \
                                      was booked."),
        (status = 410, description = "`link_gone`: the link is used up or has expired."),
        (status = 415, description = "The body is not `application/json`."),
        (status = 422, description = "`invalid_request` with `fields`, `slot_unavailable` or \
                                      `idempotency_key_reused`."),
    ),
)]
pub(super) async fn create(
    request: HttpRequest,
    web: Data<Web>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let caller = caller::optional(&request, &web).await?;
    if let Some(caller) = &caller {
        caller::allow(caller, Scope::BookingsWrite)?;
    }
    let key = idempotency(&request, caller.as_ref())?;
    let side = if caller.is_some() { Side::Host } else { Side::Customer };
    let (page, duration, asked) = read(&body, side)?;
    let repeat = repeat(&body)?;
    if caller.as_ref().is_some_and(|caller| caller.host.handle.as_str() != page.handle) {
        return Err(Problem::not_found());
    }
    let start = asked.start;
    let client = caller.is_none().then(|| web.client(&request));
    let wanted = Wanted::Page(page);
    let booked = match repeat {
        Some(repeat) => web.app.book_series(wanted, duration, asked, repeat, key, client).await?,
        None => web.app.book(wanted, duration, asked, key, client).await?,
    };
    let details = &booked.details;
    let told = match &booked.waits_at {
        Some(link) => waiting_json(details, start, link, web.app.site()),
        None => whole(&web, details, side).await?,
    };
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, format!("/api/v1/bookings/{}", details.booking.id)))
        .json(told))
}

/// A booking with the others of its series.
pub(super) async fn whole(
    web: &Web,
    details: &BookingDetails,
    side: Side,
) -> Result<BookingJson, Problem> {
    let told = booking_json(details, side, web.app.site());
    Ok(match &details.booking.series {
        Some(series) => told.with_series(&web.app.series(series.series).await?),
        None => told,
    })
}

/// Which bookings of a series a change is about; the one, if the body does not say.
fn scope(reader: &mut Reader, body: &Body) -> Option<SeriesScope> {
    if !body.has("scope") {
        return Some(SeriesScope::This);
    }
    reader.text(body, "scope", |text| text.parse().map_err(|_| FieldError::Choice))
}

/// How the booking is to be repeated, if it is.
fn repeat(body: &Body) -> Result<Option<Repeat>, Problem> {
    if !body.has("repeat") {
        return Ok(None);
    }
    let mut reader = Reader::default();
    reader.object_of(body, "repeat", &["every", "count", "except"]);
    let every = reader
        .text(body, "repeat.every", |text| text.parse::<Every>().map_err(|_| FieldError::Choice));
    let count = match reader.optional_number(body, "repeat.count") {
        None if !body.has("repeat.count") => {
            reader.check("repeat.count", Err(FieldError::Required))
        }
        count => count,
    };
    let except =
        reader.texts(body, "repeat.except", |text| parse_date(text).map_err(|_| FieldError::Date));
    reader.finish()?;
    let repeat = every.zip(count).map(|(every, count)| Repeat { every, count, except });
    repeat.map(Some).ok_or_else(|| Problem::bad_request("The request is not complete."))
}

fn idempotency(
    request: &HttpRequest,
    caller: Option<&Caller>,
) -> Result<Option<Idempotency>, Problem> {
    let scope = caller
        .map_or(IdempotencyScope::Anonymous, |caller| IdempotencyScope::ApiKey(caller.key.id));
    Ok(idempotency_key(request)?.map(|key| Idempotency { scope, key }))
}

/// The key by which a request may be repeated, if it has one.
pub(super) fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(header) = request.headers().get(IDEMPOTENCY_KEY) else { return Ok(None) };
    match header.to_str() {
        Ok(key) if (1..=255).contains(&key.len()) && !key.contains('\t') => {
            Ok(Some(key.to_owned()))
        }
        _ => Err(Problem::bad_request(
            "Idempotency-Key takes 1 to 255 visible ASCII characters and spaces.",
        )),
    }
}

/// The fields of a booking request.
fn read(body: &Body, by: Side) -> Result<(Page, Option<Minutes>, BookingRequest), Problem> {
    let mut reader = Reader::default();
    let handle = reader.text(body, "host", str::parse::<Handle>);
    let slug = reader.text(body, "event", str::parse::<Slug>);
    let start =
        reader.text(body, "start", |text| Instant::parse(text).map_err(|_| FieldError::Instant));
    let duration = reader.optional_number(body, "duration").map(Minutes);
    let link = reader.text_if_any(body, "link", |text| Ok(text.parse::<Token>().ok())).flatten();
    reader.object_of(body, "attendee", &["name", "email", "time_zone", "locale"]);
    let name = reader.text(body, "attendee.name", str::parse::<PersonName>);
    let email = reader.text(body, "attendee.email", str::parse::<EmailAddress>);
    let zone = reader.text(body, "attendee.time_zone", |name| {
        name.parse::<TimeZone>().map_err(|_| FieldError::TimeZone)
    });
    // There is one language so far: what is asked for is checked, and answered in that one.
    reader.text_if_any(body, "attendee.locale", |tag| {
        let tag = Some(tag).filter(|tag| tag.len() <= MOST_OF_LOCALE);
        let well_formed = tag.is_some_and(|tag| LanguageTag::parse(tag).is_ok());
        well_formed.then_some(()).ok_or(FieldError::Locale)
    });
    reader.object(body, "answers");
    let note = reader.optional_text(body, "answers.note", str::parse::<Note>);
    let guests = reader.texts(body, "guests", str::parse::<EmailAddress>);
    let overrides = reader.flag(body, "override");
    if overrides && by == Side::Customer {
        reader.wrong(WrongField::with("override", "host", "Only the host may, with a key"));
    }
    reader.finish()?;
    let whole = || {
        let request = BookingRequest {
            start: start?,
            name: name?,
            email: email?,
            time_zone: zone?,
            guests,
            note: note?,
            answers: Given::by_program(body.answers("answers", &["note"])),
            seen: None,
            by,
            overrides,
        };
        let page = Page::new(handle?.to_string(), slug?.to_string());
        let page = Page { link: link.as_ref().map(Token::hash), by, ..page };
        Some((page, duration, request))
    };
    whole().ok_or_else(|| Problem::bad_request("The request is not complete."))
}

/// A booking of the key's host, with its history.
#[utoipa::path(
    get,
    path = "/api/v1/bookings/{id}",
    operation_id = "getBooking",
    tag = "bookings",
    security(("key" = ["bookings:read"])),
    params(("id" = String, Path, description = "The booking's id.")),
    responses(
        (status = 200, description = "The booking.", body = BookingJson),
        (status = 401, description = "No key, or none that is known."),
        (status = 403, description = "The key has not the scope."),
        (status = 404, description = "There is no such booking, or it is another host's."),
    ),
)]
pub(super) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let caller = caller::required(&request, &web, Scope::BookingsRead).await?;
    let id = id.parse::<BookingId>().map_err(|_| Problem::not_found())?;
    let found = web.app.booking(caller.host.id, id).await?.ok_or_else(Problem::not_found)?;
    let history = web.app.history(&found.booking).await?;
    let told = whole(&web, &found, Side::Host).await?;
    let proposal = web.app.open_proposal(found.booking.id).await?;
    let conferences = web.app.conferences(&found.booking).await?;
    let told = told.with_history(&history).with_proposal(proposal.as_ref());
    let presence = web.app.presence(&found.booking).await?;
    let told = told.with_conferences(&conferences, web.app.now());
    Ok(HttpResponse::Ok().json(told.with_presence(presence.as_ref())))
}

/// Changes the host's private note about a booking. Nobody is told, and `version` stays.
#[utoipa::path(
    patch,
    path = "/api/v1/bookings/{id}",
    operation_id = "changeBooking",
    tag = "bookings",
    security(("key" = ["bookings:write"])),
    params(("id" = String, Path, description = "The booking's id.")),
    request_body = requests::Change,
    responses(
        (status = 200, description = "The booking.", body = BookingJson),
        (status = 400, description = "The body can not be read."),
        (status = 401, description = "No key, or none that is known."),
        (status = 403, description = "The key has not the scope."),
        (status = 404, description = "There is no such booking, or it is another host's."),
        (status = 415, description = "The body is not `application/json`."),
        (status = 422, description = "`invalid_request` with `fields`."),
    ),
)]
pub(super) async fn patch(
    request: HttpRequest,
    web: Data<Web>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let (caller, id) = caller::of_booking(&request, &web, &id).await?;
    let mut reader = Reader::default();
    let note = reader.text(&body, "private_note", str::parse::<Note>);
    reader.finish()?;
    let note = note.ok_or_else(|| Problem::bad_request("The request is not complete."))?;
    let noted = web.app.note_own(caller.host.id, id, note).await?;
    let noted = noted.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(booking_json(&noted, Side::Host, web.app.site())))
}

/// Calls a booking off; both sides are told.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{id}/cancel",
    operation_id = "cancelBooking",
    tag = "bookings",
    security(("key" = ["bookings:write"])),
    params(("id" = String, Path, description = "The booking's id.")),
    request_body = requests::Cancellation,
    responses(
        (status = 200, description = "The booking, its `version` one higher.", body = BookingJson),
        (status = 400, description = "The body can not be read."),
        (status = 401, description = "No key, or none that is known."),
        (status = 403, description = "The key has not the scope."),
        (status = 404, description = "There is no such booking, or it is another host's."),
        (status = 409, description = "`invalid_transition`: it is cancelled already, or over."),
        (status = 415, description = "The body is not `application/json`."),
        (status = 422, description = "`invalid_request` with `fields`."),
    ),
)]
pub(super) async fn cancel(
    request: HttpRequest,
    web: Data<Web>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let (caller, id) = caller::of_booking(&request, &web, &id).await?;
    let mut reader = Reader::default();
    let reason = reader.optional_text(&body, "reason", str::parse::<Note>);
    let scope = scope(&mut reader, &body);
    let keep_room = reader.flag(&body, "keep_room");
    reader.finish()?;
    let whole_request = reason.zip(scope);
    let (reason, scope) =
        whole_request.ok_or_else(|| Problem::bad_request("The request is not complete."))?;
    let request = CancelRequest { reason, scope, keep_room };
    let cancelled = web.app.cancel_own(caller.host.id, id, request).await?;
    Ok(HttpResponse::Ok().json(whole(&web, &cancelled, Side::Host).await?))
}

/// Moves a booking to another free time; both sides are told. It stays the same booking with the same
/// links; its room is a new one. Moved to the time that it already has, it is answered as it stands,
/// and nobody is told: a request may be repeated.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{id}/reschedule",
    operation_id = "rescheduleBooking",
    tag = "bookings",
    security(("key" = ["bookings:write"])),
    params(("id" = String, Path, description = "The booking's id.")),
    request_body = requests::Reschedule,
    responses(
        (status = 200, description = "The booking, its `version` one higher if it was moved.",
            body = BookingJson),
        (status = 400, description = "The body can not be read."),
        (status = 401, description = "No key, or none that is known."),
        (status = 403, description = "The key has not the scope."),
        (status = 404, description = "There is no such booking, or it is another host's."),
        (status = 409, description = "`invalid_transition`: it is not confirmed, or over. \
            `slot_taken`: something else is at that time."),
        (status = 415, description = "The body is not `application/json`."),
        (status = 422, description = "`slot_unavailable`: the time is not offered. `invalid_request` \
            with `fields`."),
    ),
)]
pub(super) async fn reschedule(
    request: HttpRequest,
    web: Data<Web>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let (caller, id) = caller::of_booking(&request, &web, &id).await?;
    let mut reader = Reader::default();
    let start =
        reader.text(&body, "start", |text| Instant::parse(text).map_err(|_| FieldError::Instant));
    let note = reader.optional_text(&body, "note", str::parse::<Note>);
    let scope = scope(&mut reader, &body);
    reader.finish()?;
    let whole_request = start.zip(note).zip(scope);
    let ((start, note), scope) =
        whole_request.ok_or_else(|| Problem::bad_request("The request is not complete."))?;
    let moved = web.app.move_own_series(caller.host.id, id, start, note, scope).await?;
    Ok(HttpResponse::Ok().json(whole(&web, &moved, Side::Host).await?))
}

/// A part of a list of bookings, by start.
#[derive(Serialize, ToSchema)]
#[schema(as = BookingList)]
struct List {
    bookings: Vec<BookingJson>,
    /// For the next part of the list; null at its end.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// The bookings of the key's host, by start.
#[utoipa::path(
    get,
    path = "/api/v1/bookings",
    operation_id = "listBookings",
    tag = "bookings",
    security(("key" = ["bookings:read"])),
    params(
        ("status" = Option<openapi::Status>, Query, description = "Only those in this state."),
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
    let caller = caller::required(&request, &web, Scope::BookingsRead).await?;
    let filter = filter(&Form::query(&request))?;
    // One more than is shown, to know whether there are more.
    let asked = BookingFilter { limit: filter.limit + 1, ..filter };
    let mut found = web.app.bookings(caller.host.id, asked).await?;
    let shown = filter.limit as usize;
    let more = found.len() > shown;
    found.truncate(shown);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| cursor::write(last.booking.span.start, last.booking.id));
    let tell = |details| booking_json(details, Side::Host, web.app.site());
    let bookings = found.iter().map(tell).collect();
    Ok(HttpResponse::Ok().json(List { bookings, next_cursor: next }))
}

fn filter(query: &Form) -> Result<BookingFilter, Problem> {
    let mut reader = Reader::default();
    let given = |field: &str| Some(query.text(field)).filter(|text| !text.is_empty());
    let states = given("status").and_then(|text| match text.parse::<Status>() {
        Ok(status) => Some(status.alone()),
        Err(unknown) => {
            reader.wrong(WrongField::with("status", "choice", unknown.to_string()));
            None
        }
    });
    // A plus sign that nobody escaped arrives as a space.
    let moment = |text: &str, edge| {
        parse_moment(&text.replace(' ', "+"), edge).map_err(|_| FieldError::Instant)
    };
    let from = given("from").and_then(|text| reader.check("from", moment(&text, Edge::Start)));
    let to = given("to").and_then(|text| reader.check("to", moment(&text, Edge::End)));
    let limit = given("limit").and_then(|text| {
        let number = text.parse::<u32>().ok().filter(|number| (1..=MOST).contains(number));
        reader.check("limit", number.ok_or(FieldError::OutOfRange { min: 1, max: MOST }))
    });
    let after = given("cursor")
        .and_then(|text| reader.check("cursor", cursor::read(&text).ok_or(FieldError::Choice)))
        .map(|(start, id)| Cursor { start, id });
    reader.finish_query()?;
    let limit = limit.unwrap_or(USUAL);
    let unproven = states.is_some();
    Ok(BookingFilter { states, unproven, from, to, latest_first: false, after, limit })
}
