//! Seats: several customers book the same time, each with a booking, a page and links of their own. They
//! share the host's time, and the room.

use super::{Booking, FreshRoom};
use crate::{
    event_type::{EventType, Location, RoomPolicy},
    ids::{BookingId, GroupSessionId},
    random::Entropy,
    room::Room,
    time::{Instant, Span},
};

/// What several customers have booked at the same time.
#[derive(Debug, Clone)]
pub struct GroupSession {
    /// Names it.
    pub id: GroupSessionId,
    /// The room that confirmed seats share; there is none before the first is confirmed.
    pub room: Option<Room>,
}

/// What is known of the session that a seat is taken in.
#[derive(Debug, Clone)]
pub struct Seating {
    /// The one at that time, if somebody has had a seat in it.
    pub present: Option<GroupSession>,
    /// The id of a new one.
    pub fresh: GroupSessionId,
    /// The last generation of a room that the booking has brought along; 0 for a new booking.
    pub generation: u32,
}

impl Seating {
    /// Nobody has had a seat at that time.
    pub fn fresh(now: Instant, entropy: &dyn Entropy) -> Self {
        Self { present: None, fresh: GroupSessionId::new(now, entropy), generation: 0 }
    }

    /// The session that a booking of that event type belongs to, if it offers seats.
    pub(super) fn session(&self, event_type: &EventType) -> Option<GroupSessionId> {
        let present = self.present.as_ref().map(|session| session.id);
        event_type.terms.seats.map(|_| present.unwrap_or(self.fresh))
    }

    /// The room that others have made for the session already.
    pub(super) fn room(&self) -> Option<&Room> {
        self.present.as_ref()?.room.as_ref()
    }
}

/// A session's new room, which those whom the host has put out do not know.
#[derive(Debug)]
pub struct RoomRenewal {
    /// The room's next generation.
    pub room: Room,
    /// The bookings that share it, each with its version and its SEQUENCE from now on: their calendar entries
    /// lead to the room (RFC 5546 3.2.2.1).
    pub seats: Vec<(BookingId, u32, u32)>,
}

/// Gives those who stay in a session another room in place of `room`; nothing if nobody stays.
pub fn decide_room_renewal(room: &Room, stay: &[Booking], fresh: FreshRoom) -> Option<RoomRenewal> {
    let next = |each: &Booking| (each.id, each.version + 1, each.ical_sequence + 1);
    let seats: Vec<_> = stay.iter().map(next).collect();
    (!seats.is_empty()).then(|| RoomRenewal { room: fresh.after(room, room.window), seats })
}

/// The room to make for a booking that is confirmed at that time, in that session: where they meet in one,
/// and nobody else in the session has one.
pub(super) fn room_to_make(
    booking: &Booking,
    session: Option<GroupSessionId>,
    span: Span,
    policy: RoomPolicy,
    seating: &Seating,
    fresh: FreshRoom,
) -> Option<Room> {
    let is_missing = session.is_none() || seating.room().is_none();
    (booking.location == Location::Jitsi && is_missing)
        .then(|| fresh.made(booking.id, seating.generation + 1, span, policy))
}
