//! The reservations API: what Jitsi's Prosody module `mod_reservations` calls before a room may
//! exist, and when it is empty again.
//!
//! Only our clock decides. A refusal says in words when the room opens and names nobody; an answer
//! never holds a null, which would wedge the room in Prosody's memory.

mod answer;
mod asked;
mod bearer;
mod conference;

pub use answer::{not_allowed, nowhere};
pub use bearer::ReservationTokens;

use std::sync::Arc;

use std::future::ready;

use actix_web::{Resource, web};
use roomkey_app::App;

/// What the handlers work with.
pub(crate) struct State {
    app: App,
    tokens: ReservationTokens,
}

/// Adds `/conference` to the internal listener.
pub fn configure(app: App, tokens: ReservationTokens) -> impl Fn(&mut web::ServiceConfig) + Clone {
    let state = web::Data::from(Arc::new(State { app, tokens }));
    move |config| {
        config.app_data(state.clone()).service(
            web::scope("/conference")
                .app_data(web::FormConfig::default().limit(16 * 1024))
                .service(at("", "POST").route(web::post().to(conference::create)))
                .service(
                    at("/{id}", "DELETE, GET, HEAD")
                        .route(web::get().to(conference::show))
                        .route(web::head().to(conference::show))
                        .route(web::delete().to(conference::delete)),
                )
                .default_service(web::to(async || answer::nowhere())),
        );
    }
}

/// An address below `/conference`; every method but `allowed` is refused.
fn at(path: &str, allowed: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || ready(answer::not_allowed(allowed))))
}
