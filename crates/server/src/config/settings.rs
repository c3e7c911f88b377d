//! What can be set, and what each setting must look like.

use std::{
    io::IsTerminal,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    path::PathBuf,
};

use anyhow::anyhow;
use ipnet::IpNet;
use roomkey_app::EmailProof;
use roomkey_core::site::{BaseUrl, Site};
use roomkey_mailer::{MailUrl, Sender};
use roomkey_store::{DatabaseUrl, SecretKey};
use secrecy::SecretString;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use super::{
    given::{Given, parsed},
    jitsi::{self, Jitsi},
};

/// The settings as they are used.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Where the database is.
    pub(crate) database_url: DatabaseUrl,
    /// Where pages and the public API listen.
    pub(crate) listen: Vec<SocketAddr>,
    /// Where machines call.
    pub(crate) internal_listen: Vec<SocketAddr>,
    /// SQLite file, generated secrets, mailbox.
    pub(crate) data_dir: PathBuf,
    /// Seals and signs; generated under `data_dir` if it is not given.
    pub(crate) secret_key: Option<SecretKey>,
    /// Whose `X-Forwarded-For` counts.
    pub(crate) trusted_proxies: Vec<IpAddr>,
    /// Whether strangers are limited.
    pub(crate) limits: bool,
    /// Which customers show first that the address they give is theirs.
    pub(crate) email_proof: EmailProof,
    /// What is logged: a filter like `info` or `info,roomkey_mailer=debug`.
    pub(crate) log_level: String,
    /// How it is logged.
    pub(crate) log_format: LogFormat,
    /// What links are made from.
    pub(crate) site: Site,
    /// How mail leaves.
    pub(crate) mail: Mail,
    /// How Jitsis sign in with us, and what they read in our tokens: the first, then the others as `site` has them.
    pub(crate) jitsi: Vec<Jitsi>,
    /// Good for telling what happens in rooms, and for nothing else.
    pub(crate) events_token: Option<SecretString>,
    /// From where they may; from anywhere, if it is empty.
    pub(crate) reservations_allow: Vec<IpNet>,
}

/// How mail leaves.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    pub(crate) url: MailUrl,
    pub(crate) from: Sender,
    pub(crate) ca_file: Option<PathBuf>,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Reads all settings, and leaves in `given` what is none.
pub(super) fn check(given: &mut Given) -> anyhow::Result<Settings> {
    let data_dir = given.path("data_dir")?.unwrap_or_else(|| PathBuf::from("data"));
    let database_url = match given.secret("database_url", parsed)? {
        Some(url) => url,
        None => format!("sqlite://{}", data_dir.join("roomkey.db").display())
            .parse()
            .map_err(|error| anyhow!("data_dir = {}: {error}", data_dir.display()))?,
    };
    given.text("sign_up", "invite", check_sign_up)?;
    let (servers, jitsi) = jitsi::read(given)?;
    Ok(Settings {
        database_url,
        listen: given.text("listen", "127.0.0.1:8080", addresses)?,
        internal_listen: given.text("internal_listen", "127.0.0.1:8081", addresses)?,
        secret_key: given.secret("secret_key", parsed)?,
        trusted_proxies: given.words("trusted_proxies", proxy)?,
        limits: given.switch("limits.enabled", true)?,
        email_proof: given.text("email_proof", "per-event-type", email_proof)?,
        log_level: given.text("log.level", "info", log_level)?,
        log_format: given.text("log.format", "auto", log_format)?,
        site: Site {
            public_url: given.text("public_url", "http://localhost:8080", parsed::<BaseUrl>)?,
            jitsi: servers,
        },
        mail: Mail {
            url: given.secret("mail.url", parsed)?.unwrap_or(MailUrl::Mailbox),
            from: given.text("mail.from", "Roomkey <no-reply@localhost>", parsed)?,
            ca_file: given.path("mail.ca_file")?,
        },
        jitsi,
        events_token: given.secret("jitsi.events_token", jitsi::token)?,
        reservations_allow: given.words("jitsi.reservations_allow", network)?,
        data_dir,
    })
}

fn addresses(text: &str) -> Result<Vec<SocketAddr>, String> {
    match text.to_socket_addrs() {
        Ok(found) => Ok(found.collect()),
        Err(error) => Err(format!("not an address like 127.0.0.1:8080 ({error})")),
    }
}

/// A network, or one address.
fn network(word: &str) -> Result<IpNet, &'static str> {
    let address = || word.parse::<IpAddr>().map(IpNet::from);
    word.parse().or_else(|_| address()).map_err(|_| "not an address like 10.0.0.1 or 10.0.0.0/24")
}

fn proxy(word: &str) -> Result<IpAddr, &'static str> {
    word.parse().map_err(|_| "not an address like 10.0.0.1")
}

/// Accounts are made by `/setup` and `roomkey user add`: nobody can sign up without either.
fn check_sign_up(word: &str) -> Result<(), &'static str> {
    match word {
        "invite" | "closed" => Ok(()),
        _ => Err("use invite or closed"),
    }
}

fn email_proof(word: &str) -> Result<EmailProof, &'static str> {
    match word {
        "per-event-type" => Ok(EmailProof::PerEventType),
        "always" => Ok(EmailProof::Always),
        _ => Err("use per-event-type or always"),
    }
}

/// The filter's own syntax takes a mistyped level for a module, which would silence all others.
fn log_level(text: &str) -> Result<String, &'static str> {
    let is_plain = |part: &str| part.contains(['=', '[']) || part.parse::<LevelFilter>().is_ok();
    let fits = text.split(',').map(str::trim).all(is_plain) && EnvFilter::try_new(text).is_ok();
    fits.then(|| text.to_owned()).ok_or("not a filter like info or info,roomkey_mailer=debug")
}

fn log_format(word: &str) -> Result<LogFormat, &'static str> {
    match word {
        "auto" if std::io::stdout().is_terminal() => Ok(LogFormat::Text),
        "auto" | "json" => Ok(LogFormat::Json),
        "text" => Ok(LogFormat::Text),
        _ => Err("use text, json or auto"),
    }
}
