//! Guests: people whom the customer brings along. Each has a link of their own that shows the booking and leads
//! to the room, and changes nothing.

use super::{Booking, FreshRoom, InvalidTransition, Side, Status};
use crate::{ids::GuestId, room::Room, text::EmailAddress, time::Instant};

/// Somebody whom the customer brings along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// Names them.
    pub id: GuestId,
    /// Where their mails go.
    pub email: EmailAddress,
    /// Whether they were taken off the booking again. They are still told so.
    pub removed: bool,
}

/// The guests are not those that the event type allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongGuests {
    /// There are more of them.
    #[error("{}", match .most { 0 => "This can not be booked with guests".to_owned(), 1 => "At most 1 guest".to_owned(), most => format!("At most {most} guests") })]
    TooMany {
        /// How many there may be.
        most: u32,
    },
}

/// What taking a guest off a booking changes. The room that they know is closed to newcomers at once.
#[derive(Debug)]
pub struct GuestRemoval {
    /// The booking's version from now on.
    pub version: u32,
    /// The SEQUENCE of the iTIP CANCEL to the guest and the REQUEST to the others (RFC 5546 3.2.5).
    pub ical_sequence: u32,
    /// The room's next generation, where there is one.
    pub room: Option<Room>,
    /// Who took them off.
    pub by: Side,
}

/// Those who are wanted, each once, and not the customer.
///
/// # Errors
/// [`WrongGuests`].
pub(super) fn read_guests(
    mut wanted: Vec<EmailAddress>,
    customer: &EmailAddress,
    most: u32,
) -> Result<Vec<EmailAddress>, WrongGuests> {
    let mut known = vec![customer.folded()];
    wanted.retain(|guest| {
        let folded = guest.folded();
        let is_new = !known.contains(&folded);
        known.push(folded);
        is_new
    });
    if usize::try_from(most).is_ok_and(|most| wanted.len() <= most) {
        Ok(wanted)
    } else {
        Err(WrongGuests::TooMany { most })
    }
}

impl Booking {
    /// Those who are expected.
    pub fn present_guests(&self) -> impl Iterator<Item = &Guest> {
        self.guests.iter().filter(|guest| !guest.removed)
    }
}

/// Whether guests can be taken off a booking at `now`.
///
/// # Errors
/// [`InvalidTransition`].
pub fn may_remove_guest(booking: &Booking, now: Instant) -> Result<(), InvalidTransition> {
    match booking.status {
        Status::Unverified | Status::Pending | Status::Confirmed if booking.span.end <= now => {
            Err(InvalidTransition::Over)
        }
        Status::Unverified | Status::Pending | Status::Confirmed => Ok(()),
        Status::Cancelled => Err(InvalidTransition::AlreadyCancelled),
        Status::Declined | Status::Expired => Err(InvalidTransition::NotConfirmed),
    }
}

/// Takes a guest off a booking; nothing if there is no such guest. `room` is its live one.
///
/// # Errors
/// [`InvalidTransition`].
pub fn decide_guest_removal(
    booking: &Booking,
    guest: GuestId,
    room: Option<&Room>,
    by: Side,
    fresh: FreshRoom,
    now: Instant,
) -> Result<Option<GuestRemoval>, InvalidTransition> {
    if !booking.present_guests().any(|present| present.id == guest) {
        return Ok(None);
    }
    may_remove_guest(booking, now)?;
    let is_in_calendars = booking.status == Status::Confirmed;
    Ok(Some(GuestRemoval {
        version: booking.version + 1,
        ical_sequence: booking.ical_sequence + u32::from(is_in_calendars),
        room: room.map(|room| fresh.after(room, room.window)),
        by,
    }))
}
