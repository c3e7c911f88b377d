use std::{collections::BTreeMap, fmt, str::FromStr};

use crate::time::{Datelike, LocalDate, Weekday};

/// A stretch of local dates in the schedule's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// One date.
    Day,
    /// Seven dates, from the day on which the host's weeks start.
    Week,
    /// A month of the calendar.
    Month,
    /// A year of the calendar.
    Year,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Each booking once.
    Bookings,
    /// How long bookings are together.
    Minutes,
}

/// At most so much of an event type in a period. A booking counts where it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// In which.
    pub period: Period,
    /// Of what.
    pub measure: Measure,
    /// So much is allowed.
    pub most: u32,
}

/// The limits of an event type: at most one for each period and measure.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits(BTreeMap<(Period, Measure), u32>);

impl Limits {
    /// None.
    pub const NONE: Self = Self(BTreeMap::new());

    /// Sets a limit in place of the one of the same period and measure, which is given back.
    pub fn set(&mut self, limit: Limit) -> Option<Limit> {
        let before = self.0.insert((limit.period, limit.measure), limit.most);
        before.map(|most| Limit { most, ..limit })
    }

    /// How much is allowed of a measure in a period.
    pub fn most(&self, period: Period, measure: Measure) -> Option<u32> {
        self.0.get(&(period, measure)).copied()
    }

    /// All of them, short periods first.
    pub fn iter(&self) -> impl Iterator<Item = Limit> {
        self.0.iter().map(|(&(period, measure), &most)| Limit { period, measure, most })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Period {
    /// All of them, short ones first.
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Year];

    /// The name in pages, commands and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// The first date of the period that `date` lies in, and the first date of the next.
    pub fn around(self, date: LocalDate, week_start: Weekday) -> (LocalDate, LocalDate) {
        let first_of = |year, month| LocalDate::from_ymd_opt(year, month, 1).unwrap_or(date);
        let after =
            |date: LocalDate, days| date.checked_add_days(chrono::Days::new(days)).unwrap_or(date);
        match self {
            Self::Day => (date, after(date, 1)),
            Self::Week => {
                let first = date.week(week_start).checked_first_day().unwrap_or(date);
                (first, after(first, 7))
            }
            Self::Month => {
                let (year, month) = (date.year(), date.month());
                let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
                (first_of(year, month), first_of(next.0, next.1))
            }
            Self::Year => (first_of(date.year(), 1), first_of(date.year() + 1, 1)),
        }
    }
}

impl Measure {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Bookings, Self::Minutes];

    /// The name in pages, commands and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bookings => "bookings",
            Self::Minutes => "minutes",
        }
    }
}

/// The text names no period or measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write limits like '4 bookings a day' or '600 minutes a week'")]
pub struct InvalidLimit;

impl FromStr for Period {
    type Err = InvalidLimit;

    fn from_str(text: &str) -> Result<Self, InvalidLimit> {
        Self::ALL.into_iter().find(|period| period.as_str() == text).ok_or(InvalidLimit)
    }
}

impl FromStr for Measure {
    type Err = InvalidLimit;

    fn from_str(text: &str) -> Result<Self, InvalidLimit> {
        Self::ALL.into_iter().find(|measure| measure.as_str() == text).ok_or(InvalidLimit)
    }
}

/// `4 bookings a day`, `1 booking a week`.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let measure = self.measure.as_str();
        let measure = if self.most == 1 { measure.trim_end_matches('s') } else { measure };
        write!(f, "{} {measure} a {}", self.most, self.period.as_str())
    }
}

/// Reads what [`Limit`]'s `Display` writes.
impl FromStr for Limit {
    type Err = InvalidLimit;

    fn from_str(text: &str) -> Result<Self, InvalidLimit> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let &[most, measure, "a", period] = words.as_slice() else { return Err(InvalidLimit) };
        let measure = match measure {
            "booking" => Measure::Bookings,
            "minute" => Measure::Minutes,
            plural => plural.parse()?,
        };
        let most = most.parse().ok().filter(|most| *most > 0).ok_or(InvalidLimit)?;
        Ok(Self { period: period.parse()?, measure, most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> LocalDate {
        text.parse().unwrap()
    }

    #[test]
    fn periods_hold_their_dates() {
        let around = |period: Period, day: &str, week_start| {
            let (first, next) = period.around(date(day), week_start);
            (first.to_string(), next.to_string())
        };
        let pair = |first: &str, next: &str| (first.to_owned(), next.to_owned());
        let monday = Weekday::Mon;
        assert_eq!(around(Period::Day, "2026-12-31", monday), pair("2026-12-31", "2027-01-01"));
        assert_eq!(around(Period::Week, "2026-12-31", monday), pair("2026-12-28", "2027-01-04"));
        assert_eq!(around(Period::Week, "2026-12-28", monday), pair("2026-12-28", "2027-01-04"));
        let sunday = around(Period::Week, "2026-12-31", Weekday::Sun);
        assert_eq!(sunday, pair("2026-12-27", "2027-01-03"));
        let sunday = around(Period::Week, "2026-12-27", Weekday::Sun);
        assert_eq!(sunday, pair("2026-12-27", "2027-01-03"));
        assert_eq!(around(Period::Month, "2026-12-31", monday), pair("2026-12-01", "2027-01-01"));
        assert_eq!(around(Period::Month, "2028-02-29", monday), pair("2028-02-01", "2028-03-01"));
        assert_eq!(around(Period::Year, "2026-12-31", monday), pair("2026-01-01", "2027-01-01"));
    }

    #[test]
    fn limits_are_read_as_they_are_written() {
        for text in
            ["4 bookings a day", "1 booking a week", "600 minutes a month", "1 minute a year"]
        {
            assert_eq!(text.parse::<Limit>().unwrap().to_string(), text);
        }
        for bad in
            ["", "4", "4 bookings", "4 bookings a decade", "0 bookings a day", "4 hours a day"]
        {
            assert!(bad.parse::<Limit>().is_err(), "{bad}");
        }
    }
}
