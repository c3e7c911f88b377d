//! What Jitsi's events tell of a room: who came and went.

use roomkey_core::{
    booking::Booking,
    ids::RoomId,
    jitsi::ServerName,
    room::{Meeting, Person, Presence, Room, Stay},
    time::{Instant, Minutes},
};
use roomkey_store::{StoreError, Tx};

use crate::App;

/// Before the window opens and after it closes, so that clocks that differ a little and rooms that end late are in it.
const SLACK: Minutes = Minutes(60);
/// Stays in a room that are kept; and meetings. Nobody comes and goes so often.
const MOST: usize = 2000;

/// One telling of something in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomEvent {
    /// That the room was made, or is gone.
    pub meeting: Option<Meeting>,
    /// Who came or went.
    pub stays: Vec<Stay>,
}

/// Who tells of rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Teller {
    /// That Jitsi, of its own rooms; the first has no name.
    Jitsi(Option<ServerName>),
    /// Somebody who may tell of all.
    Any,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It is kept.
    Kept(RoomId),
    /// The room is none of ours, or it tells of another time than the room's.
    Ignored,
}

impl App {
    /// Keeps what Jitsi tells of a room. The same in any order, and told however often.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_room_event(
        &self,
        node: &str,
        teller: Teller,
        event: RoomEvent,
    ) -> Result<Noted, StoreError> {
        let Some(room) = self.room_told_of(node, teller).await? else { return Ok(Noted::Ignored) };
        let (from, to) = (room.window.start.minus(SLACK), room.window.end.plus(SLACK));
        let fits = |at: Instant| from <= at && at <= to;
        let RoomEvent { meeting, mut stays } = event;
        stays.retain(|stay| fits(stay.joined_at));
        let meeting = meeting.filter(|meeting| fits(meeting.created_at));
        if meeting.is_none() && stays.is_empty() {
            return Ok(Noted::Ignored);
        }
        self.store
            .write(move |tx| {
                tx.lock_room(room.id)?;
                note_meeting(tx, room.id, meeting)?;
                note_stays(tx, room.id, &stays)
            })
            .await?;
        Ok(Noted::Kept(room.id))
    }

    /// The room that a Jitsi calls so, on that Jitsi.
    async fn room_told_of(&self, node: &str, teller: Teller) -> Result<Option<Room>, StoreError> {
        for server in self.site.jitsi.iter() {
            let is_told = match teller {
                Teller::Jitsi(name) => server.name == name,
                Teller::Any => true,
            };
            if is_told && let Some(found) = self.conference_by_name(node, server.name).await? {
                return Ok(Some(found.room));
            }
        }
        Ok(None)
    }

    /// Who was in a booking's present room, or in its last one: for its host. None where nothing was told of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn presence(&self, booking: &Booking) -> Result<Option<Presence>, StoreError> {
        let (booking, now) = (booking.clone(), self.now());
        self.store
            .read(move |tx| {
                let Some((room, ends_at)) = tx.last_room(&booking)? else { return Ok(None) };
                let (stays, meetings) = (tx.stays(room)?, tx.meetings(room)?);
                if stays.is_empty() && meetings.is_empty() {
                    return Ok(None);
                }
                Ok(Some(Presence::of(&stays, &meetings, ends_at, now)))
            })
            .await
    }
}

/// Who is in a room already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// The host, as their token said.
    Host,
    /// Somebody.
    Somebody,
}

impl App {
    /// Whether somebody is in a booking's room already, where Jitsi tells.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn inside(&self, booking: &Booking) -> Result<Option<Inside>, StoreError> {
        let host = booking.host.to_string();
        let presence = self.presence(booking).await?.unwrap_or_default();
        let is_host = |person: &Person| person.id.as_ref() == Some(&host);
        Ok(if presence.inside().any(is_host) {
            Some(Inside::Host)
        } else {
            presence.inside().next().map(|_| Inside::Somebody)
        })
    }
}

fn note_meeting(tx: &mut Tx<'_>, room: RoomId, meeting: Option<Meeting>) -> Result<(), StoreError> {
    let Some(meeting) = meeting else { return Ok(()) };
    let known = tx.meetings(room)?;
    let before = known.iter().find(|each| each.created_at == meeting.created_at).copied();
    if before.is_none() && known.len() >= MOST {
        return Ok(());
    }
    let destroyed_at = meeting.destroyed_at.max(before.and_then(|before| before.destroyed_at));
    let merged = Meeting { destroyed_at, ..meeting };
    if before == Some(merged) { Ok(()) } else { tx.put_meeting(room, merged) }
}

fn note_stays(tx: &mut Tx<'_>, room: RoomId, stays: &[Stay]) -> Result<(), StoreError> {
    if stays.is_empty() {
        return Ok(());
    }
    let mut known = tx.stays(room)?;
    for stay in stays {
        let is_same =
            |each: &Stay| each.occupant == stay.occupant && each.joined_at == stay.joined_at;
        match known.iter().position(is_same) {
            Some(place) => {
                let Some(before) = known.get_mut(place) else { continue };
                let merged = before.clone().merged(stay.clone());
                if *before != merged {
                    tx.put_stay(room, &merged)?;
                    *before = merged;
                }
            }
            None if known.len() < MOST => {
                tx.put_stay(room, stay)?;
                known.push(stay.clone());
            }
            None => {}
        }
    }
    Ok(())
}
