//! Whom a customer brings along: the field with their addresses, `/b/{token}/guests`, which adds one, and
//! `/b/{token}/guests/{id}/remove`.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path},
};
use roomkey_app::GuestError;
use roomkey_core::{ids::GuestId, text::EmailAddress};

use super::{
    booked::{self, found, path},
    see_other,
};
use crate::{Web, failure::Failure, form::Form, view::Problems};

/// The field with the addresses.
pub(super) const FIELD: &str = "guests";
/// The field with one more address, on the booking's page.
const ONE_MORE: &str = "guest";

/// Reads addresses with commas, semicolons or line ends between them.
pub(super) fn read(form: &Form, problems: &mut Problems) -> Vec<EmailAddress> {
    let mut guests = Vec::new();
    let texts = form.get(FIELD).split([',', ';', '\n']).map(str::trim);
    for text in texts.filter(|text| !text.is_empty()) {
        match text.parse() {
            Ok(guest) => guests.push(guest),
            Err(error) => {
                let shown: String = text.chars().take(80).collect();
                problems.add(FIELD, format!("‘{shown}’: {error}"));
                break;
            }
        }
    }
    guests
}

pub(crate) async fn add(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    let found = found(&web, &token).await?;
    let link = found.details.link(found.side);
    let mut problems = Problems::default();
    if let Some(email) = problems.check(ONE_MORE, form.get(ONE_MORE).parse::<EmailAddress>()) {
        match web.app.add_guest_by_link(link, email).await {
            Ok(_) => return Ok(see_other(path(link))),
            Err(GuestError::Wrong(wrong)) => problems.add(ONE_MORE, wrong.to_string()),
            Err(error) => note(error, &mut problems)?,
        }
    }
    let typed = booked::Typed { guest: form.text(ONE_MORE), ..booked::Typed::default() };
    booked::refused(&request, &web, &token, problems, typed).await
}

pub(crate) async fn remove(
    request: HttpRequest,
    web: Data<Web>,
    address: Path<(String, String)>,
) -> Result<HttpResponse, Failure> {
    let (token, guest) = address.into_inner();
    let found = found(&web, &token).await?;
    let guest = guest.parse::<GuestId>().map_err(|_| Failure::NotFound)?;
    let link = found.details.link(found.side);
    let mut problems = Problems::default();
    match web.app.remove_guest_by_link(link, guest).await {
        Ok(_) => return Ok(see_other(path(link))),
        Err(error) => note(error, &mut problems)?,
    }
    booked::refused_with(&request, &web, &token, problems).await
}

/// Notes why the guests stay as they are, if the page can say so.
fn note(error: GuestError, problems: &mut Problems) -> Result<(), Failure> {
    match error {
        GuestError::Unknown | GuestError::Gone => Err(Failure::NotFound),
        GuestError::Limited(limited) => Err(limited.into()),
        GuestError::Store(error) => Err(error.into()),
        GuestError::InvalidTransition(_) | GuestError::Changed | GuestError::Wrong(_) => {
            problems.add(FIELD, format!("Nothing was changed: {error}"));
            Ok(())
        }
    }
}
