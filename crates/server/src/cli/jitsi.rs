use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use clap::{Args, Subcommand, ValueEnum};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::json;

use super::Json;
use crate::{config::Settings, output, parts};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print what Jitsi's Prosody needs to ask this installation, token included
    Config(Config),
}

#[derive(Args)]
pub(super) struct Config {
    /// For a hand-kept Prosody, or for docker-jitsi-meet
    #[arg(long, value_enum, default_value = "prosody")]
    format: Format,
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
const CONTAINER: &str = "roomkey.meet.jitsi";

pub(super) fn run(settings: &Settings, Command::Config(config): &Command) -> anyhow::Result<()> {
    let token = parts::reservations_token(settings)?;
    let (domain, token) = (settings.site.jitsi_url.domain(), token.expose_secret());
    let address = reached_at(settings);
    let (api, text) = match config.format {
        Format::Prosody => {
            let api = format!("http://{address}");
            let text = prosody(domain, &api, token);
            (api, text)
        }
        Format::Docker => {
            let api = format!("http://{CONTAINER}:{}", address.port());
            let text = docker(&api, address.port(), token);
            (api, text)
        }
    };
    if config.json.json {
        return output::json(&json!({
            "format": config.format,
            "reservations_api_prefix": api,
            "reservations_token": token,
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

fn prosody(domain: &str, api: &str, token: &str) -> String {
    format!(
        r#"-- Goes into the Prosody configuration of {domain}, for instance
-- /etc/prosody/conf.avail/{domain}.cfg.lua. Keep what else stands there; Prosody must be able to
-- reach {api} (set internal_listen, and the address here, if it runs on another machine).
-- Load "reservations" on every host that people sign in to, the guest host too: a host without it
-- opens rooms that nobody booked.

-- A global option: where it is not set yet, it must stand above the first VirtualHost or Component,
-- or in a file of its own that is included there. Below one it counts for that one alone, and
-- "reservations" does not find the focus.
muc_mapper_domain_base = "{domain}"

VirtualHost "{domain}"
    modules_enabled = {{
        -- and what stands here already
        "muc_lobby_rooms";
        "persistent_lobby";
        "reservations";
    }}
    main_muc = "conference.{domain}"
    lobby_muc = "lobby.{domain}"
    reservations_api_prefix = "{api}"
    reservations_api_headers = {{ ["Authorization"] = "Bearer {token}" }}
    reservations_api_timeout = 5
    reservations_api_retry_delay = 1
    reservations_enable_password_support = true
    reservations_enable_lobby_support = true
    reservations_enable_max_occupants = true

Component "conference.{domain}" "muc"
    restrict_room_creation = true
    modules_enabled = {{
        -- and what stands here already
        "muc_password_whitelist";
        "muc_max_occupants";
    }}
    -- The limit of rooms that have none of their own. Without a number here none is kept.
    muc_max_occupants = 100
    muc_access_whitelist = {{ "focus@auth.{domain}" }}
    muc_password_whitelist = {{ "focus@auth.{domain}" }}
"#
    )
}

fn docker(api: &str, port: u16, token: &str) -> String {
    format!(
        r#"# Goes into the .env of docker-jitsi-meet. Prosody must reach {api}: put Roomkey
# on its network under the alias {CONTAINER} (its resolver may not find a name without dots), with
# internal_listen = "0.0.0.0:{port}", and publish that port nowhere else.
PROSODY_RESERVATION_ENABLED=1
PROSODY_RESERVATION_REST_BASE_URL={api}
XMPP_MODULES=persistent_lobby
XMPP_CONFIGURATION=reservations_enable_password_support=true,reservations_enable_lobby_support=true,reservations_enable_max_occupants=true,reservations_api_timeout=5,reservations_api_retry_delay=1,reservations_api_headers={{ ["Authorization"] = "Bearer {token}" }}
ENABLE_LOBBY=1
MAX_PARTICIPANTS=100
# Nobody is moderator. With 1 the first in is: they could let people in from a lobby, and take the
# password off, host or customer.
ENABLE_AUTO_OWNER=0
# Guests sign in to another host, which does not ask: keep it off.
ENABLE_GUESTS=0
"#
    )
}
