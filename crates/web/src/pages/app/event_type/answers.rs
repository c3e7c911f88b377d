//! The fields of the editor: as they are typed, as they are stored, and from one to the other.

use roomkey_core::{
    availability::Schedule,
    booking::Side,
    event_type::{
        Bounds, Buffers, Dates, Grid, InvalidLocation, Limit, Limits, Location, Measure, Period,
        Reminders, RoomPolicy, Terms, Visibility, Window,
    },
    ids::ScheduleId,
    jitsi::{JitsiServers, ServerName},
    text::{FieldError, Note, Slug, Title},
    time::{LocalDate, Minutes, parse_date},
};

use crate::{form::Form, view::Problems};

/// What was typed.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the form")]
pub(crate) struct Answers {
    pub(crate) title: String,
    pub(crate) slug: String,
    pub(crate) duration: String,
    /// Other lengths, with commas between them.
    pub(crate) other_durations: String,
    pub(crate) description: String,
    /// The id of a schedule; empty for the default one.
    pub(crate) schedule: String,
    pub(crate) min_notice: String,
    pub(crate) requires_confirmation: bool,
    pub(crate) confirm_within: String,
    /// How many customers can book the same time.
    pub(crate) seats: String,
    pub(crate) shows_attendees: bool,
    /// How often it can be booked at once; 0 for one by one.
    pub(crate) series: String,
    pub(crate) guests: String,
    pub(crate) email_proof: bool,
    /// For how many minutes a time is kept for who waits; empty for no waiting list.
    pub(crate) waiting_list: String,
    pub(crate) reminders: String,
    pub(crate) host_reminders: String,
    pub(crate) move_notice: String,
    pub(crate) cancel_notice: String,
    /// `days`, `business_days` or `dates`.
    pub(crate) window: String,
    pub(crate) window_days: String,
    pub(crate) window_first: String,
    pub(crate) window_last: String,
    pub(crate) increment: String,
    pub(crate) offset: String,
    pub(crate) buffer_before: String,
    pub(crate) buffer_after: String,
    pub(crate) limits: Vec<LimitRow>,
    /// A kind's name.
    pub(crate) location: String,
    pub(crate) location_detail: String,
    pub(crate) early: String,
    pub(crate) grace: String,
    pub(crate) max_occupants: String,
    pub(crate) lobby: bool,
    pub(crate) knock: bool,
    /// The name of a Jitsi; empty for the first.
    pub(crate) jitsi_server: String,
    /// `public`, `hidden` or `link`.
    pub(crate) visibility: String,
    pub(crate) password_in_calendar: bool,
}

/// The limits of a period.
#[derive(Debug)]
pub(crate) struct LimitRow {
    /// `day`.
    pub(crate) period: &'static str,
    /// The name of the field with the most bookings: `limit_day_bookings`.
    pub(crate) bookings_field: &'static str,
    pub(crate) bookings: String,
    /// The name of the field with the most minutes.
    pub(crate) minutes_field: &'static str,
    pub(crate) minutes: String,
}

/// The name of a limit's field.
const fn limit_field(period: Period, measure: Measure) -> &'static str {
    match (period, measure) {
        (Period::Day, Measure::Bookings) => "limit_day_bookings",
        (Period::Week, Measure::Bookings) => "limit_week_bookings",
        (Period::Month, Measure::Bookings) => "limit_month_bookings",
        (Period::Year, Measure::Bookings) => "limit_year_bookings",
        (Period::Day, Measure::Minutes) => "limit_day_minutes",
        (Period::Week, Measure::Minutes) => "limit_week_minutes",
        (Period::Month, Measure::Minutes) => "limit_month_minutes",
        (Period::Year, Measure::Minutes) => "limit_year_minutes",
    }
}

fn limit_rows(text: impl Fn(Period, Measure) -> String) -> Vec<LimitRow> {
    let row = |period: Period| LimitRow {
        period: period.as_str(),
        bookings_field: limit_field(period, Measure::Bookings),
        bookings: text(period, Measure::Bookings),
        minutes_field: limit_field(period, Measure::Minutes),
        minutes: text(period, Measure::Minutes),
    };
    Period::ALL.into_iter().map(row).collect()
}

/// Minutes in which a request is answered, unless the host says otherwise: a day.
const USUAL_CONFIRM: u32 = 24 * 60;

const DAYS: &str = "days";
const BUSINESS_DAYS: &str = "business_days";
const DATES: &str = "dates";

impl Answers {
    /// What a new event type begins with.
    pub(crate) fn usual() -> Self {
        Self {
            duration: "30".into(),
            min_notice: "0".into(),
            confirm_within: USUAL_CONFIRM.to_string(),
            seats: "1".into(),
            series: "0".into(),
            guests: Terms::USUAL_GUESTS.to_string(),
            move_notice: "0".into(),
            cancel_notice: "0".into(),
            window: DAYS.into(),
            window_days: "60".into(),
            buffer_before: "0".into(),
            buffer_after: "0".into(),
            limits: limit_rows(|_, _| String::new()),
            location: Location::Jitsi.kind().into(),
            early: "10".into(),
            grace: "15".into(),
            visibility: Visibility::Public.as_str().into(),
            ..Self::default()
        }
    }

    pub(crate) fn typed(form: &Form) -> Self {
        let window = match form.get("window") {
            "" => DAYS.to_owned(),
            kind => kind.to_owned(),
        };
        Self {
            title: form.text("title"),
            slug: form.text("slug"),
            duration: form.text("duration"),
            other_durations: form.text("other_durations"),
            description: form.text("description"),
            schedule: form.text("schedule"),
            min_notice: form.text("min_notice"),
            requires_confirmation: form.has("requires_confirmation"),
            confirm_within: form.text("confirm_within"),
            seats: form.text("seats"),
            series: form.text("series"),
            shows_attendees: form.has("shows_attendees"),
            guests: form.text("guests"),
            email_proof: form.has("email_proof"),
            waiting_list: form.text("waiting_list"),
            reminders: form.text("reminders"),
            host_reminders: form.text("host_reminders"),
            move_notice: form.text("move_notice"),
            cancel_notice: form.text("cancel_notice"),
            window,
            window_days: form.text("window_days"),
            window_first: form.text("window_first"),
            window_last: form.text("window_last"),
            increment: form.text("increment"),
            offset: form.text("offset"),
            buffer_before: form.text("buffer_before"),
            buffer_after: form.text("buffer_after"),
            limits: limit_rows(|period, measure| form.text(limit_field(period, measure))),
            location: match form.get("location") {
                "" => Location::Jitsi.kind().to_owned(),
                kind => kind.to_owned(),
            },
            location_detail: form.text("location_detail"),
            early: form.text("early"),
            grace: form.text("grace"),
            max_occupants: form.text("max_occupants"),
            lobby: form.has("lobby"),
            knock: form.has("knock"),
            jitsi_server: form.text("jitsi_server"),
            visibility: match form.get("visibility") {
                "" => Visibility::Public.as_str().to_owned(),
                word => word.to_owned(),
            },
            password_in_calendar: form.has("password_in_calendar"),
        }
    }

    pub(crate) fn stored(terms: &Terms) -> Self {
        let number = |minutes: Minutes| minutes.0.to_string();
        let others: Vec<String> = terms.other_durations.iter().copied().map(number).collect();
        let (window, window_days, dates) = match terms.window {
            Window::Days(days) => (DAYS, days.to_string(), None),
            Window::BusinessDays(days) => (BUSINESS_DAYS, days.to_string(), None),
            Window::Dates(dates) => (DATES, String::new(), Some(dates)),
        };
        let date = |pick: fn(Dates) -> LocalDate| {
            dates.map(|dates| pick(dates).to_string()).unwrap_or_default()
        };
        let most = |period, measure| {
            terms.limits.most(period, measure).map(|most| most.to_string()).unwrap_or_default()
        };
        Self {
            title: terms.title.to_string(),
            slug: terms.slug.to_string(),
            duration: number(terms.duration),
            other_durations: others.join(", "),
            description: terms.description.to_string(),
            schedule: terms.schedule.map(|id| id.to_string()).unwrap_or_default(),
            min_notice: number(terms.min_notice),
            requires_confirmation: terms.confirm_within.is_some(),
            confirm_within: number(terms.confirm_within.unwrap_or(Minutes(USUAL_CONFIRM))),
            seats: terms.seats.unwrap_or(1).to_string(),
            series: terms.series.unwrap_or(0).to_string(),
            shows_attendees: terms.shows_attendees,
            guests: terms.guests.to_string(),
            email_proof: terms.email_proof,
            waiting_list: terms.waiting_list.map(number).unwrap_or_default(),
            reminders: reminders_of(&terms.reminders, Side::Customer),
            host_reminders: reminders_of(&terms.reminders, Side::Host),
            move_notice: number(terms.move_notice),
            cancel_notice: number(terms.cancel_notice),
            window: window.into(),
            window_days,
            window_first: date(Dates::first),
            window_last: date(Dates::last),
            increment: terms.grid.increment.map(number).unwrap_or_default(),
            offset: Some(terms.grid.offset).filter(|o| o.0 > 0).map(number).unwrap_or_default(),
            buffer_before: number(terms.buffers.before),
            buffer_after: number(terms.buffers.after),
            limits: limit_rows(most),
            location: terms.location.kind().into(),
            location_detail: terms.location.detail().into(),
            early: number(terms.room.early),
            grace: number(terms.room.grace),
            max_occupants: terms
                .room
                .max_occupants
                .map(|most| most.to_string())
                .unwrap_or_default(),
            lobby: terms.room.lobby,
            knock: terms.room.knock,
            jitsi_server: terms.room.server.map(|name| name.to_string()).unwrap_or_default(),
            visibility: terms.visibility.as_str().into(),
            password_in_calendar: terms.password_in_calendar,
        }
    }
}

/// The terms that the form asks for, if nothing is wrong with it. A field that is not in the form at
/// all has its usual value; one that is there and was emptied is not. `schedules` are the host's.
pub(crate) fn read(
    form: &Form,
    schedules: &[Schedule],
    jitsi: &JitsiServers,
    problems: &mut Problems,
) -> Option<Terms> {
    let title = problems.check("title", form.get("title").parse::<Title>());
    let slug = problems.check("slug", form.get("slug").parse::<Slug>());
    let description = problems.check("description", form.get("description").parse::<Note>());
    let duration = problems.check("duration", Bounds::DURATION.parse(form.get("duration")));
    let others = problems.check("other_durations", read_lengths(form.get("other_durations")));
    let schedule = problems.check("schedule", read_schedule(form.get("schedule"), schedules));
    let server = problems.check("jitsi_server", read_server(form.get("jitsi_server"), jitsi));
    let visibility = match form.get("visibility") {
        "" => Some(Visibility::Public),
        word => problems.check("visibility", word.parse::<Visibility>()),
    };
    let waiting_list =
        problems.check("waiting_list", Terms::read_waiting_list(form.get("waiting_list")));
    let usual_reminders = Reminders::usual();
    let mut reminders = |id: &'static str, side| match form.get(id) {
        _ if !form.has(id) => Some(usual_reminders.of(side).to_vec()),
        text => problems.check(id, Reminders::read(text)),
    };
    let own = reminders("host_reminders", Side::Host);
    let reminders = reminders("reminders", Side::Customer).zip(own);
    let window = read_window(form, problems);
    let location = read_location(form, problems);
    let mut number = |id: &'static str, bounds: Bounds, usual: Option<u32>| match form.get(id) {
        _ if !form.has(id) => usual,
        text if text.trim().is_empty() && usual.is_none() => None,
        text => problems.check(id, bounds.parse(text)),
    };
    let min_notice = number("min_notice", Bounds::MIN_NOTICE, Some(0));
    let confirm_within = number("confirm_within", Bounds::CONFIRM, Some(USUAL_CONFIRM));
    let seats = number("seats", Bounds::SEATS, Some(1));
    let series = number("series", Bounds::SERIES_OR_NONE, Some(0));
    let guests = number("guests", Bounds::GUESTS, Some(0));
    let move_notice = number("move_notice", Bounds::CUSTOMER_NOTICE, Some(0));
    let cancel_notice = number("cancel_notice", Bounds::CUSTOMER_NOTICE, Some(0));
    let increment = number("increment", Bounds::INCREMENT, None);
    let offset = number("offset", Bounds::OFFSET, None).unwrap_or(0);
    let before = number("buffer_before", Bounds::BUFFER, Some(0));
    let after = number("buffer_after", Bounds::BUFFER, Some(0));
    let mut limits = Limits::default();
    for period in Period::ALL {
        for measure in Measure::ALL {
            if let Some(most) = number(limit_field(period, measure), Bounds::LIMIT, None) {
                limits.set(Limit { period, measure, most });
            }
        }
    }
    let early = number("early", Bounds::ROOM, Some(10));
    let grace = number("grace", Bounds::ROOM, Some(15));
    let max_occupants = number("max_occupants", Bounds::OCCUPANTS, None);
    let (customer_reminders, host_reminders) = reminders?;
    let reminders = Reminders::new(customer_reminders, host_reminders).ok()?;
    let usual = Minutes(duration?);
    let mut terms = Terms {
        grid: Grid { increment: increment.map(Minutes), offset: Minutes(offset) },
        buffers: Buffers { before: Minutes(before?), after: Minutes(after?) },
        min_notice: Minutes(min_notice?),
        confirm_within: Some(Minutes(confirm_within?))
            .filter(|_| form.has("requires_confirmation")),
        seats: Terms::seats_for(seats?),
        series: problems.check("series", Terms::series_for(series?))?,
        shows_attendees: form.has("shows_attendees"),
        guests: guests?,
        email_proof: form.has("email_proof"),
        waiting_list: waiting_list?,
        reminders,
        move_notice: Minutes(move_notice?),
        cancel_notice: Minutes(cancel_notice?),
        window: window?,
        limits,
        schedule: schedule?,
        visibility: visibility?,
        password_in_calendar: form.has("password_in_calendar"),
        location: location?,
        room: RoomPolicy {
            early: Minutes(early?),
            grace: Minutes(grace?),
            max_occupants,
            lobby: form.has("lobby"),
            knock: form.has("knock"),
            server: server?,
        },
        ..Terms::usual(slug?, title?, description?, usual)
    };
    if let Err(why) = terms.repeats_with() {
        problems.add("series", format!("Enter 0: {why}"));
    }
    problems.check("other_durations", terms.set_durations(usual, others?));
    problems.is_empty().then_some(terms)
}

/// One side's, the longest first, as they are typed.
fn reminders_of(reminders: &Reminders, side: Side) -> String {
    let all: Vec<_> = reminders.of(side).iter().rev().map(|before| before.0.to_string()).collect();
    all.join(", ")
}

/// `15, 60`: numbers with commas or blanks between them.
fn read_lengths(text: &str) -> Result<Vec<Minutes>, FieldError> {
    let parts = text.split([',', ' ', ';']).filter(|part| !part.is_empty());
    parts.map(|part| Bounds::DURATION.parse(part).map(Minutes)).collect()
}

/// One of the host's own; none for the default one.
fn read_schedule(text: &str, schedules: &[Schedule]) -> Result<Option<ScheduleId>, FieldError> {
    if text.is_empty() {
        return Ok(None);
    }
    let id = text.parse::<ScheduleId>().map_err(|_| FieldError::Choice)?;
    schedules.iter().any(|own| own.id == id).then_some(Some(id)).ok_or(FieldError::Choice)
}

/// One of those in the settings; none for the first.
fn read_server(text: &str, jitsi: &JitsiServers) -> Result<Option<ServerName>, FieldError> {
    if text.is_empty() {
        return Ok(None);
    }
    let name = text.parse().map_err(|_| FieldError::Choice)?;
    if jitsi.has(name) { Ok(Some(name)) } else { Err(FieldError::Choice) }
}

/// Where people meet; in a room if the form does not say.
fn read_location(form: &Form, problems: &mut Problems) -> Option<Location> {
    let kind = match form.get("location") {
        "" => Location::Jitsi.kind(),
        kind => kind,
    };
    match Location::parse(kind, form.get("location_detail")) {
        Ok(location) => Some(location),
        Err(InvalidLocation::Kind) => problems.check("location", Err(FieldError::Choice)),
        Err(InvalidLocation::Detail(FieldError::Required)) => {
            let what = match kind {
                "phone" => "Enter the number that customers call",
                "link" => "Enter the address on the web",
                _ => "Enter the place",
            };
            problems.add("location_detail", what);
            None
        }
        Err(InvalidLocation::Detail(error)) => problems.check("location_detail", Err(error)),
    }
}

fn read_window(form: &Form, problems: &mut Problems) -> Option<Window> {
    let days = |problems: &mut Problems| match form.get("window_days").trim() {
        _ if !form.has("window_days") => Some(60),
        text => problems
            .check("window_days", Bounds::WINDOW_DAYS.parse(text))
            .and_then(|days| u16::try_from(days).ok()),
    };
    match form.get("window") {
        "" | DAYS => days(problems).map(Window::Days),
        BUSINESS_DAYS => days(problems).map(Window::BusinessDays),
        DATES => {
            let mut date = |id: &'static str| match form.get(id) {
                "" => problems.check(id, Err(FieldError::Required)),
                text => problems.check(id, parse_date(text).map_err(|_| FieldError::Date)),
            };
            let (first, last) = (date("window_first"), date("window_last"));
            problems.check("window_last", Dates::new(first?, last?)).map(Window::Dates)
        }
        _ => problems.check("window", Err(FieldError::Choice)),
    }
}
