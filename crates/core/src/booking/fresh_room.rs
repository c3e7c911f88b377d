use crate::{
    event_type::RoomPolicy,
    ids::{BookingId, RoomId},
    jitsi::ServerName,
    random::Entropy,
    room::{Room, RoomName, RoomPassword},
    time::{Instant, Span},
};

/// All that a new room needs of chance, drawn before the decision.
#[derive(Debug)]
pub struct FreshRoom {
    id: RoomId,
    name: RoomName,
    password: RoomPassword,
}

impl FreshRoom {
    /// Draws it.
    pub fn draw(now: Instant, entropy: &dyn Entropy) -> Self {
        Self {
            id: RoomId::new(now, entropy),
            name: RoomName::new(entropy),
            password: RoomPassword::new(entropy),
        }
    }

    /// A room made by what the event type says.
    pub(super) fn made(
        self,
        booking: BookingId,
        generation: u32,
        span: Span,
        policy: RoomPolicy,
    ) -> Room {
        Room {
            id: self.id,
            booking: Some(booking),
            generation,
            name: self.name,
            password: self.password,
            window: Room::window(span, &policy),
            max_occupants: policy.max_occupants,
            lobby: policy.lobby || policy.knock,
            knock: policy.knock,
            server: policy.server,
            revoked: false,
        }
    }

    /// A room without a booking.
    pub(crate) fn alone(
        self,
        window: Span,
        max_occupants: Option<u32>,
        lobby: bool,
        server: Option<ServerName>,
    ) -> Room {
        Room {
            id: self.id,
            booking: None,
            generation: 1,
            name: self.name,
            password: self.password,
            window,
            max_occupants,
            lobby,
            knock: false,
            server,
            revoked: false,
        }
    }

    /// The room that takes another one's place.
    pub(super) fn after(self, room: &Room, window: Span) -> Room {
        Room {
            id: self.id,
            booking: room.booking,
            generation: room.generation + 1,
            name: self.name,
            password: self.password,
            window,
            max_occupants: room.max_occupants,
            lobby: room.lobby,
            knock: room.knock,
            server: room.server,
            revoked: false,
        }
    }
}
