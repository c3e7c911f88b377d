//! Newtype ids: UUID version 7 (RFC 9562), so that rows sort by when they were made.
//!
//! An id names a thing and grants nothing: it is no capability.

use std::{fmt, str::FromStr};

use uuid::{Builder, Uuid};

use crate::{random::Entropy, time::Instant};

/// The text was not a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct InvalidId;

fn v7(now: Instant, entropy: &dyn Entropy) -> Uuid {
    let mut random = [0; 10];
    entropy.fill(&mut random);
    Builder::from_unix_timestamp_millis(now.millis_since_epoch(), &random).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id for a thing made at `now`.
            pub fn new(now: Instant, entropy: &dyn Entropy) -> Self {
                Self(v7(now, entropy))
            }

            /// Its 16 bytes.
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }

            /// The id with those bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Only the hyphenated lower-case form is read, so that one id has one spelling.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let id = Uuid::try_parse(text).map_err(|_| InvalidId)?;
                (id.as_hyphenated().to_string() == text).then_some(Self(id)).ok_or(InvalidId)
            }
        }
    )*};
}

ids! {
    /// A person with an account.
    UserId
    /// A named set of weekly hours.
    ScheduleId
    /// One thing that people can book.
    EventTypeId
    /// A link to one.
    EventLinkId
    /// A booking, for its whole life.
    BookingId
    /// A person on the customer's side of a booking.
    AttendeeId
    /// Somebody whom the customer brings along.
    GuestId
    /// Other times that one side of a booking would like.
    ProposalId
    /// What several customers have booked at the same time.
    GroupSessionId
    /// What holds the bookings of a series together.
    SeriesId
    /// One generation of a booking's room.
    RoomId
    /// A room as Jitsi opened it.
    ConferenceId
    /// Somebody in a waiting list.
    WaitingEntryId
    /// A mail waiting to be sent.
    OutboxId
    /// A key for the JSON API.
    ApiKeyId
}
