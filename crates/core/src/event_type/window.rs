use crate::{
    text::FieldError,
    time::{Datelike, LocalDate, Weekday},
};

/// How far ahead bookings can be made. Its dates are those of the schedule's zone, each included
/// whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Today and so many days after it, at most 730.
    Days(u16),
    /// Today and all up to the so many-th date from Monday to Friday after it, at most 730.
    BusinessDays(u16),
    /// From one date to another, whatever today is.
    Dates(Dates),
}

/// Dates from a first to a last, which is not before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dates {
    first: LocalDate,
    last: LocalDate,
}

impl Dates {
    /// Both are included.
    ///
    /// # Errors
    /// [`FieldError::EndsBeforeStart`].
    pub fn new(first: LocalDate, last: LocalDate) -> Result<Self, FieldError> {
        if last < first { Err(FieldError::EndsBeforeStart) } else { Ok(Self { first, last }) }
    }

    /// The first of them.
    pub const fn first(self) -> LocalDate {
        self.first
    }

    /// The last of them.
    pub const fn last(self) -> LocalDate {
        self.last
    }
}

impl Window {
    /// The first bookable date, where that is not simply today.
    pub const fn first_date(self) -> Option<LocalDate> {
        match self {
            Self::Dates(dates) => Some(dates.first),
            Self::Days(_) | Self::BusinessDays(_) => None,
        }
    }

    /// The last bookable date.
    pub fn last_date(self, today: LocalDate) -> LocalDate {
        match self {
            Self::Days(days) => days_after(today, days.into()),
            Self::BusinessDays(days) => business_days_after(today, days),
            Self::Dates(dates) => dates.last,
        }
    }
}

fn days_after(date: LocalDate, days: u64) -> LocalDate {
    date.checked_add_days(chrono::Days::new(days)).unwrap_or(date)
}

fn business_days_after(date: LocalDate, days: u16) -> LocalDate {
    let is_business_day = |date: &LocalDate| !matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
    // Whole weeks first: five business days lead from any date to seven days later, and from a
    // weekend as well, if the rest that is left to count is not nothing.
    let (weeks, rest) = match (days / 5, days % 5) {
        (weeks @ 1.., 0) => (weeks - 1, 5),
        both => both,
    };
    let from = days_after(date, u64::from(weeks) * 7);
    let mut after = from.iter_days().skip(1).filter(is_business_day);
    match usize::from(rest).checked_sub(1) {
        None => from,
        Some(before) => after.nth(before).unwrap_or(from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn business_days_leave_out_weekends() {
        let date = |text: &str| text.parse::<LocalDate>().unwrap();
        // 2026-12-03 is a Thursday.
        for (today, days, last) in [
            ("2026-12-03", 0, "2026-12-03"),
            ("2026-12-03", 1, "2026-12-04"),
            ("2026-12-03", 2, "2026-12-07"),
            ("2026-12-03", 5, "2026-12-10"),
            ("2026-12-04", 5, "2026-12-11"),
            ("2026-12-05", 0, "2026-12-05"),
            ("2026-12-05", 1, "2026-12-07"),
            ("2026-12-05", 5, "2026-12-11"),
            ("2026-12-06", 10, "2026-12-18"),
            ("2026-12-07", 10, "2026-12-21"),
            ("2026-12-05", 6, "2026-12-14"),
        ] {
            assert_eq!(
                Window::BusinessDays(days).last_date(date(today)),
                date(last),
                "{today} {days}"
            );
        }
    }

    #[test]
    fn dates_do_not_run_backwards() {
        let date = |text: &str| text.parse::<LocalDate>().unwrap();
        assert!(Dates::new(date("2026-12-03"), date("2026-12-03")).is_ok());
        let backwards = Dates::new(date("2026-12-03"), date("2026-12-02"));
        assert_eq!(backwards, Err(FieldError::EndsBeforeStart));
    }
}
