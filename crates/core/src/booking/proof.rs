use super::{
    Booking, FreshRoom, InvalidTransition, NewBooking, Seating, Side, Status, book::first_state,
    request::has_lapsed, seat::room_to_make,
};
use crate::{
    event_type::EventType,
    room::Room,
    time::{Instant, Minutes},
};

/// How long a booking keeps its time until its customer shows that the address is theirs.
const KEPT: Minutes = Minutes(15);

/// Whether an address is known to be its customer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Nobody asked.
    NotAsked,
    /// A link was sent there, and its button was not pressed.
    Asked,
    /// Its button was pressed then.
    Given(Instant),
}

impl Proof {
    /// Whether who made the booking may see it as its customer. `is_proven` is whether they have shown
    /// in another way that the address is theirs: who typed somebody else's must not come to see what
    /// that person then makes of it.
    pub const fn opens(self, is_proven: bool) -> bool {
        match self {
            Self::NotAsked => true,
            Self::Asked => false,
            Self::Given(_) => is_proven,
        }
    }
}

impl NewBooking {
    /// The same booking before its customer has shown that the address is theirs: it keeps its time for
    /// a while, at the longest until it begins, and has no room.
    pub fn until_proven(self) -> Self {
        let mut booking = self.booking;
        booking.status = Status::Unverified;
        booking.expires_at = Some(booking.created_at.plus(KEPT).min(booking.span.start));
        booking.attendee.proof = Proof::Asked;
        Self { booking, room: None, ..self }
    }
}

/// What a booking becomes when its customer shows that the address is theirs. The time is its own from
/// the beginning.
#[derive(Debug)]
pub struct Proven {
    /// Confirmed, or pending where the host is asked.
    pub status: Status,
    /// Until when it keeps its time while it is pending.
    pub expires_at: Option<Instant>,
    /// The booking's version from now on.
    pub version: u32,
    /// Its first room, if that is where they meet and its session has none.
    pub room: Option<Room>,
}

/// The customer shows that the address is theirs. That is possible until the booking expires. `begins` is when the
/// first of what it was booked with begins; the booking's own start, if it was booked alone.
///
/// # Errors
/// [`InvalidTransition`].
pub fn decide_proof(
    booking: &Booking,
    event_type: &EventType,
    seating: &Seating,
    fresh: FreshRoom,
    begins: Instant,
    now: Instant,
) -> Result<Proven, InvalidTransition> {
    let terms = &event_type.terms;
    let (next, expires_at) = first_state(terms, Side::Customer, begins, now);
    let is = booking.status;
    if is != Status::Unverified {
        return Err(InvalidTransition::State { is, asked: next });
    }
    if has_lapsed(booking, now) {
        return Err(InvalidTransition::State { is: Status::Expired, asked: next });
    }
    let status = is.become_next(next)?;
    let room = match status {
        Status::Confirmed => {
            room_to_make(booking, booking.session, booking.span, terms.room, seating, fresh)
        }
        _ => None,
    };
    Ok(Proven { status, expires_at, version: booking.version + 1, room })
}
