//! Who was in a room, as Jitsi's events tell.

use diesel::prelude::*;
use roomkey_core::{
    ids::RoomId,
    room::{Meeting, Stay},
    time::Instant,
};

use super::Tx;
use crate::{
    StoreError,
    connection::Conn,
    row::parse,
    schema::{meetings, rooms, stays},
};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = stays, treat_none_as_null = true, treat_none_as_default_value = false)]
struct StayRow {
    room_id: String,
    occupant: String,
    joined_at: i64,
    left_at: Option<i64>,
    person: Option<String>,
    name: Option<String>,
    summed: bool,
}

impl StayRow {
    fn new(room: RoomId, stay: &Stay) -> Self {
        Self {
            room_id: room.to_string(),
            occupant: stay.occupant.clone(),
            joined_at: stay.joined_at.micros(),
            left_at: stay.left_at.map(Instant::micros),
            person: stay.person.clone(),
            name: stay.name.clone(),
            summed: stay.summed,
        }
    }
}

impl From<StayRow> for Stay {
    fn from(row: StayRow) -> Self {
        Self {
            occupant: row.occupant,
            joined_at: Instant::from_micros(row.joined_at),
            left_at: row.left_at.map(Instant::from_micros),
            person: row.person,
            name: row.name,
            summed: row.summed,
        }
    }
}

fn read_meeting((created_at, destroyed_at): (i64, Option<i64>)) -> Meeting {
    Meeting {
        created_at: Instant::from_micros(created_at),
        destroyed_at: destroyed_at.map(Instant::from_micros),
    }
}

impl Tx<'_> {
    /// Keeps other transactions from a room's presence until this one ends. SQLite has one writer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lock_room(&mut self, room: RoomId) -> Result<(), StoreError> {
        self.run(|c| match c {
            Conn::Sqlite(_) => Ok(()),
            Conn::Pg(c) => rooms::table
                .filter(rooms::id.eq(room.to_string()))
                .select(rooms::id)
                .for_no_key_update()
                .load::<String>(c)
                .map(drop),
        })
    }

    /// All stays in a room, in no order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stays(&mut self, room: RoomId) -> Result<Vec<Stay>, StoreError> {
        let rows: Vec<StayRow> = self.run(|c| {
            stays::table
                .filter(stays::room_id.eq(room.to_string()))
                .select(StayRow::as_select())
                .load(c)
        })?;
        Ok(rows.into_iter().map(Stay::from).collect())
    }

    /// All stays in some rooms, in no order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stays_in(&mut self, rooms: &[RoomId]) -> Result<Vec<(RoomId, Stay)>, StoreError> {
        let of_rooms = stays::room_id.eq_any(rooms.iter().map(ToString::to_string));
        let rows: Vec<StayRow> =
            self.run(|c| stays::table.filter(of_rooms).select(StayRow::as_select()).load(c))?;
        let read = |row: StayRow| Ok((parse("stays.room_id", &row.room_id)?, Stay::from(row)));
        rows.into_iter().map(read).collect()
    }

    /// All meetings in some rooms, in no order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn meetings_in(&mut self, rooms: &[RoomId]) -> Result<Vec<(RoomId, Meeting)>, StoreError> {
        let of_rooms = meetings::room_id.eq_any(rooms.iter().map(ToString::to_string));
        let rows: Vec<(String, i64, Option<i64>)> = self.run(|c| {
            meetings::table
                .filter(of_rooms)
                .select((meetings::room_id, meetings::created_at, meetings::destroyed_at))
                .load(c)
        })?;
        let read = |(room, created_at, destroyed_at): (String, i64, Option<i64>)| {
            Ok((parse("meetings.room_id", &room)?, read_meeting((created_at, destroyed_at))))
        };
        rows.into_iter().map(read).collect()
    }

    /// Stores a stay, in the place of what was known of it. The caller has locked the room.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_stay(&mut self, room: RoomId, stay: &Stay) -> Result<(), StoreError> {
        let row = StayRow::new(room, stay);
        let key = (row.room_id.clone(), row.occupant.clone(), row.joined_at);
        self.run(|c| {
            let changed = diesel::update(stays::table.find(key)).set(&row).execute(c)?;
            if changed == 1 {
                return Ok(1);
            }
            diesel::insert_into(stays::table).values(row).execute(c)
        })
        .map(drop)
    }

    /// All meetings in a room, in no order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn meetings(&mut self, room: RoomId) -> Result<Vec<Meeting>, StoreError> {
        let rows: Vec<(i64, Option<i64>)> = self.run(|c| {
            meetings::table
                .filter(meetings::room_id.eq(room.to_string()))
                .select((meetings::created_at, meetings::destroyed_at))
                .load(c)
        })?;
        Ok(rows.into_iter().map(read_meeting).collect())
    }

    /// Stores a meeting, in the place of what was known of it. The caller has locked the room.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn put_meeting(&mut self, room: RoomId, meeting: Meeting) -> Result<(), StoreError> {
        let key = (room.to_string(), meeting.created_at.micros());
        let destroyed_at = meetings::destroyed_at.eq(meeting.destroyed_at.map(Instant::micros));
        let values = (meetings::room_id.eq(&key.0), meetings::created_at.eq(key.1), destroyed_at);
        self.run(|c| {
            let present = meetings::table.find((&key.0, key.1));
            let changed = diesel::update(present).set(destroyed_at).execute(c)?;
            if changed == 1 {
                return Ok(1);
            }
            diesel::insert_into(meetings::table).values(values).execute(c)
        })
        .map(drop)
    }
}
