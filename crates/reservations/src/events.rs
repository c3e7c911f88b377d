//! `POST /events/…`: what Jitsi's `event_sync` tells of rooms.

use std::time::Duration;

use actix_web::{HttpResponse, rt::time::timeout, web};
use roomkey_app::{Noted, Teller};

use crate::{
    State, answer, at,
    bearer::EventSource,
    event::{self, Kind, Told},
};

/// How long the few bytes of an event may take to arrive.
const PATIENCE: Duration = Duration::from_secs(15);

/// The addresses that `event_sync` puts behind its prefix.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/events")
            .service(at("/room/created", "POST").route(web::post().to(created)))
            .service(at("/room/destroyed", "POST").route(web::post().to(destroyed)))
            .service(at("/occupant/joined", "POST").route(web::post().to(joined)))
            .service(at("/occupant/left", "POST").route(web::post().to(left)))
            .default_service(web::to(async || answer::nowhere())),
    );
}

/// `POST /events/room/created`.
async fn created(
    EventSource(teller): EventSource,
    state: web::Data<State>,
    payload: web::Payload,
) -> HttpResponse {
    note(Kind::Created, teller, &state, payload).await
}

/// `POST /events/room/destroyed`.
async fn destroyed(
    EventSource(teller): EventSource,
    state: web::Data<State>,
    payload: web::Payload,
) -> HttpResponse {
    note(Kind::Destroyed, teller, &state, payload).await
}

/// `POST /events/occupant/joined`.
async fn joined(
    EventSource(teller): EventSource,
    state: web::Data<State>,
    payload: web::Payload,
) -> HttpResponse {
    note(Kind::Joined, teller, &state, payload).await
}

/// `POST /events/occupant/left`.
async fn left(
    EventSource(teller): EventSource,
    state: web::Data<State>,
    payload: web::Payload,
) -> HttpResponse {
    note(Kind::Left, teller, &state, payload).await
}

/// Whatever is no business of ours is answered alike, so that nobody tries again.
async fn note(kind: Kind, teller: Teller, state: &State, payload: web::Payload) -> HttpResponse {
    let body = timeout(PATIENCE, payload.to_bytes_limited(event::MOST_BYTES)).await;
    let Ok(Ok(Ok(body))) = body else { return answer::bad_event() };
    let (outcome, response) = match event::read(kind, &body) {
        Told::Unreadable => ("unreadable", answer::bad_event()),
        Told::Nothing => ("ignored", HttpResponse::NoContent().finish()),
        Told::Of { node, event } => match state.app.note_room_event(&node, teller, event).await {
            Ok(Noted::Kept(room)) => {
                tracing::info!(%room, ?kind, "an event was told");
                ("kept", HttpResponse::NoContent().finish())
            }
            Ok(Noted::Ignored) => ("ignored", HttpResponse::NoContent().finish()),
            Err(error) => ("unavailable", answer::away(&error)),
        },
    };
    metrics::counter!("roomkey_room_events_total", "outcome" => outcome).increment(1);
    response
}
