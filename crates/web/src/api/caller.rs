use actix_web::{HttpRequest, http::header::AUTHORIZATION};
use roomkey_app::Caller;
use roomkey_core::{account::Scope, ids::BookingId};

use super::problem::Problem;
use crate::Web;

/// Whose key came with the request; none without one. A key that is no key is not taken for none.
pub(super) async fn optional(request: &HttpRequest, web: &Web) -> Result<Option<Caller>, Problem> {
    let Some(header) = request.headers().get(AUTHORIZATION) else { return Ok(None) };
    let text = header.to_str().map_err(|_| Problem::unauthorized())?;
    let (scheme, key) = text.split_once(' ').ok_or_else(Problem::unauthorized)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Problem::unauthorized());
    }
    web.app.caller(key.trim()).await?.ok_or_else(Problem::unauthorized).map(Some)
}

/// Whose key came with the request, and that it may do this.
pub(super) async fn required(
    request: &HttpRequest,
    web: &Web,
    scope: Scope,
) -> Result<Caller, Problem> {
    let caller = optional(request, web).await?.ok_or_else(Problem::unauthorized)?;
    allow(&caller, scope)?;
    Ok(caller)
}

/// Whose key came with the request, and that it may change bookings; and which one the path names.
pub(super) async fn of_booking(
    request: &HttpRequest,
    web: &Web,
    id: &str,
) -> Result<(Caller, BookingId), Problem> {
    let caller = required(request, web, Scope::BookingsWrite).await?;
    Ok((caller, id.parse().map_err(|_| Problem::not_found())?))
}

/// Refuses a key that has not the scope.
pub(super) fn allow(caller: &Caller, scope: Scope) -> Result<(), Problem> {
    if caller.may(scope) { Ok(()) } else { Err(Problem::forbidden(scope.as_str())) }
}
