use std::str::FromStr;

use super::{Attendance, ProposalEnd, Side};
use crate::{
    text::{Note, PersonName},
    time::Instant,
};

/// What happened to a booking, and when: one entry of its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// Who did it; nobody did what time does.
    pub by: Option<Side>,
    /// What it was.
    pub what: Happening,
}

/// What happened to a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// Its state became another one, or its first one; or who comes did.
    Became {
        /// Which change it was.
        change: Change,
        /// What was said about it, if anything was.
        note: Option<Note>,
    },
    /// It was given another time.
    Moved {
        /// When it started before.
        from: Instant,
        /// When it starts from then on.
        to: Instant,
        /// What both sides were told about it, if anything was.
        note: Option<Note>,
    },
    /// One side would like another time.
    Proposed {
        /// When it could start.
        starts: Vec<Instant>,
        /// What the other side was told, if anything was.
        note: Option<Note>,
    },
    /// Such a wish came to an end, and the booking stayed as it was.
    ProposalEnded {
        /// How.
        end: ProposalEnd,
        /// What was said then, if anything was.
        note: Option<Note>,
    },
    /// The host kept the room open a while longer.
    Extended,
    /// The host's private note became another one.
    Noted,
    /// The host said whether somebody came.
    Marked {
        /// What they said.
        attendance: Attendance,
        /// Of whom, unless that person is not on the booking any more.
        name: Option<PersonName>,
    },
}

/// A change of a booking that gives it no other time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// It was made by somebody whose address is not proven.
    Unverified,
    /// Who made it showed that the address is theirs.
    Verified,
    /// The host was asked for it.
    Requested,
    /// It was made, and stands.
    Booked,
    /// The host said yes.
    Confirmed,
    /// The host said no.
    Declined,
    /// Nobody answered in time.
    Expired,
    /// Somebody else was brought along.
    GuestAdded,
    /// Somebody whom the customer brought along was taken off it.
    GuestRemoved,
    /// Another one of its session was put out, and the room became a new one for those who stay.
    RoomRenewed,
    /// It was called off.
    Cancelled,
}

impl Change {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Unverified,
        Self::Verified,
        Self::Requested,
        Self::Booked,
        Self::Confirmed,
        Self::Declined,
        Self::Expired,
        Self::GuestAdded,
        Self::GuestRemoved,
        Self::RoomRenewed,
        Self::Cancelled,
    ];

    /// Its name in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Verified => "verified",
            Self::Requested => "requested",
            Self::Booked => "booked",
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::GuestAdded => "guest_added",
            Self::GuestRemoved => "guest_removed",
            Self::RoomRenewed => "room_renewed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it ends a booking before its time.
    pub const fn is_end(self) -> bool {
        match self {
            Self::Declined | Self::Expired | Self::Cancelled => true,
            Self::Unverified
            | Self::Verified
            | Self::Requested
            | Self::Booked
            | Self::Confirmed
            | Self::GuestAdded
            | Self::GuestRemoved
            | Self::RoomRenewed => false,
        }
    }
}

/// The text is no change's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a change of a booking")]
pub struct UnknownChange;

impl FromStr for Change {
    type Err = UnknownChange;

    fn from_str(text: &str) -> Result<Self, UnknownChange> {
        Self::ALL.into_iter().find(|change| change.as_str() == text).ok_or(UnknownChange)
    }
}

impl Happening {
    /// The name of a move in the API and the database.
    pub const MOVED: &str = "moved";
    /// The name of a wish for another time in the API.
    pub const PROPOSED: &str = "proposed";
    /// The name of a room that was kept open longer.
    pub const EXTENDED: &str = "extended";
    /// The name of a change of the private note.
    pub const NOTED: &str = "noted";

    /// Its name in the API.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Became { change, .. } => change.as_str(),
            Self::Moved { .. } => Self::MOVED,
            Self::Proposed { .. } => Self::PROPOSED,
            Self::ProposalEnded { end, .. } => end.as_str(),
            Self::Extended => Self::EXTENDED,
            Self::Noted => Self::NOTED,
            Self::Marked { attendance, .. } => attendance.as_str(),
        }
    }

    /// What was said about it, if anything was.
    pub const fn note(&self) -> Option<&Note> {
        match self {
            Self::Became { note, .. }
            | Self::Moved { note, .. }
            | Self::Proposed { note, .. }
            | Self::ProposalEnded { note, .. } => note.as_ref(),
            Self::Extended | Self::Noted | Self::Marked { .. } => None,
        }
    }
}
