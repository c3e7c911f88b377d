use std::str::FromStr;

use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand};
use roomkey_app::{App, QuestionChange};
use roomkey_core::{
    account::User,
    booking::Side,
    event_type::{
        Bounds, Buffers, Dates, EventType, Grid, InvalidLocation, Limit, Limits, Location,
        Reminders, RoomPolicy, Terms, Visibility, Window,
    },
    ids::ScheduleId,
    jitsi::ServerName,
    question::{Asked, Kind, Question},
    text::{FieldError, Line, Note, QuestionId, Slug, Title},
    time::{LocalDate, Minutes, parse_date},
};
use serde_json::json;

use super::{Json, host};
use crate::output;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add an event type; it can be booked at once
    Add(Box<Add>),
    /// Ask customers one more question
    Ask(Box<Ask>),
    /// List event types
    List(List),
}

fn duration(text: &str) -> Result<u32, FieldError> {
    Bounds::DURATION.parse(text)
}
fn increment(text: &str) -> Result<u32, FieldError> {
    Bounds::INCREMENT.parse(text)
}
fn offset(text: &str) -> Result<u32, FieldError> {
    Bounds::OFFSET.parse(text)
}
fn buffer(text: &str) -> Result<u32, FieldError> {
    Bounds::BUFFER.parse(text)
}
fn min_notice(text: &str) -> Result<u32, FieldError> {
    Bounds::MIN_NOTICE.parse(text)
}
fn confirm_within(text: &str) -> Result<u32, FieldError> {
    Bounds::CONFIRM.parse(text)
}
fn seats(text: &str) -> Result<u32, FieldError> {
    Bounds::SEATS.parse(text)
}
fn series(text: &str) -> Result<u32, FieldError> {
    Bounds::SERIES_OR_NONE.parse(text)
}
fn guests(text: &str) -> Result<u32, FieldError> {
    Bounds::GUESTS.parse(text)
}
fn waiting_list(text: &str) -> Result<u32, FieldError> {
    Ok(Terms::read_waiting_list(text)?.map_or(0, |kept| kept.0))
}

/// The reminders of one side; `none` for none.
#[derive(Debug, Clone)]
struct ReminderList(Vec<Minutes>);

impl FromStr for ReminderList {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        Reminders::read(if text == "none" { "" } else { text }).map(Self)
    }
}

fn customer_notice(text: &str) -> Result<u32, FieldError> {
    Bounds::CUSTOMER_NOTICE.parse(text)
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
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command")]
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
    /// How long a booking is; repeated, lengths to choose from, the first of them the usual one
    #[arg(long, value_name = "MINUTES", value_parser = duration, required = true)]
    duration: Vec<u32>,
    /// Free time before a booking
    #[arg(long, value_name = "MINUTES", value_parser = buffer, default_value = "0")]
    buffer_before: u32,
    /// Free time after a booking
    #[arg(long, value_name = "MINUTES", value_parser = buffer, default_value = "0")]
    buffer_after: u32,
    /// How long ahead a booking must be made
    #[arg(long, value_name = "MINUTES", value_parser = min_notice, default_value = "0")]
    min_notice: u32,
    /// Customers can cancel until so long before the start [default: until it begins]
    #[arg(
        long, value_name = "MINUTES", value_parser = customer_notice, default_value = "0",
        hide_default_value = true
    )]
    cancel_notice: u32,
    /// Each booking waits for the host's yes; the time is kept meanwhile
    #[arg(long)]
    requires_confirmation: bool,
    /// A request that is not answered so long expires
    #[arg(
        long, value_name = "MINUTES", value_parser = confirm_within, default_value = "1440",
        requires = "requires_confirmation"
    )]
    confirm_within: u32,
    /// So many customers can book the same time, each with a seat of their own
    #[arg(long, value_name = "PEOPLE", value_parser = seats, default_value = "1")]
    seats: u32,
    /// It can be booked up to so many times at once: every week, every two weeks or every month; 0 is not
    #[arg(long, value_name = "TIMES", value_parser = series, default_value = "0")]
    series: u32,
    /// How many people a customer may bring along; none where there are seats
    #[arg(long, value_name = "PEOPLE", value_parser = guests, default_value_t = Terms::USUAL_GUESTS)]
    guests: u32,
    /// Those who book the same time see each other's names
    #[arg(long)]
    show_attendees: bool,
    /// Customers show first that the email address they give is theirs: by a button in a mail
    #[arg(long)]
    email_proof: bool,
    /// Where there is no free time, customers can join a waiting list; a time that becomes free is kept so long for
    /// the first in line [default: no waiting list]
    #[arg(
        long, value_name = "MINUTES", value_parser = waiting_list, default_value = "0",
        hide_default_value = true
    )]
    waiting_list: u32,
    /// Customers, and whom they bring along, are reminded so long before the start: like 1440,60, or none
    #[arg(long, value_name = "MINUTES", default_value = "1440")]
    remind: ReminderList,
    /// The host is reminded so long before the start: like 60,10, or none
    #[arg(long, value_name = "MINUTES", default_value = "none")]
    remind_host: ReminderList,
    /// Customers can move a booking until so long before the start [default: until it begins]
    #[arg(
        long, value_name = "MINUTES", value_parser = customer_notice, default_value = "0",
        hide_default_value = true
    )]
    move_notice: u32,
    /// The last bookable date is so many days after today
    #[arg(long, value_name = "DAYS", value_parser = window_days, default_value = "60")]
    window_days: u32,
    /// The last bookable date is so many days from Monday to Friday after today
    #[arg(long, value_name = "DAYS", value_parser = window_days, conflicts_with = "window_days")]
    window_business_days: Option<u32>,
    /// The first bookable date, together with --window-last
    #[arg(
        long, value_name = "DATE", value_parser = parse_date, requires = "window_last",
        conflicts_with_all = ["window_days", "window_business_days"]
    )]
    window_first: Option<LocalDate>,
    /// The last bookable date, together with --window-first
    #[arg(long, value_name = "DATE", value_parser = parse_date, requires = "window_first")]
    window_last: Option<LocalDate>,
    /// At most so much in a day, week, month or year, like "4 bookings a day" or "600 minutes a
    /// week"; may be repeated
    #[arg(long, value_name = "LIMIT")]
    limit: Vec<Limit>,
    /// By which of the host's schedules [default: the default one]
    #[arg(long, value_name = "NAME")]
    schedule: Option<String>,
    /// From one offered start to the next [default: the duration]
    #[arg(long, value_name = "MINUTES", value_parser = increment)]
    increment: Option<u32>,
    /// From the start of the hours to the first offered start
    #[arg(long, value_name = "MINUTES", value_parser = offset, default_value = "0")]
    offset: u32,
    #[arg(
        long,
        value_name = "KIND",
        default_value = "jitsi",
        help = "Where to meet: jitsi, phone (customers call you), call (you call them), in_person or link"
    )]
    location: String,
    /// The telephone number, the place, or the address on the web
    #[arg(long, value_name = "TEXT", default_value = "")]
    location_detail: String,
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
    /// Only you are told the password: everybody else waits in the lobby until you let them in
    #[arg(long)]
    knock: bool,
    /// On another Jitsi than the first: its name in [[jitsi.servers]]
    #[arg(long, value_name = "NAME")]
    jitsi_server: Option<ServerName>,
    #[command(flatten)]
    listed: Listed,
    /// Calendar entries have the room's password in them; others may see them
    #[arg(long)]
    password_in_calendar: bool,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
pub(super) struct Ask {
    /// The host's handle
    #[arg(long)]
    host: String,
    /// The event type's slug
    #[arg(long)]
    slug: Slug,
    /// The question as customers read it
    #[arg(long)]
    label: Line,
    #[arg(
        long,
        default_value = "short_text",
        help = "short_text, long_text, select, checkbox, phone, number, or consent, which is always required"
    )]
    kind: String,
    /// One of the choices of a select; repeat it for each
    #[arg(long)]
    choice: Vec<String>,
    /// Nobody can book without an answer
    #[arg(long)]
    required: bool,
    /// Nobody is asked: only a link to the page can answer it
    #[arg(long, conflicts_with = "required")]
    hidden: bool,
    /// Its name in links, answers and exports [default: made of the label]
    #[arg(long)]
    id: Option<QuestionId>,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
struct Listed {
    /// No page lists it; whoever has its address can book it
    #[arg(long)]
    hidden: bool,
    /// Nobody sees or books it without one of its links; see 'roomkey event-link add'
    #[arg(long, conflicts_with = "hidden")]
    link_only: bool,
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
        Command::Ask(ask) => self::ask(app, *ask).await,
        Command::List(list) => self::list(app, list).await,
    }
}

async fn add(app: &App, add: Add) -> anyhow::Result<()> {
    let host = host(app, &add.host).await?;
    let schedule = match &add.schedule {
        None => None,
        Some(name) => {
            let all = app.schedules(host.id).await?;
            let named = all.into_iter().find(|schedule| schedule.name.as_str() == name.as_str());
            Some(named.with_context(|| format!("there is no schedule '{name}'"))?.id)
        }
    };
    if let Some(name) = add.jitsi_server
        && !app.site().jitsi.has(name)
    {
        bail!("--jitsi-server: no [[jitsi.servers]] in the settings has the name {name}");
    }
    let as_json = add.json.json;
    let terms = add.terms(schedule)?;
    let event_type = app.create_event_type(host.id, terms).await?;
    if as_json {
        return output::json(&shown(app, &host, &event_type));
    }
    let title = &event_type.terms.title;
    if let Some(why) = app.unbookable(&event_type.terms, &app.schedules(host.id).await?) {
        return output::line(format_args!(
            "Added '{title}'; nobody can book it as it stands: {why}"
        ));
    }
    if event_type.terms.visibility == Visibility::Link {
        return output::line(format_args!(
            "Added '{title}'; make links with 'roomkey event-link add'"
        ));
    }
    output::line(format_args!("Added '{title}', bookable at {}", url(app, &host, &event_type)))
}

impl Listed {
    const fn visibility(&self) -> Visibility {
        if self.link_only {
            Visibility::Link
        } else if self.hidden {
            Visibility::Hidden
        } else {
            Visibility::Public
        }
    }
}

impl Add {
    fn terms(self, schedule: Option<ScheduleId>) -> anyhow::Result<Terms> {
        let window = match (self.window_first.zip(self.window_last), self.window_business_days) {
            (Some((first, last)), _) => Window::Dates(
                Dates::new(first, last).context("--window-last is before --window-first")?,
            ),
            (None, Some(days)) => Window::BusinessDays(u16::try_from(days)?),
            (None, None) => Window::Days(u16::try_from(self.window_days)?),
        };
        let mut limits = Limits::default();
        for limit in self.limit {
            if let Some(before) = limits.set(limit) {
                bail!("--limit: '{before}' and '{limit}' are for the same, give one of them");
            }
        }
        let mut lengths = self.duration.into_iter().map(Minutes);
        let usual = lengths.next().context("--duration is missing")?;
        let mut terms = Terms {
            grid: Grid { increment: self.increment.map(Minutes), offset: Minutes(self.offset) },
            buffers: Buffers {
                before: Minutes(self.buffer_before),
                after: Minutes(self.buffer_after),
            },
            min_notice: Minutes(self.min_notice),
            cancel_notice: Minutes(self.cancel_notice),
            seats: Terms::seats_for(self.seats),
            series: Terms::series_for(self.series).context("--series")?,
            shows_attendees: self.show_attendees,
            guests: self.guests,
            confirm_within: self.requires_confirmation.then_some(Minutes(self.confirm_within)),
            email_proof: self.email_proof,
            waiting_list: (self.waiting_list > 0).then_some(Minutes(self.waiting_list)),
            reminders: Reminders::new(self.remind.0, self.remind_host.0)?,
            move_notice: Minutes(self.move_notice),
            window,
            limits,
            schedule,
            visibility: self.listed.visibility(),
            password_in_calendar: self.password_in_calendar,
            location: location(&self.location, &self.location_detail)?,
            room: RoomPolicy {
                early: Minutes(self.early),
                grace: Minutes(self.grace),
                max_occupants: self.max_occupants,
                lobby: self.lobby,
                knock: self.knock,
                server: self.jitsi_server,
            },
            ..Terms::usual(self.slug, self.title, self.description, usual)
        };
        terms.repeats_with().map_err(|why| anyhow!("--series: {why}"))?;
        terms.set_durations(usual, lengths.collect()).context("--duration")?;
        Ok(terms)
    }
}

fn location(kind: &str, detail: &str) -> anyhow::Result<Location> {
    Location::parse(kind, detail).map_err(|error| match error {
        InvalidLocation::Kind => anyhow!("--location: {error}"),
        InvalidLocation::Detail(error) => anyhow!("--location-detail: {error}"),
    })
}

async fn ask(app: &App, ask: Ask) -> anyhow::Result<()> {
    let host = host(app, &ask.host).await?;
    let all = app.event_types(host.id).await?;
    let named = all.into_iter().find(|event| event.terms.slug == ask.slug);
    let event_type = named.with_context(|| format!("there is no event type '{}'", ask.slug))?;
    let kind = Kind::parse(&ask.kind, &ask.choice.join("\n")).map_err(|error| match error {
        Some(error) => anyhow!("--choice: {error}"),
        None => anyhow!("--kind: use {}", Kind::NAMES.join(", ")),
    })?;
    let asked = match (ask.required || kind == Kind::Consent, ask.hidden) {
        (_, true) => Asked::Hidden,
        (true, false) => Asked::Required,
        (false, false) => Asked::Optional,
    };
    let id = ask.id.unwrap_or_else(|| event_type.terms.questions.name_for(&ask.label));
    let question = Question::new(id.clone(), ask.label, kind, asked).context("--hidden")?;
    let change = QuestionChange::Add(question);
    let event_type = app.change_questions(host.id, event_type.id, change).await?;
    if ask.json.json {
        return output::json(&shown(app, &host, &event_type));
    }
    output::line(format_args!("Added '{id}': links can answer it with q_{id}=…"))
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
    app.site().event_page(&host.handle, &event_type.terms.slug)
}

fn shown(app: &App, host: &User, event_type: &EventType) -> serde_json::Value {
    let terms = &event_type.terms;
    let limits: Vec<String> = terms.limits.iter().map(|limit| limit.to_string()).collect();
    let (days, business_days, dates) = match terms.window {
        Window::Days(days) => (Some(days), None, None),
        Window::BusinessDays(days) => (None, Some(days), None),
        Window::Dates(dates) => (None, None, Some(dates)),
    };
    json!({
        "id": event_type.id.to_string(),
        "host": host.handle,
        "slug": terms.slug,
        "title": terms.title,
        "description": terms.description,
        "duration": terms.duration,
        "durations": terms.durations(),
        "increment": terms.grid.increment.unwrap_or(terms.duration),
        "offset": terms.grid.offset,
        "buffer_before": terms.buffers.before,
        "buffer_after": terms.buffers.after,
        "min_notice": terms.min_notice,
        "cancel_notice": terms.cancel_notice,
        "requires_confirmation": terms.confirm_within.is_some(),
        "confirm_within": terms.confirm_within,
        "seats": terms.seats.unwrap_or(1),
        "series": terms.series.unwrap_or(0),
        "show_attendees": terms.shows_attendees,
        "guests": terms.guests,
        "email_proof": terms.email_proof,
        "waiting_list": terms.waiting_list,
        "reminders": terms.reminders.of(Side::Customer),
        "host_reminders": terms.reminders.of(Side::Host),
        "move_notice": terms.move_notice,
        "window_days": days,
        "window_business_days": business_days,
        "window_first": dates.map(|dates| dates.first().to_string()),
        "window_last": dates.map(|dates| dates.last().to_string()),
        "limits": limits,
        "schedule": terms.schedule.map(|id| id.to_string()),
        "early": terms.room.early,
        "grace": terms.room.grace,
        "max_occupants": terms.room.max_occupants,
        "lobby": terms.room.lobby,
        "knock": terms.room.knock,
        "jitsi_server": terms.room.server.map(|name| name.to_string()),
        "visibility": terms.visibility.as_str(),
        "password_in_calendar": terms.password_in_calendar,
        "location": {"kind": terms.location.kind(), "detail": terms.location.detail()},
        "questions": terms.questions.iter().map(question).collect::<Vec<_>>(),
        "url": url(app, host, event_type),
    })
}

fn question(question: &Question) -> serde_json::Value {
    json!({
        "id": question.id(),
        "label": question.label(),
        "kind": question.kind().as_str(),
        "choices": question.kind().choices(),
        "asked": question.asked().as_str(),
    })
}
