//! What Jitsi's Prosody calls: its module `mod_reservations` before a room may exist, and when it is empty again;
//! its module `event_sync`, where there is one, when somebody comes and goes.
//!
//! Only our clock decides. A refusal says in words when the room opens and names nobody; an answer
//! never holds a null, which would wedge the room in Prosody's memory.

mod answer;
mod asked;
mod bearer;
mod conference;
mod event;
mod events;
mod failures;

pub use answer::{not_allowed, nowhere};
pub use bearer::{Door, ReservationTokens};

use std::sync::Arc;

use std::future::ready;

use actix_web::{Resource, web};
use failures::Failures;
use roomkey_app::App;

/// What the handlers work with.
pub(crate) struct State {
    app: App,
    door: Door,
    failures: Failures,
}

/// Adds `/conference` and `/events` to the internal listener.
pub fn configure(app: App, door: Door) -> impl Fn(&mut web::ServiceConfig) + Clone {
    let state = State { app, door, failures: Failures::default() };
    let state = web::Data::from(Arc::new(state));
    move |config| {
        config.app_data(state.clone()).configure(events::configure).service(
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
pub(crate) fn at(path: &str, allowed: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || ready(answer::not_allowed(allowed))))
}
