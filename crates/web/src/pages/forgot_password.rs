//! `/forgot-password`: the same answer whether or not the address has an account.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use roomkey_core::text::EmailAddress;

use super::{see_other, shell};
use crate::{
    Web,
    failure::Failure,
    form::Form,
    view::{Problems, Shell},
    visitor::Visitor,
};

#[derive(Template)]
#[template(path = "pages/forgot_password.html")]
pub(crate) struct Page {
    shell: Shell,
    csrf: String,
    sent: bool,
    email: String,
    problems: Problems,
}

pub(crate) async fn get(request: HttpRequest, visitor: Visitor) -> Result<HttpResponse, Failure> {
    let sent = Form::query(&request).has("sent");
    let (shell, problems) = (shell(&request), Problems::default());
    let (csrf, email) = (visitor.csrf(), String::new());
    visitor.page(StatusCode::OK, &Page { shell, csrf, sent, email, problems })
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    visitor: Visitor,
    form: Form,
) -> Result<HttpResponse, Failure> {
    visitor.check(&form)?;
    let mut problems = Problems::default();
    let Some(email) = problems.check("email", form.get("email").parse::<EmailAddress>()) else {
        let (shell, email) = (shell(&request), form.text("email"));
        let again = Page { shell, csrf: visitor.csrf(), sent: false, email, problems };
        return visitor.page(StatusCode::UNPROCESSABLE_ENTITY, &again);
    };
    web.app.forgot_password(email, web.client(&request)).await?;
    Ok(see_other("/forgot-password?sent"))
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |sent| Self {
            shell: Shell::default(),
            csrf: "token".into(),
            sent,
            email: "ada@example.org".into(),
            problems: Problems::default(),
        };
        vec![page(false), page(true)]
    }
}
