mod config;
mod docker;
mod probe;
mod prosody;
mod token;

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;
use roomkey_core::jitsi::{JitsiServer, ServerName};

use crate::config::{Jitsi, Settings};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Print what a Jitsi needs to ask this installation and to read its tokens, secrets included
    Config(config::Config),
    /// Ask a Jitsi, as a browser would, whether it enforces what is promised
    Probe(probe::Ask),
    /// Print a token that lets somebody into one room for a while
    Token(token::Token),
}

pub(super) fn run(settings: &Settings, command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Config(config) => config::run(settings, config)?,
        Command::Probe(ask) => return probe::run(settings, ask),
        Command::Token(token) => token::run(settings, token)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The Jitsi that a command names, or the first.
fn server<'a>(
    settings: &'a Settings,
    name: Option<&str>,
) -> anyhow::Result<(&'a JitsiServer, &'a Jitsi)> {
    let name = match name {
        None => None,
        Some(text) => {
            let name: ServerName = text.parse().context("--server")?;
            if !settings.site.jitsi.has(name) {
                bail!("--server: no [[jitsi.servers]] in the settings has the name {name}");
            }
            Some(name)
        }
    };
    let secrets = settings.jitsi.iter().find(|jitsi| jitsi.name == name);
    Ok((settings.site.jitsi.get(name), secrets.context("no such server")?))
}
