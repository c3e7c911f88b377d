//! Rooms, of one booking or of all who have a seat.

use roomkey_store::BookingDetails;

use super::{Booking, Model, Room, Said, Session, Shared, Status};

impl Model {
    /// The room of a booking, while it stands.
    pub(super) fn live<'a>(&'a self, booking: &'a Booking) -> Option<&'a Room> {
        let shared = self.shared.iter().filter(|shared| {
            booking.status == Status::Confirmed && shared.session == booking.session()
        });
        let mut all = booking.rooms.iter().chain(shared.map(|shared| &shared.room));
        all.find(|room| !room.revoked)
    }

    /// Somebody gave a seat up: with the last of them the room is done with.
    pub(super) fn leave(&mut self, session: Session) {
        let sits =
            |booking: &Booking| booking.status == Status::Confirmed && booking.session() == session;
        if !self.bookings.iter().any(sits) {
            let shared = self.shared.iter_mut().filter(|shared| shared.session == session);
            shared.for_each(|shared| shared.room.revoked = true);
        }
    }

    /// The room that a booking has from now on, if it meets in one; its name is the program's own choice.
    pub(super) fn open_room(&mut self, place: usize, told: &BookingDetails) -> Said {
        let booking = &self.bookings[place];
        let rules = &self.rules[booking.event];
        if !rules.is_in_room {
            return Ok(());
        }
        let session = booking.session();
        if rules.seats.is_some() && self.live(booking).is_some() {
            return Ok(());
        }
        let room = told.room.as_ref().ok_or("no room")?;
        let name = room.name.expose().to_owned();
        let others = self.bookings.iter().flat_map(|booking| &booking.rooms);
        let mut others = others.chain(self.shared.iter().map(|shared| &shared.room));
        if others.any(|other| other.name == name || other.id == room.id) {
            return Err("another room has this name".into());
        }
        let (opens, closes) = (booking.start - rules.early, booking.end + rules.grace);
        let room = Room { id: room.id, name, opens, closes, revoked: false };
        if rules.seats.is_some() {
            self.shared.push(Shared { session, room });
        } else {
            self.bookings[place].rooms.push(room);
        }
        Ok(())
    }
}
