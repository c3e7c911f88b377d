use std::str::FromStr;

use super::{Attendee, Booking, Status};
use crate::{text::EmailAddress, time::Instant};

/// Whether somebody came. The host marks it; it is no state of the booking, so it changes neither version
/// nor calendars. A move takes the mark back: nobody has come to the new time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Attendance {
    /// They came.
    Attended,
    /// They did not.
    NoShow,
}

impl Attendance {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Attended, Self::NoShow];

    /// Its name in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Attended => "attended",
            Self::NoShow => "no_show",
        }
    }
}

/// The text is no mark's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Use attended or no_show")]
pub struct UnknownAttendance;

impl FromStr for Attendance {
    type Err = UnknownAttendance;

    fn from_str(text: &str) -> Result<Self, UnknownAttendance> {
        Self::ALL.into_iter().find(|mark| mark.as_str() == text).ok_or(UnknownAttendance)
    }
}

/// Nobody can be marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MarkRefusal {
    /// Nobody was to come.
    #[error("this booking is {}, so nobody was to come", .is.as_str())]
    NotConfirmed {
        /// Where it is.
        is: Status,
    },
    /// Nobody can have come yet.
    #[error("this booking has not begun; say who came once it has")]
    NotBegun,
    /// Nobody with that address was to come.
    #[error("nobody with this address is on this booking")]
    Nobody,
}

/// Whether somebody can be marked at `now`: from the start of a confirmed booking on.
///
/// # Errors
/// [`MarkRefusal`].
pub fn may_mark(booking: &Booking, now: Instant) -> Result<(), MarkRefusal> {
    match booking.status {
        Status::Confirmed if booking.span.start <= now => Ok(()),
        Status::Confirmed => Err(MarkRefusal::NotBegun),
        is => Err(MarkRefusal::NotConfirmed { is }),
    }
}

/// Who is marked: the one with that address, or without one who booked.
///
/// # Errors
/// [`MarkRefusal`].
pub fn decide_mark<'a>(
    booking: &'a Booking,
    who: Option<&EmailAddress>,
    now: Instant,
) -> Result<&'a Attendee, MarkRefusal> {
    may_mark(booking, now)?;
    let attendee = &booking.attendee;
    let is_meant = who.is_none_or(|address| address.folded() == attendee.email.folded());
    is_meant.then_some(attendee).ok_or(MarkRefusal::Nobody)
}
