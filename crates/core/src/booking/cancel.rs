use super::{Booking, InvalidTransition, Side, Status, reschedule::in_time};
use crate::{
    text::Note,
    time::{Instant, Minutes},
};

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

/// Whether a booking can be called off at `now`. Customers may do so until `notice` before it begins;
/// what is not confirmed they take back until then, whatever the notice.
///
/// # Errors
/// [`InvalidTransition`].
pub fn may_cancel(
    booking: &Booking,
    notice: Minutes,
    by: Side,
    now: Instant,
) -> Result<(), InvalidTransition> {
    booking.status.become_next(Status::Cancelled)?;
    if booking.span.end <= now {
        return Err(InvalidTransition::Over);
    }
    let is_firm = booking.status == Status::Confirmed;
    in_time(booking, if is_firm { notice } else { Minutes(0) }, by, now)
}

/// Calls a booking off.
///
/// # Errors
/// [`InvalidTransition`] if it has come to an end already.
pub fn decide_cancellation(
    booking: &Booking,
    notice: Minutes,
    by: Side,
    reason: Note,
    now: Instant,
) -> Result<Cancellation, InvalidTransition> {
    may_cancel(booking, notice, by, now)?;
    let is_in_calendars = booking.status == Status::Confirmed;
    Ok(Cancellation {
        version: booking.version + 1,
        ical_sequence: booking.ical_sequence + u32::from(is_in_calendars),
        by,
        reason,
    })
}
