//! `/b/{token}/confirm` and `/b/{token}/decline`: a host answers a request.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use roomkey_app::{Answer, RequestError};
use roomkey_core::text::Note;

use super::{
    booked::{self, Typed, found, path},
    see_other,
};
use crate::{Web, failure::Failure, form::Form, view::Problems};

pub(crate) async fn confirm(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
) -> Result<HttpResponse, Failure> {
    answer(&request, &web, &token, Answer::Confirm).await
}

pub(crate) async fn decline(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    let mut problems = Problems::default();
    let reason = problems.check("decline_reason", form.get("decline_reason").parse::<Note>());
    let Some(reason) = reason else {
        let typed = Typed { decline_reason: form.text("decline_reason"), ..Typed::default() };
        return booked::refused(&request, &web, &token, problems, typed).await;
    };
    answer(&request, &web, &token, Answer::Decline(reason)).await
}

async fn answer(
    request: &HttpRequest,
    web: &Web,
    token: &str,
    answer: Answer,
) -> Result<HttpResponse, Failure> {
    let found = found(web, token).await?;
    let link = found.details.link(found.side);
    match web.app.answer_by_link(link, answer).await {
        Ok(_) => Ok(see_other(path(link))),
        Err(RequestError::Unknown | RequestError::Gone) => Err(Failure::NotFound),
        Err(error @ (RequestError::InvalidTransition(_) | RequestError::Changed)) => {
            let mut problems = Problems::default();
            problems.add("answer", format!("Nothing was changed: {error}"));
            booked::refused(request, web, token, problems, Typed::default()).await
        }
        Err(RequestError::Store(error)) => Err(error.into()),
    }
}
