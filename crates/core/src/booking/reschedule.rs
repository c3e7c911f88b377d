use super::{
    Booking, FreshRoom, InvalidTransition, Seating, Side, Status, WallTime, book::grant,
    may_propose, seat::room_to_make,
};
use crate::{
    availability::{Offer, Refusal},
    event_type::{EventType, Terms},
    ids::GroupSessionId,
    room::Room,
    text::Note,
    time::{Instant, Minutes, Span},
};

/// Another time that somebody wants for a booking.
#[derive(Debug, Clone)]
pub struct MoveRequest {
    /// When it should start.
    pub start: Instant,
    /// Who asks.
    pub by: Side,
    /// What both sides are told about it.
    pub note: Note,
    /// Whether both sides agreed on it, so that it is as if the host moved it.
    pub agreed: bool,
}

/// What moving a booking changes. Its former room is revoked and its former time free at once.
#[derive(Debug)]
pub struct Move {
    /// The booking's version from now on.
    pub version: u32,
    /// The SEQUENCE of the iTIP REQUEST (RFC 5546 3.2.2).
    pub ical_sequence: u32,
    /// When it was.
    pub from: Span,
    /// When it is; as long as before.
    pub to: Span,
    /// What the clock of the schedule's zone shows then.
    pub agreed: WallTime,
    /// The room's next generation, where there is one at all and no session at the new time has one.
    pub room: Option<Room>,
    /// The session at the new time and how many seats it has, if the booking is a seat.
    pub seat: Option<(GroupSessionId, u32)>,
    /// Who moved it.
    pub by: Side,
    /// What both sides are told about it.
    pub note: Note,
}

/// The booking is not moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoveRefusal {
    /// Its state does not allow it, it is over, or it is too late for customers.
    #[error(transparent)]
    Transition(#[from] InvalidTransition),
    /// It already has that time.
    #[error("this booking already has that time")]
    SameTime,
    /// The time is not offered.
    #[error(transparent)]
    NotOffered(#[from] Refusal),
}

/// Until when customers may do what asks for so much notice.
pub fn deadline(booking: &Booking, notice: Minutes) -> Instant {
    booking.span.start.minus(notice)
}

/// Whether a booking can be moved at `now` at all, whatever the time.
///
/// # Errors
/// [`InvalidTransition`].
pub fn may_move(
    booking: &Booking,
    terms: &Terms,
    by: Side,
    now: Instant,
) -> Result<(), InvalidTransition> {
    match booking.status {
        Status::Confirmed if booking.span.end <= now => Err(InvalidTransition::Over),
        Status::Confirmed if by == Side::Customer && terms.confirm_within.is_some() => {
            Err(InvalidTransition::AskHost)
        }
        Status::Confirmed => in_time(booking, terms.move_notice, by, now),
        Status::Cancelled => Err(InvalidTransition::AlreadyCancelled),
        Status::Unverified | Status::Pending | Status::Declined | Status::Expired => {
            Err(InvalidTransition::NotConfirmed)
        }
    }
}

/// How somebody comes by another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// They move the booking.
    Move,
    /// They ask the host to.
    Ask,
}

/// How `by` comes by another time at `now`, whatever the time.
///
/// # Errors
/// [`InvalidTransition`], never [`InvalidTransition::AskHost`].
pub fn way_to_move(
    booking: &Booking,
    terms: &Terms,
    by: Side,
    now: Instant,
) -> Result<Way, InvalidTransition> {
    match may_move(booking, terms, by, now) {
        Err(InvalidTransition::AskHost) => may_propose(booking, terms, by, now).map(|()| Way::Ask),
        other => other.map(|()| Way::Move),
    }
}

/// Whether it is not too late for who asks. Hosts have no deadline.
pub(super) fn in_time(
    booking: &Booking,
    notice: Minutes,
    by: Side,
    now: Instant,
) -> Result<(), InvalidTransition> {
    let until = deadline(booking, notice);
    match by {
        Side::Customer if until < now => Err(InvalidTransition::TooLate { until }),
        Side::Customer | Side::Host => Ok(()),
    }
}

/// Moves a booking to another time, if that is offered. It keeps its length, and its room the policy
/// that it was booked with.
///
/// `offer` is of the booking's own length at the present moment, and knows nothing of the booking:
/// neither its time nor that it counts. `room` is its live one, `seating` of the new time. A seat in a session
/// moves alone: the others stay, and keep their room.
///
/// # Errors
/// [`MoveRefusal`].
pub fn decide_move(
    booking: &Booking,
    event_type: &EventType,
    room: Option<&Room>,
    offer: &Offer<'_>,
    request: MoveRequest,
    seating: &Seating,
    fresh: FreshRoom,
) -> Result<Move, MoveRefusal> {
    let from = booking.span;
    let MoveRequest { start, by, note, agreed } = request;
    let leave = if agreed { Side::Host } else { by };
    let allowed = may_move(booking, &event_type.terms, leave, offer.now);
    if start == from.start && !matches!(allowed, Err(why) if !why.is_deadline()) {
        return Err(MoveRefusal::SameTime);
    }
    allowed?;
    let (to, _) = grant(offer, start, agreed)?;
    let shift = to.start.since(from.start);
    let seat = seating.session(event_type).zip(event_type.terms.seats);
    let room = match room {
        Some(_) if booking.session.is_some() || seat.is_some() => {
            let session = seat.map(|(session, _)| session);
            room_to_make(booking, session, to, event_type.terms.room, seating, fresh)
        }
        Some(room) => {
            let (start, end) = (room.window.start, room.window.end);
            let window = Span { start: start.plus_micros(shift), end: end.plus_micros(shift) };
            Some(fresh.after(room, window))
        }
        None => None,
    };
    Ok(Move {
        version: booking.version + 1,
        ical_sequence: booking.ical_sequence + 1,
        from,
        to,
        agreed: WallTime::at(to.start, offer.schedule.time_zone),
        room,
        seat,
        by,
        note,
    })
}
