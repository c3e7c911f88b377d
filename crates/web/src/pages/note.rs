//! `/b/{token}/note`: a host notes something about a booking, for themselves.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use roomkey_app::LinkError;
use roomkey_core::{booking::Side, text::Note};

use super::{
    booked::{self, Typed, found, path},
    see_other,
};
use crate::{Web, failure::Failure, form::Form, view::Problems};

const FIELD: &str = "private_note";

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    let found = found(&web, &token).await?;
    if found.side != Side::Host {
        return Err(Failure::NotFound);
    }
    let link = found.details.link(Side::Host);
    let mut problems = Problems::default();
    let Some(note) = problems.check(FIELD, form.get(FIELD).parse::<Note>()) else {
        let typed = Typed { private_note: Some(form.text(FIELD)), ..Typed::default() };
        return booked::refused(&request, &web, &token, problems, typed).await;
    };
    match web.app.note_by_link(link, note).await {
        Ok(_) => Ok(see_other(format!("{}#own", path(link)))),
        Err(LinkError::Unknown | LinkError::Gone) => Err(Failure::NotFound),
        Err(LinkError::Store(error)) => Err(error.into()),
    }
}
