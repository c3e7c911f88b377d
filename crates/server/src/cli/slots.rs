use clap::{Args, Subcommand};
use roomkey_app::{App, Page};
use roomkey_core::{
    event_type::Bounds,
    text::FieldError,
    time::{Instant, InvalidInstant, Minutes},
};
use serde_json::json;

use super::{Json, local::in_words};
use crate::output;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Say of a time whether it can be booked, and everything that speaks against it
    Explain(Explain),
}

fn instant(text: &str) -> Result<Instant, InvalidInstant> {
    Instant::parse(text)
}

fn duration(text: &str) -> Result<u32, FieldError> {
    Bounds::DURATION.parse(text)
}

#[derive(Args)]
pub(super) struct Explain {
    /// The host's handle
    #[arg(long)]
    host: String,
    /// The event type's slug
    #[arg(long, value_name = "SLUG")]
    event: String,
    /// The start in question, like 2026-12-03T09:00:00Z
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Instant,
    /// For how long [default: the event type's usual length]
    #[arg(long, value_name = "MINUTES", value_parser = duration)]
    duration: Option<u32>,
    #[command(flatten)]
    json: Json,
}

pub(super) async fn run(app: &App, Command::Explain(asked): Command) -> anyhow::Result<()> {
    let page = Page::own(asked.host, asked.event);
    let explained = app.explain(page, asked.duration.map(Minutes), asked.at).await?;
    let zone = explained.schedule.time_zone;
    if asked.json.json {
        let reasons: Vec<_> = explained
            .reasons
            .iter()
            .map(|(refusal, text)| json!({ "code": refusal.code(), "message": text }))
            .collect();
        return output::json(&json!({
            "time_zone": zone.name(),
            "offered": explained.slot.is_some(),
            "reasons": reasons,
        }));
    }
    let local = in_words(zone, asked.at);
    let verdict = if explained.slot.is_some() { "can be booked" } else { "can not be booked" };
    output::line(format_args!("{local} ({zone}) {verdict}"))?;
    for (_, reason) in &explained.reasons {
        output::line(format_args!("- {reason}"))?;
    }
    Ok(())
}
