//! Moments in words, always with the zone they are meant in.

use roomkey_core::time::{Instant, LocalDate, LocalDateTime, Minutes, Span, TimeZone};

const DATE: &str = "%A %-d %B %Y";

/// A span as a mail writes it, in the zone of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct When {
    /// `Thursday 8 October 2026`.
    pub(crate) date: String,
    /// `12:45`; in a night whose clocks go back, `02:30 (UTC+2)`.
    pub(crate) start: String,
    /// `13:30`, or `00:15 on Friday 9 October` if that is another day.
    pub(crate) end: String,
    /// `London`; where the clock shows this time twice, `London, UTC+1`.
    pub(crate) zone: String,
}

impl When {
    pub(crate) fn new(span: Span, zone: TimeZone) -> Self {
        let start = zone.local(span.start);
        let date = long_date(start);
        let (begins, ends) = (clock(start), near(span.end, start.date(), zone));
        let offsets = [span.start, span.end].map(|at| zone.utc_offset(at));
        match offsets {
            // One offset beside the zone would be wrong for one of them.
            [first, last] if first != last && is_unclear(span, zone) => Self {
                date,
                start: format!("{begins} ({first})"),
                end: format!("{ends} ({last})"),
                zone: zone.city(),
            },
            _ => Self { date, start: begins, end: ends, zone: place(span, zone) },
        }
    }
}

/// `Thu 8 Oct, 12:45 (London)`, for subjects.
pub(crate) fn short(span: Span, zone: TimeZone) -> String {
    let start = zone.local(span.start);
    format!("{} ({})", start.format("%a %-d %b, %H:%M"), place(span, zone))
}

/// When a room opens and closes, and how long before the start: `opens at 12:35, 10 minutes early,
/// and closes at 13:45 (London)`. The zone stands beside each time where one name does not tell
/// both.
pub(crate) fn window(window: Span, early: Minutes, date: LocalDate, zone: TimeZone) -> String {
    let [(opens, here), (closes, there)] = [window.start, window.end]
        .map(|at| (near(at, date, zone), place(Span { start: at, end: at }, zone)));
    let opens = if here == there { opens } else { format!("{opens} ({here})") };
    let early = if early == Minutes(0) { String::new() } else { format!(", {early} early,") };
    format!("opens at {opens}{early} and closes at {closes} ({there})")
}

/// `12:35`; on another date than `date`, `23:55 on Wednesday 7 October`.
fn near(at: Instant, date: LocalDate, zone: TimeZone) -> String {
    let local = zone.local(at);
    if local.date() == date {
        clock(local)
    } else {
        format!("{} on {}", clock(local), local.format("%A %-d %B"))
    }
}

/// `13:05 on Thursday 8 October 2026 (London)`.
pub(crate) fn moment(at: Instant, zone: TimeZone) -> String {
    let local = zone.local(at);
    let place = place(Span { start: at, end: at }, zone);
    format!("{} on {} ({place})", clock(local), long_date(local))
}

/// `Thursday 8 October 2026`.
pub(crate) fn date(date: LocalDate) -> String {
    date.format(DATE).to_string()
}

fn clock(local: LocalDateTime) -> String {
    local.format("%H:%M").to_string()
}

fn long_date(local: LocalDateTime) -> String {
    local.format(DATE).to_string()
}

/// The zone's city. In the hour that an autumn night has twice, the city alone would leave open
/// which of the two is meant, so the offset stands beside it.
fn place(span: Span, zone: TimeZone) -> String {
    if is_unclear(span, zone) {
        format!("{}, {}", zone.city(), zone.utc_offset(span.start))
    } else {
        zone.city()
    }
}

/// Whether the clock shows the start or the end twice.
fn is_unclear(span: Span, zone: TimeZone) -> bool {
    [span.start, span.end].into_iter().any(|at| zone.instants(zone.local(at)).count() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: &str, minutes: u32) -> Span {
        Span::lasting(Instant::parse(start).unwrap(), Minutes(minutes))
    }

    fn zone(name: &str) -> TimeZone {
        name.parse().unwrap()
    }

    #[test]
    fn a_span_in_two_zones() {
        let span = span("2026-10-08T11:45:00Z", 45);
        let london = When::new(span, zone("Europe/London"));
        assert_eq!(london.date, "Thursday 8 October 2026");
        assert_eq!((&*london.start, &*london.end, &*london.zone), ("12:45", "13:30", "London"));
        let auckland = When::new(span, zone("Pacific/Auckland"));
        assert_eq!(auckland.date, "Friday 9 October 2026");
        assert_eq!((&*auckland.start, &*auckland.end), ("00:45", "01:30"));
        assert_eq!(short(span, zone("America/New_York")), "Thu 8 Oct, 07:45 (New York)");
    }

    #[test]
    fn midnight_is_named() {
        let when = When::new(span("2026-10-08T22:30:00Z", 45), zone("Europe/London"));
        assert_eq!(when.end, "00:15 on Friday 9 October");
    }

    #[test]
    fn a_window_is_told_with_its_zone() {
        let told = |start: &str, end: &str, early, name: &str| {
            let (start, end) = (Instant::parse(start).unwrap(), Instant::parse(end).unwrap());
            let date = zone(name).date(start.plus(early));
            window(Span { start, end }, early, date, zone(name))
        };
        assert_eq!(
            told("2026-10-08T11:35:00Z", "2026-10-08T12:45:00Z", Minutes(10), "Europe/London"),
            "opens at 12:35, 10 minutes early, and closes at 13:45 (London)"
        );
        assert_eq!(
            told("2026-10-08T11:45:00Z", "2026-10-08T12:45:00Z", Minutes(0), "Europe/London"),
            "opens at 12:45 and closes at 13:45 (London)"
        );
        assert_eq!(
            told("2026-10-08T14:45:00Z", "2026-10-10T15:00:00Z", Minutes(1440), "America/New_York"),
            "opens at 10:45 on Thursday 8 October, 24 hours early, and closes at 11:00 on \
             Saturday 10 October (New York)"
        );
        // Berlin has 02:30 twice that night.
        assert_eq!(
            told("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", Minutes(60), "Europe/Berlin"),
            "opens at 02:30 (Berlin, UTC+2), 1 hour early, and closes at 02:30 (Berlin, \
             UTC+1)"
        );
    }

    #[test]
    fn the_hour_that_comes_twice_has_its_offset() {
        let berlin = zone("Europe/Berlin");
        let first = When::new(span("2026-10-25T00:30:00Z", 15), berlin);
        let second = When::new(span("2026-10-25T01:30:00Z", 15), berlin);
        assert_eq!((&*first.start, &*first.zone), ("02:30", "Berlin, UTC+2"));
        assert_eq!((&*second.start, &*second.zone), ("02:30", "Berlin, UTC+1"));
        // From one into the other, each time has its own.
        let across = When::new(span("2026-10-25T00:30:00Z", 60), berlin);
        assert_eq!(
            (&*across.start, &*across.end, &*across.zone),
            ("02:30 (UTC+2)", "02:30 (UTC+1)", "Berlin")
        );
        let into = When::new(span("2026-10-24T23:45:00Z", 90), berlin);
        assert_eq!((&*into.start, &*into.end), ("01:45 (UTC+2)", "02:15 (UTC+1)"));
    }
}
