use anyhow::Context;
use clap::Args;
use roomkey_store::{SchemaPolicy, Store};

use crate::config::Settings;

/// Also done by 'serve', safely when several start at once.
#[derive(Args)]
pub(super) struct Migrate {
    /// Only say which steps are missing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(settings: &Settings, command: &Migrate) -> anyhow::Result<()> {
    let (policy, done) = if command.dry_run {
        (SchemaPolicy::DryRun, "would take")
    } else {
        (SchemaPolicy::BringUpToDate, "took")
    };
    let steps =
        Store::migrate(&settings.database_url, policy).context("database_url can not be used")?;
    for step in &steps {
        println!("{done} {}", step.0);
    }
    if steps.is_empty() {
        println!("The schema is up to date.");
    }
    Ok(())
}
