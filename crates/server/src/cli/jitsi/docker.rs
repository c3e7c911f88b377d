//! For docker-jitsi-meet: lines of its `.env`.

use std::fmt::Write as _;

use super::config::{CONTAINER, Check, Events, Facts, Reservations, Tokens};

pub(super) fn config(Facts { reservations, tokens, events, .. }: &Facts) -> String {
    let mut text = String::from("# Goes into the .env of docker-jitsi-meet.");
    match reservations {
        Some(asks) => asking(&mut text, asks),
        None => text.push('\n'),
    }
    match tokens {
        Some(tokens) => authentication(&mut text, tokens),
        None => text += MODERATORS,
    }
    text += "# Guests sign in to another host, which neither asks nor checks: keep it off.\nENABLE_GUESTS=0\n";
    text + &events.as_ref().map(telling).unwrap_or_default()
}

/// No variable of the images loads a component: it takes a file, which stands here as remarks.
fn telling(events: &Events) -> String {
    let head = "\n# Who comes and goes is told by event_sync of jitsi-contrib/prosody-plugins. Its file mod_event_sync_component.lua\n\
                # goes into ${CONFIG}/prosody/prosody-plugins-custom, and these lines, without what they begin with, into\n\
                # ${CONFIG}/prosody/config/conf.d/roomkey-events.cfg.lua:\n";
    let component = events.component(DOMAIN, "muc");
    let lines = component.lines().map(|line| format!("# {line}\n"));
    head.to_owned() + &lines.collect::<String>()
}

/// The images' own `XMPP_DOMAIN`, where it is not set.
const DOMAIN: &str = "meet.jitsi";

const MODERATORS: &str = "# Nobody is moderator. With 1 the first in is: they could let people in from a lobby, and take the\n\
                          # password off, host or customer.\n\
                          ENABLE_AUTO_OWNER=0\n";

fn asking(text: &mut String, Reservations { api, port, token }: &Reservations) {
    let _ = write!(
        text,
        r#" Prosody must reach {api}: put Roomkey
# on its network under the alias {CONTAINER} (its resolver may not find a name without dots), with
# internal_listen = "0.0.0.0:{port}", and publish that port nowhere else.
PROSODY_RESERVATION_ENABLED=1
PROSODY_RESERVATION_REST_BASE_URL={api}
XMPP_MODULES=persistent_lobby
XMPP_CONFIGURATION=reservations_enable_password_support=true,reservations_enable_lobby_support=true,reservations_enable_max_occupants=true,reservations_api_timeout=5,reservations_api_retry_delay=1,reservations_api_headers={{ ["Authorization"] = "Bearer {token}" }}
ENABLE_LOBBY=1
MAX_PARTICIPANTS=100
"#
    );
}

fn authentication(text: &mut String, Tokens { names, check }: &Tokens) {
    let _ = write!(
        text,
        "# Everybody brings a token, hosts and customers.\n\
         ENABLE_AUTH=1\nAUTH_TYPE=jwt\nJWT_ALLOW_EMPTY=0\n\
         JWT_APP_ID={id}\nJWT_ACCEPTED_ISSUERS={id}\nJWT_ACCEPTED_AUDIENCES={aud}\n",
        id = names.app_id,
        aud = names.audience
    );
    let _ = match check {
        Check::Secret(secret) => writeln!(text, "JWT_APP_SECRET={secret}"),
        Check::KeyServer(address) => {
            writeln!(text, "JWT_ASAP_KEYSERVER={address}\nJWT_SIGN_TYPE=RS256")
        }
    };
    text.push_str(
        "# The host alone is moderator: by the token, and neither by coming first nor by having any. token_affiliation\n\
         # comes with the images of 2026.\n\
         ENABLE_AUTO_OWNER=0\nJICOFO_ENABLE_AUTH=0\nXMPP_MUC_MODULES=token_affiliation\n",
    );
}
