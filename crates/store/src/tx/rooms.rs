//! Rooms as the reservations API asks for them.

use diesel::prelude::*;
use roomkey_core::{
    booking::Status,
    ids::RoomId,
    room::{Room, RoomName},
    time::TimeZone,
};

use super::Tx;
use crate::{
    StoreError,
    connection::natively,
    row::{RoomRow, parse},
    schema::{bookings, rooms, users},
};

/// A room with what decides whether it is open.
#[derive(Debug, Clone)]
pub struct RoomState {
    /// The room.
    pub room: Room,
    /// Its booking's status.
    pub status: Status,
}

macro_rules! state {
    ($tx:ident, $filter:expr) => {{
        let row: Option<(RoomRow, String)> = $tx.one(|c| {
            natively!(c, c => rooms::table
                .inner_join(bookings::table)
                .filter($filter)
                .select((RoomRow::as_select(), bookings::status))
                .load(c))
        })?;
        row.map(|(room, status)| {
            Ok(RoomState {
                room: room.read($tx.vault)?,
                status: parse("bookings.status", &status)?,
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

    /// The zone of the host in whose room a booking takes place: opening times are told in it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn room_zone(&mut self, room: &Room) -> Result<Option<TimeZone>, StoreError> {
        let zone: Option<String> = self.one(|c| {
            bookings::table
                .inner_join(users::table.on(users::id.eq(bookings::host_id)))
                .filter(bookings::id.eq(room.booking.to_string()))
                .select(users::time_zone)
                .load(c)
        })?;
        zone.map(|zone| parse("users.time_zone", &zone)).transpose()
    }

    /// The room with that id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn room_by_id(&mut self, id: RoomId) -> Result<Option<RoomState>, StoreError> {
        state!(self, rooms::id.eq(id.to_string()))
    }
}
