//! Which times are free.

use roomkey_core::ids::{BookingId, WaitingEntryId};

use super::{
    super::rules::{CLOSES, DAY, OPENS},
    Booking, Hold, Model,
};

impl Model {
    /// Why a time can not be had; the first reason in the order in which they are told.
    pub(super) fn verdict(
        &self,
        event: usize,
        start: i64,
        length: i64,
        (before, after): (i64, i64),
        own: Own,
    ) -> Result<(), &'static str> {
        let rules = &self.rules[event];
        let (day, of_day) = (start.div_euclid(DAY), start.rem_euclid(DAY));
        if start < self.now {
            return Err("past");
        }
        if start < self.now + rules.min_notice {
            return Err("minimum_notice");
        }
        if day > self.now.div_euclid(DAY) + rules.window_days {
            return Err("beyond_window");
        }
        if of_day < OPENS || of_day + length > CLOSES {
            return Err("outside_hours");
        }
        if (of_day - OPENS) % rules.increment.unwrap_or(length) != 0 {
            return Err("off_grid");
        }
        self.not_taken(event, start, length, (before, after), own)?;
        let of_that_day = |of: usize, at: i64| of == event && at.div_euclid(DAY) == day;
        let booked = self.booked(own);
        let bookings = booked.filter(|each| of_that_day(each.event, each.start)).count();
        let holds = self.held(own).filter(|each| of_that_day(each.event, each.start)).count();
        if rules.most_a_day.is_some_and(|most| bookings + holds >= most) {
            return Err("limit_reached");
        }
        Ok(())
    }

    /// Why a time can not even be had by whom the host gives it, whatever their rules say.
    pub(super) fn agreed(
        &self,
        event: usize,
        start: i64,
        length: i64,
        buffers: (i64, i64),
        own: Own,
    ) -> Result<(), &'static str> {
        if start < self.now {
            return Err("past");
        }
        self.not_taken(event, start, length, buffers, own)
    }

    /// What others keep.
    fn held(&self, own: Own) -> impl Iterator<Item = &Hold> {
        let visitors = self.holds.iter().filter(move |(visitor, _)| Some(**visitor) != own.visitor);
        let wishes = self.wishes.iter().filter(move |(booking, _)| Some(**booking) != own.booking);
        let offers = self.offers.iter().filter(move |(entry, _)| Some(**entry) != own.entry);
        let all = visitors.map(|(_, hold)| hold).chain(wishes.map(|(_, hold)| hold));
        let all = all.chain(offers.map(|(_, hold)| hold));
        all.filter(|hold| hold.until > self.now)
    }

    /// What others have.
    fn booked(&self, own: Own) -> impl Iterator<Item = &Booking> {
        let all = self.bookings.iter().filter(|booking| booking.status.holds());
        all.filter(move |booking| Some(booking.id) != own.booking && !booking.is_leaving)
    }

    fn not_taken(
        &self,
        event: usize,
        start: i64,
        length: i64,
        (before, after): (i64, i64),
        own: Own,
    ) -> Result<(), &'static str> {
        let rules = &self.rules[event];
        let (booked, held) = (|| self.booked(own), || self.held(own));
        let session = (event, start, start + length);
        let sits =
            |of: usize, from: i64, to: i64| rules.seats.is_some() && (of, from, to) == session;
        let seats = booked().filter(|each| sits(each.event, each.start, each.end)).count()
            + held().filter(|each| sits(each.event, each.start, each.end)).count();
        let is_full = rules.seats.is_some_and(|most| seats >= most);
        let is_near = |other: (usize, i64, i64, i64, i64)| {
            let (of, from, to, its_before, its_after) = other;
            self.rules[of].host == rules.host
                && !sits(of, from, to)
                && start < to + its_after.max(before)
                && from < start + length + after.max(its_before)
        };
        let near_booking = booked()
            .any(|each| is_near((each.event, each.start, each.end, each.before, each.after)));
        let near_hold = held().any(|each| {
            let of = &self.rules[each.event];
            is_near((each.event, each.start, each.end, of.before, of.after))
        });
        if is_full || near_booking || near_hold { Err("taken") } else { Ok(()) }
    }
}

/// What is not in the way of who asks.
#[derive(Clone, Copy)]
pub(super) struct Own {
    pub(super) booking: Option<BookingId>,
    pub(super) visitor: Option<usize>,
    pub(super) entry: Option<WaitingEntryId>,
}

impl Own {
    pub(super) const NOTHING: Self = Self { booking: None, visitor: None, entry: None };
}
