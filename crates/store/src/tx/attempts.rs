//! Stored attempts: limits that a restart does not forget.

use diesel::{
    dsl::{count_star, min},
    prelude::*,
    sql_query,
    sql_types::Text,
};
use roomkey_core::time::Instant;

use super::Tx;
use crate::{StoreError, connection::Conn, schema::attempts};

/// How far the clocks of two servers over one database may be apart: a minute, in microseconds.
const CLOCKS_APART: i64 = 60_000_000;

impl Tx<'_> {
    /// How often something was tried after `since`, and when first. Somebody who read the clock a moment
    /// after `now`, here or on another server, may have been faster, and counts; what a wrong clock dated
    /// much later does not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_attempts(
        &mut self,
        bucket: &str,
        since: Instant,
        now: Instant,
    ) -> Result<(u32, Option<Instant>), StoreError> {
        let (count, first): (i64, Option<i64>) = self.run(|c| {
            attempts::table
                .filter(attempts::bucket.eq(bucket))
                .filter(attempts::at.gt(since.micros()))
                .filter(attempts::at.le(now.micros().saturating_add(CLOCKS_APART)))
                .select((count_star(), min(attempts::at)))
                .get_result(c)
        })?;
        Ok((u32::try_from(count).unwrap_or(u32::MAX), first.map(Instant::from_micros)))
    }

    /// Keeps other transactions from counting the same bucket until this one ends, so that tries at
    /// once are counted one after the other. SQLite has one writer, for whom there are none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn lock_attempts(&mut self, bucket: &str) -> Result<(), StoreError> {
        self.run(|c| match c {
            Conn::Pg(c) => sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
                .bind::<Text, _>(bucket)
                .execute(c)
                .map(drop),
            Conn::Sqlite(_) => Ok(()),
        })
    }

    /// Writes down an attempt. `id` is any text that no other attempt has.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn record_attempt(
        &mut self,
        id: &str,
        bucket: &str,
        at: Instant,
    ) -> Result<(), StoreError> {
        let values =
            (attempts::id.eq(id), attempts::bucket.eq(bucket), attempts::at.eq(at.micros()));
        self.run(|c| diesel::insert_into(attempts::table).values(values).execute(c)).map(drop)
    }

    /// Forgets the attempts of a bucket.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn clear_attempts(&mut self, bucket: &str) -> Result<(), StoreError> {
        self.run(|c| diesel::delete(attempts::table.filter(attempts::bucket.eq(bucket))).execute(c))
            .map(drop)
    }
}
