use clap::{Args, Subcommand};
use roomkey_app::App;
use roomkey_core::{
    availability::{Schedule, parse_override, parse_weekly},
    text::Title,
    time::TimeZone,
};
use serde_json::json;

use super::{Json, host};
use crate::output;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Replace a schedule of the host's
    Set(Set),
}

/// Days that no --weekly names are closed. A range may cross midnight (22:00-02:00), 24:00 is the
/// end of the day.
#[derive(Args)]
pub(super) struct Set {
    /// The host's handle
    #[arg(long)]
    host: String,
    /// Which of the host's schedules; made if there is none of that name [default: the default one]
    #[arg(long)]
    name: Option<Title>,
    /// The zone in which the hours are meant, like Europe/Berlin
    #[arg(long, value_name = "ZONE")]
    time_zone: TimeZone,
    /// Hours of every week, like "mon-fri 09:00-12:00,13:00-17:00"; may be repeated
    #[arg(long, value_name = "HOURS", required = true)]
    weekly: Vec<String>,
    /// Hours of one date in place of the weekly ones, like "2026-12-24 off"; may be repeated
    #[arg(long = "override", value_name = "HOURS")]
    overrides: Vec<String>,
    #[command(flatten)]
    json: Json,
}

pub(super) async fn run(app: &App, Command::Set(set): Command) -> anyhow::Result<()> {
    let weekly = parse_weekly(&set.weekly)?;
    let overrides =
        set.overrides.iter().map(|text| parse_override(text)).collect::<Result<_, _>>()?;
    let host = host(app, &set.host).await?;
    let (schedule, is_new) = match set.name {
        None => (app.set_schedule(host.id, set.time_zone, weekly, Some(overrides)).await?, false),
        Some(name) => {
            app.set_named_schedule(host.id, name, set.time_zone, weekly, overrides).await?
        }
    };
    if set.json.json {
        return output::json(&shown(&set.host, &schedule));
    }
    let (who, zone) = (&host.name, schedule.time_zone);
    match (is_new, schedule.is_default) {
        (true, _) => {
            output::line(format_args!("Made '{}', hours of {who} in {zone}", schedule.name))
        }
        (false, true) => output::line(format_args!("Set the hours of {who} in {zone}")),
        (false, false) => {
            output::line(format_args!("Set '{}', hours of {who} in {zone}", schedule.name))
        }
    }
}

fn shown(host: &str, schedule: &Schedule) -> serde_json::Value {
    let written = |hours: &roomkey_core::availability::DayHours| -> Vec<String> {
        let ranges = hours.ranges().iter();
        ranges.map(|range| format!("{}-{}", range.from().wall(), range.to().wall())).collect()
    };
    let weekly: serde_json::Map<_, _> = schedule
        .weekly
        .days()
        .map(|(day, hours)| (day.to_string().to_lowercase(), json!(written(hours))))
        .collect();
    let overrides: serde_json::Map<_, _> = schedule
        .overrides
        .iter()
        .map(|(date, hours)| (date.to_string(), json!(written(hours))))
        .collect();
    json!({
        "host": host,
        "name": schedule.name.as_str(),
        "default": schedule.is_default,
        "time_zone": schedule.time_zone.name(),
        "weekly": weekly,
        "overrides": overrides,
    })
}
