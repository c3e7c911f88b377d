use std::fmt;

use roomkey_core::{
    booking::SeriesScope,
    time::{Datelike, Instant, LocalDate, Minutes, Span, TimeZone, UtcOffset, day_name},
    token::Token,
};

/// How the hours of a day are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Clock {
    Twelve,
    #[default]
    TwentyFour,
}

impl Clock {
    /// Reads `h` of a query or a form; anything but `12` is [`Clock::TwentyFour`].
    pub(crate) fn parse(text: &str) -> Self {
        if text == "12" { Self::Twelve } else { Self::TwentyFour }
    }

    pub(crate) const fn is_twelve(self) -> bool {
        matches!(self, Self::Twelve)
    }
}

/// A time on the wall: `09:30`, `9:30 am`, and where the clocks go back and it comes twice,
/// `01:30 (UTC+1)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeOfDay {
    minute: u16,
    clock: Clock,
    /// Where the time is ambiguous without it.
    offset: Option<UtcOffset>,
}

impl TimeOfDay {
    /// What a clock in `zone` shows at `at`.
    pub(crate) fn at(zone: TimeZone, at: Instant, clock: Clock) -> Self {
        use chrono::Timelike as _;
        let local = zone.local(at);
        let minute = u16::try_from(local.hour() * 60 + local.minute()).unwrap_or_default();
        Self { minute, clock, offset: zone.offset_if_twice(at) }
    }

    /// Minutes after midnight.
    pub(crate) const fn minute(self) -> u16 {
        self.minute
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute) = (self.minute / 60, self.minute % 60);
        match self.clock {
            Clock::TwentyFour => write!(f, "{hour:02}:{minute:02}")?,
            Clock::Twelve => {
                let half = if hour < 12 { "am" } else { "pm" };
                write!(f, "{}:{minute:02}\u{a0}{half}", (hour + 11) % 12 + 1)?;
            }
        }
        match self.offset {
            None => Ok(()),
            Some(offset) => write!(f, " ({offset})"),
        }
    }
}

/// The name of a month, 1 to 12.
pub(crate) const fn month_name(month: u32) -> &'static str {
    match month {
        1 => "January",
        2 => "February",
        3 => "March",
        4 => "April",
        5 => "May",
        6 => "June",
        7 => "July",
        8 => "August",
        9 => "September",
        10 => "October",
        11 => "November",
        _ => "December",
    }
}

/// The first three letters of a month's name.
pub(crate) fn month_short(month: u32) -> &'static str {
    let name = month_name(month);
    name.get(..3).unwrap_or(name)
}

/// `Thursday 8 October`.
pub(crate) fn long_date(date: LocalDate) -> String {
    format!("{} {} {}", day_name(date.weekday()), date.day(), month_name(date.month()))
}

/// `Thursday 8 October 2026`.
pub(crate) fn date_with_year(date: LocalDate) -> String {
    format!("{} {}", long_date(date), date.year())
}

/// The one or the other, for who looks at that year.
pub(crate) fn date_seen_from(year: i32, date: LocalDate) -> String {
    if date.year() == year { long_date(date) } else { date_with_year(date) }
}

/// `Today 15:00`, `Tomorrow 08:00`, `Thu 8 Oct 12:45`.
pub(crate) fn nearby(zone: TimeZone, at: Instant, today: LocalDate, clock: Clock) -> String {
    let date = zone.date(at);
    let time = TimeOfDay::at(zone, at, clock);
    if date == today {
        format!("Today {time}")
    } else if today.succ_opt() == Some(date) {
        format!("Tomorrow {time}")
    } else {
        let day = day_name(date.weekday());
        let (day, month) = (day.get(..3).unwrap_or(day), month_short(date.month()));
        format!("{day} {} {month} {time}", date.day())
    }
}

/// A booked span on two clocks: the reader's, and the other side's where it differs.
#[derive(Debug, Clone)]
pub(crate) struct When {
    pub(crate) start: Instant,
    pub(crate) date: String,
    pub(crate) from: TimeOfDay,
    /// `13:30`, or `00:15 on Friday 9 October` if that is another day.
    pub(crate) to: String,
    pub(crate) city: String,
    pub(crate) theirs: Option<Theirs>,
}

/// The same span on the other side's clock.
#[derive(Debug, Clone)]
pub(crate) struct Theirs {
    pub(crate) city: String,
    /// With the weekday, where it is another one there.
    pub(crate) from: String,
    /// With the weekday, where it is another one than at the start.
    pub(crate) to: String,
}

impl When {
    pub(crate) fn new(span: Span, own: TimeZone, other: TimeZone, clock: Clock) -> Self {
        let theirs = (own != other).then(|| {
            let from = TimeOfDay::at(other, span.start, clock);
            let (here, there) = (own.date(span.start), other.date(span.start));
            let from = if here == there {
                from.to_string()
            } else {
                format!("{} {from}", day_name(there.weekday()))
            };
            let (to, last) = (TimeOfDay::at(other, span.end, clock), other.date(span.end));
            let to = if last == there {
                to.to_string()
            } else {
                format!("{} {to}", day_name(last.weekday()))
            };
            Theirs { city: other.city(), from, to }
        });
        let (first, last) = (own.date(span.start), own.date(span.end));
        let to = TimeOfDay::at(own, span.end, clock);
        Self {
            start: span.start,
            date: date_with_year(first),
            from: TimeOfDay::at(own, span.start, clock),
            to: if first == last { to.to_string() } else { format!("{to} on {}", long_date(last)) },
            city: own.city(),
            theirs,
        }
    }

    #[cfg(test)]
    pub(crate) fn sample() -> Self {
        let start = Instant::parse("2026-10-08T11:45:00Z").unwrap();
        let zone = |name: &str| name.parse().unwrap();
        let span = Span::lasting(start, roomkey_core::time::Minutes(45));
        Self::new(span, zone("Europe/London"), zone("Pacific/Auckland"), Clock::TwentyFour)
    }
}

/// What every link of the booking page carries on: the secret link by which it was opened, the zone,
/// the clock and the length, where they were chosen, and answers that the page's own address gave.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trail {
    pub(crate) link: Option<Token>,
    pub(crate) zone: Option<TimeZone>,
    pub(crate) clock: Clock,
    /// A length other than the usual one.
    pub(crate) duration: Option<Minutes>,
    /// Names of the query and their texts.
    pub(crate) prefill: Vec<(String, String)>,
    /// The link to the visitor's page in the waiting list, if they come from there.
    pub(crate) waiting: Option<Token>,
    /// Which bookings of a series are moved, if it is not the one alone.
    pub(crate) scope: Option<SeriesScope>,
}

impl Trail {
    pub(crate) fn with_clock(&self, clock: Clock) -> Self {
        Self { clock, ..self.clone() }
    }

    pub(crate) fn with_scope(&self, scope: Option<SeriesScope>) -> Self {
        Self { scope, ..self.clone() }
    }

    pub(crate) fn with_duration(&self, duration: Option<Minutes>) -> Self {
        Self { duration, ..self.clone() }
    }
}

/// The end of a query string. Tokens and zone names need no escaping there.
impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(link) = &self.link {
            write!(f, "&link={}", link.expose())?;
        }
        if let Some(waiting) = &self.waiting {
            write!(f, "&waiting={}", waiting.expose())?;
        }
        if let Some(zone) = self.zone {
            f.write_str("&tz=")?;
            f.write_str(&zone.name().replace('+', "%2B"))?;
        }
        if self.clock.is_twelve() {
            f.write_str("&h=12")?;
        }
        if let Some(duration) = self.duration {
            write!(f, "&duration={}", duration.0)?;
        }
        if let Some(scope) = self.scope {
            write!(f, "&scope={}", scope.as_str())?;
        }
        if self.prefill.is_empty() {
            return Ok(());
        }
        let prefill = serde_urlencoded::to_string(&self.prefill).map_err(|_| fmt::Error)?;
        write!(f, "&{prefill}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn both_clocks_and_the_hour_that_comes_twice() {
        let london: TimeZone = "Europe/London".parse().unwrap();
        let show = |time, clock| TimeOfDay::at(london, at(time), clock).to_string();
        assert_eq!(show("2026-12-03T00:05:00Z", Clock::TwentyFour), "00:05");
        assert_eq!(show("2026-12-03T00:05:00Z", Clock::Twelve), "12:05\u{a0}am");
        assert_eq!(show("2026-12-03T12:05:00Z", Clock::Twelve), "12:05\u{a0}pm");
        assert_eq!(show("2026-10-25T00:30:00Z", Clock::TwentyFour), "01:30 (UTC+1)");
        assert_eq!(show("2026-10-25T01:30:00Z", Clock::TwentyFour), "01:30 (UTC+0)");
    }

    #[test]
    fn the_other_side_sees_its_own_weekday() {
        let when = When::sample();
        assert_eq!(
            (when.date.as_str(), when.from.to_string()),
            ("Thursday 8 October 2026", "12:45".into())
        );
        assert_eq!(when.theirs.unwrap().from, "Friday 00:45");
    }

    #[test]
    fn an_end_on_another_day_names_it() {
        let zone = |name: &str| name.parse::<TimeZone>().unwrap();
        let day = Span { start: at("2026-10-08T23:00:00Z"), end: at("2026-10-09T23:00:00Z") };
        let when =
            When::new(day, zone("Europe/London"), zone("Pacific/Auckland"), Clock::TwentyFour);
        assert_eq!(
            (when.date.as_str(), when.from.to_string(), when.to.as_str()),
            ("Friday 9 October 2026", "00:00".into(), "00:00 on Saturday 10 October")
        );
        let theirs = when.theirs.unwrap();
        assert_eq!((theirs.from.as_str(), theirs.to.as_str()), ("12:00", "Saturday 12:00"));
    }

    #[test]
    fn a_trail_carries_what_was_chosen() {
        assert_eq!(Trail::default().to_string(), "");
        let zone = Some("Etc/GMT+3".parse().unwrap());
        let mut trail = Trail { zone, clock: Clock::Twelve, ..Trail::default() };
        assert_eq!(trail.to_string(), "&tz=Etc/GMT%2B3&h=12");
        trail.prefill.push(("name".into(), "A & B".into()));
        assert_eq!(trail.to_string(), "&tz=Etc/GMT%2B3&h=12&name=A+%26+B");
        let secret = Trail { link: Some(Token::derived(&[0; 32])), ..Trail::default() };
        assert_eq!(secret.to_string(), format!("&link={}", "A".repeat(43)));
        let longer = Trail { duration: Some(Minutes(60)), ..Trail::default() };
        assert_eq!(longer.to_string(), "&duration=60");
    }
}
