//! Which booking a request with an idempotency key made.

use diesel::prelude::*;
use roomkey_core::{ids::BookingId, time::Instant};

use super::Tx;
use crate::{StoreError, row::parse, schema::idempotency_records};

/// What an earlier request with the same key did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Hash of what it asked for.
    pub body_hash: String,
    /// The booking that it made.
    pub booking: BookingId,
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
        let row: Option<(String, String)> = self.one(|c| {
            idempotency_records::table
                .find((scope, key))
                .select((idempotency_records::body_hash, idempotency_records::booking_id))
                .load(c)
        })?;
        row.map(|(body_hash, booking)| {
            Ok(Recorded { body_hash, booking: parse("idempotency_records.booking_id", &booking)? })
        })
        .transpose()
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
        let values = (
            idempotency_records::scope.eq(scope),
            idempotency_records::key.eq(key),
            idempotency_records::body_hash.eq(&record.body_hash),
            idempotency_records::booking_id.eq(record.booking.to_string()),
            idempotency_records::created_at.eq(now.micros()),
        );
        self.run(|c| diesel::insert_into(idempotency_records::table).values(values).execute(c))
            .map(drop)
    }
}
