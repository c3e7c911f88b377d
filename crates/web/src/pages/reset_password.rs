//! `/reset-password/{token}`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use roomkey_core::{account::NewPassword, token::Token};

use super::{see_other, shell};
use crate::{
    Web,
    failure::Failure,
    form::Form,
    view::{Problems, Shell},
    visitor::Visitor,
};

#[derive(Template)]
#[template(path = "pages/reset_password.html")]
pub(crate) struct Page {
    shell: Shell,
    csrf: String,
    /// The account's address, so that password managers know what they keep.
    email: String,
    problems: Problems,
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    visitor: Visitor,
    token: Path<String>,
) -> Result<HttpResponse, Failure> {
    let token = token.parse::<Token>().map_err(|_| Failure::reset_link_used_up())?;
    answer(StatusCode::OK, &request, &visitor, &web, &token, Problems::default()).await
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    visitor: Visitor,
    token: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    visitor.check(&form)?;
    let token = token.parse::<Token>().map_err(|_| Failure::reset_link_used_up())?;
    let mut problems = Problems::default();
    let password = problems.check("password", form.get("password").parse::<NewPassword>());
    let Some(password) = password else {
        let refused = StatusCode::UNPROCESSABLE_ENTITY;
        return answer(refused, &request, &visitor, &web, &token, problems).await;
    };
    web.app.reset_password(&token, password, web.client(&request)).await?;
    Ok(see_other("/sign-in?done=password"))
}

async fn answer(
    status: StatusCode,
    request: &HttpRequest,
    visitor: &Visitor,
    web: &Web,
    token: &Token,
    problems: Problems,
) -> Result<HttpResponse, Failure> {
    let email = web.app.reset_link_account(token).await?;
    let email = email.ok_or_else(Failure::reset_link_used_up)?.to_string();
    let page = Page { shell: shell(request), csrf: visitor.csrf(), email, problems };
    visitor.page(status, &page)
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let email = "ada@example.org".to_owned();
        let (csrf, problems) = ("token".into(), Problems::default());
        vec![Self { shell: Shell::default(), csrf, email, problems }]
    }
}
