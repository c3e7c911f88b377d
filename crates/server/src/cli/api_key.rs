use clap::{Args, Subcommand};
use roomkey_app::App;
use roomkey_core::{account::Scope, text::Title};
use serde_json::json;

use super::{Json, host};
use crate::output;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a key; it is printed this once
    Add(Add),
}

#[derive(Args)]
pub(super) struct Add {
    /// The handle of the host in whose name the key acts
    #[arg(long)]
    host: String,
    /// What it is for
    #[arg(long)]
    name: Title,
    /// bookings:read, bookings:write (implies read), event-types:write, schedules:write,
    /// webhooks:write or rooms:write; may be repeated
    #[arg(long = "scope", value_name = "SCOPE", required = true, num_args = 1.., value_delimiter = ',')]
    scopes: Vec<Scope>,
    #[command(flatten)]
    json: Json,
}

pub(super) async fn run(app: &App, Command::Add(add): Command) -> anyhow::Result<()> {
    let host = host(app, &add.host).await?;
    let made = app.add_api_key(host.id, add.name, add.scopes).await?;
    if add.json.json {
        let scopes: Vec<_> = made.key.scopes.iter().map(|scope| scope.as_str()).collect();
        return output::json(&json!({
            "id": made.key.id.to_string(),
            "name": made.key.name,
            "host": host.handle,
            "scopes": scopes,
            "key": made.expose(),
        }));
    }
    output::line(format_args!("{}", made.expose()))?;
    Ok(())
}
