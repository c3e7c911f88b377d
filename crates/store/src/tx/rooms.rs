//! Rooms as the reservations API asks for them.

use diesel::{
    define_sql_function,
    prelude::*,
    sql_types::{Nullable, Text},
};
use roomkey_core::{
    booking::{Booking, Status},
    ids::{ConferenceId, RoomId},
    room::{Room, RoomName},
    time::{Instant, TimeZone},
};

use super::Tx;
use crate::{
    StoreError,
    connection::natively,
    row::{RoomRow, parse},
    schema::{bookings, conferences, rooms, standalone_rooms, users},
};

/// A room with what decides whether it is open.
#[derive(Debug, Clone)]
pub struct RoomState {
    /// The room.
    pub room: Room,
    /// Its booking's status; a room without one stands until it is revoked.
    pub status: Status,
    /// The host's zone: opening times are told in it.
    pub zone: TimeZone,
    /// The conference that was granted for the room's window and has not been called empty.
    pub open: Option<ConferenceId>,
}

define_sql_function! {
    /// The first that is there.
    fn coalesce(one: Nullable<Text>, other: Nullable<Text>) -> Nullable<Text>;
}

macro_rules! state {
    ($tx:ident, $filter:expr) => {{
        type Row = (RoomRow, Option<String>, String, Option<String>);
        let row: Option<Row> = $tx.one(|c| {
            natively!(c, c => rooms::table
                .left_join(bookings::table)
                .left_join(standalone_rooms::table)
                .inner_join(users::table.on(users::id.nullable().eq(coalesce(
                    bookings::host_id.nullable(),
                    standalone_rooms::host_id.nullable(),
                ))))
                .left_join(conferences::table.on(conferences::room_id
                    .eq(rooms::id)
                    .and(conferences::ends_at.eq(rooms::closes_at))
                    .and(conferences::emptied_at.is_null())))
                .filter($filter)
                .select((
                    RoomRow::as_select(),
                    bookings::status.nullable(),
                    users::time_zone,
                    conferences::id.nullable(),
                ))
                .load(c))
        })?;
        row.map(|(room, status, zone, open)| {
            Ok(RoomState {
                room: room.read($tx.vault)?,
                status: match status {
                    Some(status) => parse("bookings.status", &status)?,
                    None => Status::Confirmed,
                },
                zone: parse("users.time_zone", &zone)?,
                open: open.map(|id| parse("conferences.id", &id)).transpose()?,
            })
        })
        .transpose()
    }};
}

impl Tx<'_> {
    /// The room of that name, found by the name's keyed hash.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn room_by_name(&mut self, name: &RoomName) -> Result<Option<RoomState>, StoreError> {
        let hash = self.vault.room_name_hash(name.expose());
        state!(self, rooms::name_hash.eq(hash))
    }

    /// The last room that a booking has had, or its session, and when that closes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn last_room(
        &mut self,
        booking: &Booking,
    ) -> Result<Option<(RoomId, Instant)>, StoreError> {
        let shared: Option<(String, i64)> = match booking.session {
            None => None,
            Some(session) => self.one(|c| {
                rooms::table
                    .filter(rooms::session_id.eq(session.to_string()))
                    .order((rooms::revoked, rooms::opens_at.desc(), rooms::id.desc()))
                    .limit(1)
                    .select((rooms::id, rooms::closes_at))
                    .load(c)
            })?,
        };
        let row = match shared {
            Some(shared) => Some(shared),
            None => self.one(|c| {
                rooms::table
                    .filter(rooms::booking_id.eq(booking.id.to_string()))
                    .order(rooms::generation.desc())
                    .limit(1)
                    .select((rooms::id, rooms::closes_at))
                    .load(c)
            })?,
        };
        row.map(|(id, end)| Ok((parse("rooms.id", &id)?, Instant::from_micros(end)))).transpose()
    }

    /// Lets a room close at `end`; false if it is not as the caller read it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn extend_room(&mut self, room: &Room, end: Instant) -> Result<bool, StoreError> {
        let as_it_was = rooms::table
            .filter(rooms::id.eq(room.id.to_string()))
            .filter(rooms::closes_at.eq(room.window.end.micros()))
            .filter(diesel::dsl::not(rooms::revoked));
        let later = diesel::update(as_it_was).set(rooms::closes_at.eq(end.micros()));
        self.run(|c| later.execute(c)).map(|changed| changed == 1)
    }

    /// The room with that id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn room_by_id(&mut self, id: RoomId) -> Result<Option<RoomState>, StoreError> {
        state!(self, rooms::id.eq(id.to_string()))
    }
}
