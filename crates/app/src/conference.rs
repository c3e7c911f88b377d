//! What Jitsi asks: whether a room may exist now.

use roomkey_core::{
    ids::RoomId,
    room::{Admission, Room, RoomName},
    time::TimeZone,
};
use roomkey_store::{RoomState, StoreError};

use crate::App;

/// A room that Jitsi asks about.
#[derive(Debug, Clone)]
pub struct Conference {
    /// The room.
    pub room: Room,
    /// Whether it may exist now.
    pub admission: Admission,
    /// The zone in which opening times are told: the host's.
    pub zone: TimeZone,
}

impl App {
    /// The room of that name. A text that is no name of ours is simply not found.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn conference_by_name(&self, name: &str) -> Result<Option<Conference>, StoreError> {
        let Ok(name) = name.parse::<RoomName>() else { return Ok(None) };
        let state = self.store.read(move |tx| tx.room_by_name(&name)).await?;
        Ok(state.map(|state| self.conference(state)))
    }

    /// The room with that id, which is the reservation's id as well.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn conference_by_id(&self, id: &str) -> Result<Option<Conference>, StoreError> {
        let Ok(id) = id.parse::<RoomId>() else { return Ok(None) };
        let state = self.store.read(move |tx| tx.room_by_id(id)).await?;
        Ok(state.map(|state| self.conference(state)))
    }

    fn conference(&self, state: RoomState) -> Conference {
        let admission = state.room.for_jitsi(state.status, self.now());
        Conference { room: state.room, admission, zone: state.host_zone }
    }
}
