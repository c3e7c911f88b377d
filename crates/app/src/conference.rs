//! What Jitsi asks: whether a room may exist now. What is remembered of it: that it did.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use roomkey_core::{
    booking::Booking,
    ids::{ConferenceId, RoomId},
    jitsi::ServerName,
    room::{Conference, Grant, Room},
    time::{Instant, TimeZone},
};
use roomkey_store::{RoomState, StoreError, Tx};
use tokio::time::timeout;

use crate::App;

/// How long Jitsi waits until it is written down that a room was granted. It gives up after five seconds, for good; told
/// to come again, it does.
const PATIENCE: Duration = Duration::from_secs(2);

/// A room that Jitsi asks about.
#[derive(Debug, Clone)]
pub struct AskedRoom {
    /// The room.
    pub room: Room,
    /// Whether it may exist now.
    pub verdict: Verdict,
    /// Whether it may, and has not since Jitsi last called it empty.
    pub opens: bool,
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

impl AskedRoom {
    fn at(now: Instant, RoomState { room, status, zone, open }: RoomState) -> Self {
        let grant = room.grant(status, open, now);
        let verdict = match grant {
            Grant::Opens | Grant::Repeats => Verdict::Open,
            Grant::Early { opens_at } => Verdict::Early { opens_at, zone },
            Grant::Over => Verdict::Over,
            Grant::Revoked => Verdict::Revoked,
        };
        Self { room, verdict, opens: grant == Grant::Opens }
    }
}

impl App {
    /// The Jitsi `asker` asks whether the room of that name may exist. A text that is no name of ours is simply not
    /// found, nor is a room of another Jitsi.
    ///
    /// A refusal and a repeat only read. The first grant is written down before it is given: where that can not be done
    /// within [`PATIENCE`], nothing is, and Jitsi asks again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ask_for_room(
        &self,
        name: &str,
        asker: Option<ServerName>,
    ) -> Result<Option<AskedRoom>, StoreError> {
        let wanted = self.conference_by_name(name, asker).await?;
        let Some(wanted) = wanted else { return Ok(None) };
        if !wanted.opens {
            return Ok(Some(wanted));
        }
        let (app, id) = (self.clone(), wanted.room.id);
        let given_up = Arc::new(AtomicBool::new(false));
        let is_late = Arc::clone(&given_up);
        let written = self.store.write(move |tx| {
            let now = app.now();
            // Again, for all that may have happened since.
            let Some(state) = tx.room_by_id(id)? else { return Ok(None) };
            let wanted = AskedRoom::at(now, state);
            if wanted.opens {
                let id = ConferenceId::new(now, app.entropy());
                tx.open_conference(&Conference::opened(id, &wanted.room, now))?;
            }
            // Jitsi was told that the room can not be opened now: what a lock let through too late is undone.
            if is_late.load(Ordering::Acquire) {
                return Err(StoreError::Busy);
            }
            Ok(Some(wanted))
        });
        timeout(PATIENCE, written).await.unwrap_or_else(|_| {
            given_up.store(true, Ordering::Release);
            Err(StoreError::Busy)
        })
    }

    /// The room that a Jitsi's Prosody calls so.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn conference_by_name(
        &self,
        name: &str,
        asker: Option<ServerName>,
    ) -> Result<Option<AskedRoom>, StoreError> {
        let Some(name) = self.site.jitsi.get(asker).room_of_node(name) else { return Ok(None) };
        let found = self.asked_room(move |tx| tx.room_by_name(&name)).await?;
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
    ) -> Result<Option<AskedRoom>, StoreError> {
        let Ok(id) = id.parse::<RoomId>() else { return Ok(None) };
        let found = self.asked_room(move |tx| tx.room_by_id(id)).await?;
        Ok(found.filter(|found| self.is_on(&found.room, asker)))
    }

    fn is_on(&self, room: &Room, server: Option<ServerName>) -> bool {
        self.site.server(room).name == server
    }

    async fn asked_room(
        &self,
        find: impl Fn(&mut Tx<'_>) -> Result<Option<RoomState>, StoreError> + Send + 'static,
    ) -> Result<Option<AskedRoom>, StoreError> {
        let now = self.now();
        let found = self.store.read(find).await?;
        Ok(found.map(|state| AskedRoom::at(now, state)))
    }

    /// Jitsi says that a room is empty. The booking goes on, and so does every other room of it. Returns the room's
    /// id, if it is one of ours.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn room_is_empty(
        &self,
        id: &str,
        asker: Option<ServerName>,
    ) -> Result<Option<RoomId>, StoreError> {
        let Some(found) = self.conference_by_id(id, asker).await? else { return Ok(None) };
        let (id, now) = (found.room.id, self.now());
        self.store
            .write(move |tx| {
                for before in tx.conferences_to_empty(id)? {
                    let emptied = before.emptied(now);
                    if emptied != before {
                        tx.update_conference(&emptied)?;
                    }
                }
                Ok(())
            })
            .await
            .map(|()| Some(id))
    }

    /// Whether it would be known that a booking's room had been opened: Jitsi asks for each room, and asked for some before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn remembers_rooms_at(
        &self,
        room: &Room,
        booking: &Booking,
    ) -> Result<bool, StoreError> {
        let start = booking.span.start;
        if !self.site.server(room).mode.asks_us() {
            return Ok(false);
        }
        self.store.read(move |tx| tx.remembers_conferences_before(start)).await
    }

    /// The conferences in a room, the first first: for its host.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn conferences_in(&self, room: RoomId) -> Result<Vec<Conference>, StoreError> {
        self.store.read(move |tx| tx.conferences_in(room)).await
    }

    /// The conferences in a booking's rooms, the first first: for its host.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn conferences(&self, booking: &Booking) -> Result<Vec<Conference>, StoreError> {
        let booking = booking.clone();
        self.store.read(move |tx| tx.conferences(&booking)).await
    }
}
