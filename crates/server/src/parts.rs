//! The parts that every command and the server share.

use std::sync::Arc;

use anyhow::Context;
use roomkey_app::{App, AppOptions};
use roomkey_store::{SchemaPolicy, Store, StoreOptions};
use tokio::sync::Notify;

use crate::{
    config::Settings,
    keys,
    system::{SystemClock, SystemEntropy},
};

/// Connections to the database: on SQLite, readers beside the one writer.
const CONNECTIONS: u32 = 8;

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
        connections: CONNECTIONS,
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
        secret_key,
        limits: settings.limits,
        mail_due,
    }))
}

/// The bearer token that Prosody must send.
pub(crate) fn reservations_token(settings: &Settings) -> anyhow::Result<secrecy::SecretString> {
    match &settings.jitsi.token {
        Some(token) => Ok(token.clone()),
        None => keys::reservations_token(&settings.data_dir),
    }
}
