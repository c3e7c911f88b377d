//! Which address leads where.

use std::future::ready;

use actix_web::{
    HttpResponse, Resource,
    http::header::ALLOW,
    middleware::{Compress, from_fn},
    web::{self, Data, PayloadConfig, ServiceConfig, route},
};

use crate::{
    Web, api, assets, dress,
    failure::Failure,
    form,
    method::{POST, READ, READ_AND_POST, read},
    pages::{
        answer, app, asap, booked, booking, calendar, cancel, check_mail, details, extend,
        forgot_password, guests, hold, home, join, mailbox, mark, note, profile, proposal, propose,
        reminders, reschedule, reset_password, setup, sign_in, sign_out, trailing_slash, verify,
        waiting, waiting_list,
    },
    theme,
};

/// Adds the pages and the API to a server.
///
/// Only the two public pages are compressed: what is compressed beside a secret can betray it
/// (BREACH), and the others are small. The secret link that may be in one of the two is in its
/// address: who can have somebody else's browser ask for that page knows it already.
pub fn configure(config: &mut ServiceConfig, web: Data<Web>) {
    let mailbox_is_shown = web.mailbox.is_some();
    config
        .app_data(web)
        .service(web::scope("/api").wrap(from_fn(dress::api)).configure(api::configure));
    let mut pages = web::scope("")
        .app_data(PayloadConfig::new(form::MAX_BYTES))
        .wrap(from_fn(dress::page))
        .service(at("/", READ).route(read().to(home::get)))
        .service(at("/static/{name}", READ).route(read().to(assets::get)))
        .service(at("/asap/{file}", READ).route(read().to(asap::get)))
        .service(at("/theme", POST).route(web::post().to(theme::post)))
        .service(
            at("/setup", READ_AND_POST)
                .route(read().to(setup::get))
                .route(web::post().to(setup::post)),
        )
        .service(
            at("/sign-in", READ_AND_POST)
                .route(read().to(sign_in::get))
                .route(web::post().to(sign_in::post)),
        )
        .service(at("/sign-out", POST).route(web::post().to(sign_out::post)))
        .service(
            at("/forgot-password", READ_AND_POST)
                .route(read().to(forgot_password::get))
                .route(web::post().to(forgot_password::post)),
        )
        .service(
            at("/reset-password/{token}", READ_AND_POST)
                .route(read().to(reset_password::get))
                .route(web::post().to(reset_password::post)),
        )
        .configure(booking_pages)
        .configure(host_pages)
        .configure(waiting_pages);
    if mailbox_is_shown {
        pages = pages
            .service(at("/dev/mailbox", READ).route(read().to(mailbox::list)))
            .service(at("/dev/mailbox/{name}", READ).route(read().to(mailbox::show)))
            .service(at("/dev/mailbox/{name}/source", READ).route(read().to(mailbox::source)));
    }
    config.service(
        pages
            .service(
                web::resource("/{handle}")
                    .wrap(Compress::default())
                    .route(read().to(profile::get))
                    .default_service(route().to(|| ready(not_allowed(READ)))),
            )
            .service(
                web::resource("/{handle}/{slug}")
                    .wrap(Compress::default())
                    .route(read().to(booking::get))
                    .route(web::post().to(details::post))
                    .default_service(route().to(|| ready(not_allowed(READ_AND_POST)))),
            )
            .service(at("/{handle}/{slug}/hold", POST).route(web::post().to(hold::post)))
            .service(web::resource("/{handle}/").route(read().to(trailing_slash::get)))
            .service(web::resource("/{handle}/{slug}/").route(read().to(trailing_slash::get)))
            .default_service(route().to(not_found)),
    );
}

/// The pages of a booking, for whoever has a link to it.
fn booking_pages(config: &mut ServiceConfig) {
    config
        .service(at("/b/{token}", READ).route(read().to(booked::get)))
        .service(at("/b/{token}/confirm", POST).route(web::post().to(answer::confirm)))
        .service(at("/b/{token}/decline", POST).route(web::post().to(answer::decline)))
        .service(at("/b/{token}/guests", POST).route(web::post().to(guests::add)))
        .service(at("/b/{token}/guests/{id}/remove", POST).route(web::post().to(guests::remove)))
        .service(at("/b/{token}/attended", POST).route(web::post().to(mark::attended)))
        .service(at("/b/{token}/no-show", POST).route(web::post().to(mark::no_show)))
        .service(at("/b/{token}/extend", POST).route(web::post().to(extend::post)))
        .service(at("/b/{token}/note", POST).route(web::post().to(note::post)))
        .service(at("/b/{token}/calendar.ics", READ).route(read().to(calendar::get)))
        .service(
            at("/b/{token}/cancel", READ_AND_POST)
                .route(read().to(cancel::get))
                .route(web::post().to(cancel::post)),
        )
        .service(
            at("/b/{token}/reschedule", READ_AND_POST)
                .route(read().to(reschedule::get))
                .route(web::post().to(reschedule::post)),
        )
        .service(
            at("/b/{token}/reminders", READ_AND_POST)
                .route(read().to(reminders::get))
                .route(web::post().to(reminders::post)),
        )
        .service(
            at("/b/{token}/propose", READ_AND_POST)
                .route(read().to(propose::get))
                .route(web::post().to(propose::post)),
        )
        .service(
            at("/b/{token}/proposal", READ_AND_POST)
                .route(read().to(proposal::get))
                .route(web::post().to(proposal::post)),
        )
        .service(
            at("/b/{token}/verify", READ_AND_POST)
                .route(read().to(verify::get))
                .route(web::post().to(verify::post)),
        )
        .service(
            at("/b/{token}/check-mail", READ_AND_POST)
                .route(read().to(check_mail::get))
                .route(web::post().to(check_mail::post)),
        )
        .service(
            at("/b/{token}/join", READ_AND_POST)
                .route(read().to(join::get))
                .route(web::post().to(join::post)),
        );
}

/// The pages of those who wait for a time.
fn waiting_pages(config: &mut ServiceConfig) {
    config
        .service(
            at("/w/{token}", READ_AND_POST)
                .route(read().to(waiting::get))
                .route(web::post().to(waiting::post)),
        )
        .service(
            at("/{handle}/{slug}/waiting-list", READ_AND_POST)
                .route(read().to(waiting_list::get))
                .route(web::post().to(waiting_list::post)),
        );
}

/// The pages of those who have an account.
fn host_pages(config: &mut ServiceConfig) {
    config
        .service(at("/app", READ).route(read().to(app::bookings::redirect)))
        .service(at("/app/bookings", READ).route(read().to(app::bookings::get)))
        .service(at("/app/bookings.csv", READ).route(read().to(app::bookings::csv::get)))
        .service(
            at("/app/bookings/day", READ_AND_POST)
                .route(read().to(app::day::get))
                .route(web::post().to(app::day::post)),
        )
        .service(
            at("/app/bookings/new", READ_AND_POST)
                .route(read().to(app::booking_new::get))
                .route(web::post().to(app::booking_new::post)),
        )
        .service(at("/app/settings", READ).route(read().to(app::settings::get)))
        .service(at("/app/rooms", READ).route(read().to(app::rooms::get)))
        .service(at("/app/rooms/{id}/close", POST).route(web::post().to(app::rooms::post_close)))
        .service(at("/app/waiting", READ).route(read().to(app::waiting::get)))
        .service(
            at("/app/waiting/{id}/remove", POST).route(web::post().to(app::waiting::post_remove)),
        )
        .service(at("/app/event-types", READ).route(read().to(app::event_types::get)))
        .service(
            at("/app/event-types/new", READ_AND_POST)
                .route(read().to(app::event_type::get_new))
                .route(web::post().to(app::event_type::post_new)),
        )
        .service(
            at("/app/event-types/{slug}", READ_AND_POST)
                .route(read().to(app::event_type::get))
                .route(web::post().to(app::event_type::post)),
        )
        .service(
            at("/app/event-types/{slug}/questions/{id}", READ_AND_POST)
                .route(read().to(app::event_type::question::get))
                .route(web::post().to(app::event_type::question::post)),
        )
        .service(
            at("/app/event-types/{slug}/questions/{id}/move", POST)
                .route(web::post().to(app::event_type::question::post_move)),
        )
        .service(
            at("/app/event-types/{slug}/links", POST)
                .route(web::post().to(app::event_type::post_link)),
        )
        .service(
            at("/app/event-types/{slug}/links/{id}/remove", POST)
                .route(web::post().to(app::event_type::post_remove_link)),
        )
        .service(
            at("/app/availability", READ_AND_POST)
                .route(read().to(app::availability::get))
                .route(web::post().to(app::availability::post)),
        )
        .service(
            at("/app/availability/{id}", READ_AND_POST)
                .route(read().to(app::availability::get))
                .route(web::post().to(app::availability::post)),
        )
        .service(
            at("/app/availability/{id}/overrides", POST)
                .route(web::post().to(app::availability::post_override)),
        )
        .service(
            at("/app/availability/{id}/settings", POST)
                .route(web::post().to(app::availability::post_settings)),
        )
        .service(at("/app/schedules", POST).route(web::post().to(app::availability::post_new)))
        .service(at("/app/time-off", POST).route(web::post().to(app::availability::post_time_off)))
        .service(
            at("/app/week-start", POST).route(web::post().to(app::availability::post_week_start)),
        );
}

/// A page's address; every method but `allowed` is refused.
fn at(path: &str, allowed: &'static str) -> Resource {
    web::resource(path).default_service(route().to(move || ready(not_allowed(allowed))))
}

fn not_allowed(allowed: &'static str) -> HttpResponse {
    HttpResponse::MethodNotAllowed().insert_header((ALLOW, allowed)).finish()
}

async fn not_found() -> Result<HttpResponse, Failure> {
    Err(Failure::NotFound)
}
