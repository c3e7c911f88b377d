use diesel::prelude::*;
use roomkey_core::{
    booking::Side,
    event_type::{
        Buffers, Dates, EventType, Grid, Limit, Limits, Location, Reminders, RoomPolicy, Terms,
        Window,
    },
    text::{Note, Slug, Title},
    time::{LocalDate, Minutes},
};

use super::{
    minutes, parse, parse_some,
    questions::{read_questions, write_questions},
    signed, unsigned,
};
use crate::{StoreError, schema::event_types};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = event_types, treat_none_as_null = true)]
#[expect(clippy::struct_excessive_bools, reason = "columns of a table, each of its own meaning")]
pub(crate) struct EventTypeRow {
    pub(crate) id: String,
    host_id: String,
    slug: String,
    title: String,
    description: String,
    duration: i32,
    increment: i32,
    buffer_before: i32,
    buffer_after: i32,
    min_notice: i32,
    window_days: i32,
    early: i32,
    grace: i32,
    max_occupants: Option<i32>,
    lobby: bool,
    schedule_id: Option<String>,
    other_durations: String,
    limits: String,
    grid_offset: i32,
    increment_follows: bool,
    window_kind: String,
    window_first: Option<String>,
    window_last: Option<String>,
    visibility: String,
    password_in_calendar: bool,
    questions: String,
    location_kind: String,
    location_detail: String,
    cancel_notice: i32,
    move_notice: i32,
    confirm_within: Option<i32>,
    seats: Option<i32>,
    shows_attendees: bool,
    guests: i32,
    email_proof: bool,
    series_most: Option<i32>,
    waiting_list: Option<i32>,
    jitsi_server: Option<String>,
    knock: bool,
    customer_reminders: String,
    host_reminders: String,
}

const DAYS: &str = "days";
const BUSINESS_DAYS: &str = "business_days";
const DATES: &str = "dates";

impl EventTypeRow {
    pub(crate) fn read(&self) -> Result<EventType, StoreError> {
        let schedule = self.schedule_id.as_deref();
        Ok(EventType {
            id: parse("event_types.id", &self.id)?,
            host: parse("event_types.host_id", &self.host_id)?,
            terms: Terms {
                slug: Slug::from_stored(self.slug.clone()),
                title: Title::from_stored(self.title.clone()),
                description: Note::from_stored(self.description.clone()),
                duration: minutes(self.duration),
                other_durations: read_durations(&self.other_durations)
                    .ok_or(StoreError::Unreadable("event_types.other_durations"))?,
                grid: Grid {
                    increment: (!self.increment_follows).then_some(minutes(self.increment)),
                    offset: minutes(self.grid_offset),
                },
                buffers: Buffers {
                    before: minutes(self.buffer_before),
                    after: minutes(self.buffer_after),
                },
                min_notice: minutes(self.min_notice),
                window: self.window().ok_or(StoreError::Unreadable("event_types.window_kind"))?,
                limits: read_limits(&self.limits)
                    .ok_or(StoreError::Unreadable("event_types.limits"))?,
                schedule: schedule.map(|id| parse("event_types.schedule_id", id)).transpose()?,
                visibility: parse("event_types.visibility", &self.visibility)?,
                password_in_calendar: self.password_in_calendar,
                location: Location::parse(&self.location_kind, &self.location_detail)
                    .map_err(|_| StoreError::Unreadable("event_types.location_detail"))?,
                questions: read_questions(&self.questions)
                    .ok_or(StoreError::Unreadable("event_types.questions"))?,
                cancel_notice: minutes(self.cancel_notice),
                move_notice: minutes(self.move_notice),
                confirm_within: self.confirm_within.map(minutes),
                seats: self.seats.map(unsigned),
                shows_attendees: self.shows_attendees,
                guests: unsigned(self.guests),
                email_proof: self.email_proof,
                series: self.series_most.map(unsigned),
                waiting_list: self.waiting_list.map(minutes),
                reminders: read_reminders(&self.customer_reminders, &self.host_reminders)?,
                room: RoomPolicy {
                    early: minutes(self.early),
                    grace: minutes(self.grace),
                    max_occupants: self.max_occupants.map(unsigned),
                    lobby: self.lobby,
                    knock: self.knock,
                    server: parse_some("event_types.jitsi_server", self.jitsi_server.as_deref())?,
                },
            },
        })
    }

    fn window(&self) -> Option<Window> {
        let days = || u16::try_from(self.window_days).ok();
        let date = |text: &Option<String>| text.as_deref()?.parse::<LocalDate>().ok();
        match self.window_kind.as_str() {
            DAYS => Some(Window::Days(days()?)),
            BUSINESS_DAYS => Some(Window::BusinessDays(days()?)),
            DATES => {
                let dates = Dates::new(date(&self.window_first)?, date(&self.window_last)?);
                Some(Window::Dates(dates.ok()?))
            }
            _ => None,
        }
    }
}

fn read_durations(text: &str) -> Option<Vec<Minutes>> {
    serde_json::from_str(text).ok()
}

/// Reads the lists of both sides.
pub(crate) fn read_reminders(customer: &str, host: &str) -> Result<Reminders, StoreError> {
    let both = read_durations(customer).zip(read_durations(host));
    let reminders = both.and_then(|(customer, host)| Reminders::new(customer, host).ok());
    reminders.ok_or(StoreError::Unreadable("event_types.customer_reminders"))
}

fn write_reminders(reminders: &Reminders, side: Side) -> String {
    let all: Vec<_> = reminders.of(side).iter().map(|before| before.0).collect();
    serde_json::json!(all).to_string()
}

/// Each limit in its own words: `4 bookings a day`.
fn read_limits(text: &str) -> Option<Limits> {
    let mut limits = Limits::default();
    for text in serde_json::from_str::<Vec<String>>(text).ok()? {
        limits.set(text.parse::<Limit>().ok()?);
    }
    Some(limits)
}

impl From<&EventType> for EventTypeRow {
    fn from(event_type: &EventType) -> Self {
        let terms = &event_type.terms;
        let (window_kind, window_days, dates) = match terms.window {
            Window::Days(days) => (DAYS, days, None),
            Window::BusinessDays(days) => (BUSINESS_DAYS, days, None),
            Window::Dates(dates) => (DATES, 0, Some(dates)),
        };
        let durations: Vec<_> = terms.other_durations.iter().map(|length| length.0).collect();
        let limits: Vec<_> = terms.limits.iter().map(|limit| limit.to_string()).collect();
        Self {
            id: event_type.id.to_string(),
            host_id: event_type.host.to_string(),
            slug: terms.slug.to_string(),
            title: terms.title.to_string(),
            description: terms.description.to_string(),
            duration: signed(terms.duration.0),
            increment: signed(terms.grid.increment.unwrap_or(terms.duration).0),
            buffer_before: signed(terms.buffers.before.0),
            buffer_after: signed(terms.buffers.after.0),
            min_notice: signed(terms.min_notice.0),
            window_days: i32::from(window_days),
            early: signed(terms.room.early.0),
            grace: signed(terms.room.grace.0),
            max_occupants: terms.room.max_occupants.map(signed),
            lobby: terms.room.lobby,
            jitsi_server: terms.room.server.map(|server| server.to_string()),
            knock: terms.room.knock,
            schedule_id: terms.schedule.map(|id| id.to_string()),
            other_durations: serde_json::json!(durations).to_string(),
            limits: serde_json::json!(limits).to_string(),
            grid_offset: signed(terms.grid.offset.0),
            increment_follows: terms.grid.increment.is_none(),
            window_kind: window_kind.to_owned(),
            window_first: dates.map(|dates| dates.first().to_string()),
            window_last: dates.map(|dates| dates.last().to_string()),
            visibility: terms.visibility.as_str().to_owned(),
            password_in_calendar: terms.password_in_calendar,
            questions: write_questions(&terms.questions),
            location_kind: terms.location.kind().to_owned(),
            location_detail: terms.location.detail().to_owned(),
            cancel_notice: signed(terms.cancel_notice.0),
            move_notice: signed(terms.move_notice.0),
            confirm_within: terms.confirm_within.map(|within| signed(within.0)),
            seats: terms.seats.map(signed),
            shows_attendees: terms.shows_attendees,
            guests: signed(terms.guests),
            email_proof: terms.email_proof,
            series_most: terms.series.map(signed),
            waiting_list: terms.waiting_list.map(|kept| signed(kept.0)),
            customer_reminders: write_reminders(&terms.reminders, Side::Customer),
            host_reminders: write_reminders(&terms.reminders, Side::Host),
        }
    }
}
