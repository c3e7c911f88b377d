use super::{Booking, FreshRoom, InvalidTransition, Status};
use crate::{
    event_type::{EventType, Location},
    room::Room,
    text::Note,
    time::Instant,
};

/// What the host's yes to a request changes. The time is its own from the request on.
#[derive(Debug)]
pub struct Confirmation {
    /// The booking's version from now on.
    pub version: u32,
    /// Its first room, if that is where they meet.
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
    fresh: FreshRoom,
    now: Instant,
) -> Result<Confirmation, InvalidTransition> {
    to_answer(booking, Status::Confirmed, now)?;
    let policy = event_type.terms.room;
    let meets_in_room = booking.location == Location::Jitsi;
    let room = meets_in_room.then(|| fresh.first(booking.id, booking.span, policy));
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
    let reason = Note::from_stored(String::new());
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

fn has_lapsed(booking: &Booking, now: Instant) -> bool {
    booking.expires_at.is_some_and(|at| at <= now) || booking.span.start <= now
}
