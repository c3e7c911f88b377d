//! Event types: one thing that people can book.

use crate::{
    ids::{EventTypeId, UserId},
    text::{FieldError, Note, Slug, Title},
    time::Minutes,
};

/// The longest booking, and the longest buffer.
pub const LONGEST: Minutes = Minutes(24 * 60);

/// How the room of a booking behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomPolicy {
    /// Opens so long before the start.
    pub early: Minutes,
    /// Stays open so long after the end.
    pub grace: Minutes,
    /// How many people may be in it.
    pub max_occupants: Option<u32>,
    /// Whether people wait until somebody lets them in.
    pub lobby: bool,
}

/// Room to breathe around a booking. Two bookings of a host need the larger of the two buffers
/// between them, not their sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Buffers {
    /// Before the start.
    pub before: Minutes,
    /// After the end.
    pub after: Minutes,
}

/// What can be said about an event type; every combination is a valid one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The last part of its address.
    pub slug: Slug,
    /// What it is called.
    pub title: Title,
    /// What it is.
    pub description: Note,
    /// How long a booking is, 5 minutes to 24 hours.
    pub duration: Minutes,
    /// Minutes from one offered start to the next, 5 minutes to 24 hours.
    pub increment: Minutes,
    /// Room to breathe, each up to 24 hours.
    pub buffers: Buffers,
    /// How long ahead a booking must be made, up to a year.
    pub min_notice: Minutes,
    /// The last bookable date is so many days after today, up to 730.
    pub window_days: u16,
    /// How its rooms behave.
    pub room: RoomPolicy,
}

/// Something that people can book with one host.
#[derive(Debug, Clone)]
pub struct EventType {
    /// Names the row.
    pub id: EventTypeId,
    /// Whose it is.
    pub host: UserId,
    /// What it offers.
    pub terms: Terms,
}

/// The numbers of an event type, each with its name and bounds, so that pages, API and commands
/// ask for them in the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The smallest allowed.
    pub min: u32,
    /// The largest allowed.
    pub max: u32,
}

impl Bounds {
    /// Minutes of a booking.
    pub const DURATION: Self = Self { min: 5, max: LONGEST.0 };
    /// Minutes between offered starts.
    pub const INCREMENT: Self = Self { min: 5, max: LONGEST.0 };
    /// Minutes of a buffer.
    pub const BUFFER: Self = Self { min: 0, max: LONGEST.0 };
    /// Minutes of minimum notice: up to a year.
    pub const MIN_NOTICE: Self = Self { min: 0, max: 365 * 24 * 60 };
    /// Days of the booking window.
    pub const WINDOW_DAYS: Self = Self { min: 0, max: 730 };
    /// Minutes a room opens early, or stays open after.
    pub const ROOM: Self = Self { min: 0, max: LONGEST.0 };
    /// People in a room.
    pub const OCCUPANTS: Self = Self { min: 1, max: 500 };

    /// The number, if it lies inside.
    ///
    /// # Errors
    /// [`FieldError::OutOfRange`] with these bounds.
    pub const fn check(self, number: u32) -> Result<u32, FieldError> {
        if number < self.min || number > self.max {
            Err(FieldError::OutOfRange { min: self.min, max: self.max })
        } else {
            Ok(number)
        }
    }

    /// Reads a number inside the bounds.
    ///
    /// # Errors
    /// [`FieldError::Required`], [`FieldError::Number`] or [`FieldError::OutOfRange`].
    pub fn parse(self, text: &str) -> Result<u32, FieldError> {
        match text.trim() {
            "" => Err(FieldError::Required),
            digits if digits.bytes().all(|b| b.is_ascii_digit()) => {
                self.check(digits.parse().unwrap_or(u32::MAX))
            }
            _ => Err(FieldError::Number),
        }
    }
}

impl Terms {
    /// The usual terms for a title and a duration, as the handbook names them: published at once, no
    /// notice, 60 days ahead, no buffers, rooms open 10 minutes early to 15 minutes late.
    pub const fn usual(slug: Slug, title: Title, description: Note, duration: Minutes) -> Self {
        Self {
            slug,
            title,
            description,
            duration,
            increment: duration,
            buffers: Buffers { before: Minutes(0), after: Minutes(0) },
            min_notice: Minutes(0),
            window_days: 60,
            room: RoomPolicy {
                early: Minutes(10),
                grace: Minutes(15),
                max_occupants: None,
                lobby: false,
            },
        }
    }
}
