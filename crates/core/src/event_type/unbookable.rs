use super::{Limit, Measure, Terms};
use crate::time::{LocalDate, Minutes};

/// Why nobody can book an event type as it stands, whatever the host's hours are and whoever else books.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unbookable {
    /// A limit of minutes that one booking alone would break.
    #[error("the limit of {limit} is below the shortest length, {shortest}")]
    Limit {
        /// The limit.
        limit: Limit,
        /// The shortest length to choose.
        shortest: Minutes,
    },
    /// The last date of its window has passed.
    #[error("its last date, {}, has passed", last.format("%-d %B %Y"))]
    Passed {
        /// That date, in the schedule's zone.
        last: LocalDate,
    },
    /// Its window ends before the minimum notice does.
    #[error("it must be booked {notice} ahead, but only up to {}", last.format("%-d %B %Y"))]
    Notice {
        /// The minimum notice.
        notice: Minutes,
        /// The last date of the window as of today, in the schedule's zone.
        last: LocalDate,
    },
}

impl Terms {
    /// What in the terms alone leaves no time to book, if anything does. `today` is the date in the schedule's zone.
    pub fn unbookable(&self, today: LocalDate) -> Option<Unbookable> {
        let shortest = self.durations().first().copied().unwrap_or(self.duration);
        let too_low = |limit: &Limit| limit.measure == Measure::Minutes && limit.most < shortest.0;
        if let Some(limit) = self.limits.iter().find(too_low) {
            return Some(Unbookable::Limit { limit, shortest });
        }
        let last = self.window.last_date(today);
        // A day of 25 hours is the longest that today and the last date make longer.
        let left = (last - today).num_minutes() + 25 * 60;
        if last < today {
            Some(Unbookable::Passed { last })
        } else if i64::from(self.min_notice.0) > left {
            Some(Unbookable::Notice { notice: self.min_notice, last })
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_type::{Dates, Period, Window};

    fn date(text: &str) -> LocalDate {
        text.parse().unwrap()
    }

    fn terms() -> Terms {
        Terms::usual("a".parse().unwrap(), "A".parse().unwrap(), "".parse().unwrap(), Minutes(30))
    }

    #[test]
    fn terms_that_leave_nothing_say_so() {
        let today = date("2026-12-03");
        assert_eq!(terms().unbookable(today), None);

        let mut limited = terms();
        limited.limits.set(Limit { period: Period::Week, measure: Measure::Minutes, most: 29 });
        let why = limited.unbookable(today).unwrap().to_string();
        assert_eq!(why, "the limit of 29 minutes a week is below the shortest length, 30 minutes");
        limited.other_durations = vec![Minutes(15)];
        assert_eq!(limited.unbookable(today), None, "the shorter length fits");

        let mut dated = terms();
        dated.window = Window::Dates(Dates::new(date("2026-12-01"), date("2026-12-02")).unwrap());
        assert_eq!(dated.unbookable(date("2026-12-02")), None, "the last date is included");
        assert_eq!(dated.unbookable(today), Some(Unbookable::Passed { last: date("2026-12-02") }));

        let mut late = terms();
        late.window = Window::Days(1);
        late.min_notice = Minutes(49 * 60);
        assert_eq!(late.unbookable(today), None, "two days, one of which may have 25 hours");
        late.min_notice = Minutes(49 * 60 + 1);
        let last = date("2026-12-04");
        let why = Unbookable::Notice { notice: late.min_notice, last };
        assert_eq!(late.unbookable(today), Some(why));
    }
}
