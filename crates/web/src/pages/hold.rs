//! `POST /{handle}/{slug}/hold`: the page's script keeps the time while its form is filled in, and with
//! `release` lets go of it. Without script there is no hold, and whoever comes too late is shown
//! other times.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use roomkey_app::HoldError;
use roomkey_core::{
    event_type::Bounds,
    time::{Instant, Minutes},
};

use crate::{
    Web, address,
    failure::Failure,
    form::Form,
    visitor::{self, Visitor},
};

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    visitor: Visitor,
    path: Path<(String, String)>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    let (handle, slug) = path.into_inner();
    let mut page = address::of(&handle, &slug).ok_or(Failure::NotFound)?;
    page.link = address::link(&form).map(|link| link.hash());
    page.holders = visitor::holders(&request, &web, &form);
    let visitor = visitor.or_known_as(visitor::form_holder(&form));
    let unreadable = || Failure::Status(StatusCode::UNPROCESSABLE_ENTITY);
    if form.has("release") {
        web.app.release(page.holders).await?;
        return Ok(HttpResponse::new(StatusCode::NO_CONTENT));
    }
    let start = Instant::parse(form.get("slot")).map_err(|_| unreadable())?;
    let duration = match form.get("duration") {
        "" => None,
        text => Some(Minutes(Bounds::DURATION.parse(text).map_err(|_| unreadable())?)),
    };
    let client = web.client(&request);
    let status = match web.app.hold(page, duration, start, visitor.holder(), client).await {
        Ok(_) => StatusCode::NO_CONTENT,
        Err(HoldError::Refused(_)) => StatusCode::CONFLICT,
        Err(HoldError::Unknown) => return Err(Failure::NotFound),
        Err(HoldError::Gone(gone)) => return Err(gone.into()),
        Err(HoldError::Duration(_)) => return Err(unreadable()),
        Err(HoldError::Limited(limited)) => return Err(limited.into()),
        Err(HoldError::Store(error)) => return Err(error.into()),
    };
    visitor.known_by(HttpResponse::new(status))
}
