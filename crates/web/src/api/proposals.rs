//! `POST /api/v1/bookings/{id}/propose`, `/accept-move` and `/decline-move`: other times for a booking.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use roomkey_app::{ProposalAnswer, Says};
use roomkey_core::{
    booking::{AnswerRefusal, Proposal, Side},
    text::{FieldError, Note},
    time::Instant,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    body::{Body, Reader},
    booking::{BookingJson, booking_json},
    caller,
    problem::Problem,
    requests,
};
use crate::Web;

/// Other times that one side of a booking would like.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Proposal)]
pub(super) struct ProposalJson {
    /// `host`: the customer may choose one; `customer`: the host is asked for the one.
    by: &'static str,
    /// When the booking could start.
    starts: Vec<String>,
    /// What the other side is told; left out if nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    note: Option<String>,
    /// When it lapses unless it is answered.
    #[schema(format = DateTime)]
    expires_at: String,
}

impl From<&Proposal> for ProposalJson {
    fn from(proposal: &Proposal) -> Self {
        Self {
            by: proposal.by.as_str(),
            starts: proposal.starts.iter().map(ToString::to_string).collect(),
            note: Some(proposal.note.to_string()).filter(|note| !note.is_empty()),
            expires_at: proposal.expires_at.to_string(),
        }
    }
}

impl BookingJson {
    /// With what is proposed for it.
    #[must_use]
    pub fn with_proposal(mut self, proposal: Option<&Proposal>) -> Self {
        self.proposal = proposal.map(ProposalJson::from);
        self
    }
}

/// Proposes other times for a booking, in place of those proposed before. The customer gets an email and
/// chooses one of them, or none, by a link; until then the booking stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{id}/propose",
    operation_id = "proposeTimes",
    tag = "bookings",
    security(("key" = ["bookings:write"])),
    params(("id" = String, Path, description = "The booking's id.")),
    request_body = requests::NewProposal,
    responses(
        (status = 200, description = "The booking, with `proposal`.", body = BookingJson),
        (status = 400, description = "The body can not be read."),
        (status = 401, description = "No key, or none that is known."),
        (status = 403, description = "The key has not the scope."),
        (status = 404, description = "There is no such booking, or it is another host's."),
        (status = 409, description = "`invalid_transition`: it is not confirmed, or has begun. \
            `slot_taken`: something else is at one of these times."),
        (status = 415, description = "The body is not `application/json`."),
        (status = 422, description = "`slot_unavailable`: a time is not offered. `invalid_request` \
            with `fields`."),
    ),
)]
pub(super) async fn propose(
    request: HttpRequest,
    web: Data<Web>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let (caller, id) = caller::of_booking(&request, &web, &id).await?;
    let mut reader = Reader::default();
    let starts =
        reader.texts(&body, "starts", |text| Instant::parse(text).map_err(|_| FieldError::Instant));
    let note = reader.optional_text(&body, "note", str::parse::<Note>);
    reader.finish()?;
    let note = note.ok_or_else(|| Problem::bad_request("The request is not complete."))?;
    let proposal = web.app.propose_own(caller.host.id, id, starts, note).await?;
    let found = web.app.booking(caller.host.id, id).await?.ok_or_else(Problem::not_found)?;
    let told = booking_json(&found, Side::Host, web.app.site());
    Ok(HttpResponse::Ok().json(told.with_proposal(Some(&proposal))))
}

/// Moves a booking to the time that its customer asked for; both sides are told.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{id}/accept-move",
    operation_id = "acceptMove",
    tag = "bookings",
    security(("key" = ["bookings:write"])),
    params(("id" = String, Path, description = "The booking's id.")),
    request_body = requests::Acceptance,
    responses(
        (status = 200, description = "The booking, moved, its `version` one higher.",
            body = BookingJson),
        (status = 400, description = "The body can not be read."),
        (status = 401, description = "No key, or none that is known."),
        (status = 403, description = "The key has not the scope."),
        (status = 404, description = "There is no such booking, or it is another host's."),
        (status = 409, description = "`invalid_transition`: nobody asks for another time, or no more. \
            `slot_taken`: something else is at that time by now."),
        (status = 415, description = "The body is not `application/json`."),
        (status = 422, description = "`invalid_request` with `fields`."),
    ),
)]
pub(super) async fn accept(
    request: HttpRequest,
    web: Data<Web>,
    id: Path<String>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let (caller, id) = caller::of_booking(&request, &web, &id).await?;
    let note = body.note("note")?;
    let found = web.app.booking(caller.host.id, id).await?.ok_or_else(Problem::not_found)?;
    let open = web.app.open_proposal(found.booking.id).await?;
    let start = open.and_then(|open| open.starts.first().copied());
    let start = start.ok_or(AnswerRefusal::NotOpen).map_err(Problem::from)?;
    let answer = ProposalAnswer { seen: None, says: Says::Accept(start, note) };
    let moved = web.app.answer_own_proposal(caller.host.id, id, answer).await?;
    Ok(HttpResponse::Ok().json(booking_json(&moved, Side::Host, web.app.site())))
}

/// Says no to a customer who asks for another time: they are told, and the booking stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/bookings/{id}/decline-move",
    operation_id = "declineMove",
    tag = "bookings",
    security(("key" = ["bookings:write"])),
    params(("id" = String, Path, description = "The booking's id.")),
    request_body = requests::Cancellation,
    responses(
        (status = 200, description = "The booking, as it was.", body = BookingJson),
        (status = 400, description = "The body can not be read."),
        (status = 401, description = "No key, or none that is known."),
        (status = 403, description = "The key has not the scope."),
        (status = 404, description = "There is no such booking, or it is another host's."),
        (status = 409, description = "`invalid_transition`: nobody asks for another time, or no more."),
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
    let (caller, id) = caller::of_booking(&request, &web, &id).await?;
    let reason = body.note("reason")?;
    let answer = ProposalAnswer { seen: None, says: Says::Decline(reason) };
    let found = web.app.answer_own_proposal(caller.host.id, id, answer).await?;
    Ok(HttpResponse::Ok().json(booking_json(&found, Side::Host, web.app.site())))
}
