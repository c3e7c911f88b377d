use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    error::{ErrorUnauthorized, InternalError},
    http::header::AUTHORIZATION,
    web::Data,
};
use roomkey_core::jitsi::ServerName;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::{State, answer};

/// The bearer tokens that each Jitsi's Prosody may send: the present one, and while it is being changed the one before.
/// Which one it sends tells who asks.
#[derive(Clone, Debug, Default)]
pub struct ReservationTokens(Vec<(Option<ServerName>, SecretString)>);

impl ReservationTokens {
    /// Adds those of a Jitsi.
    pub fn add(
        &mut self,
        server: Option<ServerName>,
        current: SecretString,
        previous: Option<SecretString>,
    ) {
        self.0.extend([Some(current), previous].into_iter().flatten().map(|token| (server, token)));
    }

    /// Whose token a request carries; each is compared, in constant time.
    fn sender(&self, request: &HttpRequest) -> Option<Prosody> {
        let sent = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let (scheme, sent) = sent.and_then(|value| value.split_once(' '))?;
        // RFC 9110 (11.1): in letters of either case.
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let is = |token: &SecretString| -> bool {
            sent.as_bytes().ct_eq(token.expose_secret().as_bytes()).into()
        };
        self.0.iter().fold(
            None,
            |found, (server, token)| {
                if is(token) { Some(Prosody { server: *server }) } else { found }
            },
        )
    }
}

/// A request of a Prosody that knows a token. Taking it as an argument is what guards a call.
pub(crate) struct Prosody {
    /// Whose it is; the first Jitsi has no name.
    pub(crate) server: Option<ServerName>,
}

impl FromRequest for Prosody {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(state) = request.app_data::<Data<State>>() else {
            return ready(Err(ErrorUnauthorized("")));
        };
        ready(state.tokens.sender(request).ok_or_else(|| {
            InternalError::from_response("no bearer token", answer::unauthorized()).into()
        }))
    }
}
