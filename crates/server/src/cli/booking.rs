use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use roomkey_app::{
    Answer, App, BookingDetails, BookingFilter, BookingSearch, CancelRequest, Cursor, Page,
    ProposalAnswer, Says, Wanted,
};
use roomkey_core::{
    account::User,
    booking::{
        Attendance, BookingRequest, Event, Every, Happening, Repeat, SeriesScope, Side, Status,
    },
    ids::BookingId,
    question::Given,
    text::{EmailAddress, Note, PersonName},
    time::{Edge, Instant, InvalidInstant, LocalDate, TimeZone, parse_date, parse_moment},
};
use roomkey_web::{BookingJson, Export, booking_json};

use super::{Json, host, local::local};
use crate::output;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Book a customer in
    Add(Box<Add>),
    /// Show a booking
    Show(Show),
    /// List bookings by start
    List(List),
    /// Say yes to a request, or to a series that was asked for as a whole; both sides get their invitation
    Confirm(Show),
    /// Say no to a request, or to a series that was asked for as a whole; the customer is told
    Decline(Decline),
    /// Move a booking to another free time; both sides are told
    Move(Move),
    /// Propose other times for a booking; the customer chooses one of them, or none
    Propose(Propose),
    /// Say yes to a customer who asks for another time; both sides are told
    AcceptMove(AcceptMove),
    /// Say no to a customer who asks for another time; the booking stays as it is
    DeclineMove(Decline),
    /// Call a booking off; both sides are told
    Cancel(Cancel),
    /// Mark that the customer came; nobody is told
    Attended(Mark),
    /// Mark that the customer did not come; nobody is told
    NoShow(Mark),
    /// Note something for the host alone, in the place of what was noted before
    Note(NoteText),
    /// Print a host's bookings as comma-separated values, for spreadsheets; at most 10,000
    Export(ExportCsv),
}

fn instant(text: &str) -> Result<Instant, InvalidInstant> {
    Instant::parse(text)
}

fn from(text: &str) -> Result<Instant, InvalidInstant> {
    parse_moment(text, Edge::Start)
}

fn to(text: &str) -> Result<Instant, InvalidInstant> {
    parse_moment(text, Edge::End)
}

#[derive(Args)]
pub(super) struct Add {
    /// The host's handle
    #[arg(long)]
    host: String,
    /// The event type's slug
    #[arg(long, value_name = "SLUG")]
    event: String,
    /// When it starts, like 2026-12-03T09:00:00Z; it must be a free time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    start: Instant,
    /// Book it also where the host's own hours, notice, limits or calendars are against it; never over another
    /// booking
    #[arg(long)]
    r#override: bool,
    /// The customer's name
    #[arg(long)]
    name: PersonName,
    /// The customer's address
    #[arg(long)]
    email: EmailAddress,
    /// The customer's time zone [default: the host's]
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<TimeZone>,
    /// The email address of somebody who comes along; may be repeated
    #[arg(long, value_name = "EMAIL")]
    guest: Vec<EmailAddress>,
    /// What the host should know
    #[arg(long, default_value = "")]
    note: Note,
    /// An answer to a question of the event type, like "company=Acme"; may be repeated
    #[arg(long, value_name = "ID=TEXT", value_parser = answer)]
    answer: Vec<(String, String)>,
    #[command(flatten)]
    series: Series,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
struct Series {
    #[arg(
        long,
        value_name = "EVERY",
        requires = "times",
        help = "Book it again and again, all of it or nothing: week, two_weeks or month"
    )]
    repeat: Option<Every>,
    /// How many weeks, pairs of weeks or months, those that are left out included
    #[arg(long, value_name = "NUMBER", requires = "repeat")]
    times: Option<u32>,
    /// A date that is left out, by the clock of the host's schedule; may be repeated
    #[arg(long, value_name = "DATE", value_parser = parse_date, requires = "repeat")]
    except: Vec<LocalDate>,
}

impl Series {
    fn wanted(self) -> Option<Repeat> {
        let (every, count) = self.repeat.zip(self.times)?;
        Some(Repeat { every, count, except: self.except })
    }
}

fn answer(text: &str) -> anyhow::Result<(String, String)> {
    let (question, answer) = text.split_once('=').context("give it as ID=TEXT")?;
    Ok((question.to_owned(), answer.to_owned()))
}

#[derive(Args)]
pub(super) struct Show {
    /// The booking's id
    id: String,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
pub(super) struct List {
    /// Only this host's
    #[arg(long)]
    host: Option<String>,
    /// unverified, pending, confirmed, declined, expired or cancelled
    #[arg(long)]
    status: Option<Status>,
    /// Only those that end after this time, or after this date began in UTC
    #[arg(long, value_name = "TIME", value_parser = from)]
    from: Option<Instant>,
    /// Only those that start before this time, or before this date ends in UTC
    #[arg(long, value_name = "TIME", value_parser = to)]
    to: Option<Instant>,
    /// Only future ones whose wall time is another one by newer zone data than when they were booked
    #[arg(long)]
    wall_time_moved: bool,
    /// At most so many of each host
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
pub(super) struct Move {
    /// The booking's id
    id: String,
    /// When it starts from now on, like 2026-12-03T09:00:00Z; it must be a free time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    start: Instant,
    /// Told to both sides
    #[arg(long, default_value = "", value_name = "TEXT")]
    note: Note,
    /// Which bookings of a series: this, following or all
    #[arg(long, default_value = "this")]
    scope: SeriesScope,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
pub(super) struct Propose {
    /// The booking's id
    id: String,
    /// When it could start, like 2026-12-03T09:00:00Z; it must be a free time; up to five
    #[arg(long, value_name = "TIME", value_parser = instant, required = true)]
    start: Vec<Instant>,
    /// Told to the customer
    #[arg(long, default_value = "", value_name = "TEXT")]
    note: Note,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
pub(super) struct AcceptMove {
    /// The booking's id
    id: String,
    /// Told to the customer
    #[arg(long, default_value = "", value_name = "TEXT")]
    note: Note,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
pub(super) struct Cancel {
    /// The booking's id
    id: String,
    /// Told to both sides
    #[arg(long, default_value = "")]
    reason: Note,
    /// Which bookings of a series: this, following or all
    #[arg(long, default_value = "this")]
    scope: SeriesScope,
    /// Leave the room of a group session as it is, although who is put out knows it; otherwise the others get a new one
    #[arg(long)]
    keep_room: bool,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
pub(super) struct Decline {
    /// The booking's id
    id: String,
    /// Told to both sides
    #[arg(long, default_value = "")]
    reason: Note,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
pub(super) struct Mark {
    /// The booking's id
    id: String,
    /// The address of who is meant, where there are several
    #[arg(long, value_name = "EMAIL")]
    attendee: Option<EmailAddress>,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
pub(super) struct NoteText {
    /// The booking's id
    id: String,
    /// The note; empty to take it away
    text: Note,
    #[command(flatten)]
    json: Json,
}

#[derive(Args)]
pub(super) struct ExportCsv {
    /// The host's handle
    #[arg(long)]
    host: String,
    /// unverified, pending, confirmed, declined, expired or cancelled
    #[arg(long)]
    status: Option<Status>,
    /// Only those that end after this time, or after this date began in UTC
    #[arg(long, value_name = "TIME", value_parser = from)]
    from: Option<Instant>,
    /// Only those that start before this time, or before this date ends in UTC
    #[arg(long, value_name = "TIME", value_parser = to)]
    to: Option<Instant>,
}

pub(super) async fn run(app: &App, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Add(add) => self::add(app, *add).await,
        Command::Show(show) => self::show(app, &find(app, &show.id).await?, show.json).await,
        Command::List(list) => self::list(app, list).await,
        Command::Confirm(confirm) => {
            let found = find(app, &confirm.id).await?.booking;
            let details = app.answer_own(found.host, found.id, Answer::Confirm).await?;
            print_whole(app, &details, confirm.json).await
        }
        Command::Decline(decline) => {
            let found = find(app, &decline.id).await?.booking;
            let answer = Answer::Decline(decline.reason);
            let details = app.answer_own(found.host, found.id, answer).await?;
            print_whole(app, &details, decline.json).await
        }
        Command::Move(wanted) => {
            let found = find(app, &wanted.id).await?.booking;
            let details = app
                .move_own_series(found.host, found.id, wanted.start, wanted.note, wanted.scope)
                .await?;
            print_whole(app, &details, wanted.json).await
        }
        Command::Propose(wanted) => {
            let found = find(app, &wanted.id).await?;
            let (host, id) = (found.booking.host, found.booking.id);
            app.propose_own(host, id, wanted.start, wanted.note).await?;
            print(app, &found, wanted.json)
        }
        Command::AcceptMove(accept) => {
            let found = find(app, &accept.id).await?.booking;
            let asked = app.open_proposal(found.id).await?;
            let start = asked.and_then(|asked| asked.starts.first().copied());
            let start = start.context("nobody asks to move this booking")?;
            let answer = ProposalAnswer { seen: None, says: Says::Accept(start, accept.note) };
            let details = app.answer_own_proposal(found.host, found.id, answer).await?;
            print(app, &details, accept.json)
        }
        Command::DeclineMove(decline) => {
            let found = find(app, &decline.id).await?.booking;
            let answer = ProposalAnswer { seen: None, says: Says::Decline(decline.reason) };
            let details = app.answer_own_proposal(found.host, found.id, answer).await?;
            print(app, &details, decline.json)
        }
        Command::Cancel(cancel) => {
            let found = find(app, &cancel.id).await?.booking;
            let Cancel { reason, scope, keep_room, json, .. } = cancel;
            let request = CancelRequest { reason, scope, keep_room };
            let details = app.cancel_own(found.host, found.id, request).await?;
            print_whole(app, &details, json).await
        }
        Command::Attended(asked) => mark(app, asked, Attendance::Attended).await,
        Command::NoShow(asked) => mark(app, asked, Attendance::NoShow).await,
        Command::Note(asked) => {
            let found = find(app, &asked.id).await?.booking;
            let noted = app.note_own(found.host, found.id, asked.text).await?;
            print(app, &noted.context("there is no such booking")?, asked.json)
        }
        Command::Export(asked) => export(app, asked).await,
    }
}

async fn mark(app: &App, asked: Mark, attendance: Attendance) -> anyhow::Result<()> {
    let found = find(app, &asked.id).await?.booking;
    let details = app.mark_own(found.host, found.id, asked.attendee, attendance).await?;
    print(app, &details, asked.json)
}

async fn add(app: &App, add: Add) -> anyhow::Result<()> {
    let host = host(app, &add.host).await?;
    let page = Page::own(add.host, add.event);
    let request = BookingRequest {
        start: add.start,
        name: add.name,
        email: add.email,
        time_zone: add.time_zone.unwrap_or(host.time_zone),
        guests: add.guest,
        note: add.note,
        answers: Given::by_program(add.answer),
        seen: None,
        by: Side::Host,
        overrides: add.r#override,
    };
    let wanted = Wanted::Page(page);
    let booked = match add.series.wanted() {
        Some(repeat) => app.book_series(wanted, None, request, repeat, None, None).await?,
        None => app.book(wanted, None, request, None, None).await?,
    };
    print_whole(app, &booked.details, add.json).await
}

async fn show(app: &App, details: &BookingDetails, asked: Json) -> anyhow::Result<()> {
    let history = app.history(&details.booking).await?;
    let conferences = app.conferences(&details.booking).await?;
    if asked.json {
        let told = with_series(app, details).await?;
        let proposal = app.open_proposal(details.booking.id).await?;
        let told = told.with_history(&history).with_proposal(proposal.as_ref());
        let presence = app.presence(&details.booking).await?;
        let told = told.with_conferences(&conferences, app.now());
        return output::json(&told.with_presence(presence.as_ref()));
    }
    print_whole(app, details, asked).await?;
    let now = app.now();
    let zone = details.host.time_zone;
    let local = |at: Instant| local(zone, at);
    output::line(format_args!("  history, {} time", zone.city()))?;
    for Event { at, by, what } in &history {
        let by = by.map(|side| format!(" by the {}", side.as_str())).unwrap_or_default();
        let times = match what {
            Happening::Moved { from, to, .. } => {
                format!(" from {} to {}", local(*from), local(*to))
            }
            Happening::Marked { name: Some(name), .. } => format!(", {name}"),
            Happening::Proposed { starts, .. } => {
                let starts: Vec<_> = starts.iter().map(|at| local(*at).to_string()).collect();
                format!(" {}", starts.join(", "))
            }
            _ => String::new(),
        };
        let note = what.note().map(|note| format!(": {}", note.as_str().replace('\n', " / ")));
        let note = note.unwrap_or_default();
        output::line(format_args!("    {}  {}{by}{times}{note}", local(*at), what.as_str()))?;
    }
    for conference in &conferences {
        let ended = conference.ended(now).map_or_else(
            || "still open".to_owned(),
            |ended| format!("until {} ({})", local(ended.at()), ended.as_str()),
        );
        output::line(format_args!("  room open from {} {ended}", local(conference.opened_at)))?;
    }
    Ok(())
}

async fn find(app: &App, id: &str) -> anyhow::Result<BookingDetails> {
    let Ok(id) = id.parse::<BookingId>() else { bail!("there is no booking '{id}'") };
    app.any_booking(id).await?.with_context(|| format!("there is no booking '{id}'"))
}

async fn list(app: &App, list: List) -> anyhow::Result<()> {
    let hosts = match &list.host {
        Some(handle) => vec![host(app, handle).await?],
        None => app.hosts().await?,
    };
    let filter = BookingFilter {
        states: list.status.map(Status::alone),
        unproven: list.status.is_some(),
        from: list.from,
        to: list.to,
        latest_first: false,
        after: None,
        limit: list.limit,
    };
    let mut all = Vec::new();
    for host in hosts {
        if list.wall_time_moved {
            all.extend(moved(app, &host, filter).await?);
        } else {
            all.extend(app.bookings(host.id, filter).await?);
        }
    }
    all.sort_by_key(|details| details.booking.span.start);
    if list.json.json {
        let shown: Vec<_> =
            all.iter().map(|details| booking_json(details, Side::Host, app.site())).collect();
        return output::json(&shown);
    }
    for details in &all {
        line(details)?;
        if let (true, Some(agreed)) = (list.wall_time_moved, details.booking.agreed) {
            let (local, city) = (agreed.local.format("%F %H:%M"), agreed.zone.city());
            output::line(format_args!("  agreed on  {local} ({city})"))?;
        }
    }
    Ok(())
}

async fn export(app: &App, asked: ExportCsv) -> anyhow::Result<()> {
    let host = host(app, &asked.host).await?;
    let filter = BookingFilter {
        states: asked.status.map(Status::alone),
        unproven: asked.status.is_some(),
        from: asked.from,
        to: asked.to,
        latest_first: false,
        after: None,
        limit: 0,
    };
    let mut table = Export::new(host.id, filter, BookingSearch::default());
    while let Some(part) = table.next(app).await? {
        output::text(format_args!("{part}"))?;
    }
    Ok(())
}

/// Those to come of which a clock shows another time than when they were booked. All of them are looked
/// through, in parts, for there are few among many.
async fn moved(
    app: &App,
    host: &User,
    asked: BookingFilter,
) -> anyhow::Result<Vec<BookingDetails>> {
    const PART: u32 = 500;
    let now = app.now();
    let from = Some(asked.from.map_or(now, |from| from.max(now)));
    let mut filter = BookingFilter { from, limit: PART, ..asked };
    let mut found = Vec::new();
    loop {
        let part = app.bookings(host.id, filter).await?;
        let is_last = part.len() < PART as usize;
        filter.after =
            part.last().map(|last| Cursor { start: last.booking.span.start, id: last.booking.id });
        found.extend(part.into_iter().filter(|BookingDetails { booking, .. }| {
            booking.status.holds_time() && booking.span.start > now && booking.wall_time_moved()
        }));
        if is_last || found.len() >= asked.limit as usize {
            found.truncate(asked.limit as usize);
            return Ok(found);
        }
    }
}

async fn with_series(app: &App, details: &BookingDetails) -> anyhow::Result<BookingJson> {
    let told = booking_json(details, Side::Host, app.site());
    Ok(match &details.booking.series {
        Some(series) => told.with_series(&app.series(series.series).await?),
        None => told,
    })
}

/// A booking, and the others of its series.
async fn print_whole(app: &App, details: &BookingDetails, asked: Json) -> anyhow::Result<()> {
    if asked.json {
        return output::json(&with_series(app, details).await?);
    }
    print(app, details, asked)?;
    let Some(series) = &details.booking.series else { return Ok(()) };
    output::line(format_args!("  series {}", series.series))?;
    for BookingDetails { booking, host, .. } in app.series(series.series).await? {
        let (status, zone) = (booking.status.as_str(), host.time_zone);
        let local = local(zone, booking.span.start);
        output::line(format_args!("    {}  {status}  {local}", booking.id))?;
    }
    Ok(())
}

fn print(app: &App, details: &BookingDetails, Json { json }: Json) -> anyhow::Result<()> {
    if json {
        return output::json(&booking_json(details, Side::Host, app.site()));
    }
    line(details)?;
    output::line(format_args!("  page  {}", app.site().booking_page(&details.host_link)))?;
    if let Some(place) = details.booking.place(Side::Host, &details.host.name) {
        output::line(format_args!("  where {}", place.text.replace('\n', ", ")))?;
    }
    for answer in &details.booking.answers {
        let value = answer.value.to_string().replace('\n', " / ");
        output::line(format_args!("  {}: {value}", answer.label))?;
    }
    if !details.private_note.is_empty() {
        let note = details.private_note.as_str().replace('\n', " / ");
        output::line(format_args!("  private note: {note}"))?;
    }
    if let Some(attendance) = details.booking.attendee.attendance {
        output::line(format_args!("  came  {}", attendance.as_str()))?;
    }
    if let Some(room) = &details.room {
        output::line(format_args!("  room  {}", app.site().room(room)))?;
        output::line(format_args!("  open  {} to {}", room.window.start, room.window.end))?;
    }
    Ok(())
}

fn line(BookingDetails { booking, event_type, host, .. }: &BookingDetails) -> anyhow::Result<()> {
    let zone = host.time_zone;
    let place = booking.series.as_ref();
    let place = place.map(|series| format!("  {} of {}", series.index, series.of));
    output::line(format_args!(
        "{}  {}  {} ({})  {}  {} with {} <{}>{}",
        booking.id,
        booking.status.as_str(),
        local(zone, booking.span.start),
        zone.city(),
        event_type.terms.title,
        host.handle,
        booking.attendee.name,
        booking.attendee.email,
        place.unwrap_or_default(),
    ))
}
