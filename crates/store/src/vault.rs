//! Sealing what must be sent again but never lie readable on a disk: rooms and links.

use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, Mac};
use roomkey_core::{
    proof_key::ProofKey,
    random::{self, Entropy},
};
use sha2::Sha256;

use crate::StoreError;

/// The installation's secret: 256 bits from which every other key is derived.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

/// The text is no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a secret key; use 64 hex digits")]
pub struct InvalidSecretKey;

impl SecretKey {
    /// A fresh one.
    pub fn new(entropy: &dyn Entropy) -> Self {
        Self(random::bytes(entropy))
    }

    /// 64 hex digits, for the file that keeps it.
    pub fn to_hex(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// A key for one purpose.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        mac(&self.0, purpose)
    }

    /// The one by which addresses are shown to be somebody's.
    pub fn proof_key(&self) -> ProofKey {
        ProofKey::new(self.derive("email proof"))
    }
}

impl FromStr for SecretKey {
    type Err = InvalidSecretKey;

    fn from_str(text: &str) -> Result<Self, InvalidSecretKey> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes());
        bytes.ok().and_then(|b| b.try_into().ok()).map(Self).ok_or(InvalidSecretKey)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey")
    }
}

fn mac(key: &[u8; 32], message: &str) -> [u8; 32] {
    // HMAC takes keys of any length; the error can not happen.
    <Hmac<Sha256> as KeyInit>::new_from_slice(key)
        .map(|mac| mac.chain_update(message).finalize().into_bytes().into())
        .unwrap_or_default()
}

/// Seals and opens stored secrets with XChaCha20-Poly1305, and hashes room names for look-up with
/// HMAC-SHA256, each under a key of its own.
pub struct Vault {
    cipher: XChaCha20Poly1305,
    name_key: [u8; 32],
    pub(crate) proof_key: ProofKey,
    entropy: Arc<dyn Entropy>,
    /// The database is known to be this key's.
    checked: AtomicBool,
}

impl Vault {
    /// A vault whose keys come from `key`.
    pub fn new(key: &SecretKey, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(&key.derive("sealed columns").into()),
            name_key: key.derive("room name look-up"),
            proof_key: key.proof_key(),
            entropy,
            checked: AtomicBool::new(false),
        }
    }

    /// Whether the database is known to be this key's.
    pub(crate) fn is_checked(&self) -> bool {
        self.checked.load(Ordering::Relaxed)
    }

    /// Notes that the database is this key's.
    pub(crate) fn set_checked(&self) {
        self.checked.store(true, Ordering::Relaxed);
    }

    /// Seals `secret` for one column: what is sealed for one does not open for another.
    pub(crate) fn seal(&self, column: &str, secret: &str) -> Result<String, StoreError> {
        let nonce = random::bytes::<24>(&*self.entropy);
        let payload = Payload { msg: secret.as_bytes(), aad: column.as_bytes() };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| StoreError::Fault("a secret could not be sealed".into()))?;
        Ok(BASE64URL_NOPAD.encode(&[&nonce[..], &sealed].concat()))
    }

    /// Opens what [`Self::seal`] made.
    pub(crate) fn open(&self, column: &'static str, sealed: &str) -> Result<String, StoreError> {
        let open = || {
            let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).ok()?;
            let (nonce, msg) = bytes.split_first_chunk::<24>()?;
            let payload = Payload { msg, aad: column.as_bytes() };
            let secret = self.cipher.decrypt(&XNonce::from(*nonce), payload).ok()?;
            String::from_utf8(secret).ok()
        };
        open().ok_or(StoreError::Unreadable(column))
    }

    /// The keyed hash under which a room is found by its name.
    pub(crate) fn room_name_hash(&self, name: &str) -> String {
        HEXLOWER.encode(&mac(&self.name_key, name))
    }
}
