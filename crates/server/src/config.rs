//! The configuration: one TOML file, with the environment over it. An unknown key or a bad value
//! stops the start with a sentence that names it.

mod settings;
mod sources;

pub(crate) use settings::{LogFormat, Settings};

use std::path::Path;

use anyhow::Context;

/// Reads `--config FILE`, else `roomkey.toml` if there is one, and the environment.
pub(crate) fn load(file: Option<&Path>) -> anyhow::Result<Settings> {
    let table = sources::table(file)?;
    let raw: settings::Raw = table.try_into().context("the configuration can not be used")?;
    raw.check()
}
