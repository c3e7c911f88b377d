use anyhow::Context;
use clap::Args;
use roomkey_store::{SchemaPolicy, Store};
use serde_json::json;

use super::Json;
use crate::{config::Settings, output};

/// Also done by 'serve', safely when several start at once.
#[derive(Args)]
pub(super) struct Migrate {
    /// Only say which steps are missing; nothing is changed or made
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    json: Json,
}

pub(super) fn run(settings: &Settings, command: &Migrate) -> anyhow::Result<()> {
    let Migrate { dry_run, json: Json { json } } = *command;
    let url = &settings.database_url;
    let (exists, steps) = if dry_run {
        Store::inspect(url, None).map(|found| (found.exists, found.missing))
    } else {
        Store::migrate(url, SchemaPolicy::BringUpToDate).map(|steps| (true, steps))
    }
    .context("database_url can not be used")?;
    let steps: Vec<String> = steps.into_iter().map(|step| step.0).collect();
    if json {
        return output::json(&json!({ "dry_run": dry_run, "steps": steps }));
    }
    if !exists {
        output::line(format_args!(
            "there is no database yet; 'roomkey serve' or 'roomkey migrate' makes it"
        ))?;
    }
    let done = if dry_run { "would take" } else { "took" };
    for step in &steps {
        output::line(format_args!("{done} {step}"))?;
    }
    if steps.is_empty() {
        output::line(format_args!("The schema is up to date."))?;
    }
    Ok(())
}
