//! When hosts are taken, and how many bookings count for a limit.

use std::collections::BTreeMap;

use diesel::prelude::*;
use roomkey_core::{
    availability::{Busy, Occupant},
    booking::Status,
    event_type::LONGEST,
    ids::{BookingId, EventTypeId, UserId},
    time::{Instant, Span},
};

use super::{Tx, bookings::names};
use crate::{
    StoreError,
    connection::natively,
    row::{buffers, span},
    schema::{booking_hosts, bookings},
};

/// From when to when, the buffers before and after, and the session.
type BusyRow = (i64, i64, i64, i64, Option<String>);

impl Tx<'_> {
    /// The times at which a host is taken, as far as a booking that starts in `around` could come
    /// too close to them, `but` for some bookings. Several customers can book `seats` of that event type at
    /// the same time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn busy_times(
        &mut self,
        host: UserId,
        around: Span,
        but: impl IntoIterator<Item = BookingId>,
        seats: Option<(EventTypeId, u32)>,
    ) -> Result<Vec<Busy>, StoreError> {
        // Bounded by the longest booking and buffer, so that the index serves it.
        let from = around.start.minus(LONGEST).minus(LONGEST).micros();
        let to = around.end.plus(LONGEST).plus(LONGEST).micros();
        let but: Vec<String> = but.into_iter().map(|but| but.to_string()).collect();
        let query = booking_hosts::table
            .filter(booking_hosts::held)
            .filter(booking_hosts::host_id.eq(host.to_string()))
            .filter(booking_hosts::start_at.gt(from))
            .filter(booking_hosts::start_at.lt(to))
            .select((
                booking_hosts::start_at,
                booking_hosts::end_at,
                booking_hosts::buffer_before,
                booking_hosts::buffer_after,
                booking_hosts::session_id,
            ));
        let rows: Vec<BusyRow> = if but.is_empty() {
            self.run(|c| natively!(c, c => query.load(c)))?
        } else {
            self.run(
                |c| natively!(c, c => query.filter(booking_hosts::booking_id.ne_all(but)).load(c)),
            )?
        };
        let busy = |&(start, end, before, after, _): &BusyRow, by| {
            let (span, buffers) = (span(start, end), buffers(before, after));
            Busy { span, buffers, by }
        };
        let mut all = Vec::with_capacity(rows.len());
        let mut together = Vec::new();
        for row in rows {
            if row.4.is_none() {
                all.push(busy(&row, Occupant::Booking));
            } else {
                together.push(row);
            }
        }
        if together.is_empty() {
            return Ok(all);
        }
        let reach = Span { start: Instant::from_micros(from), end: Instant::from_micros(to) };
        let ours = match seats {
            Some((event_type, _)) => self.sessions_of(event_type, reach)?,
            None => Vec::new(),
        };
        // All seats of a session have the same span.
        let mut sessions: BTreeMap<&str, (&BusyRow, u32)> = BTreeMap::new();
        for row in &together {
            sessions.entry(row.4.as_deref().unwrap_or_default()).or_insert((row, 0)).1 += 1;
        }
        all.extend(sessions.into_iter().map(|(session, (row, taken))| {
            let is_ours = ours.iter().any(|id| id == session);
            let by = match seats {
                Some((_, seats)) if is_ours => {
                    Occupant::Session { seats_left: seats.saturating_sub(taken) }
                }
                _ => Occupant::Booking,
            };
            busy(row, by)
        }));
        Ok(all)
    }

    /// The bookings of an event type that start in `around` and count for its limits, `but` for some.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn counted(
        &mut self,
        event_type: EventTypeId,
        around: Span,
        but: impl IntoIterator<Item = BookingId>,
    ) -> Result<Vec<Span>, StoreError> {
        let holding = names(Status::HOLDING);
        let mut query = bookings::table
            .filter(bookings::event_type_id.eq(event_type.to_string()))
            .filter(bookings::start_at.ge(around.start.micros()))
            .filter(bookings::start_at.lt(around.end.micros()))
            .filter(bookings::status.eq_any(holding))
            .select((bookings::start_at, bookings::end_at))
            .into_boxed();
        for but in but {
            query = query.filter(bookings::id.ne(but.to_string()));
        }
        // A session counts once: no other two bookings of a host have the same time.
        let mut rows: Vec<(i64, i64)> = self.run(|c| query.load(c))?;
        rows.sort_unstable();
        rows.dedup();
        Ok(rows.into_iter().map(|(start, end)| span(start, end)).collect())
    }
}
