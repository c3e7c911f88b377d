//! Sessions that several customers have seats in. How many seats are taken the schema counts by itself, from
//! the spans that hold time.

use diesel::prelude::*;
use roomkey_core::{
    booking::{Booking, Change, GroupSession, RoomRenewal, Side, Status},
    ids::{BookingId, EventTypeId, GroupSessionId},
    text::PersonName,
    time::{Instant, Span},
};

use super::Tx;
use crate::{
    StoreError,
    row::{RoomRow, parse, signed, unsigned},
    schema::{attendees, bookings, group_sessions, rooms},
};

impl Tx<'_> {
    /// The session of an event type at exactly that time, if anybody has ever had a seat in it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn group_session(
        &mut self,
        event_type: EventTypeId,
        at: Span,
    ) -> Result<Option<GroupSession>, StoreError> {
        let row: Option<(String, Option<RoomRow>)> = self.one(|c| {
            group_sessions::table
                .left_join(
                    rooms::table.on(rooms::session_id
                        .eq(group_sessions::id.nullable())
                        .and(diesel::dsl::not(rooms::revoked))),
                )
                .filter(group_sessions::event_type_id.eq(event_type.to_string()))
                .filter(group_sessions::start_at.eq(at.start.micros()))
                .filter(group_sessions::end_at.eq(at.end.micros()))
                .select((group_sessions::id, Option::<RoomRow>::as_select()))
                .load(c)
        })?;
        row.map(|(id, room)| {
            Ok(GroupSession {
                id: parse("group_sessions.id", &id)?,
                room: room.map(|room| room.read(self.vault)).transpose()?,
            })
        })
        .transpose()
    }

    /// Those of an event type's sessions that start in `around`.
    pub(super) fn sessions_of(
        &mut self,
        event_type: EventTypeId,
        around: Span,
    ) -> Result<Vec<String>, StoreError> {
        self.run(|c| {
            group_sessions::table
                .filter(group_sessions::event_type_id.eq(event_type.to_string()))
                .filter(group_sessions::start_at.gt(around.start.micros()))
                .filter(group_sessions::start_at.lt(around.end.micros()))
                .select(group_sessions::id)
                .load(c)
        })
    }

    /// Makes the session that a booking is going to take a seat in, or gives the one that is there so many
    /// seats. It is locked until the transaction ends.
    pub(super) fn open_session(
        &mut self,
        session: GroupSessionId,
        booking: &Booking,
        at: Span,
        seats: u32,
    ) -> Result<(), StoreError> {
        let present = group_sessions::table.find(session.to_string());
        let seats = group_sessions::seats.eq(signed(seats));
        let changed = self.run(|c| diesel::update(present).set(seats).execute(c))?;
        if changed == 1 {
            return Ok(());
        }
        let values = (
            group_sessions::id.eq(session.to_string()),
            group_sessions::event_type_id.eq(booking.event_type.to_string()),
            group_sessions::host_id.eq(booking.host.to_string()),
            group_sessions::start_at.eq(at.start.micros()),
            group_sessions::end_at.eq(at.end.micros()),
            seats,
            group_sessions::taken.eq(0),
        );
        self.run(|c| diesel::insert_into(group_sessions::table).values(values).execute(c)).map(drop)
    }

    /// The last generation of a room that a booking has had; 0 if it had none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn last_generation(&mut self, booking: BookingId) -> Result<u32, StoreError> {
        let last: Option<i32> = self.run(|c| {
            rooms::table
                .filter(rooms::booking_id.eq(booking.to_string()))
                .select(diesel::dsl::max(rooms::generation))
                .get_result(c)
        })?;
        Ok(last.map_or(0, unsigned))
    }

    /// A booking is done with its room. One that others of its session are confirmed for is theirs from now
    /// on; any other is revoked.
    pub(super) fn leave_room(&mut self, booking: &Booking) -> Result<(), StoreError> {
        let id = booking.id.to_string();
        let Some(session) = booking.session else {
            let own = rooms::table.filter(rooms::booking_id.eq(&id));
            let revoke = diesel::update(own).set(rooms::revoked.eq(true));
            return self.run(|c| revoke.execute(c)).map(drop);
        };
        let session = session.to_string();
        let heir: Option<String> = self.run(|c| {
            bookings::table
                .filter(bookings::session_id.eq(&session))
                .filter(bookings::id.ne(&id))
                .filter(bookings::status.eq(Status::Confirmed.as_str()))
                .select(diesel::dsl::min(bookings::id))
                .get_result(c)
        })?;
        let live = rooms::table
            .filter(rooms::session_id.eq(&session))
            .filter(diesel::dsl::not(rooms::revoked));
        let Some(heir) = heir else {
            let revoke = diesel::update(live).set(rooms::revoked.eq(true));
            return self.run(|c| revoke.execute(c)).map(drop);
        };
        let generation = self.last_generation(parse("bookings.id", &heir)?)? + 1;
        let hand_over = diesel::update(live.filter(rooms::booking_id.eq(&id)))
            .set((rooms::booking_id.eq(heir), rooms::generation.eq(signed(generation))));
        self.run(|c| hand_over.execute(c)).map(drop)
    }

    /// Gives a session another room, which its host has decided on. The caller has locked the host and read the
    /// session's bookings in this transaction.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn renew_room(
        &mut self,
        session: GroupSessionId,
        renewal: &RoomRenewal,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.check_key()?;
        let room = RoomRow::new(&renewal.room, Some(session), self.vault)?;
        let known = rooms::table.filter(rooms::session_id.eq(session.to_string()));
        self.run(|c| {
            diesel::update(known).set(rooms::revoked.eq(true)).execute(c)?;
            diesel::insert_into(rooms::table).values(room).execute(c)
        })?;
        for (booking, version, sequence) in &renewal.seats {
            let next = (
                bookings::version.eq(signed(*version)),
                bookings::ical_sequence.eq(signed(*sequence)),
            );
            let seat = bookings::table.find(booking.to_string());
            self.run(|c| diesel::update(seat).set(next).execute(c))?;
            self.insert_change(*booking, *version, now, Some(Side::Host), Change::RoomRenewed)?;
        }
        Ok(())
    }

    /// Who else has a seat in a booking's session, by when they booked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn others_in_session(&mut self, booking: &Booking) -> Result<Vec<PersonName>, StoreError> {
        let Some(session) = booking.session else { return Ok(Vec::new()) };
        let names: Vec<String> = self.run(|c| {
            attendees::table
                .inner_join(bookings::table)
                .filter(bookings::session_id.eq(session.to_string()))
                .filter(bookings::id.ne(booking.id.to_string()))
                .filter(bookings::status.eq(Status::Confirmed.as_str()))
                .order(bookings::id)
                .select(attendees::name)
                .load(c)
        })?;
        Ok(names.into_iter().map(PersonName::from_stored).collect())
    }
}
