//! `/{handle}/` and `/{handle}/{slug}/`: links typed by hand lead to the page without the slash.

use actix_web::{HttpRequest, HttpResponse, http::header::LOCATION};
use roomkey_core::text::{Handle, Slug};

use crate::failure::Failure;

/// Only to what can be a page of ours: any other path might lead out of the site.
pub(crate) async fn get(request: HttpRequest) -> Result<HttpResponse, Failure> {
    let part = |name| request.match_info().get(name);
    let handle: Handle =
        part("handle").and_then(|text| text.parse().ok()).ok_or(Failure::NotFound)?;
    let mut location = format!("/{handle}");
    if let Some(slug) = part("slug") {
        let slug: Slug = slug.parse().map_err(|_| Failure::NotFound)?;
        location = format!("{location}/{slug}");
    }
    if let Some(query) = request.uri().query() {
        location = format!("{location}?{query}");
    }
    Ok(HttpResponse::PermanentRedirect().insert_header((LOCATION, location)).finish())
}
