//! Requests: bookings that wait for an answer.

use diesel::prelude::*;
use roomkey_core::{
    booking::{Booking, Change, Confirmation, RequestEnd, Side, Status},
    ids::{BookingId, UserId},
    time::Instant,
};

use super::Tx;
use crate::{
    StoreError,
    row::{RoomRow, parse, signed},
    schema::{booking_hosts, bookings, rooms},
};

impl Tx<'_> {
    /// Confirms a request: its state, its room and its history. False if it is not what it was when the
    /// caller read it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn confirm_request(
        &mut self,
        booking: &Booking,
        confirmation: &Confirmation,
        now: Instant,
    ) -> Result<bool, StoreError> {
        self.check_key()?;
        let room = confirmation.room.as_ref();
        let session = booking.session;
        let room = room.map(|room| RoomRow::new(room, session, self.vault)).transpose()?;
        if !self.change_state(booking, Status::Confirmed, confirmation.version, None)? {
            return Ok(false);
        }
        self.run(|c| {
            room.map_or(Ok(0), |room| diesel::insert_into(rooms::table).values(room).execute(c))
        })?;
        let version = confirmation.version;
        self.insert_change(booking.id, version, now, Some(Side::Host), Change::Confirmed)?;
        Ok(true)
    }

    /// Ends a request and frees its time. False if it is not what it was when the caller read it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn end_request(
        &mut self,
        booking: &Booking,
        end: &RequestEnd,
        now: Instant,
    ) -> Result<bool, StoreError> {
        if !self.change_state(booking, end.status, end.version, None)? {
            return Ok(false);
        }
        let is_answered = end.status == Status::Declined;
        let by = is_answered.then_some(Side::Host);
        let id = booking.id.to_string();
        self.run(|c| {
            diesel::update(bookings::table.find(&id))
                .set((
                    bookings::cancelled_by.eq(by.map(Side::as_str)),
                    bookings::cancel_reason.eq(by.map(|_| end.reason.as_str())),
                ))
                .execute(c)?;
            diesel::update(booking_hosts::table.filter(booking_hosts::booking_id.eq(&id)))
                .set(booking_hosts::held.eq(false))
                .execute(c)
        })?;
        let change = if is_answered { Change::Declined } else { Change::Expired };
        self.insert_change(booking.id, end.version, now, by, change)?;
        Ok(true)
    }

    /// Compare and swap.
    pub(super) fn change_state(
        &mut self,
        booking: &Booking,
        status: Status,
        version: u32,
        expires_at: Option<Instant>,
    ) -> Result<bool, StoreError> {
        let as_it_was = bookings::table
            .filter(bookings::id.eq(booking.id.to_string()))
            .filter(bookings::status.eq(booking.status.as_str()))
            .filter(bookings::version.eq(signed(booking.version)));
        let changed = self.run(|c| {
            diesel::update(as_it_was)
                .set((
                    bookings::status.eq(status.as_str()),
                    bookings::version.eq(signed(version)),
                    bookings::expires_at.eq(expires_at.map(Instant::micros)),
                ))
                .execute(c)
        })?;
        Ok(changed == 1)
    }

    /// What waits for an answer and has lapsed, the longest ago first, with whose it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lapsed_requests(
        &mut self,
        now: Instant,
        limit: u32,
    ) -> Result<Vec<(UserId, BookingId)>, StoreError> {
        let rows: Vec<(String, String)> = self.run(|c| {
            bookings::table
                .filter(bookings::expires_at.is_not_null())
                .filter(bookings::expires_at.le(now.micros()))
                .order(bookings::expires_at)
                .limit(limit.into())
                .select((bookings::host_id, bookings::id))
                .load(c)
        })?;
        let read = |(host, id): (String, String)| {
            Ok((parse("bookings.host_id", &host)?, parse("bookings.id", &id)?))
        };
        rows.into_iter().map(read).collect()
    }

    /// When the next request lapses.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_lapse(&mut self) -> Result<Option<Instant>, StoreError> {
        let next: Option<i64> = self.run(|c| {
            bookings::table
                .filter(bookings::expires_at.is_not_null())
                .select(diesel::dsl::min(bookings::expires_at))
                .get_result(c)
        })?;
        Ok(next.map(Instant::from_micros))
    }

    /// How many requests to a host wait in this state, pending or unverified; a series that was asked for as a whole is
    /// one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_waiting(
        &mut self,
        host: UserId,
        status: Status,
        now: Instant,
    ) -> Result<i64, StoreError> {
        self.run(|c| {
            bookings::table
                .filter(bookings::expires_at.is_not_null())
                .filter(bookings::expires_at.gt(now.micros()))
                .filter(bookings::host_id.eq(host.to_string()))
                .filter(bookings::status.eq(status.as_str()))
                .filter(bookings::series_index.is_null().or(bookings::series_index.eq(1)))
                .count()
                .get_result(c)
        })
    }
}
