use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use jiff::{
    Timestamp,
    fmt::{StdFmtWrite, temporal::DateTimePrinter},
};

use super::{Minutes, date::has_shape};

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
    const FIRST: i64 = -62_135_596_800_000_000;
    const LAST: i64 = 253_402_300_799_999_999;

    /// The first instant of the year 1.
    pub const MIN: Self = Self(Self::FIRST);
    /// The last instant of the year 9999.
    pub const MAX: Self = Self(Self::LAST);

    /// The epoch.
    pub const EPOCH: Self = Self(0);

    /// An instant from microseconds since the epoch, moved inside the years 1 to 9999.
    pub const fn from_micros(micros: i64) -> Self {
        if micros < Self::FIRST {
            Self::MIN
        } else if micros > Self::LAST {
            Self::MAX
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

    /// Reads RFC 3339 with an offset. Leap seconds are none of ours: this time line has none.
    ///
    /// # Errors
    /// [`InvalidInstant`], also for a date that does not exist (30 February).
    pub fn parse(text: &str) -> Result<Self, InvalidInstant> {
        if !is_rfc3339(text) {
            return Err(InvalidInstant);
        }
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| InvalidInstant)?;
        let micros = time.timestamp_micros();
        (Self::FIRST..=Self::LAST).contains(&micros).then_some(Self(micros)).ok_or(InvalidInstant)
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

/// Whether the text has the form of RFC 3339's `date-time`, to the letter. Chrono by itself takes a
/// blank for the `T`, a minus sign that is no hyphen, and a 61st second of any minute.
fn is_rfc3339(text: &str) -> bool {
    let Some((time, rest)) = text.split_at_checked("2026-12-03T09:00:00".len()) else {
        return false;
    };
    let offset = match rest.strip_prefix('.') {
        None => rest,
        Some(fraction) => {
            let offset = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if offset.len() == fraction.len() {
                return false;
            }
            offset
        }
    };
    let offset_fits =
        matches!(offset, "Z" | "z") || has_shape(offset, "+dd:dd") || has_shape(offset, "-dd:dd");
    has_shape(&time.to_ascii_uppercase(), "dddd-dd-ddTdd:dd:dd")
        && !time.ends_with("60")
        && offset_fits
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_to_the_letter() {
        let nine = Instant::parse("2026-12-03T09:00:00Z").unwrap();
        for same in [
            "2026-12-03t09:00:00z",
            "2026-12-03T10:00:00+01:00",
            "2026-12-03T08:30:00.000-00:30",
            "2026-12-03T09:00:00-00:00",
        ] {
            assert_eq!(Instant::parse(same), Ok(nine), "{same}");
        }
        for bad in [
            "",
            "2026-12-03",
            "2026-12-03 09:00:00Z",
            "2026-12-03T09:00Z",
            "2026-12-03T09:00:00",
            "2026-1-3T09:00:00Z",
            "+12026-12-03T09:00:00Z",
            "2026-12-03T09:00:00+0100",
            "2026-12-03T09:00:00+01",
            "2026-12-03T09:00:00 +01:00",
            "2026-12-03T09:00:00\u{2212}01:00",
            "2026-12-03T08:59:60Z",
            "2026-12-03T09:00:00.Z",
            "2026-12-03T09:00:00,5Z",
            "2026-12-03T24:00:00Z",
            "2026-12-03T09:00:00+24:00",
            "2026-02-30T09:00:00Z",
            " 2026-12-03T09:00:00Z",
            "2026-12-03T09:00:00Z\n",
            "2026-12-03T09:00:0\u{e9}Z",
        ] {
            assert_eq!(Instant::parse(bad), Err(InvalidInstant), "{bad}");
        }
    }
}
