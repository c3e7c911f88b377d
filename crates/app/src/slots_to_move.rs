//! The times to which a booking could be moved, or several of its series as far as it. They are found with the facts by
//! which the move is decided: what is moved is in nobody's way.

use roomkey_core::{
    availability::{Busy, Occupant, Offer, Slot},
    booking::{InvalidTransition, SeriesScope, Shift, Side, Way, may_move, way_to_move},
    event_type::Terms,
    ids::{BookingId, UserId},
    time::{Instant, Minutes, Span, TimeZone},
};
use roomkey_store::BookingDetails;

use crate::{
    App, MoveError, Offered,
    change_series::reached,
    move_booking::{facts, length, own},
    offer::{Own, nearest, slots_by},
};

/// What is to be moved.
#[derive(Debug, Clone, Copy)]
pub struct Movable {
    /// With whom.
    pub host: UserId,
    /// The booking.
    pub booking: BookingId,
    /// Which others of its series are moved as far.
    pub scope: SeriesScope,
    /// Who would move it.
    pub by: Side,
}

/// By how much clock changes may shift what is moved, and more.
const CLOCK_CHANGES: Minutes = Minutes(24 * 60);

impl App {
    /// How whoever holds a booking comes by another time for it and for those that are moved with it.
    ///
    /// # Errors
    /// [`MoveError`], among them why one of these can not be moved.
    pub async fn way_to_move(&self, movable: Movable) -> Result<Way, MoveError> {
        let now = self.now();
        self.store
            .read(move |tx| {
                let Movable { host, booking, scope, by } = movable;
                let (present, facts) = facts(tx, host, booking, now)?;
                let terms = &facts.event_type.terms;
                let way = way_to_move(&present.booking, terms, by, now)?;
                let (_, reached) = reached(tx, &present, scope, now)?;
                may_move_all(&reached, terms, by, now)?;
                Ok(way)
            })
            .await
    }

    /// The times in `range` to which a booking could be moved; none where it can not be moved at all. Those of its
    /// series that are moved with it can be moved as far.
    ///
    /// # Errors
    /// [`MoveError`].
    pub async fn slots_to_move(&self, movable: Movable, range: Span) -> Result<Offered, MoveError> {
        let now = self.now();
        self.store
            .read(move |tx| {
                let Movable { host, booking, scope, by } = movable;
                let (present, facts) = facts(tx, host, booking, now)?;
                way_to_move(&present.booking, &facts.event_type.terms, by, now)?;
                let (_, reached) = reached(tx, &present, scope, now)?;
                may_move_all(&reached, &facts.event_type.terms, by, now)?;
                let own = if reached.is_empty() { own(booking) } else { together(&reached) };
                let zone = facts.schedule.time_zone;
                let moving = Moving { present: &present, reached: &reached, zone, range };
                let (duration, all) = (length(&present), moving.whole_range());
                let find = |offer: &Offer<'_>| moving.slots(offer);
                Ok(slots_by(tx, facts, duration, all, now, own, find)?)
            })
            .await
    }

    /// The times nearest to `start` to which a booking could be moved, at most `most`, in order.
    ///
    /// # Errors
    /// [`MoveError`].
    pub async fn nearest_to_move(
        &self,
        movable: Movable,
        start: Instant,
        most: usize,
    ) -> Result<Vec<Slot>, MoveError> {
        let offered = self.slots_to_move(movable, nearest::around(start)).await?;
        Ok(nearest::pick(offered.slots, start, most))
    }
}

/// What is moved together is not in its own way.
pub(crate) fn together(reached: &[BookingDetails]) -> Own {
    Own { holders: Vec::new(), bookings: reached.iter().map(|each| each.booking.id).collect() }
}

fn may_move_all(
    reached: &[BookingDetails],
    terms: &Terms,
    by: Side,
    now: Instant,
) -> Result<(), InvalidTransition> {
    reached.iter().try_for_each(|each| may_move(&each.booking, terms, by, now))
}

/// A booking that is to be moved to a time in a range, and those that are moved as far.
struct Moving<'a> {
    present: &'a BookingDetails,
    /// The booking itself may be one of them.
    reached: &'a [BookingDetails],
    /// By whose clock they are moved as far.
    zone: TimeZone,
    range: Span,
}

impl Moving<'_> {
    /// How far all are moved if the booking is moved to `start`.
    const fn shift(&self, start: Instant) -> Shift {
        Shift::new(self.zone, self.present.booking.span.start, start)
    }

    /// Where one comes to be, if the booking comes into the range.
    fn range_of(&self, each: &BookingDetails) -> Span {
        let at = |start| self.shift(start).start(each.booking.span.start);
        Span {
            start: at(self.range.start).minus(CLOCK_CHANGES),
            end: at(self.range.end).plus(CLOCK_CHANGES),
        }
    }

    /// Where all of them come to be.
    fn whole_range(&self) -> Span {
        let ranges = self.reached.iter().map(|each| self.range_of(each));
        ranges.fold(self.range, |a, b| Span { start: a.start.min(b.start), end: a.end.max(b.end) })
    }

    fn slots(&self, offer: &Offer<'_>) -> Vec<Slot> {
        let from = self.present.booking.span.start;
        let mut slots = offer.slots(self.range);
        slots.retain(|slot| slot.start != from);
        for each in self.reached {
            let terms = Terms { buffers: each.booking.buffers, ..offer.terms.clone() };
            let offer = Offer { terms: &terms, duration: length(each), ..*offer };
            let free = offer.slots(self.range_of(each));
            slots.retain(|slot| {
                let start = self.shift(slot.start).start(each.booking.span.start);
                free.binary_search_by_key(&start, |free| free.start).is_ok()
            });
        }
        slots.retain(|slot| offer.hold_together(&self.moved(slot.start)));
        slots
    }

    /// What is booked once the booking is moved to `start`.
    fn moved(&self, start: Instant) -> Vec<Busy> {
        let shift = self.shift(start);
        let moved = |each: &BookingDetails| Busy {
            span: Span::lasting(shift.start(each.booking.span.start), length(each)),
            buffers: each.booking.buffers,
            by: Occupant::Booking,
        };
        self.reached.iter().map(moved).collect()
    }
}
