use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    error::{ErrorUnauthorized, InternalError},
    http::header::AUTHORIZATION,
    web::Data,
};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::{State, answer};

/// The bearer tokens that Prosody may send: the present one, and while it is being changed the one
/// before.
#[derive(Clone, Debug)]
pub struct ReservationTokens {
    /// The present one.
    pub current: SecretString,
    /// The one before.
    pub previous: Option<SecretString>,
}

impl ReservationTokens {
    /// Whether a request carries one of them; compared in constant time.
    fn allow(&self, request: &HttpRequest) -> bool {
        let sent = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some((scheme, sent)) = sent.and_then(|value| value.split_once(' ')) else {
            return false;
        };
        // RFC 9110 (11.1): in letters of either case.
        if !scheme.eq_ignore_ascii_case("bearer") {
            return false;
        }
        let is = |token: &SecretString| -> bool {
            sent.as_bytes().ct_eq(token.expose_secret().as_bytes()).into()
        };
        is(&self.current) | self.previous.as_ref().is_some_and(is)
    }
}

/// A request of a Prosody that knows the token. Taking it as an argument is what guards a call.
pub(crate) struct Prosody;

impl FromRequest for Prosody {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(state) = request.app_data::<Data<State>>() else {
            return ready(Err(ErrorUnauthorized("")));
        };
        ready(if state.tokens.allow(request) {
            Ok(Self)
        } else {
            Err(InternalError::from_response("no bearer token", answer::unauthorized()).into())
        })
    }
}
