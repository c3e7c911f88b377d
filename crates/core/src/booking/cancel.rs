use super::{Booking, Side, Status};
use crate::{text::Note, time::Instant};

/// The booking's state does not allow this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransition {
    /// It was called off before.
    #[error("this booking was already cancelled")]
    AlreadyCancelled,
    /// Its time is over.
    #[error("this booking is over")]
    Over,
}

/// What calling a booking off changes. Its room is revoked and its time is free at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    /// The booking's version from now on.
    pub version: u32,
    /// The SEQUENCE of the iTIP CANCEL (RFC 5546 3.2.5).
    pub ical_sequence: u32,
    /// Who called it off.
    pub by: Side,
    /// Why, as written.
    pub reason: Note,
}

/// Calls a booking off.
///
/// # Errors
/// [`InvalidTransition`] if it does not stand, or has ended.
pub fn decide_cancellation(
    booking: &Booking,
    by: Side,
    reason: Note,
    now: Instant,
) -> Result<Cancellation, InvalidTransition> {
    match booking.status {
        Status::Cancelled => Err(InvalidTransition::AlreadyCancelled),
        Status::Confirmed if booking.span.end <= now => Err(InvalidTransition::Over),
        Status::Confirmed => Ok(Cancellation {
            version: booking.version + 1,
            ical_sequence: booking.ical_sequence + 1,
            by,
            reason,
        }),
    }
}
