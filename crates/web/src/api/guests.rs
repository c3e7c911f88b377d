//! `POST /api/v1/bookings/{id}/guests`: a host brings somebody else along.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use roomkey_core::{booking::Side, text::EmailAddress};

use super::{
    body::{Body, Reader},
    booking::{BookingJson, booking_json},
    caller,
    problem::Problem,
    requests,
};
use crate::Web;

/// Brings somebody else along, who gets the invitation with a link of their own; the room stays. Both sides are told.
/// Who is expected already is not invited again, and the booking is answered as it stands: a request may be repeated.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{id}/guests",
    operation_id = "addGuest",
    tag = "bookings",
    security(("key" = ["bookings:write"])),
    params(("id" = String, Path, description = "The booking's id.")),
    request_body = requests::NewGuest,
    responses(
        (status = 200, description = "The booking, its `version` one higher if somebody was added.",
            body = BookingJson),
        (status = 400, description = "The body can not be read."),
        (status = 401, description = "No key, or none that is known."),
        (status = 403, description = "The key has not the scope."),
        (status = 404, description = "There is no such booking, or it is another host's."),
        (status = 409, description = "`invalid_transition`: it is cancelled, or over."),
        (status = 415, description = "The body is not `application/json`."),
        (status = 422, description = "`invalid_request` with `fields`, also where the event type has no \
            more guests."),
    ),
)]
pub(super) async fn add(
    request: HttpRequest,
    web: Data<Web>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let (caller, id) = caller::of_booking(&request, &web, &id).await?;
    let mut reader = Reader::default();
    let email = reader.text(&body, "email", str::parse::<EmailAddress>);
    reader.finish()?;
    let email = email.ok_or_else(|| Problem::bad_request("The request is not complete."))?;
    let changed = web.app.add_guest_own(caller.host.id, id, email).await?;
    Ok(HttpResponse::Ok().json(booking_json(&changed, Side::Host, web.app.site())))
}
