//! `/setup`: the first account, made with the token that the server printed at its start.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use roomkey_app::{NewUser, SetupError};
use roomkey_core::{
    account::{NewPassword, Role},
    text::{EmailAddress, FieldError, Handle, PersonName},
    time::TimeZone,
};

use super::{see_other, shell, sign_in};
use crate::{
    Web,
    failure::Failure,
    form::Form,
    view::{Problems, Shell, ZoneOptions},
    visitor::Visitor,
};

/// What was typed; the password never comes back.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) token: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) handle: String,
}

#[derive(Template)]
#[template(path = "pages/setup.html")]
pub(crate) struct Page {
    shell: Shell,
    csrf: String,
    /// What addresses start with, without the scheme.
    site: String,
    answers: Answers,
    zones: ZoneOptions,
    /// Whether the select shows a choice, which the device's own zone must not take the place of.
    zone_chosen: bool,
    problems: Problems,
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    visitor: Visitor,
) -> Result<HttpResponse, Failure> {
    if !web.app.needs_setup().await? {
        return Ok(see_other("/sign-in"));
    }
    let blank = Form::default();
    let page = Page::new(&request, &web, &visitor, &blank, Problems::default());
    visitor.page(StatusCode::OK, &page)
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    visitor: Visitor,
    form: Form,
) -> Result<HttpResponse, Failure> {
    visitor.check(&form)?;
    if !web.app.needs_setup().await? {
        return Ok(see_other("/sign-in"));
    }
    let mut problems = Problems::default();
    if let Some(new) = read(&form, &mut problems) {
        let (email, password) = (new.email.clone(), form.text("password"));
        let client = web.client(&request);
        match web.app.set_up(form.get("token"), new, client).await {
            Ok(_) => {
                return Ok(match web.app.sign_in(email, password.into(), client).await {
                    Ok(begun) => sign_in::answer(&web, &begun, "/app/bookings"),
                    Err(_) => see_other("/sign-in"),
                });
            }
            Err(SetupError::WrongToken) => {
                problems.add("token", "This is not the token that the server printed at its start");
            }
            Err(SetupError::Done) => return Ok(see_other("/sign-in")),
            Err(SetupError::Limited(limited)) => return Err(limited.into()),
            Err(SetupError::Hashing(error)) => return Err(error.into()),
            Err(SetupError::Store(error)) => return Err(error.into()),
        }
    }
    let again = Page::new(&request, &web, &visitor, &form, problems);
    visitor.page(StatusCode::UNPROCESSABLE_ENTITY, &again)
}

/// The account that the form asks for, if nothing is wrong with it.
fn read(form: &Form, problems: &mut Problems) -> Option<NewUser> {
    if form.get("token").trim().is_empty() {
        problems.check("token", Err::<(), _>(FieldError::Required));
    }
    let name = problems.check("name", form.get("name").parse::<PersonName>());
    let email = problems.check("email", form.get("email").parse::<EmailAddress>());
    let password = problems.check("password", form.get("password").parse::<NewPassword>());
    let handle = problems.check("handle", form.get("handle").parse::<Handle>());
    let zone = form.get("time_zone").parse::<TimeZone>().map_err(|_| FieldError::TimeZone);
    let time_zone = problems.check("time_zone", zone);
    Some(NewUser {
        email: email?,
        name: name?,
        handle: handle?,
        time_zone: time_zone?,
        role: Role::Owner,
        password: Some(password?),
    })
    .filter(|_| problems.is_empty())
}

impl Page {
    fn new(
        request: &HttpRequest,
        web: &Web,
        visitor: &Visitor,
        form: &Form,
        problems: Problems,
    ) -> Self {
        let zone = form.get("time_zone").parse::<TimeZone>();
        let zone_chosen = zone.is_ok();
        let zone = zone.unwrap_or(TimeZone::UTC);
        Self {
            shell: shell(request),
            csrf: visitor.csrf(),
            site: web.spoken_site(),
            answers: Answers {
                token: form.text("token"),
                name: form.text("name"),
                email: form.text("email"),
                handle: form.text("handle"),
            },
            zones: ZoneOptions::new(zone, [], web.app.now()),
            zone_chosen,
            problems,
        }
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let mut problems = Problems::default();
        problems.add("handle", "This name is reserved, choose another");
        let zone = roomkey_core::time::TimeZone::UTC;
        let page = |problems| Self {
            shell: Shell::default(),
            csrf: "token".into(),
            site: "book.example.org".into(),
            answers: Answers { name: "Ada <b>bold</b>".into(), ..Answers::default() },
            zones: ZoneOptions::new(zone, [], roomkey_core::time::Instant::EPOCH),
            zone_chosen: false,
            problems,
        };
        vec![page(Problems::default()), page(problems)]
    }
}
