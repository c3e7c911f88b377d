//! What Jitsi asks: whether a room may exist now.

use roomkey_core::{
    ids::RoomId,
    jitsi::ServerName,
    room::{Admission, Room, RoomName},
    time::{Instant, TimeZone},
};
use roomkey_store::{RoomState, StoreError, Tx};

use crate::App;

/// A room that Jitsi asks about.
#[derive(Debug, Clone)]
pub struct Conference {
    /// The room.
    pub room: Room,
    /// Whether it may exist now.
    pub verdict: Verdict,
}

/// Whether a room may exist now, with what a refusal tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Open,
    /// Not yet.
    Early {
        /// When it opens.
        opens_at: Instant,
        /// The zone in which that is told: the host's.
        zone: TimeZone,
    },
    /// The window has passed.
    Over,
    /// The booking does not stand, or a newer room has taken this one's place.
    Revoked,
}

impl App {
    /// The room of that name on the Jitsi that asks. A text that is no name of ours is simply not found, nor is a room
    /// of another Jitsi.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn conference_by_name(
        &self,
        name: &str,
        asker: Option<ServerName>,
    ) -> Result<Option<Conference>, StoreError> {
        let Ok(name) = name.parse::<RoomName>() else { return Ok(None) };
        let found = self.conference(move |tx| tx.room_by_name(&name)).await?;
        Ok(found.filter(|found| self.is_on(&found.room, asker)))
    }

    /// The room with that id, which is the reservation's id as well, on the Jitsi that asks.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn conference_by_id(
        &self,
        id: &str,
        asker: Option<ServerName>,
    ) -> Result<Option<Conference>, StoreError> {
        let Ok(id) = id.parse::<RoomId>() else { return Ok(None) };
        let found = self.conference(move |tx| tx.room_by_id(id)).await?;
        Ok(found.filter(|found| self.is_on(&found.room, asker)))
    }

    fn is_on(&self, room: &Room, server: Option<ServerName>) -> bool {
        self.site.server(room).name == server
    }

    async fn conference(
        &self,
        find: impl Fn(&mut Tx<'_>) -> Result<Option<RoomState>, StoreError> + Send + 'static,
    ) -> Result<Option<Conference>, StoreError> {
        let now = self.now();
        self.store
            .read(move |tx| {
                let Some(RoomState { room, status }) = find(tx)? else { return Ok(None) };
                let verdict = match room.for_jitsi(status, now) {
                    Admission::Open => Verdict::Open,
                    Admission::Early { opens_at } => {
                        let zone = tx.room_zone(&room)?.unwrap_or(TimeZone::UTC);
                        Verdict::Early { opens_at, zone }
                    }
                    Admission::Over => Verdict::Over,
                    Admission::Revoked => Verdict::Revoked,
                };
                Ok(Some(Conference { room, verdict }))
            })
            .await
    }
}
