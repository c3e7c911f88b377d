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
use roomkey_app::{Client, Teller};
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
        self.0.iter().fold(None, |found, (server, token)| {
            if carries(request, token) { Some(Prosody { server: *server }) } else { found }
        })
    }
}

/// Whether a request carries that token; compared in constant time.
fn carries(request: &HttpRequest, token: &SecretString) -> bool {
    let sent = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some((scheme, sent)) = sent.and_then(|value| value.split_once(' ')) else {
        return false;
    };
    // RFC 9110 (11.1): in letters of either case.
    scheme.eq_ignore_ascii_case("bearer")
        && bool::from(sent.as_bytes().ct_eq(token.expose_secret().as_bytes()))
}

/// Who may call.
#[derive(Clone, Debug)]
pub struct Door {
    /// What they must send.
    pub tokens: ReservationTokens,
    /// What is good for events alone, beside those.
    pub events_token: Option<SecretString>,
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

/// A request of whoever may tell what happens in rooms: Prosody, or who has the token for that alone.
pub(crate) struct EventSource(pub(crate) Teller);

/// Why somebody is not answered.
enum Refused {
    /// They may not call from there.
    Address,
    /// Their token is wrong.
    Token,
    /// Wrong once more, after too many; with the seconds to wait.
    TooMany(u64),
}

impl Refused {
    const fn reason(&self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Token => "token",
            Self::TooMany(_) => "too_many",
        }
    }

    fn answer(&self) -> HttpResponse {
        match self {
            Self::Address => answer::stranger(),
            Self::Token => answer::unauthorized(),
            Self::TooMany(seconds) => answer::too_many(*seconds),
        }
    }
}

impl State {
    /// Nothing of who is refused is logged, only counted: anybody could fill the log. A right token passes at any time,
    /// or whoever shares Prosody's address could lock it out; tokens are too long to be guessed at any speed.
    ///
    /// None is who has the token for events alone.
    fn admit(&self, request: &HttpRequest, for_events: bool) -> Result<Option<Prosody>, Refused> {
        let from = request.peer_addr().map(|peer| peer.ip().to_canonical());
        let Door { tokens, events_token, allow, limits } = &self.door;
        let is_allowed = |from: IpAddr| allow.iter().any(|network| network.contains(&from));
        if !allow.is_empty() && !from.is_some_and(is_allowed) {
            return Err(Refused::Address);
        }
        if let Some(prosody) = tokens.sender(request) {
            return Ok(Some(prosody));
        }
        let events_token = events_token.as_ref().filter(|_| for_events);
        if events_token.is_some_and(|token| carries(request, token)) {
            return Ok(None);
        }
        let counted = || self.failures.count(from.map(Client::new), Instant::now());
        Err(limits.then(counted).flatten().map_or(Refused::Token, Refused::TooMany))
    }
}

fn admitted(request: &HttpRequest, for_events: bool) -> Result<Option<Prosody>, actix_web::Error> {
    let Some(state) = request.app_data::<Data<State>>() else {
        return Err(ErrorUnauthorized(""));
    };
    state.admit(request, for_events).map_err(|refused| {
        let reason = refused.reason();
        metrics::counter!("roomkey_reservations_refused_total", "reason" => reason).increment(1);
        InternalError::from_response(reason, refused.answer()).into()
    })
}

impl FromRequest for Prosody {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let admitted = admitted(request, false);
        ready(admitted.and_then(|prosody| prosody.ok_or_else(|| ErrorUnauthorized(""))))
    }
}

impl FromRequest for EventSource {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, actix_web::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let teller = |prosody: Option<Prosody>| {
            prosody.map_or(Teller::Any, |prosody| Teller::Jitsi(prosody.server))
        };
        ready(admitted(request, true).map(|prosody| Self(teller(prosody))))
    }
}
