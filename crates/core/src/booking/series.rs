//! Series: the same wall time every week, every two weeks, or on the same weekday of every month. Each occurrence
//! is a booking of its own; the rule only says when they are.

use std::{fmt, str::FromStr};

use super::WallTime;
use crate::{
    ids::SeriesId,
    time::{Datelike as _, Edge, Instant, LocalDate, LocalDateTime, TimeZone, day_name},
};

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Every {
    /// On the same day of each week.
    Week,
    /// On the same day of each other week.
    TwoWeeks,
    /// On the same weekday of each month, counted from its first: the second Tuesday.
    Month,
}

impl Every {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Week, Self::TwoWeeks, Self::Month];

    /// Its name in forms, the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Week => "week",
            Self::TwoWeeks => "two_weeks",
            Self::Month => "month",
        }
    }
}

/// In words, after "every": `week`, `two weeks`.
impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Week => "week",
            Self::TwoWeeks => "two weeks",
            Self::Month => "month",
        })
    }
}

/// The text names no rhythm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Use week, two_weeks or month")]
pub struct UnknownEvery;

impl FromStr for Every {
    type Err = UnknownEvery;

    fn from_str(text: &str) -> Result<Self, UnknownEvery> {
        Self::ALL.into_iter().find(|every| every.as_str() == text).ok_or(UnknownEvery)
    }
}

/// How a booking is to be repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeat {
    /// How often.
    pub every: Every,
    /// How many weeks, pairs of weeks or months there are in it, those that are left out included.
    pub count: u32,
    /// Dates that are left out, in the schedule's zone.
    pub except: Vec<LocalDate>,
}

/// When the occurrences of a series are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// How often.
    pub every: Every,
    /// The first of them, on the clock that all of them go by.
    pub first: WallTime,
}

/// In words: `Every month on the second Tuesday at 10:00 in London`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (local, zone) = (self.first.local, self.first.zone);
        let day = day_name(local.weekday());
        match self.every {
            Every::Week | Every::TwoWeeks => write!(f, "Every {} on {day}", self.every)?,
            Every::Month => {
                let nth = match self.week_of_month() {
                    1 => "first",
                    2 => "second",
                    3 => "third",
                    4 => "fourth",
                    _ => "fifth",
                };
                write!(f, "Every month on the {nth} {day}")?;
            }
        }
        write!(f, " at {} in {}", local.format("%H:%M"), zone.city())
    }
}

/// What a rule comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The wall times, in order.
    pub times: Vec<LocalDateTime>,
    /// The months without such a weekday, each by its first day.
    pub missing: Vec<LocalDate>,
}

impl Rule {
    /// The wall times of so many weeks, pairs of weeks or months.
    pub fn plan(&self, count: u32) -> Plan {
        let mut plan = Plan { times: Vec::new(), missing: Vec::new() };
        let first = self.first.local;
        for step in 0..count {
            let date = match self.every {
                Every::Week => days_later(first.date(), u64::from(step) * 7),
                Every::TwoWeeks => days_later(first.date(), u64::from(step) * 14),
                Every::Month => match same_weekday(first.date(), step) {
                    Ok(date) => Some(date),
                    Err(month) => {
                        plan.missing.extend(month);
                        None
                    }
                },
            };
            plan.times.extend(date.map(|date| date.and_time(first.time())));
        }
        plan
    }

    /// Which of a month's weekdays the occurrences are on, from 1.
    pub fn week_of_month(&self) -> u32 {
        week_of_month(self.first.local.date())
    }

    /// The instant of one of its wall times. What a clock shows twice is the first time, and what it leaves out
    /// the moment of its change.
    pub fn instant(&self, time: LocalDateTime) -> Instant {
        self.first.zone.resolve_local(time, Edge::Start)
    }
}

fn days_later(date: LocalDate, days: u64) -> Option<LocalDate> {
    date.checked_add_days(chrono::Days::new(days))
}

fn week_of_month(date: LocalDate) -> u32 {
    date.day0() / 7 + 1
}

/// The same weekday so many months later, or the first day of that month, if it has none.
fn same_weekday(date: LocalDate, months: u32) -> Result<LocalDate, Option<LocalDate>> {
    let month = date.with_day(1).and_then(|d| d.checked_add_months(chrono::Months::new(months)));
    let week = u8::try_from(week_of_month(date)).unwrap_or(u8::MAX);
    month
        .and_then(|m| {
            LocalDate::from_weekday_of_month_opt(m.year(), m.month(), date.weekday(), week)
        })
        .ok_or(month)
}

/// What a booking is in a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The series.
    pub series: SeriesId,
    /// When its bookings are.
    pub rule: Rule,
    /// How many bookings it was made of.
    pub of: u32,
    /// Which of them this one is, from 1.
    pub index: u32,
    /// When the rule has it, wherever it was moved: the RECURRENCE-ID of RFC 5545.
    pub original: LocalDateTime,
    /// The RFC 5545 UID of all of them, the same for life.
    pub ical_uid: String,
}

impl Occurrence {
    /// How many there are and when, in words: `4 times. Every week on Monday at 10:00 in London`.
    pub fn in_words(&self) -> String {
        let times = match self.of {
            1 => "Once".to_owned(),
            of => format!("{of} times"),
        };
        format!("{times}. {}", self.rule)
    }

    /// Whether somebody who knows the rule alone would come at another time.
    pub fn is_elsewhere(&self, start: Instant) -> bool {
        self.rule.first.zone.instants(self.original).next() != Some(start)
    }
}

/// Which occurrences of a series a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeriesScope {
    /// The one.
    This,
    /// The one and those after it.
    Following,
    /// All.
    All,
}

impl SeriesScope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::This, Self::Following, Self::All];

    /// Its name in forms and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::This => "this",
            Self::Following => "following",
            Self::All => "all",
        }
    }

    /// Whether a change to the one is a change to the other.
    pub const fn reaches(self, one: &Occurrence, other: &Occurrence) -> bool {
        match self {
            Self::This => one.index == other.index,
            Self::Following => one.index <= other.index,
            Self::All => true,
        }
    }
}

/// How far bookings of a series are moved together: as one of them is, by so many days and to another time of day.
#[derive(Debug, Clone, Copy)]
pub struct Shift {
    zone: TimeZone,
    from: Instant,
    to: Instant,
}

impl Shift {
    /// As far as the one that starts at `from` if it starts at `to`, by the clock of `zone`.
    pub const fn new(zone: TimeZone, from: Instant, to: Instant) -> Self {
        Self { zone, from, to }
    }

    /// What the clock shows when one starts then that starts at `start` now.
    pub fn local(&self, start: Instant) -> LocalDateTime {
        self.zone.local(start) + (self.zone.local(self.to) - self.zone.local(self.from))
    }

    /// When one starts then that starts at `start` now.
    pub fn start(&self, start: Instant) -> Instant {
        if start == self.from {
            return self.to;
        }
        self.zone.resolve_local(self.local(start), Edge::Start)
    }
}

/// The text names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Use this, following or all")]
pub struct UnknownScope;

impl FromStr for SeriesScope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::TimeZone;

    fn rule(every: Every, local: &str, zone: &str) -> Rule {
        let local = LocalDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M").unwrap();
        Rule { every, first: WallTime { local, zone: zone.parse().unwrap() } }
    }

    fn dates(rule: &Rule, count: u32) -> Vec<String> {
        rule.plan(count).times.iter().map(|time| time.date().to_string()).collect()
    }

    #[test]
    fn the_second_tuesday_is_the_second_tuesday() {
        let rule = rule(Every::Month, "2027-07-13T10:00", "Europe/London");
        assert_eq!(rule.week_of_month(), 2);
        assert_eq!(dates(&rule, 4), ["2027-07-13", "2027-08-10", "2027-09-14", "2027-10-12"]);
    }

    #[test]
    fn a_month_without_a_fifth_is_named() {
        let rule = rule(Every::Month, "2027-07-30T10:00", "Europe/London");
        let plan = rule.plan(4);
        assert_eq!(dates(&rule, 4), ["2027-07-30", "2027-10-29"]);
        let missing: Vec<_> = plan.missing.iter().map(ToString::to_string).collect();
        assert_eq!(missing, ["2027-08-01", "2027-09-01"]);
    }

    #[test]
    fn ten_o_clock_stays_ten_o_clock() {
        let rule = rule(Every::Week, "2027-10-25T10:00", "Europe/London");
        let at: Vec<_> =
            rule.plan(2).times.iter().map(|time| rule.instant(*time).to_string()).collect();
        assert_eq!(at, ["2027-10-25T09:00:00Z", "2027-11-01T10:00:00Z"]);
    }

    #[test]
    fn gaps_and_folds() {
        let gap = rule(Every::Week, "2027-03-21T01:30", "Europe/London");
        let second = gap.plan(2).times[1];
        assert_eq!(gap.instant(second).to_string(), "2027-03-28T01:00:00Z");
        let fold = rule(Every::Week, "2027-10-24T01:30", "Europe/London");
        let second = fold.plan(2).times[1];
        assert_eq!(fold.instant(second).to_string(), "2027-10-31T00:30:00Z");
    }

    #[test]
    fn others_move_as_far_by_the_clock() {
        let at = |text| Instant::parse(text).unwrap();
        let (from, to) = (at("2027-10-25T09:00:00Z"), at("2027-10-26T14:30:00Z"));
        let shift = Shift::new("Europe/London".parse().unwrap(), from, to);
        let moved = |start| shift.start(at(start)).to_string();
        assert_eq!(moved("2027-10-25T09:00:00Z"), "2027-10-26T14:30:00Z");
        // The clocks go back on 31 October.
        assert_eq!(moved("2027-11-01T10:00:00Z"), "2027-11-02T15:30:00Z");
        assert_eq!(moved("2027-10-30T09:00:00Z"), "2027-10-31T15:30:00Z");
    }

    proptest! {
        #[test]
        fn every_date_keeps_weekday_and_clock(
            days in 0i64..20_000,
            minute in 0u32..1440,
            count in 1u32..=52,
            every in prop::sample::select(Every::ALL.to_vec()),
            zone in prop::sample::select(vec!["Europe/London", "America/Sao_Paulo", "Pacific/Apia", "UTC"]),
        ) {
            let date = LocalDate::from_ymd_opt(2000, 1, 1).unwrap() + chrono::Duration::days(days);
            let local = date.and_hms_opt(minute / 60, minute % 60, 0).unwrap();
            let zone: TimeZone = zone.parse().unwrap();
            let rule = Rule { every, first: WallTime { local, zone } };
            let plan = rule.plan(count);
            prop_assert_eq!(plan.times.len() + plan.missing.len(), count as usize);
            prop_assert_eq!(plan.times[0], local);
            for pair in plan.times.windows(2) {
                let apart = (pair[1].date() - pair[0].date()).num_days();
                prop_assert_eq!(apart % 7, 0);
                let is_apart = match every {
                    Every::Week => apart == 7,
                    Every::TwoWeeks => apart == 14,
                    Every::Month => apart >= 28,
                };
                prop_assert!(is_apart, "{} days", apart);
            }
            for time in &plan.times {
                prop_assert_eq!(time.time(), local.time());
                prop_assert_eq!(time.date().weekday(), local.date().weekday());
                if every == Every::Month {
                    prop_assert_eq!(week_of_month(time.date()), rule.week_of_month());
                }
                let at = rule.instant(*time);
                let is_shown = zone.instants(*time).next().is_some();
                prop_assert_eq!(is_shown, zone.local(at) == *time);
            }
            // A month is left out only if it lacks the weekday: only a fifth can be missing.
            prop_assert!(plan.missing.is_empty() || rule.week_of_month() == 5);
        }
    }
}
