use clap::{Args, Subcommand};
use roomkey_app::App;
use roomkey_core::{
    account::User,
    event_type::EventType,
    time::Instant,
    waiting_list::{Entry, State},
};
use serde_json::json;

use super::{Json, event_link::event, host};
use crate::output;

#[derive(Subcommand)]
pub(super) enum Command {
    /// List who is in line, the first of each event type first
    List(List),
}

#[derive(Args)]
pub(super) struct List {
    /// The host's handle
    #[arg(long)]
    host: String,
    /// Only those who wait for this event type
    #[arg(long, value_name = "SLUG")]
    event: Option<String>,
    #[command(flatten)]
    json: Json,
}

pub(super) async fn run(app: &App, command: Command) -> anyhow::Result<()> {
    let Command::List(List { host: handle, event: slug, json }) = command;
    let host = host(app, &handle).await?;
    let events = match &slug {
        Some(slug) => vec![event(app, &host, slug).await?],
        None => app.event_types(host.id).await?,
    };
    let mut all = Vec::new();
    for event in events {
        for entry in app.waiting_with(host.id, Some(event.id)).await? {
            if json.json {
                all.push(shown(&host, &event, &entry, app.now()));
            } else {
                let (slug, name, email) = (&event.terms.slug, &entry.name, &entry.email);
                let (what, state) = (wish(&entry), state(&entry, app.now()));
                output::line(format_args!("{slug}  {what}  {state}  {name} <{email}>"))?;
            }
        }
    }
    if json.json { output::json(&all) } else { Ok(()) }
}

fn wish(Entry { wish, .. }: &Entry) -> String {
    match (wish.day, wish.until) {
        (Some(day), _) => day.to_string(),
        (None, Some(until)) => format!("any day until {until}"),
        (None, None) => "any day".to_owned(),
    }
}

fn state(entry: &Entry, now: Instant) -> String {
    match entry.state_at(now) {
        State::Offered(offered) => {
            format!("offered {} until {}", offered.span.start, offered.until)
        }
        state => state.as_str().to_owned(),
    }
}

fn shown(host: &User, event: &EventType, entry: &Entry, now: Instant) -> serde_json::Value {
    let state = entry.state_at(now);
    let offered = match state {
        State::Offered(offered) => json!({
            "start": offered.span.start.to_string(),
            "until": offered.until.to_string(),
        }),
        _ => serde_json::Value::Null,
    };
    json!({
        "id": entry.id.to_string(),
        "host": host.handle,
        "event": event.terms.slug,
        "name": entry.name,
        "email": entry.email,
        "time_zone": entry.time_zone.to_string(),
        "duration": entry.wish.duration,
        "day": entry.wish.day.map(|day| day.to_string()),
        "until": entry.wish.until.map(|until| until.to_string()),
        "joined_at": entry.joined_at.to_string(),
        "state": state.as_str(),
        "offered": offered,
    })
}
