//! Who is signed in: a cookie with a random token, and the row behind it.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
    dev::Payload,
    http::Method,
    web::Data,
};
use roomkey_app::Session;
use roomkey_core::{account::User, time::Instant, token::Token};

use crate::{
    Web,
    failure::Failure,
    form::Form,
    theme,
    view::{AppShell, Section, initials},
};

/// `__Host-` binds the cookie to this host and to TLS (RFC 6265bis 4.1.3.2), so it can not be had
/// without TLS.
const fn name(secure: bool) -> &'static str {
    if secure { "__Host-rk" } else { "rk" }
}

/// The cookie of a session that has begun.
pub(crate) fn cookie(web: &Web, token: &Token, expires_at: Instant) -> Cookie<'static> {
    let seconds = expires_at.since(web.app.now()) / 1_000_000;
    build(web, token.expose().to_owned(), Duration::seconds(seconds))
}

/// Takes the cookie back.
pub(crate) fn expired_cookie(web: &Web) -> Cookie<'static> {
    build(web, String::new(), Duration::ZERO)
}

fn build(web: &Web, value: String, max_age: Duration) -> Cookie<'static> {
    let secure = web.app.site().public_url.is_https();
    Cookie::build(name(secure), value)
        .path("/")
        .http_only(true)
        .secure(secure)
        .same_site(SameSite::Lax)
        .max_age(max_age)
        .finish()
}

/// The session's token that a request brought, if it has the form of one.
fn token(request: &HttpRequest, web: &Web) -> Option<Token> {
    let cookie = request.cookie(name(web.app.site().public_url.is_https()))?;
    cookie.value().parse().ok()
}

/// A request of somebody who is signed in. Taking it as an argument is what guards a page.
pub(crate) struct SignedIn {
    session: Session,
    pub(crate) token: Token,
}

impl SignedIn {
    pub(crate) const fn user(&self) -> &User {
        &self.session.user
    }

    /// Refuses a form that is not of this session's pages.
    pub(crate) fn check(&self, form: &Form) -> Result<(), Failure> {
        if self.session.csrf.matches(form.get("csrf")) {
            Ok(())
        } else {
            let text = "This form belongs to a session that has ended. Go back, open the page \
                        again and retry there.";
            Err(Failure::Forbidden(text))
        }
    }

    /// What is around this host's pages.
    pub(crate) fn shell(
        &self,
        request: &HttpRequest,
        section: Section,
        flash: Option<&'static str>,
    ) -> AppShell {
        let user = self.user();
        AppShell {
            theme: theme::of(request),
            flash,
            section,
            name: user.name.to_string(),
            initials: initials(user.name.as_str()),
            handle: user.handle.to_string(),
            csrf: self.session.csrf.as_str().to_owned(),
        }
    }
}

/// Whether the request brought a session that lasts.
pub(crate) async fn is_signed_in(request: &HttpRequest, web: &Web) -> Result<bool, Failure> {
    match token(request, web) {
        Some(token) => Ok(web.app.session(&token).await?.is_some()),
        None => Ok(false),
    }
}

impl FromRequest for SignedIn {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let web = request.app_data::<Data<Web>>().ok_or(Failure::Internal)?;
            // After signing in the reader comes back to a page, not to what a form would have done.
            let back = match *request.method() {
                Method::GET => request.uri().path_and_query().map(|path| path.as_str().to_owned()),
                _ => None,
            };
            let sign_in = || Failure::SignIn(back.unwrap_or_default());
            let Some(token) = token(&request, web) else { return Err(sign_in()) };
            match web.app.session(&token).await? {
                Some(session) => Ok(Self { session, token }),
                None => Err(sign_in()),
            }
        })
    }
}
