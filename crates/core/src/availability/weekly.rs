//! Hours as they are written on a command line: `mon-fri 09:00-12:00,13:00-17:00`.

use super::{DayHours, LocalRange, WEEK, WeeklyHours};
use crate::time::{LocalDate, Weekday, day_name, parse_date};

/// The text does not say hours of a week.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWeekly {
    /// A line is not days and ranges.
    #[error("'{0}' does not say weekly hours; write them like 'mon-fri 09:00-12:00,13:00-17:00'")]
    Line(String),
    /// Two ranges of a day share time.
    #[error("two ranges of {} overlap; write each time once", day_name(*.0))]
    Overlap(Weekday),
}

/// The text does not say hours of a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' does not say a date's hours; write '2026-12-24 off' or '2026-12-24 10:00-12:00'")]
pub struct InvalidOverride(pub String);

/// Puts together several lines of weekly hours; days that none names are closed.
///
/// # Errors
/// [`InvalidWeekly`].
pub fn parse_weekly<S: AsRef<str>>(lines: &[S]) -> Result<WeeklyHours, InvalidWeekly> {
    let mut by_day: [Vec<LocalRange>; 7] = Default::default();
    for line in lines.iter().map(AsRef::as_ref) {
        let invalid = || InvalidWeekly::Line(line.to_owned());
        let (days, ranges) = line.trim().split_once(' ').ok_or_else(invalid)?;
        let ranges = parse_ranges(ranges).ok_or_else(invalid)?;
        for day in parse_days(days).ok_or_else(invalid)? {
            if let Some(place) = by_day.get_mut(day.num_days_from_monday() as usize) {
                place.extend(&ranges);
            }
        }
    }
    let mut week = WeeklyHours::default();
    for (day, ranges) in WEEK.into_iter().zip(by_day) {
        week.set(day, DayHours::new(ranges).map_err(|_| InvalidWeekly::Overlap(day))?);
    }
    Ok(week)
}

/// Reads `2026-12-24 off` or `2026-12-24 10:00-12:00,14:00-15:00`.
///
/// # Errors
/// [`InvalidOverride`], also for a date that does not exist.
pub fn parse_override(text: &str) -> Result<(LocalDate, DayHours), InvalidOverride> {
    let invalid = || InvalidOverride(text.to_owned());
    let (date, hours) = text.trim().split_once(' ').ok_or_else(invalid)?;
    let date = parse_date(date).map_err(|_| invalid())?;
    let hours = match hours.trim() {
        "off" => DayHours::CLOSED,
        ranges => {
            DayHours::new(parse_ranges(ranges).ok_or_else(invalid)?).map_err(|_| invalid())?
        }
    };
    Ok((date, hours))
}

fn parse_ranges(text: &str) -> Option<Vec<LocalRange>> {
    text.split(',')
        .map(|range| {
            let (from, to) = range.trim().split_once('-')?;
            LocalRange::parse(from, to).ok()
        })
        .collect()
}

fn parse_days(text: &str) -> Option<Vec<Weekday>> {
    let mut days = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (mut day, last) = (parse_day(first)?, parse_day(last)?);
        days.push(day);
        while day != last {
            day = day.succ();
            days.push(day);
        }
    }
    Some(days)
}

fn parse_day(text: &str) -> Option<Weekday> {
    (text.len() == 3).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(hours: &DayHours) -> Vec<String> {
        hours.ranges().iter().map(|r| format!("{}-{}", r.from().wall(), r.to().wall())).collect()
    }

    #[test]
    fn days_ranges_and_midnight() {
        let week = parse_weekly(&[
            "mon-wed 09:00-12:00,13:00-17:00",
            "sat,sun 22:00-02:00",
            "fri 00:00-24:00",
        ])
        .unwrap();
        assert_eq!(written(week.on(Weekday::Tue)), ["09:00-12:00", "13:00-17:00"]);
        assert_eq!(written(week.on(Weekday::Sun)), ["22:00-02:00"]);
        assert_eq!(written(week.on(Weekday::Fri)), ["00:00-24:00"]);
        assert_eq!(week.on(Weekday::Thu), &DayHours::CLOSED);
    }

    #[test]
    fn what_is_not_hours_is_refused() {
        for bad in [
            "mon",
            "mon 9:00-10:00",
            "xyz 09:00-10:00",
            "mon 09:00-09:00",
            "mon 09:00-25:00",
            "mon 09:00",
            "mon 09:00-12:00,11:00-13:00",
            "",
            "mon 24:00-02:00",
        ] {
            assert!(parse_weekly(&[bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_overlap_is_named_by_its_day() {
        let told = parse_weekly(&["mon-wed 09:00-12:00", "tue 11:00-13:00"]).unwrap_err();
        assert_eq!(told.to_string(), "two ranges of Tuesday overlap; write each time once");
    }

    #[test]
    fn overrides() {
        assert_eq!(parse_override("2026-12-24 off").unwrap().1, DayHours::CLOSED);
        assert_eq!(written(&parse_override("2026-12-24 10:00-12:00").unwrap().1), ["10:00-12:00"]);
        assert!(parse_override("2026-02-30 off").is_err());
        assert!(parse_override("2026-2-3 off").is_err());
        assert!(parse_override("2026-12-24").is_err());
    }
}
