//! A token by hand: the stateless way, without a booking.

use anyhow::{Context, ensure};
use clap::Args;
use roomkey_app::TokenError;
use roomkey_core::{
    room::{Role, RoomToken},
    time::{Instant, Span},
};
use secrecy::ExposeSecret;
use serde_json::json;

use super::super::Json;
use crate::{config::Settings, output};

#[derive(Args)]
pub(in crate::cli) struct Token {
    /// The room's name in Jitsi, like 'weekly-review'
    #[arg(long, value_parser = room)]
    room: String,
    /// From when it lets in, like 2026-12-03T08:50:00Z
    #[arg(long, value_parser = moment)]
    nbf: Instant,
    /// Until when
    #[arg(long, value_parser = moment)]
    exp: Instant,
    /// What others in the room see
    #[arg(long, default_value = "Host")]
    name: String,
    /// Who takes part only; without it, who opens the room leads the meeting
    #[arg(long)]
    member: bool,
    /// For another Jitsi than the first: its name in [[jitsi.servers]]
    #[arg(long)]
    server: Option<String>,
    #[command(flatten)]
    json: Json,
}

/// Jitsi knows rooms in lower case; `*` would be all of them.
fn room(text: &str) -> Result<String, &'static str> {
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.~%".contains(&byte);
    let fits = !text.is_empty() && text.len() <= 200 && text.bytes().all(plain);
    fits.then(|| text.to_owned()).ok_or("use a to z, 0 to 9 and - _ . as Jitsi writes the name")
}

fn moment(text: &str) -> Result<Instant, &'static str> {
    Instant::parse(text).map_err(|_| "write it like 2026-12-03T08:50:00Z")
}

pub(super) fn run(settings: &Settings, asked: &Token) -> anyhow::Result<()> {
    ensure!(asked.nbf < asked.exp, "--exp must be after --nbf");
    let (server, secrets) = super::server(settings, asked.server.as_deref())?;
    let issuer = secrets.issuer.as_ref().ok_or(TokenError::NotTaken)?.build()?;
    let role = if asked.member { Role::Customer } else { Role::Host };
    let token = issuer.token(&RoomToken {
        room: &asked.room,
        window: Span { start: asked.nbf, end: asked.exp },
        person: role.affiliation().to_owned(),
        name: &asked.name,
        role,
    })?;
    let token = token.expose_secret();
    let url = format!("{}/{}#jwt={token}", server.url.as_str(), asked.room);
    if asked.json.json {
        return output::json(&json!({"token": token, "url": url})).context("the token");
    }
    output::line(format_args!("{url}"))
}
