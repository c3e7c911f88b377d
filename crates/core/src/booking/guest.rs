//! Guests: people whom the customer brings along. Each has a link of their own that shows the booking and leads
//! to the room, and changes nothing.

use super::{Booking, FreshRoom, InvalidTransition, Side, Status};
use crate::{
    event_type::Terms, ids::GuestId, room::Room, text::EmailAddress, time::Instant, token::Token,
};

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

/// What bringing another guest along changes. The room stays.
#[derive(Debug)]
pub struct GuestAddition {
    /// The booking's version from now on.
    pub version: u32,
    /// The SEQUENCE of the iTIP REQUEST to the guest and the two sides.
    pub ical_sequence: u32,
    /// Who comes along from now on.
    pub guest: Guest,
    /// Their own link.
    pub token: Token,
    /// Who brings them along.
    pub by: Side,
}

/// Nobody else is brought along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuestRefusal {
    /// The booking's state does not allow it.
    #[error(transparent)]
    Transition(#[from] InvalidTransition),
    /// The event type does not.
    #[error(transparent)]
    Wrong(#[from] WrongGuests),
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

/// Whether somebody else can be brought along at `now`. Guests come to single bookings.
///
/// # Errors
/// [`GuestRefusal`].
pub fn may_add_guest(booking: &Booking, terms: &Terms, now: Instant) -> Result<(), GuestRefusal> {
    may_remove_guest(booking, now)?;
    let most = if booking.series.is_none() { terms.most_guests() } else { 0 };
    if usize::try_from(most).is_ok_and(|most| booking.present_guests().count() < most) {
        Ok(())
    } else {
        Err(WrongGuests::TooMany { most }.into())
    }
}

/// Brings somebody else along; nothing if they are expected already. `id` and `token` are theirs.
///
/// # Errors
/// [`GuestRefusal`].
pub fn decide_guest_addition(
    booking: &Booking,
    email: EmailAddress,
    terms: &Terms,
    by: Side,
    (id, token): (GuestId, Token),
    now: Instant,
) -> Result<Option<GuestAddition>, GuestRefusal> {
    may_remove_guest(booking, now)?;
    let folded = email.folded();
    let is_guest = booking.present_guests().any(|guest| guest.email.folded() == folded);
    if is_guest || booking.attendee.email.folded() == folded {
        return Ok(None);
    }
    may_add_guest(booking, terms, now)?;
    let is_in_calendars = booking.status == Status::Confirmed;
    Ok(Some(GuestAddition {
        version: booking.version + 1,
        ical_sequence: booking.ical_sequence + u32::from(is_in_calendars),
        guest: Guest { id, email, removed: false },
        token,
        by,
    }))
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
