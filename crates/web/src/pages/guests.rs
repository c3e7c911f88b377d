//! Whom a customer brings along: the field with their addresses, and `/b/{token}/guests/{id}/remove`.

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

pub(crate) async fn remove(
    request: HttpRequest,
    web: Data<Web>,
    address: Path<(String, String)>,
) -> Result<HttpResponse, Failure> {
    let (token, guest) = address.into_inner();
    let found = found(&web, &token).await?;
    let guest = guest.parse::<GuestId>().map_err(|_| Failure::NotFound)?;
    let link = found.details.link(found.side);
    match web.app.remove_guest_by_link(link, guest).await {
        Ok(_) => Ok(see_other(path(link))),
        Err(GuestError::Unknown | GuestError::Gone) => Err(Failure::NotFound),
        Err(error @ (GuestError::InvalidTransition(_) | GuestError::Changed)) => {
            let mut problems = Problems::default();
            problems.add("guests", format!("Nothing was changed: {error}"));
            booked::refused(&request, &web, &token, problems, booked::Typed::default()).await
        }
        Err(GuestError::Store(error)) => Err(error.into()),
    }
}
