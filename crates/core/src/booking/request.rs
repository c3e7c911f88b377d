use super::{Booking, FreshRoom, InvalidTransition, Seating, Status, seat::room_to_make};
use crate::{event_type::EventType, room::Room, text::Note, time::Instant};

/// What the host's yes to a request changes. The time is its own from the request on.
#[derive(Debug)]
pub struct Confirmation {
    /// The booking's version from now on.
    pub version: u32,
    /// Its first room, if that is where they meet and its session has none.
    pub room: Option<Room>,
}

/// What ends a request. Its time is free at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestEnd {
    /// Declined, or expired.
    pub status: Status,
    /// The booking's version from now on.
    pub version: u32,
    /// What the host wrote.
    pub reason: Note,
}

/// Says yes to a request. It can be answered until it expires, and until its time begins.
///
/// # Errors
/// [`InvalidTransition`].
pub fn decide_confirmation(
    booking: &Booking,
    event_type: &EventType,
    seating: &Seating,
    fresh: FreshRoom,
    now: Instant,
) -> Result<Confirmation, InvalidTransition> {
    to_answer(booking, Status::Confirmed, now)?;
    let policy = event_type.terms.room;
    let room = room_to_make(booking, booking.session, booking.span, policy, seating, fresh);
    Ok(Confirmation { version: booking.version + 1, room })
}

/// Says no to a request.
///
/// # Errors
/// [`InvalidTransition`].
pub fn decide_decline(
    booking: &Booking,
    reason: Note,
    now: Instant,
) -> Result<RequestEnd, InvalidTransition> {
    let status = to_answer(booking, Status::Declined, now)?;
    Ok(RequestEnd { status, version: booking.version + 1, reason })
}

/// Ends what nobody answered in time; nothing if it is not so far.
pub fn decide_expiry(booking: &Booking, now: Instant) -> Option<RequestEnd> {
    let status = booking.status.become_next(Status::Expired).ok()?;
    let reason = Note::default();
    has_lapsed(booking, now).then_some(RequestEnd { status, version: booking.version + 1, reason })
}

/// The state that an answer leads to, if there is something to answer.
fn to_answer(booking: &Booking, next: Status, now: Instant) -> Result<Status, InvalidTransition> {
    if booking.status != Status::Pending {
        return Err(InvalidTransition::State { is: booking.status, asked: next });
    }
    if has_lapsed(booking, now) {
        return Err(InvalidTransition::State { is: Status::Expired, asked: next });
    }
    booking.status.become_next(next)
}

pub(super) fn has_lapsed(booking: &Booking, now: Instant) -> bool {
    booking.expires_at.is_some_and(|at| at <= now) || booking.span.start <= now
}
