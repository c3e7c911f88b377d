//! Forgetting what is over.

use diesel::prelude::*;
use roomkey_core::time::Instant;

use super::Tx;
use crate::{
    StoreError,
    schema::{attempts, idempotency_records, password_resets, sessions, slot_holds},
};

impl Tx<'_> {
    /// Deletes expired sessions and reset links, and attempts, holds and idempotency records from before
    /// `day_ago`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn forget_expired(&mut self, now: Instant, day_ago: Instant) -> Result<usize, StoreError> {
        let (now, day_ago) = (now.micros(), day_ago.micros());
        self.run(|c| {
            Ok(diesel::delete(slot_holds::table.filter(slot_holds::expires_at.le(day_ago)))
                .execute(c)?
                + diesel::delete(sessions::table.filter(sessions::expires_at.le(now)))
                    .execute(c)?
                + diesel::delete(
                    password_resets::table.filter(password_resets::expires_at.le(now)),
                )
                .execute(c)?
                + diesel::delete(attempts::table.filter(attempts::at.le(day_ago))).execute(c)?
                + diesel::delete(
                    idempotency_records::table.filter(idempotency_records::created_at.le(day_ago)),
                )
                .execute(c)?)
        })
    }
}
