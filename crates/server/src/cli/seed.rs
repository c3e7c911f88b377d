use clap::Args;
use roomkey_app::App;
use serde_json::json;

use super::Json;
use crate::output;

/// Hosts are named `seed-SEED-1` and so on; each has an event type `intro`. Nobody gets mail.
#[derive(Args)]
pub(super) struct Seed {
    /// How many hosts
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    hosts: u32,
    /// How many bookings in all
    #[arg(long)]
    bookings: u32,
    /// Another number makes another data set
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    json: Json,
}

pub(super) async fn run(app: &App, command: &Seed) -> anyhow::Result<()> {
    let Seed { hosts, bookings, seed, .. } = *command;
    let made = app.seed(roomkey_app::Seed { hosts, bookings, seed }).await?;
    if command.json.json {
        return output::json(&json!({ "hosts": made.hosts, "bookings": made.bookings }));
    }
    output::line(format_args!("Made {} hosts and {} bookings", made.hosts, made.bookings))?;
    Ok(())
}
