//! Limits of an event type, as far as they are used up.

use super::busy::Session;
use crate::{
    event_type::{Limit, Limits, Measure},
    time::{Instant, LocalDate, Span, TimeZone, Weekday},
};

/// In whose calendar the periods of limits lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calendar {
    pub(super) zone: TimeZone,
    pub(super) week_start: Weekday,
}

impl Calendar {
    /// The first date of the limit's period around `at`, and the period.
    fn period(self, limit: Limit, at: Instant) -> (LocalDate, Span) {
        let (first, next) = limit.period.around(self.zone.date(at), self.week_start);
        (first, Span { start: self.zone.start_of(first), end: self.zone.start_of(next) })
    }
}

/// The time whose bookings count for limits when slots that start in `range` are asked for; none
/// without limits.
pub fn counted_span(
    limits: &Limits,
    zone: TimeZone,
    week_start: Weekday,
    range: Span,
) -> Option<Span> {
    let calendar = Calendar { zone, week_start };
    let spans = limits.iter().map(|limit| Span {
        start: calendar.period(limit, range.start).1.start,
        end: calendar.period(limit, range.end).1.end,
    });
    spans.reduce(|a, b| Span { start: a.start.min(b.start), end: a.end.max(b.end) })
}

/// A limit in the period that was asked about last.
struct Running {
    limit: Limit,
    /// The first date of the period.
    first: LocalDate,
    period: Span,
    used: u64,
}

impl Running {
    fn new(limit: Limit, calendar: Calendar, at: Instant, counted: &[Span]) -> Self {
        let (first, period) = calendar.period(limit, at);
        let from = counted.partition_point(|span| span.start < period.start);
        let to = counted.partition_point(|span| span.start < period.end);
        let inside = counted.get(from..to).unwrap_or_default();
        let used = match limit.measure {
            Measure::Bookings => inside.len() as u64,
            Measure::Minutes => inside.iter().map(|span| u64::from(span.minutes().0)).sum(),
        };
        Self { limit, first, period, used }
    }

    /// Whether so long a booking may be added; none is, if it only joins one that counts already.
    fn has_room(&self, core: Span, joins: bool) -> bool {
        let more = match self.limit.measure {
            _ if joins => 0,
            Measure::Bookings => 1,
            Measure::Minutes => u64::from(core.minutes().0),
        };
        self.used + more <= u64::from(self.limit.most)
    }
}

/// All limits, asked about starts in order.
pub(super) struct Quota<'a> {
    calendar: Calendar,
    counted: &'a [Span],
    running: Vec<Running>,
}

impl<'a> Quota<'a> {
    /// `counted` is sorted by start.
    pub(super) fn new(
        limits: &Limits,
        calendar: Calendar,
        counted: &'a [Span],
        first: Instant,
    ) -> Self {
        let running = limits.iter().map(|limit| Running::new(limit, calendar, first, counted));
        Self { calendar, counted, running: running.collect() }
    }

    /// Whether there are no limits, as most event types have none.
    pub(super) const fn is_unlimited(&self) -> bool {
        self.running.is_empty()
    }

    /// Whether all limits have room for one more.
    pub(super) fn has_room(&mut self, core: Span, joined: Option<Session>) -> bool {
        self.reached(core, joined).next().is_none()
    }

    /// The limits that have not, with the first dates of their periods.
    pub(super) fn reached(
        &mut self,
        core: Span,
        joined: Option<Session>,
    ) -> impl Iterator<Item = (Limit, LocalDate)> {
        let Self { calendar, counted, running } = self;
        let start = core.start;
        let joins = joined.is_some_and(|session| counts(session.span, counted));
        running.iter_mut().filter_map(move |running| {
            if start < running.period.start || running.period.end <= start {
                *running = Running::new(running.limit, *calendar, start, counted);
            }
            (!running.has_room(core, joins)).then_some((running.limit, running.first))
        })
    }
}

/// Whether a span is one of those that count.
fn counts(span: Span, counted: &[Span]) -> bool {
    let first = counted.partition_point(|counted| counted.start < span.start);
    let mut at_once = counted.iter().skip(first).take_while(|counted| counted.start == span.start);
    at_once.any(|counted| *counted == span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event_type::Period;

    #[test]
    fn bookings_of_whole_periods_count() {
        let mut limits = Limits::default();
        let instant = |text| Instant::parse(text).unwrap();
        let zone: TimeZone = "Europe/Berlin".parse().unwrap();
        let range =
            Span { start: instant("2026-12-03T09:00:00Z"), end: instant("2026-12-04T09:00:00Z") };
        let counted = |limits: &Limits| counted_span(limits, zone, Weekday::Mon, range);
        assert_eq!(counted(&limits), None);
        limits.set(Limit { period: Period::Day, measure: Measure::Minutes, most: 60 });
        let (start, end) = (instant("2026-12-02T23:00:00Z"), instant("2026-12-04T23:00:00Z"));
        assert_eq!(counted(&limits), Some(Span { start, end }));
        limits.set(Limit { period: Period::Week, measure: Measure::Bookings, most: 4 });
        let (start, end) = (instant("2026-11-29T23:00:00Z"), instant("2026-12-06T23:00:00Z"));
        assert_eq!(counted(&limits), Some(Span { start, end }));
    }
}
