//! Rows as diesel reads and writes them, and the way from there to the domain's types.

mod event_type;
mod guests;
mod questions;
mod series;

use std::str::FromStr;

pub(crate) use event_type::{EventTypeRow, read_reminders};
pub(crate) use guests::write_guests;
pub(crate) use series::SeriesRow;

use diesel::prelude::*;
use guests::read_guests;
use questions::{read_answers, write_answers};
use roomkey_core::{
    account::User,
    booking::{Attendee, Booking, Proof, Side, Status, WallTime},
    event_type::{Buffers, Location},
    ids::GroupSessionId,
    room::{Room, RoomPassword},
    text::{EmailAddress, Handle, Note, PersonName},
    time::{Instant, LocalDateTime, MICROS_PER_MINUTE, Minutes, Span, Weekday},
};

use crate::{
    StoreError, Vault,
    schema::{attendees, bookings, rooms, users},
};

/// Reads a stored text as what it was when it was stored.
pub(crate) fn parse<T: FromStr>(column: &'static str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Unreadable(column))
}

/// A stored text that may be missing.
pub(crate) fn parse_some<T: FromStr>(
    column: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, StoreError> {
    text.map(|text| parse(column, text)).transpose()
}

/// A stored number that is never negative.
pub(crate) fn unsigned(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// A domain number, all of which the schema's checks keep small, as a column.
pub(crate) fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(crate) fn minutes(number: i32) -> Minutes {
    Minutes(unsigned(number))
}

/// Wall time as it is stored, to the minute.
pub(crate) const WALL: &str = "%Y-%m-%dT%H:%M";

fn minutes_of(micros: i64) -> Minutes {
    Minutes(u32::try_from(micros / MICROS_PER_MINUTE).unwrap_or(0))
}

/// 1 is Monday.
fn weekday(number: i32) -> Weekday {
    let from_monday = u8::try_from(number - 1).unwrap_or(0);
    Weekday::try_from(from_monday).unwrap_or(Weekday::Mon)
}

pub(crate) fn buffers(before: i64, after: i64) -> Buffers {
    Buffers { before: minutes_of(before), after: minutes_of(after) }
}

pub(crate) fn span(start: i64, end: i64) -> Span {
    Span { start: Instant::from_micros(start), end: Instant::from_micros(end) }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(crate) struct UserRow {
    id: String,
    email: String,
    name: String,
    handle: String,
    role: String,
    time_zone: String,
    week_start: i32,
}

impl UserRow {
    pub(crate) fn read(&self) -> Result<User, StoreError> {
        Ok(User {
            id: parse("users.id", &self.id)?,
            email: EmailAddress::from_stored(self.email.clone()),
            name: PersonName::from_stored(self.name.clone()),
            handle: Handle::from_stored(self.handle.clone()),
            role: parse("users.role", &self.role)?,
            time_zone: parse("users.time_zone", &self.time_zone)?,
            week_start: weekday(self.week_start),
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = attendees, treat_none_as_default_value = false)]
pub(crate) struct AttendeeRow {
    id: String,
    booking_id: String,
    name: String,
    email: String,
    time_zone: String,
    attendance: Option<String>,
    proof_asked: bool,
    verified_at: Option<i64>,
}

impl AttendeeRow {
    pub(crate) fn new(booking: &Booking) -> Self {
        let attendee = &booking.attendee;
        Self {
            id: attendee.id.to_string(),
            booking_id: booking.id.to_string(),
            name: attendee.name.to_string(),
            email: attendee.email.to_string(),
            time_zone: attendee.time_zone.to_string(),
            attendance: attendee.attendance.map(|mark| mark.as_str().to_owned()),
            proof_asked: attendee.proof != Proof::NotAsked,
            verified_at: match attendee.proof {
                Proof::NotAsked | Proof::Asked => None,
                Proof::Given(at) => Some(at.micros()),
            },
        }
    }

    fn read(&self) -> Result<Attendee, StoreError> {
        Ok(Attendee {
            id: parse("attendees.id", &self.id)?,
            name: PersonName::from_stored(self.name.clone()),
            email: EmailAddress::from_stored(self.email.clone()),
            time_zone: parse("attendees.time_zone", &self.time_zone)?,
            attendance: self
                .attendance
                .as_deref()
                .map(|mark| parse("attendees.attendance", mark))
                .transpose()?,
            proof: match (self.proof_asked, self.verified_at) {
                (_, Some(at)) => Proof::Given(Instant::from_micros(at)),
                (true, None) => Proof::Asked,
                (false, None) => Proof::NotAsked,
            },
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = bookings, treat_none_as_default_value = false)]
pub(crate) struct BookingRow {
    pub(crate) id: String,
    event_type_id: String,
    host_id: String,
    status: String,
    version: i32,
    start_at: i64,
    end_at: i64,
    buffer_before: i64,
    buffer_after: i64,
    ical_uid: String,
    ical_sequence: i32,
    note: String,
    created_at: i64,
    cancelled_by: Option<String>,
    cancel_reason: Option<String>,
    schedule_zone: Option<String>,
    wall_start: Option<String>,
    answers: String,
    location_kind: String,
    location_detail: String,
    expires_at: Option<i64>,
    session_id: Option<String>,
    guests: String,
    pub(crate) private_note: String,
    series_id: Option<String>,
    series_index: Option<i32>,
    series_start: Option<String>,
}

impl BookingRow {
    /// `series` is the one that it is in.
    pub(crate) fn read(
        self,
        attendee: &AttendeeRow,
        series: Option<&SeriesRow>,
    ) -> Result<Booking, StoreError> {
        let place = self.series_index.zip(self.series_start.as_deref());
        let series = match series.zip(place) {
            Some((series, (index, original))) => Some(series.read(index, original)?),
            None => None,
        };
        let cancelled = match (self.cancelled_by, self.cancel_reason) {
            (Some(by), Some(reason)) => {
                Some((parse::<Side>("bookings.cancelled_by", &by)?, Note::from_stored(reason)))
            }
            _ => None,
        };
        let agreed = match (self.wall_start.as_deref(), self.schedule_zone.as_deref()) {
            (Some(local), Some(zone)) => Some(WallTime {
                local: LocalDateTime::parse_from_str(local, WALL)
                    .map_err(|_| StoreError::Unreadable("bookings.wall_start"))?,
                zone: parse("bookings.schedule_zone", zone)?,
            }),
            _ => None,
        };
        Ok(Booking {
            agreed,
            series,
            id: parse("bookings.id", &self.id)?,
            event_type: parse("bookings.event_type_id", &self.event_type_id)?,
            host: parse("bookings.host_id", &self.host_id)?,
            status: parse::<Status>("bookings.status", &self.status)?,
            expires_at: self.expires_at.map(Instant::from_micros),
            version: unsigned(self.version),
            span: span(self.start_at, self.end_at),
            buffers: buffers(self.buffer_before, self.buffer_after),
            ical_uid: self.ical_uid,
            ical_sequence: unsigned(self.ical_sequence),
            attendee: attendee.read()?,
            location: Location::parse(&self.location_kind, &self.location_detail)
                .map_err(|_| StoreError::Unreadable("bookings.location_detail"))?,
            note: Note::from_stored(self.note),
            answers: read_answers(&self.answers)
                .ok_or(StoreError::Unreadable("bookings.answers"))?,
            created_at: Instant::from_micros(self.created_at),
            cancelled,
            guests: read_guests(&self.guests).ok_or(StoreError::Unreadable("bookings.guests"))?,
            session: (self.session_id.as_deref())
                .map(|id| parse("bookings.session_id", id))
                .transpose()?,
        })
    }
}

impl From<&Booking> for BookingRow {
    fn from(booking: &Booking) -> Self {
        Self {
            id: booking.id.to_string(),
            event_type_id: booking.event_type.to_string(),
            host_id: booking.host.to_string(),
            status: booking.status.as_str().to_owned(),
            version: signed(booking.version),
            start_at: booking.span.start.micros(),
            end_at: booking.span.end.micros(),
            buffer_before: booking.buffers.before.micros(),
            buffer_after: booking.buffers.after.micros(),
            ical_uid: booking.ical_uid.clone(),
            ical_sequence: signed(booking.ical_sequence),
            note: booking.note.to_string(),
            created_at: booking.created_at.micros(),
            cancelled_by: booking.cancelled.as_ref().map(|(by, _)| by.as_str().to_owned()),
            cancel_reason: booking.cancelled.as_ref().map(|(_, reason)| reason.to_string()),
            schedule_zone: booking.agreed.map(|agreed| agreed.zone.name().to_owned()),
            wall_start: booking.agreed.map(|agreed| agreed.local.format(WALL).to_string()),
            answers: write_answers(&booking.answers),
            location_kind: booking.location.kind().to_owned(),
            location_detail: booking.location.detail().to_owned(),
            expires_at: booking.expires_at.map(Instant::micros),
            session_id: booking.session.map(|session| session.to_string()),
            guests: write_guests(&booking.guests),
            // Of the host's making, later.
            private_note: String::new(),
            series_id: booking.series.as_ref().map(|series| series.series.to_string()),
            series_index: booking.series.as_ref().map(|series| signed(series.index)),
            series_start: booking.series.as_ref().map(|s| s.original.format(WALL).to_string()),
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = rooms, treat_none_as_default_value = false)]
pub(crate) struct RoomRow {
    id: String,
    booking_id: Option<String>,
    generation: i32,
    name_hash: String,
    name_sealed: String,
    password_sealed: String,
    opens_at: i64,
    closes_at: i64,
    max_occupants: Option<i32>,
    lobby: bool,
    revoked: bool,
    session_id: Option<String>,
    jitsi_server: Option<String>,
    knock: bool,
}

impl RoomRow {
    /// Of a booking, or of the session that it is in.
    pub(crate) fn new(
        room: &Room,
        session: Option<GroupSessionId>,
        vault: &Vault,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            session_id: session.map(|session| session.to_string()),
            id: room.id.to_string(),
            booking_id: room.booking.map(|booking| booking.to_string()),
            generation: signed(room.generation),
            name_hash: vault.room_name_hash(room.name.expose()),
            name_sealed: vault.seal("rooms.name", room.name.expose())?,
            password_sealed: vault.seal("rooms.password", room.password.expose())?,
            opens_at: room.window.start.micros(),
            closes_at: room.window.end.micros(),
            max_occupants: room.max_occupants.map(signed),
            lobby: room.lobby,
            jitsi_server: room.server.map(|server| server.to_string()),
            knock: room.knock,
            revoked: room.revoked,
        })
    }

    pub(crate) fn read(&self, vault: &Vault) -> Result<Room, StoreError> {
        Ok(Room {
            id: parse("rooms.id", &self.id)?,
            booking: (self.booking_id.as_deref())
                .map(|id| parse("rooms.booking_id", id))
                .transpose()?,
            generation: unsigned(self.generation),
            name: parse("rooms.name", &vault.open("rooms.name", &self.name_sealed)?)?,
            password: RoomPassword::from_stored(
                vault.open("rooms.password", &self.password_sealed)?,
            ),
            window: span(self.opens_at, self.closes_at),
            max_occupants: self.max_occupants.map(unsigned),
            lobby: self.lobby,
            knock: self.knock,
            server: parse_some("rooms.jitsi_server", self.jitsi_server.as_deref())?,
            revoked: self.revoked,
        })
    }
}
