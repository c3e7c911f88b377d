use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use jiff::{
    Timestamp,
    fmt::{StdFmtWrite, temporal::DateTimePrinter},
};

use super::Minutes;

/// Writes whole seconds.
pub(super) const SECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(0));

/// Microseconds in a minute.
pub const MICROS_PER_MINUTE: i64 = 60_000_000;

/// A point on the time line, in microseconds since 1970-01-01T00:00:00Z.
///
/// Kept inside the years 1 to 9999, so that it can always be written as RFC 3339 and added to
/// without overflow: arithmetic stops at those ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// The text was not RFC 3339 with an offset, or lies outside the years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time like 2026-12-03T09:00:00Z")]
pub struct InvalidInstant;

impl Instant {
    const MIN: i64 = -62_135_596_800_000_000;
    const MAX: i64 = 253_402_300_799_999_999;

    /// The epoch.
    pub const EPOCH: Self = Self(0);

    /// An instant from microseconds since the epoch, moved inside the years 1 to 9999.
    pub const fn from_micros(micros: i64) -> Self {
        if micros < Self::MIN {
            Self(Self::MIN)
        } else if micros > Self::MAX {
            Self(Self::MAX)
        } else {
            Self(micros)
        }
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the epoch, for UUID v7; 0 before it.
    pub fn millis_since_epoch(self) -> u64 {
        u64::try_from(self.0 / 1000).unwrap_or(0)
    }

    /// Whole seconds since the epoch.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// From whole seconds since the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_micros(seconds.saturating_mul(1_000_000))
    }

    /// Later by `micros` (earlier if negative).
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self::from_micros(self.0.saturating_add(micros))
    }

    /// Later by so many minutes.
    pub const fn plus(self, minutes: Minutes) -> Self {
        self.plus_micros(minutes.micros())
    }

    /// Earlier by so many minutes.
    pub const fn minus(self, minutes: Minutes) -> Self {
        self.plus_micros(-minutes.micros())
    }

    /// Microseconds from `earlier` to here.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// Reads RFC 3339 with an offset.
    ///
    /// # Errors
    /// [`InvalidInstant`], also for a date that does not exist (30 February).
    pub fn parse(text: &str) -> Result<Self, InvalidInstant> {
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| InvalidInstant)?;
        let micros = time.timestamp_micros();
        (Self::MIN..=Self::MAX).contains(&micros).then_some(Self(micros)).ok_or(InvalidInstant)
    }

    /// As jiff has it, whose last day is short of the year 9999's.
    pub(super) fn timestamp(self) -> Timestamp {
        Timestamp::from_microsecond(self.0).unwrap_or(Timestamp::MAX)
    }

    /// The same point as a chrono time, for the borders of the house.
    pub fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

/// RFC 3339 in UTC, whole seconds: `2026-12-03T09:00:00Z`.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_microsecond(self.0) {
            Ok(at) => SECONDS.print_timestamp(&at, StdFmtWrite(f)).map_err(|_| fmt::Error),
            // jiff's last day is short of the year 9999's.
            Err(_) => f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::Secs, true)),
        }
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}
