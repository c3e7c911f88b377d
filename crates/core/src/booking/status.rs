use std::str::FromStr;

use crate::time::Instant;

/// The state of a booking. A terminal state never returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It waits until the customer shows that the address is theirs.
    Unverified,
    /// It waits for the host's answer.
    Pending,
    /// It stands.
    Confirmed,
    /// The host said no.
    Declined,
    /// Nobody answered in time.
    Expired,
    /// It was called off.
    Cancelled,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Unverified,
        Self::Pending,
        Self::Confirmed,
        Self::Declined,
        Self::Expired,
        Self::Cancelled,
    ];

    /// Those that keep their time from others.
    pub const HOLDING: &[Self] = &[Self::Unverified, Self::Pending, Self::Confirmed];

    /// Those that end a booking before its time.
    pub const ENDED: &[Self] = &[Self::Declined, Self::Expired, Self::Cancelled];

    /// Its name in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unverified => "unverified",
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// A list of it alone.
    pub const fn alone(self) -> &'static [Self] {
        match self {
            Self::Unverified => &[Self::Unverified],
            Self::Pending => &[Self::Pending],
            Self::Confirmed => &[Self::Confirmed],
            Self::Declined => &[Self::Declined],
            Self::Expired => &[Self::Expired],
            Self::Cancelled => &[Self::Cancelled],
        }
    }

    /// Whether a booking in this state keeps its time from others.
    pub const fn holds_time(self) -> bool {
        match self {
            Self::Unverified | Self::Pending | Self::Confirmed => true,
            Self::Declined | Self::Expired | Self::Cancelled => false,
        }
    }

    /// Whether a booking in this state waits for somebody's yes: its customer's, or its host's.
    pub const fn waits(self) -> bool {
        matches!(self, Self::Unverified | Self::Pending)
    }

    /// Whether the two sides have been told of a booking that is in this state.
    pub const fn is_told(self) -> bool {
        !matches!(self, Self::Unverified)
    }

    /// Whether a booking in this state may come into `next`.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Unverified => {
                matches!(next, Self::Pending | Self::Confirmed | Self::Expired | Self::Cancelled)
            }
            Self::Pending => {
                matches!(next, Self::Confirmed | Self::Declined | Self::Expired | Self::Cancelled)
            }
            Self::Confirmed => matches!(next, Self::Cancelled),
            Self::Declined | Self::Expired | Self::Cancelled => false,
        }
    }

    /// The state `next`, if a booking in this one may come into it.
    ///
    /// # Errors
    /// [`InvalidTransition::AlreadyCancelled`] or [`InvalidTransition::State`].
    pub const fn become_next(self, next: Self) -> Result<Self, InvalidTransition> {
        match self {
            _ if self.may_become(next) => Ok(next),
            Self::Cancelled => Err(InvalidTransition::AlreadyCancelled),
            _ => Err(InvalidTransition::State { is: self, asked: next }),
        }
    }
}

/// The booking's state does not allow this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransition {
    /// It was called off before.
    #[error("this booking was already cancelled")]
    AlreadyCancelled,
    /// Its time is over.
    #[error("this booking is over")]
    Over,
    /// No way leads from its state to the one that was asked for.
    #[error("this booking is {} and can not become {}", .is.as_str(), .asked.as_str())]
    State {
        /// Where it is.
        is: Status,
        /// Where it should go.
        asked: Status,
    },
    /// Only what is confirmed can be moved.
    #[error("this booking is not confirmed and can not be moved")]
    NotConfirmed,
    /// The host is asked for each booking of this kind, so customers do not move it by themselves.
    #[error("the host confirms each booking of this kind; ask the host to move it")]
    AskHost,
    /// Customers may do this until a while before the start, and that has passed.
    #[error("this was possible until {until}; ask the host")]
    TooLate {
        /// Until when it was possible.
        until: Instant,
    },
}

impl InvalidTransition {
    /// Whether it is only too late for a customer.
    pub const fn is_deadline(self) -> bool {
        matches!(self, Self::TooLate { .. })
    }
}

/// The text is no state's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Use {}", Status::ALL.map(Status::as_str).join(", "))]
pub struct UnknownStatus;

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownStatus)
    }
}
