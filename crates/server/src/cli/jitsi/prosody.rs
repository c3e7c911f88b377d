//! For a Prosody whose configuration is kept by hand.

use std::fmt::Write as _;

use super::config::{Check, Facts, Reservations, Tokens};

const KEPT: &str = "        -- and what stands here already\n";

pub(super) fn config(facts: &Facts) -> String {
    let Facts { domain, reservations, tokens, events } = facts;
    let mut text = head(facts);
    let _ = writeln!(text, "VirtualHost \"{domain}\"");
    if let Some(tokens) = tokens {
        authentication(&mut text, tokens);
    }
    if let Some(asks) = reservations {
        asking(&mut text, domain, asks);
    }
    let _ = write!(text, "\nComponent \"conference.{domain}\" \"muc\"\n");
    text += "    restrict_room_creation = true\n";
    rooms(&mut text, facts);
    if let Some(events) = events {
        text += "\n-- Who comes and goes is told by event_sync of jitsi-contrib/prosody-plugins: put its file\n\
                 -- mod_event_sync_component.lua into a folder of plugin_paths.\n";
        text += &events.component(domain, "conference");
    }
    text
}

fn head(Facts { domain, reservations, tokens, .. }: &Facts) -> String {
    let mut text = format!(
        "-- Goes into the Prosody configuration of {domain}, for instance\n\
         -- /etc/prosody/conf.avail/{domain}.cfg.lua. Keep what else stands there"
    );
    match reservations {
        Some(Reservations { api, .. }) => {
            let _ = write!(
                text,
                "; Prosody must be able to\n\
                 -- reach {api} (set internal_listen, and the address here, if it runs on another machine).\n\
                 -- Load \"reservations\" on every host that people sign in to, the guest host too: a host without it\n\
                 -- opens rooms that nobody booked.\n\n\
                 -- A global option: where it is not set yet, it must stand above the first VirtualHost or Component,\n\
                 -- or in a file of its own that is included there. Below one it counts for that one alone, and\n\
                 -- \"reservations\" does not find the focus.\n\
                 muc_mapper_domain_base = \"{domain}\"\n\n"
            );
        }
        None => text += ".\n",
    }
    match (reservations, tokens) {
        (None, None) => {
            text += "-- jitsi.mode is link: Jitsi neither asks nor checks tokens. A room's name is all that protects it,\n\
                     -- and whoever knows none can still not make rooms by joining:\n\n";
        }
        (_, Some(_)) => {
            text += "-- Everybody brings a token, hosts and customers: have no guest host, and no other host that lets\n\
                     -- people in without one.\n\n";
        }
        (Some(_), None) => {}
    }
    text
}

fn authentication(text: &mut String, Tokens { names, check }: &Tokens) {
    let _ = writeln!(text, "    authentication = \"token\"");
    let _ = writeln!(text, "    app_id = \"{}\"", names.app_id);
    match check {
        Check::Secret(secret) => {
            let _ = writeln!(text, "    app_secret = {}", lua(secret));
        }
        Check::KeyServer(address) => {
            text.push_str("    -- Without a slash at the end. The key is fetched once and kept: another key has another id.\n");
            let _ = writeln!(text, "    asap_key_server = \"{address}\"");
        }
    }
    let _ = writeln!(text, "    asap_accepted_issuers = {{ \"{}\" }}", names.app_id);
    let _ = writeln!(text, "    asap_accepted_audiences = {{ \"{}\" }}", names.audience);
    text.push_str("    allow_empty_token = false\n");
}

/// A Lua string.
fn lua(secret: &str) -> String {
    let mut text = String::from("\"");
    for byte in secret.bytes() {
        match byte {
            b'"' | b'\\' | 0..=31 | 127.. => {
                let _ = write!(text, "\\{byte:03}");
            }
            plain => text.push(char::from(plain)),
        }
    }
    text + "\""
}

fn asking(text: &mut String, domain: &str, Reservations { api, token, .. }: &Reservations) {
    let _ = write!(
        text,
        r#"    modules_enabled = {{
{KEPT}        "muc_lobby_rooms";
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
"#
    );
}

fn rooms(text: &mut String, Facts { domain, reservations, tokens, .. }: &Facts) {
    if reservations.is_none() && tokens.is_none() {
        return;
    }
    text.push_str("    modules_enabled = {\n");
    text.push_str(KEPT);
    if reservations.is_some() {
        text.push_str("        \"muc_password_whitelist\";\n        \"muc_max_occupants\";\n");
    }
    if let Some(Tokens { names, .. }) = tokens {
        text.push_str("        \"token_verification\";\n");
        text.push_str("        -- Makes hosts moderators, and nobody else. It comes with Jitsi from 2026 on; before, leave it out\n");
        text.push_str("        -- or take it from jitsi-contrib. Turn Jicofo's enable-auto-owner off with it.\n");
        text.push_str("        \"token_affiliation\";\n    }\n");
        let verified = names.subject == *domain;
        let _ = writeln!(text, "    -- The token's sub is {}.", names.subject);
        let _ = writeln!(text, "    enable_domain_verification = {verified}");
        let _ = writeln!(text, "    token_verification_allowlist = {{ \"focus@auth.{domain}\" }}");
    } else {
        text.push_str("    }\n");
    }
    if reservations.is_some() {
        text.push_str("    -- The limit of rooms that have none of their own. Without a number here none is kept.\n");
        text.push_str("    muc_max_occupants = 100\n");
        let _ = writeln!(text, "    muc_access_whitelist = {{ \"focus@auth.{domain}\" }}");
        let _ = writeln!(text, "    muc_password_whitelist = {{ \"focus@auth.{domain}\" }}");
    }
}
