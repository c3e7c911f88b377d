//! What a form must bring back to prove that a page of ours made it for this browser.

use data_encoding::BASE64URL_NOPAD;
use roomkey_core::token::Token;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::App;

/// The value of a form's hidden field: bound to the browser's cookie, and no way back to it.
#[derive(Debug, Clone)]
pub struct Csrf(String);

impl Csrf {
    /// For the hidden field.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a form brought it back.
    pub fn matches(&self, sent: &str) -> bool {
        self.0.as_bytes().ct_eq(sent.as_bytes()).into()
    }
}

impl App {
    /// Of the browser whose cookie holds `token`, signed in or not: SHA-256 of a key that only the
    /// server has and the token, both of fixed length.
    pub fn csrf(&self, token: &Token) -> Csrf {
        let digest =
            Sha256::new().chain_update(*self.csrf_key).chain_update(token.expose()).finalize();
        Csrf(BASE64URL_NOPAD.encode(&digest))
    }
}
