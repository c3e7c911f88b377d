//! Rooms as the reservations API asks for them.

use diesel::{
    define_sql_function,
    prelude::*,
    sql_types::{Nullable, Text},
};
use roomkey_core::{
    booking::Status,
    ids::{ConferenceId, RoomId},
    room::{Room, RoomName},
    time::TimeZone,
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

    /// The room with that id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn room_by_id(&mut self, id: RoomId) -> Result<Option<RoomState>, StoreError> {
        state!(self, rooms::id.eq(id.to_string()))
    }
}
