//! `POST /api/v1/bookings/{id}/confirm` and `/decline`: a host answers a request.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use roomkey_app::{Answer, Caller};
use roomkey_core::{booking::Side, ids::BookingId};

use super::{
    body::Body, booking::BookingJson, bookings::whole, caller, problem::Problem, requests,
};
use crate::Web;

/// Confirms a request; both sides get their invitation. Of a series that was asked for as a whole, all dates.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{id}/confirm",
    operation_id = "confirmBooking",
    tag = "bookings",
    security(("key" = ["bookings:write"])),
    params(("id" = String, Path, description = "The booking's id.")),
    responses(
        (status = 200, description = "The booking, confirmed, its `version` one higher.",
            body = BookingJson),
        (status = 401, description = "No key, or none that is known."),
        (status = 403, description = "The key has not the scope."),
        (status = 404, description = "There is no such booking, or it is another host's."),
        (status = 409, description = "`invalid_transition`: it is no request, or no more."),
    ),
)]
pub(super) async fn confirm(
    request: HttpRequest,
    web: Data<Web>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let (caller, id) = caller::of_booking(&request, &web, &id).await?;
    answer(&web, &caller, id, Answer::Confirm).await
}

/// Declines a request; the customer is told. Of a series that was asked for as a whole, all dates.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{id}/decline",
    operation_id = "declineBooking",
    tag = "bookings",
    security(("key" = ["bookings:write"])),
    params(("id" = String, Path, description = "The booking's id.")),
    request_body = requests::Cancellation,
    responses(
        (status = 200, description = "The booking, declined, its `version` one higher.",
            body = BookingJson),
        (status = 400, description = "The body can not be read."),
        (status = 401, description = "No key, or none that is known."),
        (status = 403, description = "The key has not the scope."),
        (status = 404, description = "There is no such booking, or it is another host's."),
        (status = 409, description = "`invalid_transition`: it is no request, or no more."),
        (status = 415, description = "The body is not `application/json`."),
        (status = 422, description = "`invalid_request` with `fields`."),
    ),
)]
pub(super) async fn decline(
    request: HttpRequest,
    web: Data<Web>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    // Who has no key is not told what is wrong with the body.
    let (caller, id) = caller::of_booking(&request, &web, &id).await?;
    answer(&web, &caller, id, Answer::Decline(body.note("reason")?)).await
}

async fn answer(
    web: &Web,
    caller: &Caller,
    id: BookingId,
    answer: Answer,
) -> Result<HttpResponse, Problem> {
    let answered = web.app.answer_own(caller.host.id, id, answer).await?;
    Ok(HttpResponse::Ok().json(whole(web, &answered, Side::Host).await?))
}
