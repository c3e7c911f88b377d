//! Keeping a room open for longer than was planned.

use super::{Admission, Room};
use crate::{
    availability::Busy,
    booking::Booking,
    event_type::LONGEST,
    time::{Instant, Minutes, Span},
};

/// How much longer, each time.
pub const EXTENSION: Minutes = Minutes(15);

/// It is not kept open longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExtendRefusal {
    /// It is not open.
    #[error("the room is not open")]
    NotOpen,
    /// Something else of the host's is then.
    #[error("something else begins then")]
    Follows,
    /// It was open for a whole day.
    #[error("a room is open for at most 24 hours after the start")]
    TooLong,
}

/// Until when a booking's room is open if its host keeps it open longer. The booking ends when it did: what is `busy`
/// of its host, the booking itself left out, must not begin before the room is closed, buffers included.
///
/// # Errors
/// [`ExtendRefusal`].
pub fn decide_extension(
    room: &Room,
    booking: &Booking,
    busy: &[Busy],
    now: Instant,
) -> Result<Instant, ExtendRefusal> {
    if room.on_page(booking.status, now) != Admission::Open {
        return Err(ExtendRefusal::NotOpen);
    }
    let end = room.window.end.plus(EXTENSION);
    if booking.span.start.plus(LONGEST) < end {
        return Err(ExtendRefusal::TooLong);
    }
    let longer = Span { start: booking.span.end, end };
    let meets = |busy: &Busy| {
        let start = busy.span.start.minus(busy.buffers.before);
        longer.overlaps(Span { start, ..busy.span })
    };
    if busy.iter().any(meets) { Err(ExtendRefusal::Follows) } else { Ok(end) }
}
