use super::{Booking, InvalidTransition, Side, Status};
use crate::{text::Note, time::Instant};

/// What calling a booking off changes. Its room is revoked and its time is free at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    /// The booking's version from now on.
    pub version: u32,
    /// The SEQUENCE of the iTIP CANCEL (RFC 5546 3.2.5). Of a booking that was never confirmed it stays
    /// 0, for no calendar has it.
    pub ical_sequence: u32,
    /// Who called it off.
    pub by: Side,
    /// Why, as written.
    pub reason: Note,
}

/// Calls a booking off.
///
/// # Errors
/// [`InvalidTransition`] if it has come to an end already.
pub fn decide_cancellation(
    booking: &Booking,
    by: Side,
    reason: Note,
    now: Instant,
) -> Result<Cancellation, InvalidTransition> {
    booking.status.become_next(Status::Cancelled)?;
    if booking.span.end <= now {
        return Err(InvalidTransition::Over);
    }
    let is_in_calendars = booking.status == Status::Confirmed;
    Ok(Cancellation {
        version: booking.version + 1,
        ical_sequence: booking.ical_sequence + u32::from(is_in_calendars),
        by,
        reason,
    })
}
