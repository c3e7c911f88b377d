//! `GET /api/openapi.json`: the API in the form that programs read, OpenAPI 3.1. It is drawn from
//! the handlers and the types that they answer with; tests hold real answers against it.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::LazyLock,
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    web::Bytes,
};
use roomkey_core::{
    booking::{self, Change, Happening, ProposalEnd, Side},
    event_type::Location,
    room::Ended,
};
use utoipa::{
    Modify, OpenApi, PartialSchema, ToSchema,
    openapi::{
        Content, RefOr, ResponseBuilder, Schema, Type,
        path::Operation,
        schema::{ObjectBuilder, Ref},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{
    answers, bookings, explain, guests, history::TIME, marks, problem::Problem, proposals, rooms,
    slots,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Roomkey",
        description = "Free times, and bookings that come with the key to a video room. Times are \
                       RFC 3339 with an offset, zones IANA names. Refusals are RFC 9457 problems \
                       with a stable `code`; every answer has an `x-request-id`.",
    ),
    paths(
        slots::get,
        explain::get,
        bookings::create,
        bookings::list,
        bookings::get,
        bookings::cancel,
        answers::confirm,
        proposals::propose,
        proposals::accept,
        proposals::decline,
        answers::decline,
        bookings::reschedule,
        bookings::patch,
        guests::add,
        marks::attended,
        marks::no_show,
        rooms::create,
        rooms::list,
        rooms::get,
        rooms::delete,
    ),
    components(schemas(Problem)),
    modifiers(&Key, &Refusals),
)]
struct Document;

/// How keys are sent.
struct Key;

impl Modify for Key {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(
            "A key made by `roomkey api-key add`. It acts in the name of one host; what is listed \
             beside it are the scopes that it needs.",
        ));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(bearer.build()));
    }
}

/// What every call may be answered beside what stands at it; and that every refusal is a problem.
struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let complete = |operation: &mut Operation| {
            let responses = &mut operation.responses.responses;
            for (status, description) in [
                ("429", "Too many requests of this visitor; wait for `Retry-After` seconds."),
                (
                    "503",
                    "Ask again after `Retry-After` seconds. `detail` says whether nothing was done.",
                ),
                ("default", "Any other refusal."),
            ] {
                let response = ResponseBuilder::new().description(description).build();
                responses.entry(status.to_owned()).or_insert(RefOr::T(response));
            }
            for (_, response) in responses.iter_mut().filter(|(status, _)| !is_success(status)) {
                if let RefOr::T(response) = response {
                    let content = Content::new(Some(Ref::from_schema_name("Problem")));
                    response
                        .content
                        .insert("application/problem+json".to_owned(), RefOr::T(content));
                }
            }
        };
        for item in document.paths.paths.values_mut() {
            [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete]
                .into_iter()
                .flatten()
                .for_each(complete);
        }
    }
}

fn is_success(status: &str) -> bool {
    status.starts_with('2')
}

/// The state of a booking, as the document tells it.
pub(super) struct Status;

impl PartialSchema for Status {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(booking::Status::ALL.map(booking::Status::as_str)))
            .description(Some("The state of a booking."))
            .into()
    }
}

impl ToSchema for Status {}

/// The kinds of [`Location`], as a schema.
pub(super) struct LocationKind;

impl PartialSchema for LocationKind {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Location::KINDS)).into()
    }
}

impl ToSchema for LocationKind {}

/// Who did what a history tells, as a schema.
pub(super) struct Actor;

impl PartialSchema for Actor {
    fn schema() -> RefOr<Schema> {
        let actors = [Side::Host.as_str(), Side::Customer.as_str(), TIME];
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(actors)).into()
    }
}

impl ToSchema for Actor {}

/// The kinds of what a history tells, as a schema.
pub(super) struct HistoryKind;

impl PartialSchema for HistoryKind {
    fn schema() -> RefOr<Schema> {
        let changes = Change::ALL.map(Change::as_str).into_iter();
        let marks = booking::Attendance::ALL.map(booking::Attendance::as_str);
        let ends = ProposalEnd::ALL.map(ProposalEnd::as_str);
        let others = [Happening::MOVED, Happening::NOTED, Happening::PROPOSED, Happening::EXTENDED];
        let others = others.into_iter().chain(ends).chain(marks);
        let kinds: Vec<_> = changes.chain(others).collect();
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(kinds)).into()
    }
}

impl ToSchema for HistoryKind {}

/// The marks of whether somebody came, as a schema.
pub(super) struct Attendance;

impl PartialSchema for Attendance {
    fn schema() -> RefOr<Schema> {
        let marks = booking::Attendance::ALL.map(booking::Attendance::as_str);
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(marks)).into()
    }
}

impl ToSchema for Attendance {}

/// How a conference ended, as a schema.
pub(super) struct ConferenceEnd;

impl PartialSchema for ConferenceEnd {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Ended::NAMES)).into()
    }
}

impl ToSchema for ConferenceEnd {}

/// The document, drawn once.
struct Drawn {
    json: Bytes,
    /// The same for the same document, in every process.
    tag: String,
}

static DRAWN: LazyLock<Drawn> = LazyLock::new(|| {
    let json = Document::openapi().to_json().unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    json.hash(&mut hasher);
    Drawn { tag: format!("\"{:016x}\"", hasher.finish()), json: json.into() }
});

/// `GET /api/openapi.json`. It changes with the program only.
pub(super) async fn get(request: HttpRequest) -> HttpResponse {
    let held = request.headers().get(IF_NONE_MATCH).and_then(|held| held.to_str().ok());
    let is_held = held.is_some_and(|tags| {
        tags.split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.trim_start_matches("W/") == DRAWN.tag)
    });
    let mut response = if is_held { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((ETAG, DRAWN.tag.as_str()))
        .insert_header((CACHE_CONTROL, "public, max-age=300"));
    if is_held {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, "application/json")).body(DRAWN.json.clone())
}
