//! The reservations API: what Jitsi's Prosody module `mod_reservations` calls before a room may
//! exist, and when it is empty again.
//!
//! Only our clock decides. A refusal says in words when the room opens and names nobody; an answer
//! never holds a null, which would wedge the room in Prosody's memory.

mod answer;
mod asked;
mod bearer;
mod conference;

pub use bearer::ReservationTokens;

use std::sync::Arc;

use actix_web::web;
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
                .route("", web::post().to(conference::create))
                .route("/{id}", web::get().to(conference::show))
                .route("/{id}", web::delete().to(conference::delete)),
        );
    }
}
