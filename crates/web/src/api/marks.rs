//! `POST /api/v1/bookings/{id}/attended` and `/no-show`: a host marks whether somebody came.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use roomkey_core::{
    booking::{Attendance, Side},
    text::EmailAddress,
};

use super::{
    body::{Body, Reader},
    booking::{BookingJson, booking_json},
    caller,
    problem::Problem,
    requests,
};
use crate::Web;

/// Marks that somebody came. Nobody is told, and `version` stays. The other mark takes its place.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{id}/attended",
    operation_id = "markAttended",
    tag = "bookings",
    security(("key" = ["bookings:write"])),
    params(("id" = String, Path, description = "The booking's id.")),
    request_body = requests::Mark,
    responses(
        (status = 200, description = "The booking.", body = BookingJson),
        (status = 400, description = "The body can not be read."),
        (status = 401, description = "No key, or none that is known."),
        (status = 403, description = "The key has not the scope."),
        (status = 404, description = "There is no such booking, or it is another host's."),
        (status = 409, description = "`invalid_transition`: it is not confirmed, or has not begun."),
        (status = 415, description = "The body is not `application/json`."),
        (status = 422, description = "`invalid_request` with `fields`."),
    ),
)]
pub(super) async fn attended(
    request: HttpRequest,
    web: Data<Web>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    mark(&request, &web, &id, &body, Attendance::Attended).await
}

/// Marks that somebody did not come. Nobody is told, and `version` stays. The other mark takes its place.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{id}/no-show",
    operation_id = "markNoShow",
    tag = "bookings",
    security(("key" = ["bookings:write"])),
    params(("id" = String, Path, description = "The booking's id.")),
    request_body = requests::Mark,
    responses(
        (status = 200, description = "The booking.", body = BookingJson),
        (status = 400, description = "The body can not be read."),
        (status = 401, description = "No key, or none that is known."),
        (status = 403, description = "The key has not the scope."),
        (status = 404, description = "There is no such booking, or it is another host's."),
        (status = 409, description = "`invalid_transition`: it is not confirmed, or has not begun."),
        (status = 415, description = "The body is not `application/json`."),
        (status = 422, description = "`invalid_request` with `fields`."),
    ),
)]
pub(super) async fn no_show(
    request: HttpRequest,
    web: Data<Web>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    mark(&request, &web, &id, &body, Attendance::NoShow).await
}

async fn mark(
    request: &HttpRequest,
    web: &Web,
    id: &str,
    body: &Body,
    attendance: Attendance,
) -> Result<HttpResponse, Problem> {
    let (caller, id) = caller::of_booking(request, web, id).await?;
    let mut reader = Reader::default();
    let who = reader.text_if_any(body, "attendee", str::parse::<EmailAddress>);
    reader.finish()?;
    let marked = web.app.mark_own(caller.host.id, id, who, attendance).await?;
    Ok(HttpResponse::Ok().json(booking_json(&marked, Side::Host, web.app.site())))
}
