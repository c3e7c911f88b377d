//! The answers, as `mod_reservations` reads them.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{ALLOW, RETRY_AFTER},
    },
};
use roomkey_app::{AskedRoom, StoreError, Verdict};
use roomkey_core::{
    booking::Side,
    room::Room,
    site::Site,
    time::{Instant, TimeZone},
};
use serde::Serialize;

/// Places that we leave beside the people who are expected: a dropped connection keeps its place
/// for a minute (`muc_max_occupants` counts connections).
const GHOSTS: u32 = 2;

/// A granted conference. Optional fields are left out, never null.
#[derive(Serialize)]
struct Granted<'a> {
    /// A string: a number would come back as `1.0` (Lua).
    id: String,
    /// As it was asked for.
    name: String,
    /// Required by the module, and not used.
    mail_owner: &'static str,
    /// When the room opened.
    start_time: String,
    /// Seconds from there to the end of the window.
    duration: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
    lobby: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_occupants: Option<u32>,
}

#[derive(Serialize)]
struct Message<'a> {
    message: &'a str,
}

fn granted(room: &Room, site: &Site) -> HttpResponse {
    HttpResponse::Ok().json(Granted {
        id: room.id.to_string(),
        name: site.server(room).room_node(&room.name),
        mail_owner: "roomkey",
        start_time: room.window.start.to_string(),
        duration: room.window.end.seconds() - room.window.start.seconds(),
        // Where nobody is told one, Jitsi must not ask for it.
        password: site.password(room, Side::Host),
        lobby: room.lobby,
        max_occupants: room.max_occupants.map(|people| people.saturating_add(GHOSTS)),
    })
}

fn refused(status: StatusCode, message: &str) -> HttpResponse {
    HttpResponse::build(status).json(Message { message })
}

/// Granted, or refused in words that name the time but no person.
pub(crate) fn conference(asked: Option<&AskedRoom>, site: &Site) -> (HttpResponse, &'static str) {
    let Some(AskedRoom { room, verdict, .. }) = asked else {
        return (unknown(), "unknown");
    };
    match verdict {
        Verdict::Open => (granted(room, site), "granted"),
        Verdict::Early { opens_at, zone } => {
            let message = format!("This room opens on {}.", told(*opens_at, *zone));
            (refused(StatusCode::FORBIDDEN, &message), "early")
        }
        Verdict::Over => (refused(StatusCode::FORBIDDEN, "The time of this room is over."), "over"),
        Verdict::Revoked if room.booking.is_none() => {
            (refused(StatusCode::FORBIDDEN, "This room was closed by its host."), "revoked")
        }
        Verdict::Revoked => {
            (refused(StatusCode::FORBIDDEN, "This booking was moved or cancelled."), "revoked")
        }
    }
}

fn told(at: Instant, zone: TimeZone) -> String {
    format!("{} ({} time)", zone.local(at).format("%A %-d %B %Y at %H:%M"), zone.city())
}

pub(crate) fn unknown() -> HttpResponse {
    refused(StatusCode::NOT_FOUND, "No booking has a room of this name.")
}

pub(crate) fn unauthorized() -> HttpResponse {
    refused(
        StatusCode::UNAUTHORIZED,
        "The video server and the booking server do not know each other.",
    )
}

/// Where the operator lets only some addresses call.
pub(crate) fn stranger() -> HttpResponse {
    refused(StatusCode::FORBIDDEN, "The booking server does not answer this address.")
}

/// Too many wrong tokens from one place.
pub(crate) fn too_many(seconds: u64) -> HttpResponse {
    HttpResponse::TooManyRequests().insert_header((RETRY_AFTER, seconds.to_string())).json(Message {
        message: "The video server and the booking server do not know each other. Too many tries.",
    })
}

/// The only 5xx: `mod_reservations` tries again after it.
pub(crate) fn away(error: &StoreError) -> HttpResponse {
    tracing::error!(%error, "a conference could not be looked up");
    HttpResponse::ServiceUnavailable()
        .insert_header((RETRY_AFTER, "3"))
        .json(Message { message: "The booking server is not available right now. Try again." })
}

/// The address takes only the methods `allowed`, as `Allow` lists them.
pub fn not_allowed(allowed: &'static str) -> HttpResponse {
    let message = format!("This address takes only: {allowed}.");
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, allowed))
        .json(Message { message: &message })
}

/// Nothing has this address. `mod_reservations` comes here when its prefix is wrong: it puts
/// `/conference` behind it as it is.
pub fn nowhere() -> HttpResponse {
    refused(
        StatusCode::NOT_FOUND,
        "Nothing is at this address. Check reservations_api_prefix: it must end without a slash.",
    )
}

pub(crate) fn bad_event() -> HttpResponse {
    refused(StatusCode::BAD_REQUEST, "The request is no event of a room.")
}

pub(crate) fn bad_form() -> HttpResponse {
    refused(StatusCode::BAD_REQUEST, "The request is not a conference's form.")
}
