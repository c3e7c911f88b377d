//! The parts that every command and the server share.

use std::{num::NonZero, sync::Arc};

use anyhow::Context;
use roomkey_app::{App, AppOptions, TokenIssuers};
use roomkey_reservations::ReservationTokens;
use roomkey_store::{Backend, SchemaPolicy, Store, StoreOptions};
use secrecy::SecretString;
use tokio::sync::Notify;

use crate::{
    config::{Jitsi, Settings},
    keys,
    system::{SystemClock, SystemEntropy},
};

/// Connections to PostgreSQL, for each process.
const CONNECTIONS: u32 = 8;
/// Readers of an SQLite file, beside its one writer: at least so many, and one for each core. They
/// work in this process, so more would only take turns, each with a cache of its own.
const READERS: u32 = 4;

/// The use cases over the configured database.
pub(crate) fn app(
    settings: &Settings,
    schema: SchemaPolicy,
    mail_due: Arc<Notify>,
) -> anyhow::Result<App> {
    let secret_key = match &settings.secret_key {
        Some(key) => key.clone(),
        None => keys::secret_key(&settings.data_dir)?,
    };
    let entropy = Arc::new(SystemEntropy);
    let options = StoreOptions {
        url: settings.database_url.clone(),
        connections: match settings.database_url.backend() {
            Backend::Postgres => CONNECTIONS,
            Backend::Sqlite => {
                let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
                READERS.max(u32::try_from(cores).unwrap_or(READERS)).min(CONNECTIONS)
            }
        },
        secret_key: secret_key.clone(),
        schema,
    };
    let store =
        Store::open(options, Arc::clone(&entropy) as _).context("database_url can not be used")?;
    Ok(App::new(AppOptions {
        store,
        clock: Arc::new(SystemClock),
        entropy,
        site: settings.site.clone(),
        issuers: token_issuers(settings)?,
        secret_key,
        limits: settings.limits,
        email_proof: settings.email_proof,
        mail_due,
    }))
}

/// The bearer token that a Jitsi's Prosody must send. Only that of the first is made where it is not set.
pub(crate) fn reservations_token(
    settings: &Settings,
    jitsi: &Jitsi,
) -> anyhow::Result<Option<SecretString>> {
    match (&jitsi.token, jitsi.name) {
        (Some(token), _) => Ok(Some(token.clone())),
        (None, None) => keys::reservations_token(&settings.data_dir).map(Some),
        (None, Some(_)) => Ok(None),
    }
}

/// By which each Jitsi's Prosody signs in with us.
pub(crate) fn reservations_tokens(settings: &Settings) -> anyhow::Result<ReservationTokens> {
    let mut tokens = ReservationTokens::default();
    for jitsi in &settings.jitsi {
        if let Some(current) = reservations_token(settings, jitsi)? {
            tokens.add(jitsi.name, current, jitsi.previous_token.clone());
        }
    }
    Ok(tokens)
}

fn token_issuers(settings: &Settings) -> anyhow::Result<TokenIssuers> {
    let mut issuers = TokenIssuers::new();
    for jitsi in &settings.jitsi {
        if let Some(issuer) = &jitsi.issuer {
            issuers.insert(jitsi.name, issuer.build()?);
        }
    }
    Ok(issuers)
}
