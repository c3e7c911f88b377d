//! Somebody who is not signed in but fills in a form. At the sign-in they are known again by a cookie,
//! so that no other site can sign them in, or make them ask for something, in their own browser; and
//! by the same cookie a time is kept for them while they fill in its form.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite},
    dev::Payload,
    http::StatusCode,
    web::Data,
};
use askama::Template;
use roomkey_core::token::{Token, TokenHash};

use crate::{Web, failure::Failure, form::Form, pages};

/// As the session's cookie, it is bound to this host where there is TLS.
const fn name(secure: bool) -> &'static str {
    if secure { "__Host-rk-visitor" } else { "rk-visitor" }
}

/// A browser without a session. Taking it as an argument is what a form of such a page needs.
pub(crate) struct Visitor {
    web: Data<Web>,
    token: Token,
    is_new: bool,
}

impl Visitor {
    /// For the hidden field of the page's form.
    pub(crate) fn csrf(&self) -> String {
        self.web.app.csrf(&self.token).as_str().to_owned()
    }

    /// Refuses a form that no page of ours made for this browser.
    pub(crate) fn check(&self, form: &Form) -> Result<(), Failure> {
        if !self.is_new && self.web.app.csrf(&self.token).matches(form.get("csrf")) {
            Ok(())
        } else {
            let text = "This form was not made for this browser, or its cookie is gone. Allow \
                        cookies for this site, open the page again and retry there.";
            Err(Failure::Forbidden(text))
        }
    }

    /// The answer with a page in it, and the cookie that its form goes with.
    pub(crate) fn page(
        &self,
        status: StatusCode,
        page: &impl Template,
    ) -> Result<HttpResponse, Failure> {
        self.known_by(pages::page(status, page)?)
    }

    /// Whose hold it is.
    pub(crate) fn holder(&self) -> TokenHash {
        self.token.hash()
    }

    /// Whom nobody knows yet is from now on known by `token`, which a form of ours had for this.
    #[must_use]
    pub(crate) fn or_known_as(self, token: Option<Token>) -> Self {
        match token.filter(|_| self.is_new) {
            Some(token) => Self { token, ..self },
            None => self,
        }
    }

    /// The answer, with the cookie by which the browser is known again.
    pub(crate) fn known_by(&self, mut response: HttpResponse) -> Result<HttpResponse, Failure> {
        if self.is_new {
            let secure = self.web.app.site().public_url.is_https();
            let cookie = Cookie::build(name(secure), self.token.expose())
                .path("/")
                .http_only(true)
                .secure(secure)
                .same_site(SameSite::Lax)
                .finish();
            response.add_cookie(&cookie).map_err(|_| Failure::Internal)?;
        }
        Ok(response)
    }
}

/// Whose hold a request may be about: a browser that has the cookie already.
pub(crate) fn holder(request: &HttpRequest, web: &Web) -> Option<TokenHash> {
    let cookie = request.cookie(name(web.app.site().public_url.is_https()))?;
    cookie.value().parse::<Token>().ok().map(|token| token.hash())
}

/// Whose holds a form may be about: the browser's, and its own. A browser may keep no cookies, or send the form
/// before it has got one.
pub(crate) fn holders(request: &HttpRequest, web: &Web, form: &Form) -> Vec<TokenHash> {
    let own = form_holder(form).map(|token| token.hash());
    holder(request, web).into_iter().chain(own).collect()
}

/// The name under which a form keeps its time.
pub(crate) fn form_holder(form: &Form) -> Option<Token> {
    form.get("hold").parse().ok()
}

impl FromRequest for Visitor {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.app_data::<Data<Web>>().cloned().ok_or(Failure::Internal).map(|web| {
            let secure = web.app.site().public_url.is_https();
            let known = request.cookie(name(secure)).and_then(|cookie| cookie.value().parse().ok());
            let is_new = known.is_none();
            let token = known.unwrap_or_else(|| Token::new(web.app.entropy()));
            Self { web, token, is_new }
        }))
    }
}
