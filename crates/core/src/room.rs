//! Rooms: names nobody can guess, passwords people can type, and who is let in when.

mod conference;
mod extend;
mod presence;
mod standalone;
mod tenant;

use std::str::FromStr;

use bip39::Language;
use data_encoding::BASE32_NOPAD;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    booking::{Side, Status},
    event_type::RoomPolicy,
    ids::{BookingId, RoomId},
    jitsi::ServerName,
    random::{self, Entropy},
    time::{Instant, MICROS_PER_MINUTE, Minutes, Span},
};

pub use conference::{Conference, Ended, Grant};
pub use extend::{EXTENSION, ExtendRefusal, decide_extension};
pub use presence::{Meeting, Person, Presence, Stay};
pub use standalone::{RoomRefusal, RoomRequest, StandaloneRoom, decide_standalone_room};
pub use tenant::{InvalidTenant, Tenant};

/// How much earlier than the page the API says yes, against clocks that differ.
pub const SKEW_MICROS: i64 = 60_000_000;

/// A room's name: 160 random bits in lower-case letters and digits, and nothing else.
///
/// Jitsi's client lower-cases and percent-encodes names before it asks (`mod_reservations` does
/// not), so any wider alphabet would come back changed.
#[derive(Debug, Clone)]
pub struct RoomName(SecretString);

/// The text can not be a name that Roomkey made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a room name")]
pub struct InvalidRoomName;

impl RoomName {
    /// A fresh one.
    pub fn new(entropy: &dyn Entropy) -> Self {
        Self(BASE32_NOPAD.encode(&random::bytes::<20>(entropy)).to_ascii_lowercase().into())
    }

    /// The name as Jitsi sees it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl FromStr for RoomName {
    type Err = InvalidRoomName;

    fn from_str(text: &str) -> Result<Self, InvalidRoomName> {
        let ours =
            text.len() == 32 && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        ours.then(|| Self(text.into())).ok_or(InvalidRoomName)
    }
}

/// A room's password: three words of a list of 2,048 and five digits 2 to 9, 48 random bits that
/// can be read over the telephone, like `tern-moss-quilt-48275`.
#[derive(Debug, Clone)]
pub struct RoomPassword(SecretString);

impl RoomPassword {
    /// A fresh one.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let words = Language::English.word_list();
        let bits = u64::from_be_bytes(random::bytes(entropy));
        let mut text = String::with_capacity(32);
        for word in 0..3 {
            let index = usize::try_from(bits >> (11 * word) & 0x7ff).unwrap_or_default();
            text.push_str(words.get(index).copied().unwrap_or_default());
            text.push('-');
        }
        for digit in 0..5 {
            let value = u8::try_from(bits >> (33 + 3 * digit) & 7).unwrap_or_default();
            text.push(char::from(b'2' + value));
        }
        Self(text.into())
    }

    /// As it was stored.
    pub fn from_stored(text: String) -> Self {
        Self(text.into())
    }

    /// The password as people type it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// One generation of a booking's room, of which moving a booking makes the next one; or a room alone.
#[derive(Debug, Clone)]
pub struct Room {
    /// Names the row, and the conference that Jitsi holds in it.
    pub id: RoomId,
    /// The booking that it exists for; none if a program asked for the room alone.
    pub booking: Option<BookingId>,
    /// 1 for the first.
    pub generation: u32,
    /// Its address.
    pub name: RoomName,
    /// What people type to enter.
    pub password: RoomPassword,
    /// Open from `start` (the page's opening time) to `end`.
    pub window: Span,
    /// How many people may be in it.
    pub max_occupants: Option<u32>,
    /// Whether people wait until somebody lets them in.
    pub lobby: bool,
    /// Whether only the host is told the password: customers wait in the lobby until they are let in.
    pub knock: bool,
    /// On which Jitsi, where it is not the first.
    pub server: Option<ServerName>,
    /// Closed for good, whatever the clock says.
    pub revoked: bool,
}

/// Who somebody is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Leads the meeting.
    Host,
    /// Takes part.
    Customer,
}

impl Role {
    /// What `mod_token_affiliation` reads.
    pub const fn affiliation(self) -> &'static str {
        match self {
            Self::Host => "owner",
            Self::Customer => "member",
        }
    }
}

impl From<Side> for Role {
    fn from(side: Side) -> Self {
        match side {
            Side::Host => Self::Host,
            Side::Customer => Self::Customer,
        }
    }
}

/// What a token says: that one person may enter one room for a while.
#[derive(Debug, Clone)]
pub struct RoomToken<'a> {
    /// The room's name.
    pub room: &'a str,
    /// From when until when. Jitsi allows for no difference of clocks, so it begins [`SKEW_MICROS`] early.
    pub window: Span,
    /// An id of the person that says nothing about them, and is the same each time they enter.
    pub person: String,
    /// What others in the room see.
    pub name: &'a str,
    /// Who they are there.
    pub role: Role,
}

/// Whether a room is open, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Come in.
    Open,
    /// Not yet: it opens then.
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
    /// The window that a policy gives to a booked span.
    pub fn window(booked: Span, policy: &RoomPolicy) -> Span {
        Span { start: booked.start.minus(policy.early), end: booked.end.plus(policy.grace) }
    }

    /// How long before `start` people are let in.
    pub fn opens_before(&self, start: Instant) -> Minutes {
        let minutes = start.since(self.window.start) / MICROS_PER_MINUTE;
        Minutes(u32::try_from(minutes).unwrap_or_default())
    }

    /// From when until when Jitsi lets people in: the page's window, begun [`SKEW_MICROS`] earlier.
    pub fn jitsi_window(&self) -> Span {
        Span { start: self.window.start.plus_micros(-SKEW_MICROS), end: self.window.end }
    }

    /// What the join page answers at `now`.
    pub fn on_page(&self, status: Status, now: Instant) -> Admission {
        admit(self.window, self.revoked, status, now)
    }

    /// What the reservations API answers at `now`: as the page, but [`SKEW_MICROS`] earlier, so
    /// that whoever the page lets through, the API grants.
    pub fn for_jitsi(&self, status: Status, now: Instant) -> Admission {
        match admit(self.jitsi_window(), self.revoked, status, now) {
            Admission::Early { .. } => Admission::Early { opens_at: self.window.start },
            other => other,
        }
    }
}

fn admit(window: Span, revoked: bool, status: Status, now: Instant) -> Admission {
    if revoked || status != Status::Confirmed {
        Admission::Revoked
    } else if now < window.start {
        Admission::Early { opens_at: window.start }
    } else if now < window.end {
        Admission::Open
    } else {
        Admission::Over
    }
}
