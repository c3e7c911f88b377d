//! `/sign-in`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::LOCATION},
    web::Data,
};
use askama::Template;
use roomkey_app::{SignInError, SignedIn};
use roomkey_core::text::{EmailAddress, FieldError};

use super::{see_other, shell};
use crate::{
    Web,
    failure::Failure,
    form::Form,
    session,
    view::{Problems, Shell},
    visitor::Visitor,
};

#[derive(Template)]
#[template(path = "pages/sign_in.html")]
pub(crate) struct Page {
    shell: Shell,
    csrf: String,
    email: String,
    /// Where to go then: a path of this site, or empty.
    next: String,
    problems: Problems,
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    visitor: Visitor,
) -> Result<HttpResponse, Failure> {
    if web.app.needs_setup().await? {
        return Ok(see_other("/setup"));
    }
    let query = Form::query(&request);
    let mut shell = shell(&request);
    shell.flash = match query.get("done") {
        "signed-out" => Some("Signed out."),
        "password" => Some("Password saved. Sign in with the new one."),
        _ => None,
    };
    let next = path_of_ours(query.get("next")).unwrap_or_default().to_owned();
    let (csrf, email, problems) = (visitor.csrf(), String::new(), Problems::default());
    visitor.page(StatusCode::OK, &Page { shell, csrf, email, next, problems })
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    visitor: Visitor,
    form: Form,
) -> Result<HttpResponse, Failure> {
    visitor.check(&form)?;
    let next = path_of_ours(form.get("next"));
    let mut problems = Problems::default();
    let email = problems.check("email", form.get("email").parse::<EmailAddress>());
    let password = form.get("password");
    if password.is_empty() {
        problems.check("password", Err::<(), _>(FieldError::Required));
    }
    if let Some(email) = email.filter(|_| problems.is_empty()) {
        let client = web.client(&request);
        match web.app.sign_in(email, password.to_owned().into(), client).await {
            Ok(begun) => return Ok(answer(&web, &begun, next.unwrap_or("/app/bookings"))),
            Err(SignInError::Wrong) => {
                problems.add("email", "The email address or the password is wrong");
            }
            Err(SignInError::Limited(limited)) => return Err(limited.into()),
            Err(SignInError::Hashing(error)) => return Err(error.into()),
            Err(SignInError::Store(error)) => return Err(error.into()),
        }
    }
    let (email, next) = (form.text("email"), next.unwrap_or_default().to_owned());
    let again = Page { shell: shell(&request), csrf: visitor.csrf(), email, next, problems };
    visitor.page(StatusCode::UNPROCESSABLE_ENTITY, &again)
}

/// Sets the cookie and leads on.
pub(super) fn answer(web: &Web, begun: &SignedIn, to: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, to))
        .cookie(session::cookie(web, &begun.token, begun.expires_at))
        .finish()
}

/// The text, if it is a path of this site and can be nothing else to any browser: browsers drop
/// tabs and line breaks, and read `\\` as `/`.
fn path_of_ours(next: &str) -> Option<&str> {
    let plain = next.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let climbs = next.split(['/', '?', '#']).any(|part| part == "..");
    let decoded_slash = next.starts_with("/%") || next.starts_with("//");
    (plain && !climbs && !decoded_slash && next.starts_with('/')).then_some(next)
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let mut problems = Problems::default();
        problems.add("email", "Email or password is wrong");
        let shell = Shell { flash: Some("Password saved."), ..Shell::default() };
        let (email, next) = ("ada@example.org".into(), "/app/bookings".into());
        vec![
            Self {
                shell,
                csrf: "token".into(),
                email: String::new(),
                next: String::new(),
                problems: Problems::default(),
            },
            Self { shell: Shell::default(), csrf: "token".into(), email, next, problems },
        ]
    }
}
