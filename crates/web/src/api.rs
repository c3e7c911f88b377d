//! The JSON API, `/api/v1`: times are RFC 3339, refusals RFC 9457 problems with a stable `code`.

mod answers;
mod body;
mod booking;
mod bookings;
mod caller;
mod conferences;
mod cursor;
mod explain;
mod guests;
mod history;
mod marks;
mod openapi;
mod presence;
mod problem;
mod proposals;
mod requests;
mod rooms;
mod slots;

use std::future::ready;

use actix_web::{
    HttpResponse, Resource,
    web::{self, PayloadConfig, ServiceConfig, route},
};

pub(crate) use booking::answers_json;
pub use booking::{BookingJson, booking_json};
use problem::Problem;
pub use rooms::StandaloneRoomJson;

use crate::method::{POST, READ, READ_AND_DELETE, READ_AND_PATCH, READ_AND_POST, read};

/// The largest body that is read.
const MAX_BYTES: usize = 256 * 1024;

/// Adds the API's addresses to its scope.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .app_data(PayloadConfig::new(MAX_BYTES))
        .service(at("/openapi.json", READ).route(read().to(openapi::get)))
        .service(at("/v1/slots", READ).route(read().to(slots::get)))
        .service(at("/v1/slots/explain", READ).route(read().to(explain::get)))
        .service(
            at("/v1/bookings", READ_AND_POST)
                .route(read().to(bookings::list))
                .route(web::post().to(bookings::create)),
        )
        .service(
            at("/v1/bookings/{id}", READ_AND_PATCH)
                .route(read().to(bookings::get))
                .route(web::patch().to(bookings::patch)),
        )
        .service(at("/v1/bookings/{id}/attended", POST).route(web::post().to(marks::attended)))
        .service(at("/v1/bookings/{id}/no-show", POST).route(web::post().to(marks::no_show)))
        .service(at("/v1/bookings/{id}/confirm", POST).route(web::post().to(answers::confirm)))
        .service(at("/v1/bookings/{id}/decline", POST).route(web::post().to(answers::decline)))
        .service(at("/v1/bookings/{id}/propose", POST).route(web::post().to(proposals::propose)))
        .service(at("/v1/bookings/{id}/accept-move", POST).route(web::post().to(proposals::accept)))
        .service(
            at("/v1/bookings/{id}/decline-move", POST).route(web::post().to(proposals::decline)),
        )
        .service(at("/v1/bookings/{id}/guests", POST).route(web::post().to(guests::add)))
        .service(at("/v1/bookings/{id}/cancel", POST).route(web::post().to(bookings::cancel)))
        .service(
            at("/v1/bookings/{id}/reschedule", POST).route(web::post().to(bookings::reschedule)),
        )
        .service(
            at("/v1/rooms", READ_AND_POST)
                .route(read().to(rooms::list))
                .route(web::post().to(rooms::create)),
        )
        .service(
            at("/v1/rooms/{id}", READ_AND_DELETE)
                .route(read().to(rooms::get))
                .route(web::delete().to(rooms::delete)),
        )
        .default_service(route().to(not_found));
}

/// An address; every method but `allowed` is refused.
fn at(path: &str, allowed: &'static str) -> Resource {
    let refused = move || ready(Problem::method_not_allowed(allowed));
    web::resource(path).default_service(route().to(refused))
}

async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found())
}
