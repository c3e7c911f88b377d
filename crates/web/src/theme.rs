//! `POST /theme`: light or dark, kept in a cookie.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
    http::header::{LOCATION, REFERER},
    web::Data,
};

use crate::{Web, form::Form, view::Theme};

const COOKIE: &str = "theme";

/// The theme that the reader chose.
pub(crate) fn of(request: &HttpRequest) -> Theme {
    request.cookie(COOKIE).map_or(Theme::Auto, |cookie| Theme::parse(cookie.value()))
}

/// Sets the theme and goes back to where the reader was.
pub(crate) async fn post(request: HttpRequest, web: Data<Web>, form: Form) -> HttpResponse {
    let cookie = Cookie::build(COOKIE, Theme::parse(form.get("theme")).as_str())
        .path("/")
        .max_age(Duration::days(365))
        .same_site(SameSite::Lax)
        .secure(web.app.site().public_url.is_https())
        .finish();
    HttpResponse::SeeOther()
        .insert_header((LOCATION, came_from(&request).unwrap_or_else(|| "/".to_owned())))
        .cookie(cookie)
        .finish()
}

/// Path and query of the page that the request came from, if it is one of this host.
fn came_from(request: &HttpRequest) -> Option<String> {
    let referer = request.headers().get(REFERER)?.to_str().ok()?;
    let url = referer.parse::<actix_web::http::Uri>().ok()?;
    let host = request.headers().get(actix_web::http::header::HOST)?.to_str().ok()?;
    let path = url.path_and_query()?.as_str();
    (url.authority()?.as_str() == host && path.starts_with('/') && !path.starts_with("//"))
        .then(|| path.to_owned())
}
