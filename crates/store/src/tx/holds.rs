//! Times that are kept while somebody fills in a form.

use diesel::{dsl::min, prelude::*};
use roomkey_core::{
    availability::{Busy, Occupant},
    event_type::{Buffers, LONGEST},
    ids::{EventTypeId, UserId},
    time::{Instant, Span},
    token::TokenHash,
};

use super::Tx;
use crate::{
    StoreError,
    connection::natively,
    row::{buffers, parse, span},
    schema::slot_holds,
};

/// A time that somebody keeps.
#[derive(Debug, Clone)]
pub struct Hold {
    /// Whose it is: one visitor keeps one time.
    pub holder: TokenHash,
    /// Where the visitor comes from, for the limit.
    pub client: String,
    /// Whose time it is.
    pub host: UserId,
    /// What is going to be booked.
    pub event_type: EventTypeId,
    /// From when to when.
    pub span: Span,
    /// As a booking would have them.
    pub buffers: Buffers,
    /// Since when it is kept.
    pub created_at: Instant,
    /// When it lapses.
    pub expires_at: Instant,
}

impl Tx<'_> {
    /// The times of a host that others than `own` keep, as far as a booking that starts in
    /// `around` could come too close to them, with what is going to be booked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn holds(
        &mut self,
        host: UserId,
        around: Span,
        now: Instant,
        own: &[TokenHash],
    ) -> Result<Vec<(Busy, EventTypeId)>, StoreError> {
        type Row = (String, i64, i64, i64, i64, String);
        let from = around.start.minus(LONGEST).minus(LONGEST).micros();
        let to = around.end.plus(LONGEST).plus(LONGEST).micros();
        let own = to_hex(own);
        let rows: Vec<Row> = self.run(|c| {
            natively!(c, c => slot_holds::table
                .filter(slot_holds::host_id.eq(host.to_string()))
                .filter(slot_holds::start_at.gt(from))
                .filter(slot_holds::start_at.lt(to))
                .filter(slot_holds::expires_at.gt(now.micros()))
                .select((
                    slot_holds::holder,
                    slot_holds::start_at,
                    slot_holds::end_at,
                    slot_holds::buffer_before,
                    slot_holds::buffer_after,
                    slot_holds::event_type_id,
                ))
                .load(c))
        })?;
        let of_others = rows.into_iter().filter(|(holder, ..)| !own.contains(holder));
        let read = |(_, start, end, before, after, event_type): Row| {
            let (span, buffers) = (span(start, end), buffers(before, after));
            let event_type = parse("slot_holds.event_type_id", &event_type)?;
            Ok((Busy { span, buffers, by: Occupant::Hold }, event_type))
        };
        of_others.map(read).collect()
    }

    /// Since when a visitor, known by any of `own`, keeps exactly that time, or kept it until it lapsed; not
    /// known for longer than a day.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn held_since(
        &mut self,
        own: &[TokenHash],
        event_type: EventTypeId,
        span: Span,
    ) -> Result<Option<Instant>, StoreError> {
        let since: Option<Option<i64>> = self.one(|c| {
            slot_holds::table
                .filter(slot_holds::holder.eq_any(to_hex(own)))
                .filter(slot_holds::event_type_id.eq(event_type.to_string()))
                .filter(slot_holds::start_at.eq(span.start.micros()))
                .filter(slot_holds::end_at.eq(span.end.micros()))
                .select(min(slot_holds::created_at))
                .load(c)
        })?;
        Ok(since.flatten().map(Instant::from_micros))
    }

    /// How many times others from the same place keep.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn count_holds(
        &mut self,
        client: &str,
        own: &[TokenHash],
        now: Instant,
    ) -> Result<i64, StoreError> {
        self.run(|c| {
            slot_holds::table
                .filter(slot_holds::client.eq(client))
                .filter(slot_holds::expires_at.gt(now.micros()))
                .filter(slot_holds::holder.ne_all(to_hex(own)))
                .count()
                .get_result(c)
        })
    }

    /// Keeps a time, in place of the one that the same visitor kept before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn place_hold(&mut self, hold: &Hold) -> Result<(), StoreError> {
        let values = (
            slot_holds::holder.eq(hold.holder.to_hex()),
            slot_holds::client.eq(&hold.client),
            slot_holds::host_id.eq(hold.host.to_string()),
            slot_holds::event_type_id.eq(hold.event_type.to_string()),
            slot_holds::start_at.eq(hold.span.start.micros()),
            slot_holds::end_at.eq(hold.span.end.micros()),
            slot_holds::buffer_before.eq(hold.buffers.before.micros()),
            slot_holds::buffer_after.eq(hold.buffers.after.micros()),
            slot_holds::created_at.eq(hold.created_at.micros()),
            slot_holds::expires_at.eq(hold.expires_at.micros()),
        );
        self.drop_holds(&[hold.holder])?;
        self.run(|c| diesel::insert_into(slot_holds::table).values(values).execute(c)).map(drop)
    }

    /// Lets go of the times that a visitor keeps.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn drop_holds(&mut self, own: &[TokenHash]) -> Result<(), StoreError> {
        if own.is_empty() {
            return Ok(());
        }
        let own = slot_holds::holder.eq_any(to_hex(own));
        self.run(|c| diesel::delete(slot_holds::table.filter(own)).execute(c)).map(drop)
    }
}

fn to_hex(holders: &[TokenHash]) -> Vec<String> {
    holders.iter().map(|holder| holder.to_hex()).collect()
}
