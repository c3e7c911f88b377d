//! The outbox: mails that are due because something was committed.

mod enqueue;
mod letter;

use diesel::{
    dsl::{exists, not},
    prelude::*,
    sql_query,
    sql_types::BigInt,
};
use roomkey_core::{
    ids::OutboxId,
    notice::Letter,
    time::{Instant, Minutes},
};

use super::Tx;
use crate::{
    StoreError,
    connection::Conn,
    schema::{bookings, outbox_messages as outbox},
};

const QUEUED: &str = "queued";
const CLAIMED: &str = "claimed";
const SUPERSEDED: &str = "superseded";
const SENT: &str = "sent";
const FAILED: &str = "failed";
/// How long a mail that can not be read waits before it is tried again.
const UNREADABLE_WAITS: Minutes = Minutes(10);
/// Due at once, whatever the clocks of this and other machines say.
const AT_ONCE: Instant = Instant::EPOCH;
const RESET: &str = "password_reset";
const PROOF: &str = "proof";
const TOKEN: &str = "outbox_messages.token";

#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
struct OutboxRow {
    id: String,
    kind: String,
    booking_id: Option<String>,
    version: i32,
    sequence: i32,
    side: Option<String>,
    guest_id: Option<String>,
    proposal_id: Option<String>,
    entry_id: Option<String>,
    user_id: Option<String>,
    token_sealed: Option<String>,
    expires_at: Option<i64>,
    queued_at: i64,
    attempts: i32,
    series_id: Option<String>,
}

diesel::alias!(const EARLIER: Alias<Earlier> = outbox as earlier);

const DATABASE_CLOCK: &str =
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS micros";

#[derive(QueryableByName)]
struct Micros {
    #[diesel(sql_type = BigInt)]
    micros: i64,
}

impl Tx<'_> {
    /// Claims mails that are due, those whose claim has lapsed among them, for the time of `lease`
    /// in microseconds. A mail about an earlier version of its booking is laid aside, and not
    /// returned.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn claim_mail(
        &mut self,
        worker: &str,
        now: Instant,
        lease: i64,
        limit: u32,
    ) -> Result<Vec<Letter>, StoreError> {
        let clock = self.lease_clock(now)?;
        let mut letters = Vec::new();
        for row in self.due(now, clock, limit)? {
            match self.letter(&row, now) {
                Ok(Some(letter)) => {
                    self.mark_claimed(&row, worker, clock.plus_micros(lease))?;
                    letters.push(letter);
                }
                Ok(None) => self.supersede_one(&row.id, now)?,
                // One mail that can not be read must not hold up all others; it waits, for a
                // wrong secret key can be put right.
                Err(error @ StoreError::Unreadable(_)) => {
                    tracing::error!(mail = row.id, %error, "a mail waits");
                    self.postpone(&row.id, &error.to_string(), now.plus(UNREADABLE_WAITS))?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(letters)
    }

    fn postpone(&mut self, id: &str, error: &str, until: Instant) -> Result<(), StoreError> {
        self.run(|c| {
            diesel::update(outbox::table.find(id))
                .set((
                    outbox::state.eq(QUEUED),
                    outbox::due_at.eq(until.micros()),
                    outbox::last_error.eq(error),
                ))
                .execute(c)
        })
        .map(drop)
    }

    fn mark_claimed(
        &mut self,
        row: &OutboxRow,
        worker: &str,
        lapses_at: Instant,
    ) -> Result<(), StoreError> {
        self.run(|c| {
            diesel::update(outbox::table.find(&row.id))
                .set((
                    outbox::state.eq(CLAIMED),
                    outbox::claimed_by.eq(worker),
                    outbox::claimed_until.eq(lapses_at.micros()),
                    outbox::attempts.eq(row.attempts + 1),
                ))
                .execute(c)
        })
        .map(drop)
    }

    fn supersede_one(&mut self, id: &str, now: Instant) -> Result<(), StoreError> {
        self.run(|c| {
            diesel::update(outbox::table.find(id))
                .set((outbox::state.eq(SUPERSEDED), outbox::finished_at.eq(now.micros())))
                .execute(c)
        })
        .map(drop)
    }

    /// What claims are measured by: on PostgreSQL its own clock, since workers run on machines
    /// whose clocks may differ; SQLite's workers run on one.
    fn lease_clock(&mut self, now: Instant) -> Result<Instant, StoreError> {
        let clock: Vec<Micros> = self.run(|c| match c {
            Conn::Pg(c) => sql_query(DATABASE_CLOCK).load(c),
            Conn::Sqlite(_) => Ok(Vec::new()),
        })?;
        Ok(clock.first().map_or(now, |clock| Instant::from_micros(clock.micros)))
    }

    fn due(
        &mut self,
        now: Instant,
        clock: Instant,
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        macro_rules! query {
            () => {
                outbox::table
                    .filter(outbox::finished_at.is_null())
                    .filter(
                        outbox::state.eq(QUEUED).and(outbox::due_at.le(now.micros())).or(
                            outbox::state
                                .eq(CLAIMED)
                                .and(outbox::claimed_until.is_not_null())
                                .and(outbox::claimed_until.assume_not_null().le(clock.micros())),
                        ),
                    )
                    // What was told first must arrive first: an earlier mail about the same booking to
                    // the same person is under way.
                    .filter(not(exists(
                        EARLIER
                            .filter(EARLIER.field(outbox::booking_id).eq(outbox::booking_id))
                            .filter(
                                EARLIER
                                    .field(outbox::side)
                                    .eq(outbox::side)
                                    .or(EARLIER.field(outbox::guest_id).eq(outbox::guest_id)),
                            )
                            .filter(EARLIER.field(outbox::version).lt(outbox::version))
                            .filter(EARLIER.field(outbox::state).eq(CLAIMED))
                            .filter(EARLIER.field(outbox::claimed_until).gt(clock.micros())),
                    )))
                    // Or one about several bookings, of which this is one: that does not give way to it. It is not
                    // waited for while it waits itself.
                    .filter(not(exists(
                        EARLIER
                            .filter(
                                EARLIER
                                    .field(outbox::state)
                                    .eq(CLAIMED)
                                    .and(
                                        EARLIER
                                            .field(outbox::claimed_until)
                                            .assume_not_null()
                                            .gt(clock.micros()),
                                    )
                                    .or(EARLIER
                                        .field(outbox::state)
                                        .eq(QUEUED)
                                        .and(EARLIER.field(outbox::due_at).le(now.micros()))),
                            )
                            .filter(EARLIER.field(outbox::id).lt(outbox::id))
                            .filter(EARLIER.field(outbox::side).eq(outbox::side))
                            .filter(EARLIER.field(outbox::series_id).is_not_null())
                            .filter(
                                EARLIER.field(outbox::series_id).eq_any(
                                    bookings::table
                                        .filter(bookings::id.nullable().eq(outbox::booking_id))
                                        .select(bookings::series_id),
                                ),
                            ),
                    )))
                    // Ids are in the order of time.
                    .order((outbox::due_at, outbox::id))
                    .limit(limit.into())
                    .select(OutboxRow::as_select())
            };
        }
        self.run(|c| match c {
            Conn::Pg(c) => query!().for_update().skip_locked().load(c),
            Conn::Sqlite(c) => query!().load(c),
        })
    }

    /// Notes that a claimed mail has left. A claim that lapsed meanwhile makes no difference: the
    /// mail is gone either way.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn mail_sent(
        &mut self,
        id: OutboxId,
        message_id: &str,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.run(|c| {
            diesel::update(outbox::table.find(id.to_string()))
                .set((
                    outbox::state.eq(SENT),
                    outbox::message_id.eq(message_id),
                    outbox::finished_at.eq(now.micros()),
                    outbox::token_sealed.eq(None::<String>),
                    outbox::last_error.eq(None::<String>),
                ))
                .execute(c)
        })
        .map(drop)
    }

    /// Notes that a claimed mail did not leave: it is due again at `retry_at`, or given up. Only
    /// the holder of the claim may say so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn mail_failed(
        &mut self,
        id: OutboxId,
        worker: &str,
        error: &str,
        retry_at: Option<Instant>,
        now: Instant,
    ) -> Result<(), StoreError> {
        self.run(|c| {
            let claimed = outbox::table
                .filter(outbox::id.eq(id.to_string()))
                .filter(outbox::state.eq(CLAIMED))
                .filter(outbox::claimed_by.eq(worker));
            match retry_at {
                Some(at) => diesel::update(claimed)
                    .set((
                        outbox::state.eq(QUEUED),
                        outbox::due_at.eq(at.micros()),
                        outbox::last_error.eq(error),
                    ))
                    .execute(c),
                None => diesel::update(claimed)
                    .set((
                        outbox::state.eq(FAILED),
                        outbox::finished_at.eq(now.micros()),
                        outbox::last_error.eq(error),
                    ))
                    .execute(c),
            }
        })
        .map(drop)
    }

    /// Makes a claim last for `lease` microseconds from now, as long as it is still this worker's.
    /// Says whether it is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn renew_mail_claim(
        &mut self,
        id: OutboxId,
        worker: &str,
        now: Instant,
        lease: i64,
    ) -> Result<bool, StoreError> {
        let lapses_at = self.lease_clock(now)?.plus_micros(lease);
        self.run(|c| {
            diesel::update(
                outbox::table
                    .filter(outbox::id.eq(id.to_string()))
                    .filter(outbox::state.eq(CLAIMED))
                    .filter(outbox::claimed_by.eq(worker)),
            )
            .set(outbox::claimed_until.eq(lapses_at.micros()))
            .execute(c)
        })
        .map(|rows| rows == 1)
    }

    /// Makes every claimed mail due at once: at the start of the only worker there is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn release_mail_claims(&mut self) -> Result<usize, StoreError> {
        self.run(|c| {
            diesel::update(outbox::table.filter(outbox::state.eq(CLAIMED)))
                .set((outbox::state.eq(QUEUED), outbox::due_at.eq(AT_ONCE.micros())))
                .execute(c)
        })
    }

    /// When the next mail is due: at once, also where a claim has lapsed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn next_mail_due(&mut self, now: Instant) -> Result<Option<Instant>, StoreError> {
        let queued: Option<i64> = self.run(|c| {
            outbox::table
                .filter(outbox::finished_at.is_null())
                .filter(outbox::state.eq(QUEUED))
                .select(diesel::dsl::min(outbox::due_at))
                .get_result(c)
        })?;
        let lapses: Option<i64> = self.run(|c| {
            outbox::table
                .filter(outbox::finished_at.is_null())
                .filter(outbox::state.eq(CLAIMED))
                .select(diesel::dsl::min(outbox::claimed_until))
                .get_result(c)
        })?;
        match lapses {
            Some(at) if at <= self.lease_clock(now)?.micros() => Ok(Some(AT_ONCE)),
            _ => Ok(queued.map(Instant::from_micros)),
        }
    }

    /// The mails that have not left, and are not given up: how many, and when the oldest of them
    /// was queued.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn mail_waiting(&mut self) -> Result<(i64, Option<Instant>), StoreError> {
        let (count, oldest): (i64, Option<i64>) = self.run(|c| {
            outbox::table
                .filter(outbox::finished_at.is_null())
                .select((diesel::dsl::count_star(), diesel::dsl::min(outbox::queued_at)))
                .get_result(c)
        })?;
        Ok((count, oldest.map(Instant::from_micros)))
    }
}
