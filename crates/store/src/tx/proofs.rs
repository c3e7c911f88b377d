//! Bookings whose customers show that an address is theirs.

use diesel::prelude::*;
use roomkey_core::{
    booking::{Booking, Change, Proven, Side},
    ids::EventLinkId,
    time::Instant,
};

use super::Tx;
use crate::{
    StoreError,
    row::RoomRow,
    schema::{attendees, event_links, rooms},
};

impl Tx<'_> {
    /// Notes that the customer of an unverified booking has shown that the address is theirs: its state,
    /// its room and its history. False if it is not what it was when the caller read it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn prove_booking(
        &mut self,
        booking: &Booking,
        proven: &Proven,
        now: Instant,
    ) -> Result<bool, StoreError> {
        self.check_key()?;
        let room = proven.room.as_ref();
        let session = booking.session;
        let room = room.map(|room| RoomRow::new(room, session, self.vault)).transpose()?;
        let Proven { status, expires_at, version, .. } = *proven;
        if !self.change_state(booking, status, version, expires_at)? {
            return Ok(false);
        }
        self.run(|c| {
            diesel::update(attendees::table.find(booking.attendee.id.to_string()))
                .set(attendees::verified_at.eq(now.micros()))
                .execute(c)?;
            room.map_or(Ok(0), |room| diesel::insert_into(rooms::table).values(room).execute(c))
        })?;
        self.insert_change(booking.id, version, now, Some(Side::Customer), Change::Verified)?;
        Ok(true)
    }

    /// Notes that a new unverified booking took a use of a link for so many bookings.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lend_link_use(
        &mut self,
        booking: &Booking,
        link: EventLinkId,
    ) -> Result<(), StoreError> {
        self.run(|c| {
            diesel::update(attendees::table.find(booking.attendee.id.to_string()))
                .set(attendees::lent_link.eq(link.to_string()))
                .execute(c)
        })
        .map(drop)
    }

    /// Gives the link its use back, of a booking that ended unverified; if there is one, still.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn give_back_link_use(&mut self, booking: &Booking) -> Result<(), StoreError> {
        let lent: Option<Option<String>> = self.one(|c| {
            attendees::table
                .find(booking.attendee.id.to_string())
                .select(attendees::lent_link)
                .load(c)
        })?;
        let Some(link) = lent.flatten() else { return Ok(()) };
        self.run(|c| {
            diesel::update(event_links::table.find(link))
                .set(event_links::uses_left.eq(event_links::uses_left + 1))
                .execute(c)
        })
        .map(drop)
    }
}
