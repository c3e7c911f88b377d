use std::{fmt, str::FromStr};

use chrono::{Duration, MappedLocalTime, Offset, TimeZone as _};
use chrono_tz::{OffsetComponents, OffsetName, Tz};

use super::{Instant, LocalDate, LocalDateTime, MinuteOfDay};

/// A time zone of the IANA database.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeZone(Tz);

/// No zone of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no time zone of that name; use one like Europe/Berlin")]
pub struct UnknownTimeZone;

/// Which end of a range a wall time is: it decides what a clock change makes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// In a fold the earlier instant; in a gap the transition.
    Start,
    /// In a fold the later instant; in a gap the transition.
    End,
}

impl TimeZone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(Tz::UTC);

    /// All zones that the database has, aliases included.
    pub fn all() -> impl Iterator<Item = Self> {
        chrono_tz::TZ_VARIANTS.iter().copied().map(Self)
    }

    /// The version of the zone data, like `2026b`.
    pub const fn data_version() -> &'static str {
        chrono_tz::IANA_TZDB_VERSION
    }

    /// The IANA name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The name's last part in words: `America/New_York` is `New York`.
    pub fn city(self) -> String {
        self.name().rsplit('/').next().unwrap_or_default().replace('_', " ")
    }

    /// What a clock on the wall shows at `at`.
    pub fn local(self, at: Instant) -> LocalDateTime {
        at.to_utc().with_timezone(&self.0).naive_local()
    }

    /// The local date at `at`.
    pub fn date(self, at: Instant) -> LocalDate {
        self.local(at).date()
    }

    /// Local time minus UTC at `at`, in seconds.
    pub fn offset_seconds(self, at: Instant) -> i32 {
        self.0.offset_from_utc_datetime(&at.to_utc().naive_utc()).fix().local_minus_utc()
    }

    /// Whether daylight saving time is in force at `at`.
    pub fn is_dst(self, at: Instant) -> bool {
        !self.0.offset_from_utc_datetime(&at.to_utc().naive_utc()).dst_offset().is_zero()
    }

    /// The zone's abbreviation at `at`, where it has one: `CET`.
    pub fn abbreviation(self, at: Instant) -> Option<String> {
        self.0
            .offset_from_utc_datetime(&at.to_utc().naive_utc())
            .abbreviation()
            .map(ToOwned::to_owned)
    }

    /// The first instant of a local date; of a date that was skipped, the transition.
    pub fn start_of(self, date: LocalDate) -> Instant {
        self.resolve(date, MinuteOfDay::MIDNIGHT, Edge::Start)
    }

    /// The instants at which a wall clock shows `local`: none in a gap, two in a fold.
    pub fn instants(self, local: LocalDateTime) -> impl Iterator<Item = Instant> {
        let (first, second) = match self.0.from_local_datetime(&local) {
            MappedLocalTime::None => (None, None),
            MappedLocalTime::Single(at) => (Some(at), None),
            MappedLocalTime::Ambiguous(a, b) => (Some(a.min(b)), Some(a.max(b))),
        };
        first.into_iter().chain(second).map(|at| Instant::from_micros(at.timestamp_micros()))
    }

    /// The one instant that a range's edge at `minute` after the midnight of `date` means.
    pub fn resolve(self, date: LocalDate, minute: MinuteOfDay, edge: Edge) -> Instant {
        let midnight = date.and_hms_opt(0, 0, 0).unwrap_or_default();
        let local = midnight
            .checked_add_signed(Duration::minutes(i64::from(minute.get())))
            .unwrap_or(midnight);
        let mut instants = self.instants(local);
        let found = match edge {
            Edge::Start => instants.next(),
            Edge::End => instants.last(),
        };
        found.unwrap_or_else(|| self.transition_over(local))
    }

    /// Where the clock jumps over `local`: the first instant whose wall time is later.
    fn transition_over(self, local: LocalDateTime) -> Instant {
        // A zone is never more than 26 hours from UTC, whole days that were skipped included.
        let around = local.and_utc().timestamp();
        let (mut before, mut after) = (around - 26 * 3600, around + 26 * 3600);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            if self.local(Instant::from_seconds(middle)) > local {
                after = middle;
            } else {
                before = middle;
            }
        }
        Instant::from_seconds(after)
    }
}

impl FromStr for TimeZone {
    type Err = UnknownTimeZone;

    fn from_str(name: &str) -> Result<Self, UnknownTimeZone> {
        name.parse().map(Self).map_err(|_| UnknownTimeZone)
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
