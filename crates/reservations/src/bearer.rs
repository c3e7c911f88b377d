use actix_web::{HttpRequest, http::header::AUTHORIZATION};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

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
    pub(crate) fn allow(&self, request: &HttpRequest) -> bool {
        let sent = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(sent) = sent.and_then(|value| value.strip_prefix("Bearer ")) else {
            return false;
        };
        let is = |token: &SecretString| -> bool {
            sent.as_bytes().ct_eq(token.expose_secret().as_bytes()).into()
        };
        is(&self.current) | self.previous.as_ref().is_some_and(is)
    }
}
