//! What an operator pastes into a Jitsi, made of this installation's settings.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use clap::{Args, ValueEnum};
use roomkey_app::IssuerNames;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::json;

use super::{docker, prosody};
use crate::{
    cli::Json,
    config::{Issuer, IssuerKey, Settings},
    output, parts,
};

#[derive(Args)]
pub(in crate::cli) struct Config {
    /// For a hand-kept Prosody, or for docker-jitsi-meet
    #[arg(long, value_enum, default_value = "prosody")]
    format: Format,
    /// For another Jitsi than the first: its name in [[jitsi.servers]]
    #[arg(long)]
    server: Option<String>,
    #[command(flatten)]
    json: Json,
}

#[derive(Clone, Copy, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Prosody,
    Docker,
}

/// The name under which a container of Prosody finds Roomkey: with dots, as its resolver may not
/// find others. `docker-compose.yml` gives it as an alias.
pub(super) const CONTAINER: &str = "roomkey.meet.jitsi";

/// All that a Jitsi must know.
pub(super) struct Facts {
    /// Its domain.
    pub(super) domain: String,
    /// How it asks us, if it does.
    pub(super) reservations: Option<Reservations>,
    /// What it reads in our tokens, if it takes any.
    pub(super) tokens: Option<Tokens>,
    /// How it tells us who comes and goes, where there is a token for that alone.
    pub(super) events: Option<Events>,
}

/// How it asks us.
pub(super) struct Reservations {
    /// `reservations_api_prefix`.
    pub(super) api: String,
    /// The internal listener's port.
    pub(super) port: u16,
    /// The bearer token.
    pub(super) token: String,
}

/// How `event_sync` tells us who comes and goes.
pub(super) struct Events {
    /// `api_prefix`.
    pub(super) api: String,
    /// The bearer token.
    pub(super) token: String,
}

impl Events {
    /// The component for the Jitsi of that domain; its rooms are on `muc.` or `conference.` of it.
    pub(super) fn component(&self, domain: &str, rooms: &str) -> String {
        let Self { api, token } = self;
        format!(
            r#"Component "esync.{domain}" "event_sync_component"
    muc_component = "{rooms}.{domain}"
    breakout_component = "breakout.{domain}"
    api_prefix = "{api}"
    api_headers = {{ ["Authorization"] = "Bearer {token}" }}
    api_timeout = 5
    api_retry_count = 5
    api_retry_delay = 1
"#
        )
    }
}

/// What it reads in our tokens.
pub(super) struct Tokens {
    pub(super) names: IssuerNames,
    pub(super) check: Check,
}

/// How it checks their signature.
pub(super) enum Check {
    /// `app_secret`, for HS256.
    Secret(String),
    /// `asap_key_server`, without a slash at its end, for RS256.
    KeyServer(String),
}

impl Facts {
    fn new(settings: &Settings, asked: &Config) -> anyhow::Result<Self> {
        let (server, secrets) = super::server(settings, asked.server.as_deref())?;
        let address = reached_at(settings);
        let token = parts::reservations_token(settings, secrets)?;
        let api = match asked.format {
            Format::Prosody => format!("http://{address}"),
            Format::Docker => format!("http://{CONTAINER}:{}", address.port()),
        };
        Ok(Self {
            events: settings
                .events_token
                .as_ref()
                .map(|token| Events { api: api.clone(), token: token.expose_secret().to_owned() }),
            domain: server.url.domain().to_owned(),
            reservations: token.filter(|_| server.mode.asks_us()).map(|token| Reservations {
                api,
                port: address.port(),
                token: token.expose_secret().to_owned(),
            }),
            tokens: secrets.issuer.as_ref().map(|Issuer { names, key }| Tokens {
                names: names.clone(),
                check: match key {
                    IssuerKey::Secret(secret) => Check::Secret(secret.expose_secret().to_owned()),
                    IssuerKey::Private { .. } => {
                        Check::KeyServer(format!("{}/asap", settings.site.public_url.as_str()))
                    }
                },
            }),
        })
    }
}

pub(super) fn run(settings: &Settings, asked: &Config) -> anyhow::Result<()> {
    let facts = Facts::new(settings, asked)?;
    let text = match asked.format {
        Format::Prosody => prosody::config(&facts),
        Format::Docker => docker::config(&facts),
    };
    if asked.json.json {
        return output::json(&json!({
            "format": asked.format,
            "reservations_api_prefix": facts.reservations.as_ref().map(|asks| &asks.api),
            "reservations_token": facts.reservations.as_ref().map(|asks| &asks.token),
            "config": text,
        }));
    }
    output::line(format_args!("{}", text.trim_end()))
}

/// Where a Prosody on this machine finds the internal listener.
fn reached_at(settings: &Settings) -> SocketAddr {
    let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, 8081));
    let mut address = settings.internal_listen.first().copied().unwrap_or(usual);
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
