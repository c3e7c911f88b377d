//! `/b/{token}/reminders`: whether a customer or guest is reminded of what they booked with a host. The `POST` changes
//! it, also without a look at the page: mail programs send it when somebody unsubscribes (RFC 8058).

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use roomkey_app::ReminderChoice;
use roomkey_core::token::Token;

use super::{booked, page, see_other, shell};
use crate::{Web, failure::Failure, form::Form, view::Shell};

/// What a mail program sends (RFC 8058, 3.1).
const ONE_CLICK: (&str, &str) = ("List-Unsubscribe", "One-Click");
/// The button that turns them on again.
const ON: &str = "on";
const OFF: &str = "off";

#[derive(Template)]
#[template(path = "pages/reminders.html")]
pub(crate) struct Page {
    shell: Shell,
    host: String,
    email: String,
    wanted: bool,
    /// The path of this page.
    path: String,
    /// The path of the booking's page.
    booking: String,
}

fn read_token(text: &str) -> Result<Token, Failure> {
    text.parse().map_err(|_| Failure::NotFound)
}

/// The path of this page.
pub(crate) fn path(token: &Token) -> String {
    format!("{}/reminders", booked::path(token))
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
) -> Result<HttpResponse, Failure> {
    let token = read_token(&token)?;
    let choice = web.app.reminder_choice(&token).await?;
    page(StatusCode::OK, &Page::new(&request, &choice, &token))
}

pub(crate) async fn post(
    web: Data<Web>,
    token: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    let token = read_token(&token)?;
    let (name, value) = ONE_CLICK;
    let is_one_click = form.get(name) == value;
    let wanted = match form.get("do") {
        ON => true,
        OFF => false,
        _ if is_one_click => false,
        _ => {
            web.app.reminder_choice(&token).await?;
            return Err(Failure::Status(StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    web.app.want_reminders(&token, wanted).await?;
    // A mail program follows nothing.
    if is_one_click { Ok(HttpResponse::Ok().finish()) } else { Ok(see_other(path(&token))) }
}

impl Page {
    fn new(request: &HttpRequest, choice: &ReminderChoice, token: &Token) -> Self {
        Self {
            shell: shell(request),
            host: choice.found.details.host.name.to_string(),
            email: choice.email.to_string(),
            wanted: choice.wanted,
            path: path(token),
            booking: booked::path(token),
        }
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |wanted| Self {
            shell: Shell::default(),
            host: "Ada <b>bold</b>".into(),
            email: "bo@example.com".into(),
            wanted,
            path: "/b/token/reminders".into(),
            booking: "/b/token".into(),
        };
        vec![page(true), page(false)]
    }
}
