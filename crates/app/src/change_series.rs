//! Moving or cancelling several bookings of a series at once: all of them, or nothing. What is over, has begun or
//! was called off stays as it is.

use roomkey_core::{
    booking::{
        FreshRoom, MoveRefusal, MoveRequest, SeriesScope, Shift, Side, Status, decide_cancellation,
        decide_move,
    },
    ids::{BookingId, UserId},
    notice::{self, Occasion},
    text::Note,
    time::{Instant, Span},
    token::Token,
};
use roomkey_store::{BookingDetails, StoreError, Tx};

use crate::{
    App, CancelError, MoveError, RefusedDate,
    context::enqueue,
    move_booking::{facts, length},
    offer::ask,
    slots_to_move::together,
};

impl App {
    /// Calls off the bookings of a series that a change of one is about; false if it is about that one alone.
    pub(crate) fn cancel_reached(
        &self,
        tx: &mut Tx<'_>,
        present: &BookingDetails,
        by: Side,
        reason: &Note,
        scope: SeriesScope,
        now: Instant,
    ) -> Result<bool, CancelError> {
        let (all, reached) = reached(tx, present, scope, now)?;
        let (Some(first), Some(series)) = (reached.first(), &present.booking.series) else {
            return Ok(false);
        };
        let mut sequence = all.iter().map(|each| each.booking.ical_sequence).max().unwrap_or(0);
        for each in &reached {
            let notice = each.event_type.terms.cancel_notice;
            let cancellation = decide_cancellation(&each.booking, notice, by, reason.clone(), now)?;
            tx.cancel_booking(&each.booking, &cancellation, now)?;
            sequence = sequence.max(cancellation.ical_sequence);
        }
        let lead = (first.booking.id, first.booking.version + 1);
        let notices = notice::of_series(series.series, lead, sequence, Occasion::Cancelled);
        enqueue(tx, &notices, now, self.entropy())?;
        Ok(true)
    }

    /// The holder of a link moves a booking, and others of its series as far: by so many days, and to the same time
    /// of day.
    ///
    /// # Errors
    /// [`MoveError`]; then nothing is changed.
    pub async fn move_series_by_link(
        &self,
        token: &Token,
        start: Instant,
        note: Note,
        scope: SeriesScope,
    ) -> Result<BookingDetails, MoveError> {
        let found = self.booking_by_link(token).await?;
        let (host, booking) = (found.details.booking.host, found.details.booking.id);
        self.move_series(
            host,
            booking,
            MoveRequest { start, by: found.side, note, agreed: false },
            scope,
        )
        .await
    }

    /// A host moves one of their bookings, and others of its series as far.
    ///
    /// # Errors
    /// [`MoveError`]; then nothing is changed.
    pub async fn move_own_series(
        &self,
        host: UserId,
        booking: BookingId,
        start: Instant,
        note: Note,
        scope: SeriesScope,
    ) -> Result<BookingDetails, MoveError> {
        let request = MoveRequest { start, by: Side::Host, note, agreed: false };
        self.move_series(host, booking, request, scope).await
    }

    async fn move_series(
        &self,
        host: UserId,
        booking: BookingId,
        request: MoveRequest,
        scope: SeriesScope,
    ) -> Result<BookingDetails, MoveError> {
        let app = self.clone();
        let details = self
            .store
            .write(move |tx| {
                tx.lock_host(host)?;
                let present = tx.booking(booking)?.filter(|found| found.booking.host == host);
                let present = present.ok_or(MoveError::Unknown)?;
                app.move_reached(tx, &present, &request, scope)
            })
            .await?;
        self.wake_mail();
        Ok(details)
    }

    fn move_reached(
        &self,
        tx: &mut Tx<'_>,
        present: &BookingDetails,
        request: &MoveRequest,
        scope: SeriesScope,
    ) -> Result<BookingDetails, MoveError> {
        let (now, host) = (self.now(), present.booking.host);
        let (_, reached) = reached(tx, present, scope, now)?;
        let Some(series) = present.booking.series.as_ref().filter(|_| !reached.is_empty()) else {
            return self.move_in(tx, host, present.booking.id, request);
        };
        let (_, mut facts) = facts(tx, host, present.booking.id, now)?;
        let from = present.booking.span.start;
        let shift = Shift::new(facts.schedule.time_zone, from, request.start);
        // Those that go first leave the time that the next ones may want.
        let mut order: Vec<&BookingDetails> = reached.iter().collect();
        order.sort_by_key(|each| each.booking.span.start);
        if request.start > present.booking.span.start {
            order.reverse();
        }
        let mut own = together(&reached);
        let (mut refused, mut sequence, mut first) = (Vec::new(), 0, None);
        for each in order {
            let booking = &each.booking;
            let start = shift.start(booking.span.start);
            facts.event_type.terms.buffers = booking.buffers;
            let (length, room) = (length(each), each.room.as_ref());
            let seating = self.seating(tx, &facts.event_type, Span::lasting(start, length))?;
            let fresh = FreshRoom::draw(now, self.entropy());
            let moment = Span::moment(start);
            let decided = ask(tx, &facts, length, moment, now, own.clone(), |offer| {
                let request = MoveRequest { start, ..request.clone() };
                decide_move(booking, &facts.event_type, room, offer, request, &seating, fresh)
            })?;
            match decided {
                // Nothing is moved any more; one that stays might be in the way of this one.
                Ok(_) if !refused.is_empty() => {}
                Ok(moved) => {
                    if !tx.move_booking(booking, &moved, now)? {
                        return Err(MoveError::Changed);
                    }
                    own.bookings.retain(|id| *id != booking.id);
                    sequence = sequence.max(moved.ical_sequence);
                    if first.is_none_or(|(id, _)| booking.id < id) {
                        first = Some((booking.id, moved.version));
                    }
                }
                Err(MoveRefusal::SameTime) => {}
                Err(MoveRefusal::Transition(why)) => return Err(why.into()),
                Err(MoveRefusal::NotOffered(why)) => {
                    let date = shift.local(booking.span.start).date();
                    refused.push(RefusedDate { date, start, why });
                }
            }
        }
        if !refused.is_empty() {
            refused.sort_by_key(|date| date.start);
            return Err(MoveError::Dates(refused));
        }
        if let Some(lead) = first {
            let notices = notice::of_series(series.series, lead, sequence, Occasion::Moved);
            enqueue(tx, &notices, now, self.entropy())?;
        }
        tx.booking(present.booking.id)?.ok_or(MoveError::Unknown)
    }
}

/// All bookings of the series, and those of them that a change reaches; none of either where it is about the one
/// alone.
pub(crate) fn reached(
    tx: &mut Tx<'_>,
    present: &BookingDetails,
    scope: SeriesScope,
    now: Instant,
) -> Result<(Vec<BookingDetails>, Vec<BookingDetails>), StoreError> {
    let Some(series) = present.booking.series.as_ref().filter(|_| scope != SeriesScope::This)
    else {
        return Ok((Vec::new(), Vec::new()));
    };
    let all = tx.series_bookings(series.series)?;
    let is_reached = |each: &&BookingDetails| {
        let booking = &each.booking;
        let is_to_come = booking.status == Status::Confirmed && now < booking.span.start;
        is_to_come && booking.series.as_ref().is_some_and(|other| scope.reaches(series, other))
    };
    let reached: Vec<_> = all.iter().filter(is_reached).cloned().collect();
    Ok((all, reached))
}
