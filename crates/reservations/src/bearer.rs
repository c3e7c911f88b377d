use std::{
    future::{Ready, ready},
    net::IpAddr,
    time::Instant,
};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    error::{ErrorUnauthorized, InternalError},
    http::header::AUTHORIZATION,
    web::Data,
};
use ipnet::IpNet;
use roomkey_app::Client;
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

/// Who may call.
#[derive(Clone, Debug)]
pub struct Door {
    /// What they must send.
    pub tokens: ReservationTokens,
    /// Where they may come from; from anywhere, if it is empty.
    pub allow: Vec<IpNet>,
    /// Whether wrong tokens are limited by where they come from.
    pub limits: bool,
}

/// A request of a Prosody that knows a token. Taking it as an argument is what guards a call.
pub(crate) struct Prosody {
    /// Whose it is; the first Jitsi has no name.
    pub(crate) server: Option<ServerName>,
}

impl State {
    /// Nothing of who is refused is logged, only counted: anybody could fill the log. A right token passes at any time,
    /// or whoever shares Prosody's address could lock it out; tokens are too long to be guessed at any speed.
    fn admit(&self, request: &HttpRequest) -> Result<Prosody, (&'static str, HttpResponse)> {
        let from = request.peer_addr().map(|peer| peer.ip().to_canonical());
        let Door { tokens, allow, limits } = &self.door;
        let is_allowed = |from: IpAddr| allow.iter().any(|network| network.contains(&from));
        if !allow.is_empty() && !from.is_some_and(is_allowed) {
            return Err(("address", answer::stranger()));
        }
        if let Some(prosody) = tokens.sender(request) {
            return Ok(prosody);
        }
        let counted = || self.failures.count(from.map(Client::new), Instant::now());
        match limits.then(counted).flatten() {
            Some(seconds) => Err(("too_many", answer::too_many(seconds))),
            None => Err(("token", answer::unauthorized())),
        }
    }
}

impl FromRequest for Prosody {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(state) = request.app_data::<Data<State>>() else {
            return ready(Err(ErrorUnauthorized("")));
        };
        ready(state.admit(request).map_err(|(reason, response)| {
            metrics::counter!("roomkey_reservations_refused_total", "reason" => reason)
                .increment(1);
            InternalError::from_response(reason, response).into()
        }))
    }
}
