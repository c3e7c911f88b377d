//! The Jitsis that rooms open on: `[jitsi]`, and any others as `[[jitsi.servers]]`.

use std::{collections::BTreeSet, fmt, path::PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use roomkey_app::{IssuerNames, TokenIssuer};
use roomkey_core::{
    jitsi::{JitsiMode, JitsiServers, ServerName},
    room::{InvalidTenant, Tenant},
    site::BaseUrl,
};
use secrecy::{ExposeSecret, SecretString};

use super::given::{Given, parsed};

/// How a Jitsi signs in with us, and what signs its tokens.
#[derive(Debug, Clone)]
pub(crate) struct Jitsi {
    /// None for the first one.
    pub(crate) name: Option<ServerName>,
    /// That of the first one is generated under `data_dir` if it is not given.
    pub(crate) token: Option<SecretString>,
    pub(crate) previous_token: Option<SecretString>,
    /// Where it takes tokens.
    pub(crate) issuer: Option<Issuer>,
}

/// What its tokens are made by.
#[derive(Clone)]
pub(crate) struct Issuer {
    pub(crate) names: IssuerNames,
    pub(crate) key: IssuerKey,
}

/// What signs them.
#[derive(Clone)]
pub(crate) enum IssuerKey {
    /// HS256.
    Secret(SecretString),
    /// RS256: a private key in PEM, and its id if it was given.
    Private { pem: SecretString, file: PathBuf, id: Option<String> },
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.names.fmt(f)
    }
}

impl Issuer {
    /// What signs.
    pub(crate) fn build(&self) -> anyhow::Result<TokenIssuer> {
        match &self.key {
            IssuerKey::Secret(secret) => Ok(TokenIssuer::with_secret(self.names.clone(), secret)),
            IssuerKey::Private { pem, file, id } => {
                TokenIssuer::with_key(self.names.clone(), pem, id.clone())
                    .with_context(|| format!("jwt_private_key_file: {}", file.display()))
            }
        }
    }
}

/// All of them.
pub(super) fn read(given: &mut Given) -> anyhow::Result<(JitsiServers, Vec<Jitsi>)> {
    let url = given.text("jitsi.url", "https://meet.example.org", parsed::<BaseUrl>)?;
    let mode = given.text("jitsi.mode", "reservations", parsed::<JitsiMode>)?;
    let mut secrets = vec![secrets(given, "jitsi", None, &url, mode)?];
    let tenant = given.text("jitsi.tenant", "", self::tenant)?;
    let mut servers = JitsiServers::one(url, mode).under(tenant);
    for place in 0..given.sections("jitsi.servers") {
        let section = format!("jitsi.servers.{place}");
        let key = |name: &str| format!("{section}.{name}");
        let name = given.needed(&key("name"), parsed::<ServerName>)?;
        let url = given.needed(&key("url"), parsed::<BaseUrl>)?;
        let mode = given.text(&key("mode"), "reservations", parsed::<JitsiMode>)?;
        let tenant = given.text(&key("tenant"), "", self::tenant)?;
        let server = self::secrets(given, &section, Some(name), &url, mode)?;
        ensure!(
            !mode.asks_us() || server.token.is_some(),
            "{section} ({name}): set its reservations_token, by which it signs in with us; \
             'openssl rand -hex 32' makes one"
        );
        secrets.push(server);
        servers.add(name, url, tenant, mode).map_err(|same| anyhow!("{}: {same}", key("name")))?;
    }
    same_tokens(&secrets)?;
    Ok((servers, secrets))
}

/// The token tells who asks.
fn same_tokens(all: &[Jitsi]) -> anyhow::Result<()> {
    let mut seen = BTreeSet::new();
    let tokens = all.iter().flat_map(|jitsi| [&jitsi.token, &jitsi.previous_token]).flatten();
    for token in tokens {
        if !seen.insert(token.expose_secret()) {
            bail!(
                "two Jitsis have one reservations_token: each needs its own, which tells who asks"
            );
        }
    }
    Ok(())
}

fn secrets(
    given: &mut Given,
    section: &str,
    name: Option<ServerName>,
    url: &BaseUrl,
    mode: JitsiMode,
) -> anyhow::Result<Jitsi> {
    let key = |name: &str| format!("{section}.{name}");
    Ok(Jitsi {
        name,
        token: given.secret(&key("reservations_token"), token)?,
        previous_token: given.secret(&key("reservations_token_previous"), token)?,
        issuer: issuer(given, section, url, mode)?,
    })
}

fn issuer(
    given: &mut Given,
    section: &str,
    url: &BaseUrl,
    mode: JitsiMode,
) -> anyhow::Result<Option<Issuer>> {
    let key = |name: &str| format!("{section}.{name}");
    let app_id = given.text(&key("jwt_app_id"), "", claim)?;
    let secret = given.secret(&key("jwt_secret"), secret)?.flatten();
    let file = given.path(&key("jwt_private_key_file"))?;
    let id = given.text(&key("jwt_key_id"), "", claim)?;
    let audience = given.text(&key("jwt_audience"), "jitsi", claim)?;
    let subject = given.text(&key("jwt_subject"), url.domain(), claim)?;
    if !mode.takes_tokens() {
        return Ok(None);
    }
    let mode = format!("{} = {:?}", key("mode"), mode.as_str());
    if app_id.is_empty() {
        bail!("{mode}: set {}, the app_id that Jitsi's Prosody has", key("jwt_app_id"));
    }
    let key = match (secret, file) {
        (Some(secret), None) => IssuerKey::Secret(secret),
        (None, Some(file)) => {
            let pem = std::fs::read_to_string(&file).with_context(|| {
                format!("{}: {} can not be read", key("jwt_private_key_file"), file.display())
            })?;
            IssuerKey::Private { pem: pem.into(), file, id: (!id.is_empty()).then_some(id) }
        }
        (None, None) => bail!(
            "{mode}: set {}, the app_secret that Jitsi's Prosody has, or {}",
            key("jwt_secret"),
            key("jwt_private_key_file")
        ),
        (Some(_), Some(_)) => bail!(
            "{mode}: {} and {} are both given; keep one",
            key("jwt_secret"),
            key("jwt_private_key_file")
        ),
    };
    Ok(Some(Issuer { names: IssuerNames { app_id, audience, subject }, key }))
}

fn tenant(text: &str) -> Result<Option<Tenant>, InvalidTenant> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

/// What stands in a claim, and in Prosody's configuration.
fn claim(text: &str) -> Result<String, &'static str> {
    let is_safe = |c: char| c.is_ascii_graphic() && !"\"\\".contains(c);
    let fits = text.len() <= 200 && text.chars().all(is_safe);
    fits.then(|| text.to_owned())
        .ok_or("use letters, digits and signs of ASCII without spaces and quotes")
}

/// None where a variable is there and empty, as in compose files.
fn secret(text: &str) -> Result<Option<SecretString>, &'static str> {
    match text.len() {
        0 => Ok(None),
        1..8 => Err("use at least 32 characters"),
        _ => Ok(Some(text.into())),
    }
}

/// A bearer token as RFC 6750 (2.1) has it, and long enough not to be guessed. None of its
/// characters means anything in a Lua string or in an environment file, where it goes as well.
pub(super) fn token(text: &str) -> Result<SecretString, &'static str> {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    let fits = text.len() >= 16 && text.bytes().all(is_safe);
    fits.then(|| text.into()).ok_or("use at least 16 letters, digits or - . _ ~ + / = of ASCII")
}
