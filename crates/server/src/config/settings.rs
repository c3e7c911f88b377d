//! What can be set, and what each setting must look like.

use std::{
    fmt::Display,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    path::PathBuf,
    str::FromStr,
};

use anyhow::{Context, anyhow, bail};
use roomkey_core::site::{BaseUrl, JitsiMode, Site};
use roomkey_mailer::{MailUrl, Sender};
use roomkey_store::{DatabaseUrl, SecretKey};
use secrecy::SecretString;
use serde::Deserialize;

/// The settings as they are written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Raw {
    database_url: Option<SecretString>,
    public_url: String,
    listen: String,
    internal_listen: String,
    data_dir: PathBuf,
    secret_key: Option<SecretString>,
    trusted_proxies: Words,
    sign_up: String,
    limits: RawLimits,
    log: RawLog,
    mail: RawMail,
    jitsi: RawJitsi,
}

impl Default for Raw {
    fn default() -> Self {
        Self {
            database_url: None,
            public_url: "http://localhost:8080".to_owned(),
            listen: "127.0.0.1:8080".to_owned(),
            internal_listen: "127.0.0.1:8081".to_owned(),
            data_dir: PathBuf::from("data"),
            secret_key: None,
            trusted_proxies: Words::default(),
            sign_up: "invite".to_owned(),
            limits: RawLimits::default(),
            log: RawLog::default(),
            mail: RawMail::default(),
            jitsi: RawJitsi::default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawLimits {
    enabled: Switch,
}

impl Default for RawLimits {
    fn default() -> Self {
        Self { enabled: Switch::Bool(true) }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawLog {
    level: String,
    format: String,
}

impl Default for RawLog {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: "auto".to_owned() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawMail {
    url: Option<SecretString>,
    from: String,
    ca_file: Option<PathBuf>,
}

impl Default for RawMail {
    fn default() -> Self {
        Self { url: None, from: "Roomkey <no-reply@localhost>".to_owned(), ca_file: None }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawJitsi {
    url: String,
    mode: String,
    reservations_token: Option<SecretString>,
    reservations_token_previous: Option<SecretString>,
}

impl Default for RawJitsi {
    fn default() -> Self {
        Self {
            url: "https://meet.example.org".to_owned(),
            mode: "reservations".to_owned(),
            reservations_token: None,
            reservations_token_previous: None,
        }
    }
}

/// Yes or no: a boolean in the file, a word in the environment.
#[derive(Deserialize)]
#[serde(untagged)]
enum Switch {
    Bool(bool),
    Word(String),
}

/// Several words: a list in the file, separated by commas in the environment.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    List(Vec<String>),
    Line(String),
}

impl Default for Words {
    fn default() -> Self {
        Self::List(Vec::new())
    }
}

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
    /// What is logged: a filter like `info` or `info,roomkey_mailer=debug`.
    pub(crate) log_level: String,
    /// How it is logged.
    pub(crate) log_format: LogFormat,
    /// What links are made from.
    pub(crate) site: Site,
    /// How mail leaves.
    pub(crate) mail: Mail,
    /// How Jitsi signs in with us.
    pub(crate) jitsi: Jitsi,
}

/// How mail leaves.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    pub(crate) url: MailUrl,
    pub(crate) from: Sender,
    pub(crate) ca_file: Option<PathBuf>,
}

/// How Jitsi signs in with us.
#[derive(Debug, Clone)]
pub(crate) struct Jitsi {
    /// Generated under `data_dir` if it is not given.
    pub(crate) token: Option<SecretString>,
    pub(crate) previous_token: Option<SecretString>,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Raw {
    pub(super) fn check(self) -> anyhow::Result<Settings> {
        let default_database = format!("sqlite://{}", self.data_dir.join("roomkey.db").display());
        let database_url = match &self.database_url {
            Some(url) => secret("database_url", url)?,
            None => parse("database_url", &default_database)?,
        };
        check_sign_up(&self.sign_up)?;
        let default_mail = SecretString::from("mailbox://");
        Ok(Settings {
            database_url,
            listen: addresses("listen", &self.listen)?,
            internal_listen: addresses("internal_listen", &self.internal_listen)?,
            secret_key: self
                .secret_key
                .as_ref()
                .map(|key| secret("secret_key", key))
                .transpose()?,
            trusted_proxies: proxies(self.trusted_proxies)?,
            limits: match self.limits.enabled {
                Switch::Bool(on) => on,
                Switch::Word(word) => parse("limits.enabled", &word)?,
            },
            log_level: self.log.level,
            log_format: log_format(&self.log.format)?,
            site: Site {
                public_url: parse::<BaseUrl>("public_url", &self.public_url)?,
                jitsi_url: parse::<BaseUrl>("jitsi.url", &self.jitsi.url)?,
                jitsi_mode: jitsi_mode(&self.jitsi.mode)?,
            },
            mail: Mail {
                url: secret("mail.url", self.mail.url.as_ref().unwrap_or(&default_mail))?,
                from: parse("mail.from", &self.mail.from)?,
                ca_file: self.mail.ca_file,
            },
            jitsi: Jitsi {
                token: token("jitsi.reservations_token", self.jitsi.reservations_token)?,
                previous_token: token(
                    "jitsi.reservations_token_previous",
                    self.jitsi.reservations_token_previous,
                )?,
            },
            data_dir: self.data_dir,
        })
    }
}

fn parse<T: FromStr<Err: Display>>(key: &str, text: &str) -> anyhow::Result<T> {
    text.parse().map_err(|error| anyhow!("{key} = \"{text}\": {error}"))
}

/// As [`parse`], without the value in the message.
fn secret<T: FromStr<Err: Display>>(key: &str, text: &SecretString) -> anyhow::Result<T> {
    use secrecy::ExposeSecret;
    text.expose_secret().parse().map_err(|error| anyhow!("{key}: {error}"))
}

fn addresses(key: &str, text: &str) -> anyhow::Result<Vec<SocketAddr>> {
    let found = text.to_socket_addrs().map(Vec::from_iter);
    found.with_context(|| format!("{key} = \"{text}\": not an address like 127.0.0.1:8080"))
}

fn proxies(words: Words) -> anyhow::Result<Vec<IpAddr>> {
    let words = match words {
        Words::List(words) => words,
        Words::Line(line) => line.split(',').map(|word| word.trim().to_owned()).collect(),
    };
    let address = |word: &String| {
        word.parse()
            .map_err(|_| anyhow!("trusted_proxies: \"{word}\" is not an address like 10.0.0.1"))
    };
    words.iter().filter(|word| !word.is_empty()).map(address).collect()
}

/// Accounts are made by `/setup` and `roomkey user add`: nobody can sign up without either.
fn check_sign_up(word: &str) -> anyhow::Result<()> {
    match word {
        "invite" | "closed" => Ok(()),
        _ => bail!("sign_up = \"{word}\": use invite or closed"),
    }
}

fn jitsi_mode(word: &str) -> anyhow::Result<JitsiMode> {
    match word {
        "reservations" => Ok(JitsiMode::Reservations),
        "link" => Ok(JitsiMode::Link),
        _ => bail!("jitsi.mode = \"{word}\": use reservations or link"),
    }
}

fn log_format(word: &str) -> anyhow::Result<LogFormat> {
    use std::io::IsTerminal;
    match word {
        "auto" if std::io::stdout().is_terminal() => Ok(LogFormat::Text),
        "auto" | "json" => Ok(LogFormat::Json),
        "text" => Ok(LogFormat::Text),
        _ => bail!("log.format = \"{word}\": use text, json or auto"),
    }
}

/// A bearer token travels in a header: visible ASCII, and long enough not to be guessed.
fn token(key: &str, token: Option<SecretString>) -> anyhow::Result<Option<SecretString>> {
    use secrecy::ExposeSecret;
    if let Some(token) = &token {
        let text = token.expose_secret();
        if text.len() < 16 || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("{key}: use at least 16 visible ASCII characters without spaces");
        }
    }
    Ok(token)
}
