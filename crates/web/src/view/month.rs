use std::fmt;

use roomkey_core::time::{Datelike, LocalDate, Weekday, day_name, parse_date};

use super::{Markup, when::month_name};

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MonthKey {
    year: i32,
    month: u32,
}

impl MonthKey {
    pub(crate) fn of(date: LocalDate) -> Self {
        Self { year: date.year(), month: date.month() }
    }

    /// Reads `2026-12`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        parse_date(&format!("{text}-01")).ok().map(Self::of)
    }

    pub(crate) fn first(self) -> LocalDate {
        LocalDate::from_ymd_opt(self.year, self.month, 1).unwrap_or_default()
    }

    /// Its dates in order.
    pub(crate) fn days(self) -> impl Iterator<Item = LocalDate> {
        self.first().iter_days().take_while(move |date| Self::of(*date) == self)
    }

    pub(crate) fn last(self) -> LocalDate {
        self.next().first().pred_opt().unwrap_or_default()
    }

    pub(crate) const fn next(self) -> Self {
        if self.month == 12 {
            Self { year: self.year + 1, month: 1 }
        } else {
            Self { year: self.year, month: self.month + 1 }
        }
    }

    pub(crate) const fn previous(self) -> Self {
        if self.month == 1 {
            Self { year: self.year - 1, month: 12 }
        } else {
            Self { year: self.year, month: self.month - 1 }
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        month_name(self.month)
    }

    pub(crate) const fn year(self) -> i32 {
        self.year
    }

    /// `January`, or for who looks at another year `January 2028`.
    pub(crate) fn seen_from(self, year: i32) -> String {
        let name = self.name();
        if self.year == year { name.to_owned() } else { format!("{name} {}", self.year) }
    }
}

/// `2026-12`, as it stands in addresses.
impl fmt::Display for MonthKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// A day of the grid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Day {
    pub(crate) date: LocalDate,
    /// How many times are free.
    pub(crate) free: u32,
    pub(crate) today: bool,
    pub(crate) past: bool,
    pub(crate) chosen: bool,
}

impl Day {
    pub(crate) fn weekday(&self) -> &'static str {
        day_name(self.date.weekday())
    }

    pub(crate) fn number(&self) -> u32 {
        self.date.day()
    }

    /// One dot for few, two for some, three for many.
    pub(crate) const fn pips(&self) -> Markup {
        Markup(match self.free {
            0 => "",
            1 | 2 => "<i></i>",
            3..=6 => "<i></i><i></i>",
            _ => "<i></i><i></i><i></i>",
        })
    }
}

/// The month grid: whole weeks, empty where another month's days would be.
#[derive(Debug, Clone)]
pub(crate) struct Month {
    pub(crate) key: MonthKey,
    pub(crate) previous: Option<MonthKey>,
    pub(crate) next: Option<MonthKey>,
    weeks: Vec<[Option<Day>; 7]>,
    days_with_times: u32,
    week_start: Weekday,
}

impl Month {
    /// `free` says how many times are free on each day of the month, the first day first.
    pub(crate) fn new(
        key: MonthKey,
        (previous, next): (Option<MonthKey>, Option<MonthKey>),
        today: LocalDate,
        chosen: Option<LocalDate>,
        free: &[u32],
        week_start: Weekday,
    ) -> Self {
        let mut weeks = Vec::with_capacity(6);
        let mut week = [None; 7];
        let mut days_with_times = 0;
        for (index, date) in key.days().enumerate() {
            let column = date.weekday().days_since(week_start) as usize;
            if column == 0 && date.day() > 1 {
                weeks.push(std::mem::take(&mut week));
            }
            let day = Day {
                date,
                free: free.get(index).copied().unwrap_or_default(),
                today: date == today,
                past: date < today,
                chosen: chosen == Some(date),
            };
            days_with_times += u32::from(day.free > 0);
            if let Some(cell) = week.get_mut(column) {
                *cell = Some(day);
            }
        }
        weeks.push(week);
        Self { key, previous, next, weeks, days_with_times, week_start }
    }

    pub(crate) fn weeks(&self) -> &[[Option<Day>; 7]] {
        &self.weeks
    }

    /// The names of the columns.
    pub(crate) fn weekdays(&self) -> impl Iterator<Item = &'static str> {
        std::iter::successors(Some(self.week_start), |day| Some(day.succ())).take(7).map(day_name)
    }

    /// What is said when the month appears.
    pub(crate) fn announcement(&self) -> String {
        let days = if self.days_with_times == 1 { "day" } else { "days" };
        let (name, year) = (self.key.name(), self.key.year());
        format!("{name} {year}. {} {days} with free times.", self.days_with_times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_and_written_alike() {
        let key = MonthKey::parse("2026-12").unwrap();
        assert_eq!(key.to_string(), "2026-12");
        assert_eq!(key.next().to_string(), "2027-01");
        assert_eq!(key.next().previous(), key);
        assert_eq!(key.last().to_string(), "2026-12-31");
        for bad in ["2026-13", "2026-1", "2026", "", "x", "2026-12-01", "+2026-1"] {
            assert!(MonthKey::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn weeks_start_as_the_host_has_it() {
        let key = MonthKey::parse("2026-02").unwrap();
        let month = |week_start| Month::new(key, (None, None), key.first(), None, &[], week_start);
        // 1 February 2026 is a Sunday.
        assert_eq!(month(Weekday::Sun).weeks().len(), 4);
        assert_eq!(month(Weekday::Mon).weeks().len(), 5);
        let names: Vec<_> = month(Weekday::Sat).weekdays().collect();
        assert_eq!((names[0], names[6]), ("Saturday", "Friday"));
    }

    #[test]
    fn a_grid_has_every_day_once_under_its_weekday() {
        let key = MonthKey::parse("2026-02").unwrap();
        let today = LocalDate::from_ymd_opt(2026, 2, 10).unwrap();
        let free: Vec<u32> = (1..=28).map(|day| day % 3).collect();
        let month =
            Month::new(key, (None, Some(key.next())), today, Some(today), &free, Weekday::Mon);
        let days: Vec<Day> = month.weeks().iter().flatten().flatten().copied().collect();
        assert_eq!(days.len(), 28);
        assert_eq!(month.weeks().len(), 5);
        assert!(month.weeks()[0][6].is_some_and(|day| day.number() == 1 && day.past));
        assert_eq!(days.iter().filter(|day| day.today && day.chosen).count(), 1);
        assert_eq!(month.announcement(), "February 2026. 19 days with free times.");
    }
}
