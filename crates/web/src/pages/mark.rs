//! `/b/{token}/attended` and `/b/{token}/no-show`: a host marks whether the customer came.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use roomkey_app::MarkError;
use roomkey_core::booking::Attendance;

use super::{
    app::bookings,
    booked::{self, Typed, found, path},
    see_other,
};
use crate::{Web, failure::Failure, form::Form, view::Problems};

pub(crate) async fn attended(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    mark(&request, &web, &token, &form, Attendance::Attended).await
}

pub(crate) async fn no_show(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    mark(&request, &web, &token, &form, Attendance::NoShow).await
}

/// Leads back to where the button stood: the booking's page, or the list.
async fn mark(
    request: &HttpRequest,
    web: &Web,
    token: &str,
    form: &Form,
    attendance: Attendance,
) -> Result<HttpResponse, Failure> {
    let found = found(web, token).await?;
    let link = found.details.link(found.side);
    match web.app.mark_by_link(link, attendance).await {
        Ok(_) if form.has("list") => Ok(see_other(bookings::address(form.get("list")))),
        Ok(_) => Ok(see_other(format!("{}#came", path(link)))),
        Err(MarkError::Unknown | MarkError::Gone) => Err(Failure::NotFound),
        Err(MarkError::Refused(why)) => {
            let mut problems = Problems::default();
            problems.add("came", format!("Nothing was changed: {why}"));
            booked::refused(request, web, token, problems, Typed::default()).await
        }
        Err(MarkError::Store(error)) => Err(error.into()),
    }
}
