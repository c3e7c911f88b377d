use super::{Instant, Minutes};

/// A half-open stretch of time: `start` belongs to it, `end` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first instant inside.
    pub start: Instant,
    /// The first instant after.
    pub end: Instant,
}

impl Span {
    /// From `start`, so many minutes long.
    pub const fn lasting(start: Instant, minutes: Minutes) -> Self {
        Self { start, end: start.plus(minutes) }
    }

    /// Nothing but `at`.
    pub const fn moment(at: Instant) -> Self {
        Self { start: at, end: at.plus_micros(1) }
    }

    /// Whether the two share any time; touching is not sharing.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether all of `other` lies inside.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Its length in whole minutes, rounded down.
    pub fn minutes(self) -> Minutes {
        Minutes(u32::try_from(self.end.since(self.start) / super::MICROS_PER_MINUTE).unwrap_or(0))
    }
}
