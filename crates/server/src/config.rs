//! The configuration: one TOML file, with the environment over it. An unknown key or a bad value
//! stops the start with a sentence that names the key and where it was given.

mod given;
mod jitsi;
mod settings;
mod sources;

pub(crate) use jitsi::{Issuer, IssuerKey, Jitsi};
pub(crate) use settings::{LogFormat, Settings};

use std::path::Path;

/// Reads `--config FILE`, else `roomkey.toml` if there is one, and the environment.
pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Settings> {
    let mut given = sources::read(file)?;
    let settings = settings::check(&mut given)?;
    given.finish()?;
    Ok(settings)
}
