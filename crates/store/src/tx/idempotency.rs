//! What a request with an idempotency key made.

use diesel::prelude::*;
use roomkey_core::{
    ids::{BookingId, RoomId},
    time::Instant,
};

use super::Tx;
use crate::{StoreError, row::parse, schema::idempotency_records};

/// What a request with an idempotency key made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// A booking; of a series, its first.
    Booking(BookingId),
    /// A room without one.
    Room(RoomId),
}

/// What an earlier request with the same key did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Hash of what it asked for.
    pub body_hash: String,
    /// What it made.
    pub made: Made,
}

impl Tx<'_> {
    /// What a request with that key did, if there was one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn idempotency_record(
        &mut self,
        scope: &str,
        key: &str,
    ) -> Result<Option<Recorded>, StoreError> {
        let row: Option<(String, Option<String>, Option<String>)> = self.one(|c| {
            idempotency_records::table
                .find((scope, key))
                .select((
                    idempotency_records::body_hash,
                    idempotency_records::booking_id,
                    idempotency_records::room_id,
                ))
                .load(c)
        })?;
        let read = |(body_hash, booking, room): (String, Option<String>, Option<String>)| {
            let made = match (&booking, &room) {
                (Some(id), _) => Made::Booking(parse("idempotency_records.booking_id", id)?),
                (None, Some(id)) => Made::Room(parse("idempotency_records.room_id", id)?),
                (None, None) => {
                    return Err(StoreError::Unreadable("idempotency_records.booking_id"));
                }
            };
            Ok(Recorded { body_hash, made })
        };
        row.map(read).transpose()
    }

    /// Writes down what a request with that key did.
    ///
    /// # Errors
    /// [`StoreError`]; a record that another transaction just wrote makes this one run again.
    pub fn insert_idempotency_record(
        &mut self,
        scope: &str,
        key: &str,
        record: &Recorded,
        now: Instant,
    ) -> Result<(), StoreError> {
        let (booking, room) = match record.made {
            Made::Booking(id) => (Some(id.to_string()), None),
            Made::Room(id) => (None, Some(id.to_string())),
        };
        let values = (
            idempotency_records::scope.eq(scope),
            idempotency_records::key.eq(key),
            idempotency_records::body_hash.eq(&record.body_hash),
            idempotency_records::booking_id.eq(booking),
            idempotency_records::room_id.eq(room),
            idempotency_records::created_at.eq(now.micros()),
        );
        self.run(|c| diesel::insert_into(idempotency_records::table).values(values).execute(c))
            .map(drop)
    }
}
