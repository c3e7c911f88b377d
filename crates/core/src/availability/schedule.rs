use std::collections::BTreeMap;

use crate::{
    ids::{ScheduleId, UserId},
    text::{FieldError, Title},
    time::{Datelike, LocalDate, MinuteOfDay, TimeZone, Weekday},
};

/// A range of wall time on a local date; it may run past midnight into the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalRange {
    /// Below 24:00.
    from: MinuteOfDay,
    /// After `from`, at most 24 hours later.
    to: MinuteOfDay,
}

impl LocalRange {
    /// From one minute to a later one, at most 24 hours after.
    ///
    /// # Errors
    /// [`FieldError::EndsBeforeStart`], or [`FieldError::WallTime`] if it starts after its day.
    pub fn new(from: MinuteOfDay, to: MinuteOfDay) -> Result<Self, FieldError> {
        if from.get() >= 1440 || to.get() > from.get() + 1440 {
            Err(FieldError::WallTime)
        } else if to <= from {
            Err(FieldError::EndsBeforeStart)
        } else {
            Ok(Self { from, to })
        }
    }

    /// Reads two wall times; an end that is not after the start lies on the next day.
    ///
    /// # Errors
    /// [`FieldError::WallTime`], or [`FieldError::EndsBeforeStart`] if both are the same.
    pub fn parse(from: &str, to: &str) -> Result<Self, FieldError> {
        let from = MinuteOfDay::parse(from).ok_or(FieldError::WallTime)?;
        let mut to = MinuteOfDay::parse(to).ok_or(FieldError::WallTime)?;
        if to < from {
            to = MinuteOfDay::new(to.get() + 1440).ok_or(FieldError::WallTime)?;
        }
        Self::new(from, to)
    }

    /// Whether it reaches into the day after its own.
    pub const fn is_past_midnight(self) -> bool {
        self.to.get() > 1440
    }

    /// Whether it runs past midnight for longer than a night, twelve hours. That is written seldom
    /// and mistyped often: the ends changed over (17:00 to 09:00), or the end in twelve-hour time
    /// (9:00 to 5:00), which is always more than twelve hours after the start.
    pub const fn is_odd_night(self) -> bool {
        self.is_past_midnight() && self.to.get() - self.from.get() > 720
    }

    /// Whether it shares time with another range of the same day.
    pub fn overlaps(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }

    /// Its first minute.
    pub const fn from(self) -> MinuteOfDay {
        self.from
    }

    /// The minute after its last.
    pub const fn to(self) -> MinuteOfDay {
        self.to
    }
}

/// The ranges of one day, sorted and apart from each other. None means closed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DayHours(Vec<LocalRange>);

impl DayHours {
    /// Closed all day.
    pub const CLOSED: Self = Self(Vec::new());

    /// Sorts the ranges.
    ///
    /// # Errors
    /// [`FieldError::Overlaps`] if two share time; ranges may touch.
    pub fn new(mut ranges: Vec<LocalRange>) -> Result<Self, FieldError> {
        ranges.sort_unstable();
        let apart = ranges.iter().zip(ranges.iter().skip(1)).all(|(a, b)| a.to <= b.from);
        apart.then_some(Self(ranges)).ok_or(FieldError::Overlaps)
    }

    /// The ranges in order.
    pub fn ranges(&self) -> &[LocalRange] {
        &self.0
    }
}

/// The days of a week, Monday first.
pub const WEEK: [Weekday; 7] = {
    use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    [Mon, Tue, Wed, Thu, Fri, Sat, Sun]
};

/// The hours of a week, by day.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WeeklyHours([DayHours; 7]);

impl WeeklyHours {
    /// Monday to Friday, 09:00 to 17:00.
    pub fn office() -> Self {
        let mut week = Self::default();
        let day = LocalRange::parse("09:00", "17:00").map(|range| DayHours(vec![range]));
        for hours in week.0.iter_mut().take(5) {
            hours.clone_from(day.as_ref().unwrap_or(const { &DayHours::CLOSED }));
        }
        week
    }

    /// The hours of one day.
    pub fn on(&self, day: Weekday) -> &DayHours {
        self.0.get(day.num_days_from_monday() as usize).unwrap_or(const { &DayHours::CLOSED })
    }

    /// Replaces the hours of one day.
    pub fn set(&mut self, day: Weekday, hours: DayHours) {
        if let Some(place) = self.0.get_mut(day.num_days_from_monday() as usize) {
            *place = hours;
        }
    }

    /// The days with their hours, Monday first.
    pub fn days(&self) -> impl Iterator<Item = (Weekday, &DayHours)> {
        WEEK.into_iter().zip(&self.0)
    }
}

/// When a host can be booked: wall time in one zone.
#[derive(Debug, Clone)]
pub struct Schedule {
    /// Names the row.
    pub id: ScheduleId,
    /// Whose it is.
    pub owner: UserId,
    /// What its owner calls it; no two of theirs have the same name.
    pub name: Title,
    /// Whether it holds for event types that name none. One of an owner's is.
    pub is_default: bool,
    /// In which its wall times are meant.
    pub time_zone: TimeZone,
    /// Every week.
    pub weekly: WeeklyHours,
    /// Dates with hours of their own, in place of the weekly ones.
    pub overrides: BTreeMap<LocalDate, DayHours>,
}

impl Schedule {
    /// The name of the schedule that every account has from the start.
    pub const FIRST_NAME: &str = "Working hours";

    /// The hours of one local date.
    pub fn hours_on(&self, date: LocalDate) -> &DayHours {
        self.overrides.get(&date).unwrap_or_else(|| self.weekly.on(date.weekday()))
    }
}
