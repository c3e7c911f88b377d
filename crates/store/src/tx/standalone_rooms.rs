//! Rooms without a booking.

use diesel::prelude::*;
use roomkey_core::{
    booking::Assignment,
    ids::{RoomId, UserId},
    room::StandaloneRoom,
    text::Title,
    time::Instant,
};

use super::Tx;
use crate::{
    StoreError, Vault,
    row::{RoomRow, parse, span},
    schema::{booking_hosts, rooms, standalone_rooms},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = standalone_rooms, treat_none_as_default_value = false)]
struct StandaloneRow {
    room_id: String,
    host_id: String,
    label: String,
    start_at: i64,
    end_at: i64,
    blocks: bool,
    created_at: i64,
    revoked_at: Option<i64>,
    api_key_id: Option<String>,
}

impl StandaloneRow {
    fn read(self, room: &RoomRow, vault: &Vault) -> Result<StandaloneRoom, StoreError> {
        Ok(StandaloneRoom {
            room: room.read(vault)?,
            host: parse("standalone_rooms.host_id", &self.host_id)?,
            span: span(self.start_at, self.end_at),
            label: Some(self.label).filter(|text| !text.is_empty()).map(Title::from_stored),
            blocks: self.blocks,
            made_by: (self.api_key_id.as_deref())
                .map(|key| parse("standalone_rooms.api_key_id", key))
                .transpose()?,
            created_at: Instant::from_micros(self.created_at),
            revoked_at: self.revoked_at.map(Instant::from_micros),
        })
    }
}

impl From<&StandaloneRoom> for StandaloneRow {
    fn from(made: &StandaloneRoom) -> Self {
        Self {
            room_id: made.room.id.to_string(),
            host_id: made.host.to_string(),
            label: made.label.as_ref().map(ToString::to_string).unwrap_or_default(),
            start_at: made.span.start.micros(),
            end_at: made.span.end.micros(),
            blocks: made.blocks,
            created_at: made.created_at.micros(),
            revoked_at: made.revoked_at.map(Instant::micros),
            api_key_id: made.made_by.map(|key| key.to_string()),
        }
    }
}

/// Which rooms are listed, by start.
#[derive(Debug, Clone, Copy, Default)]
pub struct RoomFilter {
    /// Only those that end after this.
    pub from: Option<Instant>,
    /// Only those that start before this.
    pub to: Option<Instant>,
    /// Only those that have ended by this.
    pub over_by: Option<Instant>,
    /// The last to start comes first.
    pub latest_first: bool,
    /// Only those after this one, in the list's order.
    pub after: Option<(Instant, RoomId)>,
    /// How many at most.
    pub limit: u32,
}

impl Tx<'_> {
    /// Stores a room without a booking. Where it takes its host's time, the caller has locked the host.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] with [`Constraint::BookingOverlap`](crate::Constraint) if the host is taken.
    pub fn insert_standalone_room(&mut self, made: &StandaloneRoom) -> Result<(), StoreError> {
        self.check_key()?;
        let room = RoomRow::new(&made.room, None, self.vault)?;
        let row = StandaloneRow::from(made);
        let held = made.blocks.then(|| {
            (
                // What holds time is a booking, or such a room.
                booking_hosts::booking_id.eq(made.room.id.to_string()),
                booking_hosts::host_id.eq(made.host.to_string()),
                booking_hosts::start_at.eq(made.span.start.micros()),
                booking_hosts::end_at.eq(made.span.end.micros()),
                booking_hosts::buffer_before.eq(0),
                booking_hosts::buffer_after.eq(0),
                booking_hosts::held.eq(true),
                booking_hosts::assigned_at.eq(made.created_at.micros()),
                booking_hosts::assigned_because.eq(Assignment::Booked.as_str()),
            )
        });
        self.run(|c| {
            diesel::insert_into(rooms::table).values(room).execute(c)?;
            diesel::insert_into(standalone_rooms::table).values(row).execute(c)?;
            match held {
                Some(held) => diesel::insert_into(booking_hosts::table).values(held).execute(c),
                None => Ok(0),
            }
        })
        .map(drop)
    }

    /// A host's room without a booking.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn standalone_room(&mut self, id: RoomId) -> Result<Option<StandaloneRoom>, StoreError> {
        let row: Option<(StandaloneRow, RoomRow)> = self.one(|c| {
            standalone_rooms::table
                .inner_join(rooms::table)
                .filter(standalone_rooms::room_id.eq(id.to_string()))
                .select((StandaloneRow::as_select(), RoomRow::as_select()))
                .load(c)
        })?;
        row.map(|(made, room)| made.read(&room, self.vault)).transpose()
    }

    /// A host's rooms without a booking, by start.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn standalone_rooms(
        &mut self,
        host: UserId,
        filter: &RoomFilter,
    ) -> Result<Vec<StandaloneRoom>, StoreError> {
        let mut query = standalone_rooms::table
            .inner_join(rooms::table)
            .filter(standalone_rooms::host_id.eq(host.to_string()))
            .limit(filter.limit.into())
            .select((StandaloneRow::as_select(), RoomRow::as_select()))
            .into_boxed();
        if let Some(from) = filter.from {
            query = query.filter(standalone_rooms::end_at.gt(from.micros()));
        }
        if let Some(to) = filter.to {
            query = query.filter(standalone_rooms::start_at.lt(to.micros()));
        }
        if let Some(over_by) = filter.over_by {
            query = query.filter(standalone_rooms::end_at.le(over_by.micros()));
        }
        let (start_at, room_id) = (standalone_rooms::start_at, standalone_rooms::room_id);
        query = if filter.latest_first {
            query.order((start_at.desc(), room_id.desc()))
        } else {
            query.order((start_at, room_id))
        };
        if let Some((start, id)) = filter.after {
            let (start, id) = (start.micros(), id.to_string());
            query = if filter.latest_first {
                query.filter(start_at.lt(start).or(start_at.eq(start).and(room_id.lt(id))))
            } else {
                query.filter(start_at.gt(start).or(start_at.eq(start).and(room_id.gt(id))))
            };
        }
        let rows: Vec<(StandaloneRow, RoomRow)> = self.run(|c| query.load(c))?;
        rows.into_iter().map(|(made, room)| made.read(&room, self.vault)).collect()
    }

    /// Closes a room without a booking for good, and frees the time that it takes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn revoke_standalone_room(&mut self, id: RoomId, now: Instant) -> Result<(), StoreError> {
        let id = id.to_string();
        self.run(|c| {
            diesel::update(rooms::table.find(&id)).set(rooms::revoked.eq(true)).execute(c)?;
            diesel::update(standalone_rooms::table.find(&id))
                .set(standalone_rooms::revoked_at.eq(now.micros()))
                .execute(c)?;
            diesel::update(booking_hosts::table.filter(booking_hosts::booking_id.eq(&id)))
                .set(booking_hosts::held.eq(false))
                .execute(c)
        })
        .map(drop)
    }
}
