//! A room as Jitsi opened it.

use super::{Admission, Room};
use crate::{
    booking::Status,
    ids::{ConferenceId, RoomId},
    time::Instant,
};

/// A room as Jitsi opened it: from the first time that it was allowed, until Jitsi says that it is empty, or until the
/// window's end that Jitsi was told.
///
/// A room has one after the other: people leave for a break and come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conference {
    /// Names the row.
    pub id: ConferenceId,
    /// The room.
    pub room: RoomId,
    /// When Jitsi was first told that it may open it.
    pub opened_at: Instant,
    /// The window's end, as Jitsi was told. It keeps to that, wherever the window's end is later.
    pub ends_at: Instant,
    /// When Jitsi said last that it is empty.
    pub emptied_at: Option<Instant>,
}

/// How a conference came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The last person left before the window's end.
    Empty(Instant),
    /// The window's end came.
    InTime(Instant),
}

impl Ended {
    /// The names of both ways in the API.
    pub const NAMES: [&str; 2] = [Self::EMPTY, Self::WINDOW];
    const EMPTY: &str = "empty";
    const WINDOW: &str = "window";

    /// When.
    pub const fn at(self) -> Instant {
        match self {
            Self::Empty(at) | Self::InTime(at) => at,
        }
    }

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty(_) => Self::EMPTY,
            Self::InTime(_) => Self::WINDOW,
        }
    }
}

impl Conference {
    /// The one that begins when a room is granted at `now`.
    pub const fn opened(id: ConferenceId, room: &Room, now: Instant) -> Self {
        Self { id, room: room.id, opened_at: now, ends_at: room.window.end, emptied_at: None }
    }

    /// Whether it has ended at `now`, and how. Only our clock says that the window's end has come: Jitsi may never
    /// tell that the room is gone.
    pub fn ended(&self, now: Instant) -> Option<Ended> {
        match self.emptied_at {
            Some(at) if at < self.ends_at => Some(Ended::Empty(at)),
            _ if self.ends_at <= now || self.emptied_at.is_some() => {
                Some(Ended::InTime(self.ends_at))
            }
            _ => None,
        }
    }

    /// The same after Jitsi has said at `now` that the room is empty. Several Prosodys say so each for itself, and some
    /// say it late: the last word counts, within the conference's time.
    #[must_use]
    pub fn emptied(self, now: Instant) -> Self {
        let told = now.min(self.ends_at).max(self.opened_at);
        Self { emptied_at: self.emptied_at.max(Some(told)), ..self }
    }
}

/// What Jitsi is answered, and what is to be remembered of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// The room may exist, and from now on it does: one conference more.
    Opens,
    /// The room may exist, as was said before: nothing to remember.
    Repeats,
    /// Not yet.
    Early {
        /// When the page opens.
        opens_at: Instant,
    },
    /// The window has passed.
    Over,
    /// The booking does not stand, or a newer room has taken this one's place.
    Revoked,
}

impl Room {
    /// What Jitsi is answered at `now`. `open` is the conference that was granted for this window and that Jitsi has
    /// not called empty, if there is one: a repeat, since Jitsi asks again after a time-out, after a restart, and by
    /// each of its Prosodys.
    pub fn grant(&self, status: Status, open: Option<ConferenceId>, now: Instant) -> Grant {
        match self.for_jitsi(status, now) {
            Admission::Open if open.is_none() => Grant::Opens,
            Admission::Open => Grant::Repeats,
            Admission::Early { opens_at } => Grant::Early { opens_at },
            Admission::Over => Grant::Over,
            Admission::Revoked => Grant::Revoked,
        }
    }
}
