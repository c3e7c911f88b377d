//! Time in two kinds that never mix: [`Instant`]s, and wall time ([`LocalDate`], [`MinuteOfDay`])
//! that means something only together with a [`TimeZone`].

mod clock;
mod instant;
mod span;
mod zone;

pub use chrono::{Datelike, NaiveDate as LocalDate, NaiveDateTime as LocalDateTime, Weekday};
pub use clock::{Clock, FixedClock};
pub use instant::{Instant, InvalidInstant, MICROS_PER_MINUTE};
pub use span::Span;
pub use zone::{Edge, TimeZone, UnknownTimeZone};

/// Minutes as people set them: durations, notices, buffers.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Minutes(pub u32);

impl Minutes {
    /// The same length in microseconds.
    pub const fn micros(self) -> i64 {
        self.0 as i64 * MICROS_PER_MINUTE
    }
}

/// Minutes after a local midnight, 0 to 2880: a range may end on the following day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MinuteOfDay(u16);

impl MinuteOfDay {
    /// The latest: the midnight after the following day.
    pub const MAX: u16 = 2880;

    /// 00:00.
    pub const MIDNIGHT: Self = Self(0);

    /// `None` above [`Self::MAX`].
    pub const fn new(minute: u16) -> Option<Self> {
        if minute <= Self::MAX { Some(Self(minute)) } else { None }
    }

    /// The minute as a number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Reads `HH:MM`, 00:00 to 24:00.
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let two = |s: &str| {
            (s.len() == 2 && s.bytes().all(|b| b.is_ascii_digit()))
                .then(|| s.parse::<u16>().ok())?
        };
        let (hours, minutes) = (two(hours)?, two(minutes)?);
        let total = hours * 60 + minutes;
        (minutes < 60 && total <= 1440).then_some(Self(total))
    }

    /// `HH:MM` on its own day: 1500 reads `01:00`, and 1440 reads `24:00`.
    pub fn wall(self) -> String {
        let minute = if self.0 > 1440 { self.0 - 1440 } else { self.0 };
        format!("{:02}:{:02}", minute / 60, minute % 60)
    }
}
