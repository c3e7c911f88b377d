use anyhow::Context;
use clap::{Args, Subcommand};
use roomkey_app::{App, RoomFilter};
use roomkey_core::{
    booking::Side,
    event_type::Bounds,
    ids::RoomId,
    room::{Ended, RoomRequest, StandaloneRoom},
    text::{FieldError, Title},
    time::{Edge, Instant, InvalidInstant, Span, parse_moment},
};
use roomkey_web::StandaloneRoomJson;

use super::{Json, host};
use crate::output;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make a room without a booking: a name, a password, and a time in which it can be opened
    Add(Add),
    /// List a host's rooms without a booking, by start
    List(List),
    /// Show one of them, and when it was open
    Show(One),
    /// Close it for good; whoever is in it stays until it is empty or its time is over
    Revoke(One),
}

fn occupants(text: &str) -> Result<u32, FieldError> {
    Bounds::OCCUPANTS.parse(text)
}

fn from(text: &str) -> Result<Instant, InvalidInstant> {
    parse_moment(text, Edge::Start)
}

fn to(text: &str) -> Result<Instant, InvalidInstant> {
    parse_moment(text, Edge::End)
}

#[derive(Args)]
pub(super) struct Add {
    /// The handle of the host whose room it is
    #[arg(long)]
    host: String,
    /// When it can be opened, like 2026-12-03T09:00:00Z; nobody is let in earlier
    #[arg(long, value_parser = Instant::parse)]
    start: Instant,
    /// When it is closed, at most 24 hours later
    #[arg(long, value_parser = Instant::parse)]
    end: Instant,
    /// At most so many people [default: any number]
    #[arg(long, value_name = "PEOPLE", value_parser = occupants)]
    max_occupants: Option<u32>,
    /// People wait until somebody lets them in
    #[arg(long)]
    lobby: bool,
    /// By which you know it again
    #[arg(long)]
    label: Option<Title>,
    /// It takes the host's time: nothing else can be booked then
    #[arg(long)]
    blocks: bool,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
pub(super) struct List {
    /// The host's handle
    #[arg(long)]
    host: String,
    /// Only those that end after this time, or this date in UTC
    #[arg(long, value_name = "TIME-or-DATE", value_parser = from)]
    from: Option<Instant>,
    /// Only those that start before this time, or before this date ends in UTC
    #[arg(long, value_name = "TIME-or-DATE", value_parser = to)]
    to: Option<Instant>,
    /// So many at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
pub(super) struct One {
    /// The room's id
    id: String,
    #[command(flatten)]
    json: Json,
}

pub(super) async fn run(app: &App, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add(add) => self::add(app, add).await,
        Command::List(list) => self::list(app, list).await,
        Command::Show(One { id, json }) => {
            let made = find(app, &id).await?;
            let conferences = app.conferences_in(made.room.id).await?;
            let told = StandaloneRoomJson::new(&made, app.site());
            let now = app.now();
            if json.json {
                return output::json(&told.with_conferences(&conferences, now));
            }
            print(app, &made)?;
            for each in &conferences {
                let ended = each.ended(now).map(Ended::at);
                let ended =
                    ended.map_or_else(|| "still open".to_owned(), |at| format!("until {at}"));
                output::line(format_args!("  open from {} {ended}", each.opened_at))?;
            }
            Ok(())
        }
        Command::Revoke(One { id, json }) => {
            let made = find(app, &id).await?;
            let revoked = app.revoke_standalone_room(made.host, made.room.id).await?;
            let revoked = revoked.with_context(|| format!("there is no room '{id}'"))?;
            if json.json {
                return output::json(&StandaloneRoomJson::new(&revoked, app.site()));
            }
            output::line(format_args!("Closed {id}: nobody can open it any more"))
        }
    }
}

async fn add(app: &App, add: Add) -> anyhow::Result<()> {
    let host = host(app, &add.host).await?;
    let request = RoomRequest {
        span: Span { start: add.start, end: add.end },
        max_occupants: add.max_occupants,
        lobby: add.lobby,
        label: add.label,
        blocks: add.blocks,
        server: None,
    };
    let made = app.add_standalone_room(host.id, None, request, None).await?;
    if add.json.json {
        return output::json(&StandaloneRoomJson::new(&made, app.site()));
    }
    print(app, &made)
}

async fn list(app: &App, list: List) -> anyhow::Result<()> {
    let host = host(app, &list.host).await?;
    let filter =
        RoomFilter { from: list.from, to: list.to, limit: list.limit, ..RoomFilter::default() };
    let found = app.standalone_rooms(host.id, filter).await?;
    if list.json.json {
        let all: Vec<_> =
            found.iter().map(|made| StandaloneRoomJson::new(made, app.site())).collect();
        return output::json(&all);
    }
    found.iter().try_for_each(|made| {
        let state = if made.revoked_at.is_some() { "  closed" } else { "" };
        let label = made.label.as_ref().map(|label| format!("  {label}")).unwrap_or_default();
        let (id, Span { start, end }) = (made.room.id, made.span);
        output::line(format_args!("{id}  {start} to {end}{state}{label}"))
    })
}

fn print(app: &App, made: &StandaloneRoom) -> anyhow::Result<()> {
    let Span { start, end } = made.span;
    output::line(format_args!("{}  {start} to {end}", made.room.id))?;
    if let Some(label) = &made.label {
        output::line(format_args!("  {label}"))?;
    }
    if let Some(at) = made.revoked_at {
        output::line(format_args!("  closed since {at}"))?;
    }
    output::line(format_args!("  {}", app.site().room(&made.room)))?;
    if let Some(password) = app.site().password(&made.room, Side::Host) {
        output::line(format_args!("  password {password}"))?;
    }
    Ok(())
}

async fn find(app: &App, id: &str) -> anyhow::Result<StandaloneRoom> {
    let found = match id.parse::<RoomId>() {
        Ok(id) => app.any_standalone_room(id).await?,
        Err(_) => None,
    };
    found.with_context(|| format!("there is no room '{id}'"))
}
