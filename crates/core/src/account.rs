//! People who have an account, and what they may do.

use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};

use crate::{
    ids::UserId,
    text::{EmailAddress, FieldError, Handle, PersonName},
    time::{TimeZone, Weekday},
};

/// What a user may do on this installation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything; made at first run. There may be several.
    Owner,
    /// Runs the installation.
    Admin,
    /// Offers times.
    Member,
}

impl Role {
    /// Its name in commands and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }
}

impl FromStr for Role {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        match text {
            "owner" => Ok(Self::Owner),
            "admin" => Ok(Self::Admin),
            "member" => Ok(Self::Member),
            _ => Err(FieldError::Choice),
        }
    }
}

/// Someone with an account: a host.
#[derive(Debug, Clone)]
pub struct User {
    /// Names the row.
    pub id: UserId,
    /// Where mail to the host goes, and the name to sign in with.
    pub email: EmailAddress,
    /// As customers see it.
    pub name: PersonName,
    /// The first part of the host's addresses.
    pub handle: Handle,
    /// What the host may do.
    pub role: Role,
    /// In which times are shown to the host.
    pub time_zone: TimeZone,
    /// On which day their weeks start: for limits and calendars.
    pub week_start: Weekday,
}

/// A password as it was typed: at least 12 characters, and not one of the first that anybody tries.
#[derive(Debug, Clone)]
pub struct NewPassword(SecretString);

impl NewPassword {
    /// Characters that a password needs.
    pub const MIN: usize = 12;
    /// Characters after which hashing is only work for the server.
    pub const MAX: usize = 256;

    /// The password, for hashing.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl FromStr for NewPassword {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let count = text.chars().count();
        let mut distinct: Vec<char> = text.to_lowercase().chars().collect();
        distinct.sort_unstable();
        distinct.dedup();
        if text.is_empty() {
            Err(FieldError::Required)
        } else if count < Self::MIN {
            Err(FieldError::TooShort { min: Self::MIN })
        } else if count > Self::MAX {
            Err(FieldError::TooLong { max: Self::MAX })
        } else if text.contains(['\0', '\r', '\n']) {
            Err(FieldError::ControlCharacter)
        } else if distinct.len() < 5 || text.to_lowercase().starts_with("password") {
            Err(FieldError::WeakPassword)
        } else {
            Ok(Self(text.into()))
        }
    }
}

/// What a key of the JSON API may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// See bookings.
    BookingsRead,
    /// Make and change bookings; implies reading them.
    BookingsWrite,
    /// Change event types.
    EventTypesWrite,
    /// Change schedules.
    SchedulesWrite,
    /// Change webhooks.
    WebhooksWrite,
    /// Make rooms without a booking, see and close them.
    RoomsWrite,
}

impl Scope {
    /// Its name in commands, the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BookingsRead => "bookings:read",
            Self::BookingsWrite => "bookings:write",
            Self::EventTypesWrite => "event-types:write",
            Self::SchedulesWrite => "schedules:write",
            Self::WebhooksWrite => "webhooks:write",
            Self::RoomsWrite => "rooms:write",
        }
    }

    /// Whether holding this scope is enough where `needed` is asked for.
    pub fn covers(self, needed: Self) -> bool {
        self == needed || (self == Self::BookingsWrite && needed == Self::BookingsRead)
    }
}

impl FromStr for Scope {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        [
            Self::BookingsRead,
            Self::BookingsWrite,
            Self::EventTypesWrite,
            Self::SchedulesWrite,
            Self::WebhooksWrite,
            Self::RoomsWrite,
        ]
        .into_iter()
        .find(|scope| scope.as_str() == text)
        .ok_or(FieldError::Choice)
    }
}
