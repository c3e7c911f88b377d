//! What is remembered of rooms that Jitsi opened.

use diesel::prelude::*;
use roomkey_core::{booking::Booking, ids::RoomId, room::Conference, time::Instant};

use super::Tx;
use crate::{
    StoreError,
    connection::natively,
    row::parse,
    schema::{conferences, rooms},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = conferences, treat_none_as_default_value = false)]
struct ConferenceRow {
    id: String,
    room_id: String,
    opened_at: i64,
    ends_at: i64,
    emptied_at: Option<i64>,
}

impl ConferenceRow {
    fn read(&self) -> Result<Conference, StoreError> {
        Ok(Conference {
            id: parse("conferences.id", &self.id)?,
            room: parse("conferences.room_id", &self.room_id)?,
            opened_at: Instant::from_micros(self.opened_at),
            ends_at: Instant::from_micros(self.ends_at),
            emptied_at: self.emptied_at.map(Instant::from_micros),
        })
    }
}

impl From<&Conference> for ConferenceRow {
    fn from(conference: &Conference) -> Self {
        Self {
            id: conference.id.to_string(),
            room_id: conference.room.to_string(),
            opened_at: conference.opened_at.micros(),
            ends_at: conference.ends_at.micros(),
            emptied_at: conference.emptied_at.map(Instant::micros),
        }
    }
}

impl Tx<'_> {
    /// Remembers that a room was granted, unless that is remembered for its window already: another Prosody may have
    /// asked at the same moment.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open_conference(&mut self, conference: &Conference) -> Result<(), StoreError> {
        let row = ConferenceRow::from(conference);
        self.run(|c| {
            natively!(c, c => diesel::insert_into(conferences::table)
                .values(row)
                .on_conflict_do_nothing()
                .execute(c))
        })
        .map(drop)
    }

    /// What of a room's conferences ends when Jitsi calls it empty: those that go on, or if none does the last one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn conferences_to_empty(&mut self, room: RoomId) -> Result<Vec<Conference>, StoreError> {
        let of_room = conferences::room_id.eq(room.to_string());
        let mut rows: Vec<ConferenceRow> = self.run(|c| {
            conferences::table
                .filter(of_room.clone())
                .filter(conferences::emptied_at.is_null())
                .select(ConferenceRow::as_select())
                .load(c)
        })?;
        if rows.is_empty() {
            rows = self.run(|c| {
                conferences::table
                    .filter(of_room)
                    .order((conferences::opened_at.desc(), conferences::id.desc()))
                    .limit(1)
                    .select(ConferenceRow::as_select())
                    .load(c)
            })?;
        }
        rows.iter().map(ConferenceRow::read).collect()
    }

    /// Remembers when Jitsi called it empty.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn update_conference(&mut self, conference: &Conference) -> Result<(), StoreError> {
        let emptied_at = conference.emptied_at.map(Instant::micros);
        self.run(|c| {
            diesel::update(conferences::table.find(conference.id.to_string()))
                .set(conferences::emptied_at.eq(emptied_at))
                .execute(c)
        })
        .map(drop)
    }

    /// Whether any was remembered that began before `at`: whether it was remembered then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn remembers_conferences_before(&mut self, at: Instant) -> Result<bool, StoreError> {
        let any: Option<String> = self.one(|c| {
            conferences::table
                .filter(conferences::opened_at.lt(at.micros()))
                .limit(1)
                .select(conferences::id)
                .load(c)
        })?;
        Ok(any.is_some())
    }

    /// The conferences in a room, the first first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn conferences_in(&mut self, room: RoomId) -> Result<Vec<Conference>, StoreError> {
        let rows: Vec<ConferenceRow> = self.run(|c| {
            conferences::table
                .filter(conferences::room_id.eq(room.to_string()))
                .order((conferences::opened_at, conferences::id))
                .select(ConferenceRow::as_select())
                .load(c)
        })?;
        rows.iter().map(ConferenceRow::read).collect()
    }

    /// The conferences in some rooms, the first first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn conferences_in_any(&mut self, rooms: &[RoomId]) -> Result<Vec<Conference>, StoreError> {
        let of_rooms = conferences::room_id.eq_any(rooms.iter().map(ToString::to_string));
        let rows: Vec<ConferenceRow> = self.run(|c| {
            conferences::table
                .filter(of_rooms)
                .order((conferences::opened_at, conferences::id))
                .select(ConferenceRow::as_select())
                .load(c)
        })?;
        rows.iter().map(ConferenceRow::read).collect()
    }

    /// The conferences in all rooms that a booking has had, and in those of the session that it is in, the first
    /// first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn conferences(&mut self, booking: &Booking) -> Result<Vec<Conference>, StoreError> {
        let of_booking = rooms::booking_id.eq(booking.id.to_string());
        let mut rows: Vec<ConferenceRow> = self.run(|c| {
            conferences::table
                .inner_join(rooms::table)
                .filter(of_booking)
                .select(ConferenceRow::as_select())
                .load(c)
        })?;
        if let Some(session) = booking.session {
            // By a query of its own: SQLite looks at all rooms where either of two columns may fit.
            let shared: Vec<ConferenceRow> = self.run(|c| {
                conferences::table
                    .inner_join(rooms::table)
                    .filter(rooms::session_id.eq(session.to_string()))
                    .filter(rooms::booking_id.ne(booking.id.to_string()))
                    .select(ConferenceRow::as_select())
                    .load(c)
            })?;
            rows.extend(shared);
        }
        rows.sort_by(|a, b| (a.opened_at, &a.id).cmp(&(b.opened_at, &b.id)));
        rows.iter().map(ConferenceRow::read).collect()
    }
}
