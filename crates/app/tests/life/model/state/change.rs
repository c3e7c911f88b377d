//! What becomes of a booking: moved, cancelled, answered or not.

use roomkey_core::{booking::Side, ids::BookingId};
use roomkey_store::BookingDetails;

use super::{
    super::command::{Outcome, Way},
    Model, Said, Status, is_refused, side,
    verdict::Own,
};

impl Model {
    pub(super) fn move_to(
        &mut self,
        id: BookingId,
        way: &Way,
        start: i64,
        outcome: &Outcome,
    ) -> Said {
        let (place, by) = match self.come(id, way) {
            Ok(found) => found,
            Err(why) => return is_refused(why, outcome),
        };
        let booking = self.bookings[place].clone();
        let rules = &self.rules[booking.event];
        let latest = booking.start - rules.move_notice;
        let against = match booking.status {
            Status::Cancelled => Some("is cancelled"),
            Status::Unverified | Status::Pending | Status::Declined | Status::Expired => {
                Some("not confirmed")
            }
            Status::Confirmed if booking.end <= self.now => Some("over"),
            Status::Confirmed if by == Side::Customer && rules.confirm_within.is_some() => {
                Some("ask the host")
            }
            Status::Confirmed if by == Side::Customer && latest < self.now => Some("too late"),
            Status::Confirmed => None,
        };
        let stays = start == booking.start && against.is_none_or(|why| why == "too late");
        if !stays {
            if let Some(why) = against {
                return is_refused(why, outcome);
            }
            let (length, buffers) = (booking.end - booking.start, (booking.before, booking.after));
            let own = Own { booking: Some(id), ..Own::NOTHING };
            if let Err(why) = self.verdict(booking.event, start, length, buffers, own) {
                return is_refused(why, outcome);
            }
        }
        // Whoever moves a series from one that has begun moves that one alone.
        let (Outcome::Changed(told) | Outcome::Whole(told, _)) = outcome else {
            return Err(format!("should be moved, not {outcome:?}"));
        };
        if !stays {
            self.give(place, start, by, told)?;
        }
        self.is(&self.bookings[place], told)
    }

    /// Gives a booking another time.
    pub(super) fn give(
        &mut self,
        place: usize,
        start: i64,
        by: Side,
        told: &BookingDetails,
    ) -> Said {
        self.put(place, start, by, told)?;
        self.tell(place, "moved", &[Side::Customer, Side::Host]);
        self.tell_guests(place, "moved");
        Ok(())
    }

    /// The same without a word to anybody.
    pub(super) fn put(
        &mut self,
        place: usize,
        start: i64,
        by: Side,
        told: &BookingDetails,
    ) -> Said {
        self.void(place);
        let booking = &mut self.bookings[place];
        let (before, from) = (booking.session(), booking.start);
        (booking.start, booking.end) = (start, start + booking.end - booking.start);
        booking.sequence += 1;
        booking.step("moved", side(by), self.now);
        booking.history.iter_mut().last().unwrap().from = Some(from);
        booking.rooms.iter_mut().for_each(|room| room.revoked = true);
        self.leave(before);
        self.open_room(place, told)
    }

    pub(super) fn cancel(&mut self, id: BookingId, way: &Way, outcome: &Outcome) -> Said {
        let (place, by) = match self.come(id, way) {
            Ok(found) => found,
            Err(why) => return is_refused(why, outcome),
        };
        let booking = &self.bookings[place];
        if !booking.status.holds() {
            return is_refused(&format!("is {}", booking.status.name()), outcome);
        }
        let was = booking.status;
        let is_firm = was == Status::Confirmed;
        // What waits with it for somebody's yes is taken back with it.
        let all = self.asked_with(place);
        if let Some(why) = self.against_cancelling(&all, by) {
            return is_refused(why, outcome);
        }
        let Outcome::Changed(told) = outcome else {
            return Err(format!("should be cancelled, not {outcome:?}"));
        };
        for place in &all {
            self.call_off(*place, by);
        }
        self.is(&self.bookings[place], told)?;
        // Of what nobody has heard nobody hears.
        match was {
            Status::Unverified => {}
            Status::Confirmed => self.tell(place, "cancelled", &[Side::Customer, Side::Host]),
            _ => self.tell_whole(&all, "cancelled", &[Side::Customer, Side::Host]),
        }
        // Of what never stood they have not heard.
        if is_firm {
            self.tell_guests(place, "cancelled");
        }
        Ok(())
    }

    /// What speaks against calling off what holds its time, in the order in which it is told.
    pub(super) fn against_cancelling(&self, places: &[usize], by: Side) -> Option<&'static str> {
        places.iter().find_map(|place| {
            let booking = &self.bookings[*place];
            let is_firm = booking.status == Status::Confirmed;
            let notice = if is_firm { self.rules[booking.event].cancel_notice } else { 0 };
            if booking.end <= self.now {
                return Some("over");
            }
            let is_late = by == Side::Customer && booking.start - notice < self.now;
            is_late.then_some("too late")
        })
    }

    /// Without a word to anybody.
    pub(super) fn call_off(&mut self, place: usize, by: Side) {
        let booking = &mut self.bookings[place];
        booking.sequence += u32::from(booking.status == Status::Confirmed);
        booking.end_with(Status::Cancelled, side(by), self.now);
        let session = booking.session();
        self.void(place);
        self.leave(session);
    }

    pub(super) fn answer(
        &mut self,
        id: BookingId,
        way: &Way,
        yes: bool,
        outcome: &Outcome,
    ) -> Said {
        let found = self.come(id, way).and_then(|(place, by)| match by {
            Side::Host => Ok(place),
            Side::Customer => Err("unknown"),
        });
        let place = match found {
            Ok(place) => place,
            Err(why) => return is_refused(why, outcome),
        };
        let booking = &self.bookings[place];
        if booking.status != Status::Pending {
            return is_refused(&format!("is {}", booking.status.name()), outcome);
        }
        if booking.expires.is_some_and(|at| at <= self.now) {
            return is_refused("is expired", outcome);
        }
        let all = self.asked_with(place);
        let told = self.told_of(outcome, &all, "answered")?;
        for (place, told) in all.iter().zip(&told) {
            let booking = &mut self.bookings[*place];
            if yes {
                booking.status = Status::Confirmed;
                booking.expires = None;
                booking.step("confirmed", "host", self.now);
                self.open_room(*place, told)?;
            } else {
                booking.end_with(Status::Declined, "host", self.now);
            }
            self.is(&self.bookings[*place], told)?;
        }
        if yes {
            self.tell_whole(&all, "booked", &[Side::Customer, Side::Host]);
            self.tell_guests(place, "booked");
        } else {
            self.tell_whole(&all, "declined", &[Side::Customer]);
        }
        Ok(())
    }

    pub(super) fn expire(&mut self) {
        for place in 0..self.bookings.len() {
            if self.bookings[place].expires.is_none_or(|at| at > self.now) {
                continue;
            }
            let was = self.bookings[place].status;
            let all = self.asked_with(place);
            for place in &all {
                self.bookings[*place].end_with(Status::Expired, "time", self.now);
            }
            if was != Status::Unverified {
                self.tell_whole(&all, "expired", &[Side::Customer, Side::Host]);
            }
        }
    }
}
