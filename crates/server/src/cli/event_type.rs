use clap::{Args, Subcommand};
use roomkey_app::App;
use roomkey_core::{
    account::User,
    event_type::{Bounds, Buffers, EventType, RoomPolicy, Terms},
    text::{FieldError, Note, Slug, Title},
    time::Minutes,
};
use serde_json::json;

use super::{Json, host};
use crate::output;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add an event type; it can be booked at once
    Add(Box<Add>),
    /// List event types
    List(List),
}

fn duration(text: &str) -> Result<u32, FieldError> {
    Bounds::DURATION.parse(text)
}
fn increment(text: &str) -> Result<u32, FieldError> {
    Bounds::INCREMENT.parse(text)
}
fn buffer(text: &str) -> Result<u32, FieldError> {
    Bounds::BUFFER.parse(text)
}
fn min_notice(text: &str) -> Result<u32, FieldError> {
    Bounds::MIN_NOTICE.parse(text)
}
fn window_days(text: &str) -> Result<u32, FieldError> {
    Bounds::WINDOW_DAYS.parse(text)
}
fn room(text: &str) -> Result<u32, FieldError> {
    Bounds::ROOM.parse(text)
}
fn occupants(text: &str) -> Result<u32, FieldError> {
    Bounds::OCCUPANTS.parse(text)
}

#[derive(Args)]
pub(super) struct Add {
    /// The host's handle
    #[arg(long)]
    host: String,
    /// The last part of its address: 1 to 60 of a-z, 0-9 and -
    #[arg(long)]
    slug: Slug,
    /// What it is called
    #[arg(long)]
    title: Title,
    /// What it is
    #[arg(long, default_value = "")]
    description: Note,
    /// How long a booking is
    #[arg(long, value_name = "MINUTES", value_parser = duration)]
    duration: u32,
    /// Free time before a booking
    #[arg(long, value_name = "MINUTES", value_parser = buffer, default_value = "0")]
    buffer_before: u32,
    /// Free time after a booking
    #[arg(long, value_name = "MINUTES", value_parser = buffer, default_value = "0")]
    buffer_after: u32,
    /// How long ahead a booking must be made
    #[arg(long, value_name = "MINUTES", value_parser = min_notice, default_value = "0")]
    min_notice: u32,
    /// The last bookable date is so many days after today
    #[arg(long, value_name = "DAYS", value_parser = window_days, default_value = "60")]
    window_days: u32,
    /// From one offered start to the next [default: the duration]
    #[arg(long, value_name = "MINUTES", value_parser = increment)]
    increment: Option<u32>,
    /// The room opens so long before the start
    #[arg(long, value_name = "MINUTES", value_parser = room, default_value = "10")]
    early: u32,
    /// The room stays open so long after the end
    #[arg(long, value_name = "MINUTES", value_parser = room, default_value = "15")]
    grace: u32,
    /// How many people may be in the room [default: any number]
    #[arg(long, value_name = "PEOPLE", value_parser = occupants)]
    max_occupants: Option<u32>,
    /// Who does not know the password waits until a moderator lets them in (see docs/jitsi.md)
    #[arg(long)]
    lobby: bool,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
pub(super) struct List {
    /// Only this host's
    #[arg(long)]
    host: Option<String>,
    #[command(flatten)]
    json: Json,
}

pub(super) async fn run(app: &App, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add(add) => self::add(app, *add).await,
        Command::List(list) => self::list(app, list).await,
    }
}

async fn add(app: &App, add: Add) -> anyhow::Result<()> {
    let host = host(app, &add.host).await?;
    let terms = Terms {
        slug: add.slug,
        title: add.title,
        description: add.description,
        duration: Minutes(add.duration),
        increment: Minutes(add.increment.unwrap_or(add.duration)),
        buffers: Buffers { before: Minutes(add.buffer_before), after: Minutes(add.buffer_after) },
        min_notice: Minutes(add.min_notice),
        window_days: u16::try_from(add.window_days)?,
        room: RoomPolicy {
            early: Minutes(add.early),
            grace: Minutes(add.grace),
            max_occupants: add.max_occupants,
            lobby: add.lobby,
        },
    };
    let event_type = app.create_event_type(host.id, terms).await?;
    if add.json.json {
        return output::json(&shown(app, &host, &event_type));
    }
    output::line(format_args!(
        "Added '{}', bookable at {}",
        event_type.terms.title,
        url(app, &host, &event_type)
    ))?;
    Ok(())
}

async fn list(app: &App, list: List) -> anyhow::Result<()> {
    let hosts = match &list.host {
        Some(handle) => vec![host(app, handle).await?],
        None => app.hosts().await?,
    };
    let mut all = Vec::new();
    for host in hosts {
        for event_type in app.event_types(host.id).await? {
            if list.json.json {
                all.push(shown(app, &host, &event_type));
            } else {
                let terms = &event_type.terms;
                let address = url(app, &host, &event_type);
                output::line(format_args!("{address}  {}  {}", terms.duration, terms.title))?;
            }
        }
    }
    if list.json.json { output::json(&all) } else { Ok(()) }
}

fn url(app: &App, host: &User, event_type: &EventType) -> String {
    format!("{}/{}/{}", app.site().public_url.as_str(), host.handle, event_type.terms.slug)
}

fn shown(app: &App, host: &User, event_type: &EventType) -> serde_json::Value {
    let terms = &event_type.terms;
    json!({
        "id": event_type.id.to_string(),
        "host": host.handle,
        "slug": terms.slug,
        "title": terms.title,
        "description": terms.description,
        "duration": terms.duration,
        "increment": terms.increment,
        "buffer_before": terms.buffers.before,
        "buffer_after": terms.buffers.after,
        "min_notice": terms.min_notice,
        "window_days": terms.window_days,
        "early": terms.room.early,
        "grace": terms.room.grace,
        "max_occupants": terms.room.max_occupants,
        "lobby": terms.room.lobby,
        "url": url(app, host, event_type),
    })
}
