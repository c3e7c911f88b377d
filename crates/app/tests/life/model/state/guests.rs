//! Whom customers bring along.

use roomkey_core::{
    booking::Side,
    ids::{BookingId, GuestId},
};
use roomkey_store::BookingDetails;

use super::{
    super::command::{Outcome, Way, guest_email},
    Booking, Guest, Model, Reader, Said, Status, is_refused, side,
};

impl Model {
    pub(super) fn add_guest(
        &mut self,
        id: BookingId,
        way: &Way,
        guest: usize,
        outcome: &Outcome,
    ) -> Said {
        let (place, by) = match self.come(id, way) {
            Ok(found) => found,
            Err(why) => return is_refused(why, outcome),
        };
        if let Some(why) = self.is_too_late_for_guests(place) {
            return is_refused(why, outcome);
        }
        let (booking, email) = (&self.bookings[place], guest_email(guest));
        let is_expected = booking.expected().any(|each| each.email == email);
        let most = if booking.series.is_some() { 0 } else { self.rules[booking.event].guests };
        if !is_expected && booking.expected().count() >= most {
            return is_refused("guests", outcome);
        }
        let Outcome::Changed(told) = outcome else {
            return Err(format!("a guest should be expected, not {outcome:?}"));
        };
        if is_expected {
            return self.is(booking, told);
        }
        let is_new = |id: &GuestId| booking.guests.iter().all(|each| each.id != *id);
        let mut ids = told.booking.guests.iter().map(|each| each.id).rev();
        let id = ids.find(is_new).ok_or_else(|| format!("no guest is new: {told:?}"))?;
        let booking = &mut self.bookings[place];
        booking.guests.push(Guest { id, email, removed: false });
        booking.step("guest_added", side(by), self.now);
        // Of a request guests have not been told, nor others of them.
        if booking.status == Status::Confirmed {
            booking.sequence += 1;
            self.tell(place, "guest_added", &[Side::Customer, Side::Host]);
            self.tell_one(place, "booked", Reader::Guest(id));
        }
        self.is(&self.bookings[place], told)
    }

    fn is_too_late_for_guests(&self, place: usize) -> Option<&'static str> {
        let booking = &self.bookings[place];
        match booking.status {
            status if status.holds() => (booking.end <= self.now).then_some("over"),
            Status::Cancelled => Some("is cancelled"),
            _ => Some("not confirmed"),
        }
    }

    pub(super) fn remove_guest(
        &mut self,
        id: BookingId,
        way: &Way,
        guest: GuestId,
        outcome: &Outcome,
    ) -> Said {
        let (place, by) = match self.come(id, way) {
            Ok(found) => found,
            Err(why) => return is_refused(why, outcome),
        };
        let against = self.is_too_late_for_guests(place);
        let booking = &mut self.bookings[place];
        let status = booking.status;
        let Some(found) = booking.guests.iter_mut().find(|each| each.id == guest && !each.removed)
        else {
            return is_refused("unknown", outcome);
        };
        if let Some(why) = against {
            return is_refused(why, outcome);
        }
        let Outcome::Changed(told) = outcome else {
            return Err(format!("a guest should be taken off, not {outcome:?}"));
        };
        found.removed = true;
        booking.step("guest_removed", side(by), self.now);
        // The room that the guest knows is closed.
        if booking.rooms.iter().any(|room| !room.revoked) {
            booking.rooms.iter_mut().for_each(|room| room.revoked = true);
            self.open_room(place, told)?;
        }
        // Of a request guests have not been told, nor others of them.
        if status == Status::Confirmed {
            self.bookings[place].sequence += 1;
            self.tell(place, "changed", &[Side::Customer, Side::Host]);
            self.tell_guests(place, "changed");
            self.tell_one(place, "cancelled", Reader::Guest(guest));
        }
        self.is(&self.bookings[place], told)
    }
}

/// The guests of a new booking, whose ids are the program's own choice.
pub(super) fn guests_of(told: &BookingDetails, count: usize) -> Result<Vec<Guest>, String> {
    let guests = told.booking.guests.iter();
    let guests: Vec<Guest> = guests
        .map(|guest| Guest { id: guest.id, email: guest.email.to_string(), removed: guest.removed })
        .collect();
    let is_so = guests.len() == count
        && (0..count).all(|place| guests[place].email == guest_email(place))
        && guests.iter().all(|guest| !guest.removed);
    is_so.then_some(guests).ok_or_else(|| format!("should have {count} guests: {told:?}"))
}

impl Booking {
    pub(super) fn expected(&self) -> impl Iterator<Item = &Guest> {
        self.guests.iter().filter(|guest| !guest.removed)
    }
}
