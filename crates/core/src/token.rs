//! Secrets that are links or keys: 256 random bits, for one person and one purpose.

use std::{fmt, str::FromStr};

use data_encoding::BASE64URL_NOPAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::random::{self, Entropy};

/// A capability that travels in a link, a cookie or a header. Never printed; compared by its hash.
#[derive(Debug, Clone)]
pub struct Token(SecretString);

/// SHA-256 of a token's text: what is stored and looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; 32]);

/// The text was not a token's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a token")]
pub struct InvalidToken;

impl Token {
    /// 256 fresh random bits.
    pub fn new(entropy: &dyn Entropy) -> Self {
        Self(BASE64URL_NOPAD.encode(&random::bytes::<32>(entropy)).into())
    }

    /// The same token whenever it is made of the same key material.
    pub fn derived(bytes: &[u8; 32]) -> Self {
        Self(BASE64URL_NOPAD.encode(bytes).into())
    }

    /// The text for a link: 43 characters of the URL-safe Base64 alphabet.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is stored in its place.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.expose().as_bytes()).into())
    }
}

impl FromStr for Token {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        match BASE64URL_NOPAD.decode(text.as_bytes()) {
            Ok(bytes) if bytes.len() == 32 => Ok(Self(text.into())),
            _ => Err(InvalidToken),
        }
    }
}

impl TokenHash {
    /// In the place of a token's, for what no visitor holds: no token has a text with blanks in it, so that nobody
    /// can present one.
    pub fn of_nobodys(what: impl fmt::Display) -> Self {
        Self(Sha256::digest(format!("of nobody: {what}").as_bytes()).into())
    }

    /// Lower-case hex, as it stands in the database.
    pub fn to_hex(self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }
}
