//! `/b/{token}/extend`: a host keeps the room open longer, while it is open.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use roomkey_app::ExtendError;
use roomkey_core::{room::ExtendRefusal, time::Instant};

use super::{
    booked::{self, found, path},
    see_other,
};
use crate::{Web, failure::Failure, form::Form, view::Problems};

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    let found = found(&web, &token).await?;
    let link = found.details.link(found.side);
    // What the page showed; without it the button counts once for all.
    let shown = Instant::parse(form.get("until")).ok();
    let closes_at = found.details.room.as_ref().map(|room| room.window.end);
    let until = shown.or(closes_at).unwrap_or(found.now);
    match web.app.extend_by_link(link, until).await {
        Ok(()) => Ok(see_other(format!("{}#in-room", path(link)))),
        Err(ExtendError::Unknown | ExtendError::Gone) => Err(Failure::NotFound),
        Err(ExtendError::Refused(why)) => {
            let mut problems = Problems::default();
            let why = match why {
                ExtendRefusal::NotOpen => "the room is not open",
                ExtendRefusal::Follows => "you have something else then",
                ExtendRefusal::TooLong => "it is open for a whole day already",
            };
            problems.add("in-room", format!("Nothing was changed: {why}"));
            booked::refused_with(&request, &web, &token, problems).await
        }
        Err(ExtendError::Store(error)) => Err(error.into()),
    }
}
