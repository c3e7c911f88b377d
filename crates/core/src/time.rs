//! Time in two kinds that never mix: [`Instant`]s, and wall time ([`LocalDate`], [`MinuteOfDay`])
//! that means something only together with a [`TimeZone`].

mod clock;
mod date;
mod instant;
mod span;
mod writer;
mod zone;

use std::fmt;

pub use chrono::{
    Datelike, NaiveDate as LocalDate, NaiveDateTime as LocalDateTime, Timelike, Weekday,
};
pub use clock::{Clock, FixedClock};
pub use date::{InvalidDate, parse_date, parse_moment};
pub use instant::{Instant, InvalidInstant, MICROS_PER_MINUTE};
pub use span::Span;
pub use writer::TimeWriter;
pub use zone::{Edge, OffsetChange, Steady, TimeZone, UnknownTimeZone, UtcOffset};

/// The name of a day of the week.
pub const fn day_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

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

/// In words, the same wherever people read it: `45 minutes`, `1 hour`, `1 hour 30 minutes`,
/// `24 hours`.
impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, rest) = (self.0 / 60, self.0 % 60);
        let hour_word = if hours == 1 { "hour" } else { "hours" };
        let minute_word = if rest == 1 { "minute" } else { "minutes" };
        match (hours, rest) {
            (0, rest) => write!(f, "{rest} {minute_word}"),
            (hours, 0) => write!(f, "{hours} {hour_word}"),
            (hours, rest) => write!(f, "{hours} {hour_word} {rest} {minute_word}"),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_words() {
        for (length, words) in [
            (0, "0 minutes"),
            (1, "1 minute"),
            (45, "45 minutes"),
            (60, "1 hour"),
            (61, "1 hour 1 minute"),
            (90, "1 hour 30 minutes"),
            (150, "2 hours 30 minutes"),
            (1440, "24 hours"),
        ] {
            assert_eq!(Minutes(length).to_string(), words);
        }
    }
}
