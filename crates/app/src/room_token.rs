//! Tokens that let one person into one room while it is open (JWT, RFC 7519), as Prosody's `token_verification` reads
//! them.

use std::collections::BTreeMap;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use roomkey_core::{
    jitsi::ServerName,
    room::{Role, RoomToken},
};
use rsa::{
    RsaPrivateKey, RsaPublicKey,
    pkcs1::DecodeRsaPrivateKey,
    pkcs8::{DecodePrivateKey, EncodePublicKey, LineEnding},
    traits::PublicKeyParts,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Signs tokens for one Jitsi.
pub struct TokenIssuer {
    names: IssuerNames,
    key: EncodingKey,
    header: Header,
    public: Option<PublicKey>,
}

/// What a Jitsi wants to read in tokens.
#[derive(Debug, Clone)]
pub struct IssuerNames {
    /// `iss`: its `app_id`, or one of its `asap_accepted_issuers`.
    pub app_id: String,
    /// `aud`: one of its `asap_accepted_audiences`. A text: Prosody refuses lists.
    pub audience: String,
    /// `sub`: its domain where it verifies domains, or `*`.
    pub subject: String,
}

/// The public half of a key, for the servers that check our signatures.
#[derive(Debug, Clone)]
pub struct PublicKey {
    /// `kid`.
    pub id: String,
    /// The SHA-256 of that id in lower-case hex: by which Prosody asks for it (`asap_key_server`).
    pub address: String,
    /// As `SubjectPublicKeyInfo` in PEM (RFC 7468, 13).
    pub pem: String,
    /// As a JWK (RFC 7517).
    pub jwk: Value,
}

/// The key can not sign tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No RSA key in PEM.
    #[error("not an RSA private key in PEM, which 'openssl genrsa 2048' makes")]
    NotRsa,
    /// Too short to be safe (RFC 7518, 3.3).
    #[error("the key has fewer than 2048 bits")]
    Short,
}

/// No token was made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The Jitsi takes none.
    #[error("this Jitsi takes no tokens: its mode is neither jwt nor reservations+jwt")]
    NotTaken,
    /// The signature failed.
    #[error("the token could not be signed")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// The issuers of all Jitsis that take tokens; that of the first one has no name.
pub type TokenIssuers = BTreeMap<Option<ServerName>, TokenIssuer>;

/// What stands in a token. Every claim is there, none is null, and none is a list: see [`IssuerNames`].
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    /// One room, never `*`.
    room: &'a str,
    nbf: i64,
    exp: i64,
    context: Context<'a>,
}

#[derive(Serialize)]
struct Context<'a> {
    user: User<'a>,
    features: Features,
}

/// Read by `mod_token_affiliation`; Jitsi's usual modules read id and name only.
#[derive(Serialize)]
struct User<'a> {
    id: &'a str,
    name: &'a str,
    affiliation: &'static str,
    moderator: bool,
}

/// What is not here is forbidden, where this is read.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::struct_excessive_bools, reason = "switches of Jitsi's, each of its own meaning")]
struct Features {
    recording: bool,
    livestreaming: bool,
    transcription: bool,
    outbound_call: bool,
    create_polls: bool,
    send_groupchat: bool,
    flip: bool,
    file_upload: bool,
}

impl Features {
    const fn of(role: Role) -> Self {
        let is_host = matches!(role, Role::Host);
        Self {
            recording: is_host,
            livestreaming: is_host,
            transcription: is_host,
            outbound_call: is_host,
            create_polls: true,
            send_groupchat: true,
            flip: true,
            file_upload: true,
        }
    }
}

impl TokenIssuer {
    /// One that signs with a secret that Jitsi knows as well (HS256).
    pub fn with_secret(names: IssuerNames, secret: &SecretString) -> Self {
        let key = EncodingKey::from_secret(secret.expose_secret().as_bytes());
        Self { names, key, header: Header::new(Algorithm::HS256), public: None }
    }

    /// One that signs with a private key in PEM, PKCS #8 or PKCS #1 (RS256). Jitsi fetches the public half by the key's
    /// id, keeps it for ever, and so needs another id for another key: without one, it is made of the key.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn with_key(
        names: IssuerNames,
        pem: &SecretString,
        id: Option<String>,
    ) -> Result<Self, KeyError> {
        let pem = pem.expose_secret();
        let private = RsaPrivateKey::from_pkcs8_pem(pem)
            .or_else(|_| RsaPrivateKey::from_pkcs1_pem(pem))
            .map_err(|_| KeyError::NotRsa)?;
        if private.size() < 256 {
            return Err(KeyError::Short);
        }
        let public = PublicKey::new(&private.to_public_key(), id).ok_or(KeyError::NotRsa)?;
        let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_| KeyError::NotRsa)?;
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(public.id.clone());
        Ok(Self { names, key, header, public: Some(public) })
    }

    /// The public half of its key, if it has one.
    pub const fn public_key(&self) -> Option<&PublicKey> {
        self.public.as_ref()
    }

    /// The names that it writes into tokens.
    pub const fn names(&self) -> &IssuerNames {
        &self.names
    }

    /// A token for one person and one room.
    ///
    /// # Errors
    /// [`TokenError::Signing`].
    pub fn token(&self, grant: &RoomToken<'_>) -> Result<SecretString, TokenError> {
        let claims = Claims {
            iss: &self.names.app_id,
            aud: &self.names.audience,
            sub: &self.names.subject,
            room: grant.room,
            nbf: grant.window.start.seconds(),
            exp: grant.window.end.seconds(),
            context: Context {
                user: User {
                    id: &grant.person,
                    name: grant.name,
                    affiliation: grant.role.affiliation(),
                    moderator: grant.role == Role::Host,
                },
                features: Features::of(grant.role),
            },
        };
        Ok(jsonwebtoken::encode(&self.header, &claims, &self.key)?.into())
    }
}

impl PublicKey {
    fn new(key: &RsaPublicKey, id: Option<String>) -> Option<Self> {
        let pem = key.to_public_key_pem(LineEnding::LF).ok()?;
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
        let id = id.unwrap_or_else(|| {
            let mut id = hex(pem.as_bytes());
            id.truncate(16);
            format!("roomkey-{id}")
        });
        let number = |bytes: &[u8]| data_encoding::BASE64URL_NOPAD.encode(bytes);
        Some(Self {
            address: hex(id.as_bytes()),
            jwk: json!({
                "kty": "RSA",
                "use": "sig",
                "alg": "RS256",
                "kid": id,
                "n": number(&key.n().to_bytes_be()),
                "e": number(&key.e().to_bytes_be()),
            }),
            id,
            pem,
        })
    }
}
