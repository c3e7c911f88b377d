use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use roomkey_app::{App, IssuedLink, NewEventLink};
use roomkey_core::{
    account::User,
    event_type::{Bounds, EventLink, EventType, Prefill},
    ids::EventLinkId,
    text::{EmailAddress, FieldError, PersonName, Title},
    time::{Instant, InvalidInstant, LocalDate, parse_date},
};
use serde_json::json;

use super::{Json, host};
use crate::output;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a link to an event type; its address is a secret, and printed this once
    Add(Add),
    /// List links, without their addresses
    List(List),
    /// Remove a link: it opens nothing any more
    Remove(Remove),
}

/// When a link expires.
#[derive(Debug, Clone, Copy)]
enum End {
    Time(Instant),
    /// At the end of that day, in the zone of the event type's schedule.
    Day(LocalDate),
}

fn end(text: &str) -> Result<End, InvalidInstant> {
    match parse_date(text) {
        Ok(date) => Ok(End::Day(date)),
        Err(_) => Instant::parse(text).map(End::Time),
    }
}

fn uses(text: &str) -> Result<u32, FieldError> {
    Bounds::LINK_USES.parse(text)
}

#[derive(Args)]
pub(super) struct Add {
    /// The host's handle
    #[arg(long)]
    host: String,
    /// The event type's slug
    #[arg(long, value_name = "SLUG")]
    event: String,
    /// By which the host knows it; customers do not see it
    #[arg(long, default_value = "Link")]
    name: Title,
    /// For so many bookings [default: for any number]
    #[arg(long, value_name = "N", value_parser = uses)]
    uses: Option<u32>,
    /// It works before this time, or to the end of this date in the zone of the event type's
    /// schedule [default: for ever]
    #[arg(long, value_name = "TIME-or-DATE", value_parser = end)]
    expires: Option<End>,
    /// Filled in as the customer's name
    #[arg(long, value_name = "NAME")]
    prefill_name: Option<PersonName>,
    /// Filled in as the customer's address
    #[arg(long, value_name = "EMAIL")]
    prefill_email: Option<EmailAddress>,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
pub(super) struct List {
    /// The host's handle
    #[arg(long)]
    host: String,
    /// Only those to this event type
    #[arg(long, value_name = "SLUG")]
    event: Option<String>,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
pub(super) struct Remove {
    /// The link's id
    id: String,
}

pub(super) async fn run(app: &App, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add(add) => self::add(app, add).await,
        Command::List(list) => self::list(app, list).await,
        Command::Remove(Remove { id }) => {
            let removed = match id.parse::<EventLinkId>() {
                Ok(id) => app.remove_any_event_link(id).await?,
                Err(_) => false,
            };
            if !removed {
                bail!("there is no link '{id}'");
            }
            output::line(format_args!("Removed {id}: it opens nothing any more"))
        }
    }
}

async fn add(app: &App, add: Add) -> anyhow::Result<()> {
    let host = host(app, &add.host).await?;
    let event = event(app, &host, &add.event).await?;
    let expires_at = match add.expires {
        None => None,
        Some(end) => Some(moment(app, &host, &event, end).await?),
    };
    if expires_at.is_some_and(|end| end <= app.now()) {
        bail!("--expires has passed, choose a later time");
    }
    let prefill = Prefill { name: add.prefill_name, email: add.prefill_email };
    let new = NewEventLink { name: add.name, uses: add.uses, expires_at, prefill };
    let IssuedLink { link, token } = app.add_event_link(host.id, event.id, new).await?;
    let url = app.site().event_link(&host.handle, &event.terms.slug, &token);
    if add.json.json {
        let mut shown = shown(&host, &event, &link);
        if let Some(shown) = shown.as_object_mut() {
            shown.insert("url".to_owned(), url.into());
        }
        return output::json(&shown);
    }
    output::line(format_args!("{url}"))
}

pub(super) async fn event(app: &App, host: &User, slug: &str) -> anyhow::Result<EventType> {
    let all = app.event_types(host.id).await?;
    all.into_iter()
        .find(|event| event.terms.slug.as_str() == slug)
        .with_context(|| format!("{} has no event type '{slug}'", host.handle))
}

async fn moment(app: &App, host: &User, event: &EventType, end: End) -> anyhow::Result<Instant> {
    let last_day = match end {
        End::Time(time) => return Ok(time),
        End::Day(date) => date,
    };
    let schedules = app.schedules(host.id).await?;
    let schedule = schedules.iter().find(|schedule| event.terms.is_by(schedule));
    let zone = schedule.map_or(host.time_zone, |schedule| schedule.time_zone);
    Ok(zone.start_of(last_day.succ_opt().unwrap_or(last_day)))
}

async fn list(app: &App, list: List) -> anyhow::Result<()> {
    let host = host(app, &list.host).await?;
    let events = match &list.event {
        Some(slug) => vec![event(app, &host, slug).await?],
        None => app.event_types(host.id).await?,
    };
    let mut all = Vec::new();
    for event in events {
        for IssuedLink { link, .. } in app.event_links(event.id).await? {
            if list.json.json {
                all.push(shown(&host, &event, &link));
            } else {
                let (id, slug, name) = (link.id, &event.terms.slug, &link.name);
                output::line(format_args!("{id}  {slug}  {}  {name}", state(&link, app.now())))?;
            }
        }
    }
    if list.json.json { output::json(&all) } else { Ok(()) }
}

/// What it is still good for.
fn state(link: &EventLink, now: Instant) -> String {
    if let Err(gone) = link.check(now) {
        return gone.to_string();
    }
    let uses = match link.uses_left {
        None => "any number of bookings".to_owned(),
        Some(1) => "1 booking".to_owned(),
        Some(left) => format!("{left} bookings"),
    };
    match link.expires_at {
        None => uses,
        Some(end) => format!("{uses} before {end}"),
    }
}

fn shown(host: &User, event: &EventType, link: &EventLink) -> serde_json::Value {
    json!({
        "id": link.id.to_string(),
        "host": host.handle,
        "event": event.terms.slug,
        "name": link.name,
        "uses_left": link.uses_left,
        "expires_at": link.expires_at.map(|end| end.to_string()),
        "prefill": { "name": link.prefill.name, "email": link.prefill.email },
    })
}
