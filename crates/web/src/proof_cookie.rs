//! A browser in which somebody has shown that an address is theirs is known again by a signed cookie.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
};
use roomkey_app::STAMP_LASTS;
use roomkey_core::text::EmailAddress;
use secrecy::ExposeSecret;

use crate::{Web, failure::Failure};

/// As the session's cookie, it is bound to this host where there is TLS.
const fn name(secure: bool) -> &'static str {
    if secure { "__Host-rk-proof" } else { "rk-proof" }
}

/// What the browser keeps, whatever it is.
pub(crate) fn of(request: &HttpRequest, web: &Web) -> Option<String> {
    let cookie = request.cookie(name(web.app.site().public_url.is_https()))?;
    Some(cookie.value().to_owned())
}

/// The answer, with the cookie that says in this browser from now on that the address is its reader's.
pub(crate) fn keep(
    web: &Web,
    address: &EmailAddress,
    mut response: HttpResponse,
) -> Result<HttpResponse, Failure> {
    let secure = web.app.site().public_url.is_https();
    let stamp = web.app.proof_stamp(address);
    let cookie = Cookie::build(name(secure), stamp.expose_secret())
        .path("/")
        .http_only(true)
        .secure(secure)
        .same_site(SameSite::Lax)
        .max_age(Duration::minutes(STAMP_LASTS.0.into()))
        .finish();
    response.add_cookie(&cookie).map_err(|_| Failure::Internal)?;
    Ok(response)
}
