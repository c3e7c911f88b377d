//! `/reset-password/{token}`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use roomkey_core::{account::NewPassword, token::Token};

use super::{page, see_other, shell};
use crate::{
    Web,
    failure::Failure,
    form::Form,
    view::{Problems, Shell},
};

#[derive(Template)]
#[template(path = "pages/reset_password.html")]
pub(crate) struct Page {
    shell: Shell,
    problems: Problems,
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
) -> Result<HttpResponse, Failure> {
    let token = token.parse::<Token>().map_err(|_| Failure::reset_link_used_up())?;
    if !web.app.reset_link_works(&token).await? {
        return Err(Failure::reset_link_used_up());
    }
    let (shell, problems) = (shell(&request), Problems::default());
    page(StatusCode::OK, &Page { shell, problems })
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    let token = token.parse::<Token>().map_err(|_| Failure::reset_link_used_up())?;
    let mut problems = Problems::default();
    let password = problems.check("password", form.get("password").parse::<NewPassword>());
    let Some(password) = password else {
        let shell = shell(&request);
        return page(StatusCode::UNPROCESSABLE_ENTITY, &Page { shell, problems });
    };
    web.app.reset_password(&token, password, web.client(&request)).await?;
    Ok(see_other("/sign-in?done=password"))
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        vec![Self { shell: Shell::default(), problems: Problems::default() }]
    }
}
