//! Whether a Jitsi enforces what Roomkey promises.

use std::{process::ExitCode, sync::Arc};

use anyhow::Context;
use clap::Args;
use roomkey_store::SchemaPolicy;
use tokio::sync::Notify;

use crate::{
    cli::Json,
    config::Settings,
    finding, parts,
    probe::{Place, Probe},
};

/// It makes rooms of its own, which nobody is told of, and closes them again.
#[derive(Args)]
pub(in crate::cli) struct Ask {
    /// For another Jitsi than the first: its name in [[jitsi.servers]]
    #[arg(long)]
    server: Option<String>,
    /// In whose name its rooms are made [default: the first host]
    #[arg(long)]
    host: Option<String>,
    /// Where its XMPP is [default: /xmpp-websocket below the Jitsi's address]
    #[arg(long, value_name = "URL")]
    websocket: Option<String>,
    /// The domain that people sign in to; docker-jitsi-meet has meet.jitsi [default: that of the Jitsi's address]
    #[arg(long, value_name = "DOMAIN")]
    xmpp_domain: Option<String>,
    /// The rooms' component; docker-jitsi-meet has muc.meet.jitsi [default: conference.DOMAIN]
    #[arg(long, value_name = "DOMAIN")]
    muc: Option<String>,
    #[command(flatten)]
    json: Json,
}

pub(super) fn run(settings: &Settings, asked: &Ask) -> anyhow::Result<ExitCode> {
    let (server, _) = super::server(settings, asked.server.as_deref())?;
    let domain = asked.xmpp_domain.clone().unwrap_or_else(|| server.url.domain().to_owned());
    let place = Place {
        websocket: asked.websocket.clone().unwrap_or_else(|| {
            format!("{}/xmpp-websocket", server.url.as_str().replacen("http", "ws", 1))
        }),
        muc: asked.muc.clone().unwrap_or_else(|| format!("conference.{domain}")),
        focus: format!("focus.{domain}"),
        domain: domain.clone(),
    };
    let app = parts::app(settings, SchemaPolicy::MakeIfEmpty, Arc::new(Notify::new()))?;
    let findings = actix_web::rt::System::new().block_on(async {
        let host = match &asked.host {
            Some(handle) => crate::cli::host(&app, handle).await?,
            None => app.hosts().await?.into_iter().next().context(
                "there is no host in whose name the probe's rooms are made; add one with 'roomkey user add'",
            )?,
        };
        let probe = Probe { app: &app, host, server, place, guests: format!("guest.{domain}") };
        probe.run().await
    })?;
    finding::print(&findings, asked.json.json)
}
