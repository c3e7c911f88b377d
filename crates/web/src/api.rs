//! The JSON API, `/api/v1`: times are RFC 3339, refusals RFC 9457 problems with a stable `code`.

mod body;
mod booking;
mod bookings;
mod caller;
mod problem;
mod slots;

use actix_web::{
    HttpResponse, Resource,
    web::{self, PayloadConfig, ServiceConfig, route},
};

pub use booking::booking_json;
use problem::Problem;

/// The largest body that is read.
const MAX_BYTES: usize = 256 * 1024;

/// Adds the API's addresses to its scope.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .app_data(PayloadConfig::new(MAX_BYTES))
        .service(at("/v1/slots").route(web::get().to(slots::get)))
        .service(
            at("/v1/bookings")
                .route(web::get().to(bookings::list))
                .route(web::post().to(bookings::create)),
        )
        .service(at("/v1/bookings/{id}").route(web::get().to(bookings::get)))
        .service(at("/v1/bookings/{id}/cancel").route(web::post().to(bookings::cancel)))
        .default_service(route().to(not_found));
}

/// An address; every other method than its routes' is refused.
fn at(path: &str) -> Resource {
    web::resource(path).default_service(route().to(not_allowed))
}

async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found())
}

async fn not_allowed() -> Result<HttpResponse, Problem> {
    Err(Problem::method_not_allowed())
}
