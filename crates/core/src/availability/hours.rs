//! Wall-time rules turned into instants.

use chrono::Duration;

use super::{LocalRange, Schedule};
use crate::{
    event_type::LONGEST,
    time::{Edge, Instant, LocalDate, Minutes, Span, Steady, TimeZone},
};

/// Where starts lie in a range of hours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Steps {
    /// From the start of the range to the first.
    pub(super) offset: Minutes,
    /// From each to the next.
    pub(super) increment: Minutes,
}

/// What a schedule opens in a stretch of time: where bookings may lie, and where they may start.
pub(super) struct Opened {
    /// Sorted; ranges that overlap or touch are one.
    spans: Vec<Span>,
    /// Sorted, each once: the union of the grids of all ranges.
    starts: Vec<Instant>,
}

impl Opened {
    /// Expands the rules for starts in `range` of bookings of up to 24 hours.
    pub(super) fn expand(schedule: &Schedule, range: Span, steps: Steps) -> Self {
        let zone = schedule.time_zone;
        // A range may come from the day before, and the end of a booking may lie in the ranges of
        // the two days after.
        let first = zone.date(range.start) - Duration::days(1);
        let last = zone.date(range.end.plus(LONGEST));
        let mut opening = Opening { range, steps, spans: Vec::new(), starts: Vec::new() };
        let mut steady = zone.steady(range.start);
        for date in first.iter_days().take_while(|date| *date <= last) {
            let hours = schedule.hours_on(date).ranges();
            if hours.is_empty() {
                continue;
            }
            let midnight = steady.midnight(date).or_else(|| {
                steady = zone.steady(zone.start_of(date));
                Steady::midnight(steady, date)
            });
            for local in hours {
                match midnight {
                    Some(midnight) => opening.open_steadily(midnight, *local),
                    None => opening.open(zone, date, *local),
                }
            }
        }
        opening.finish()
    }

    /// Where bookings may lie.
    pub(super) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Where bookings may start.
    pub(super) fn starts(&self) -> &[Instant] {
        &self.starts
    }

    /// Whether `start` lies on a grid.
    pub(super) fn is_start(&self, start: Instant) -> bool {
        self.starts.binary_search(&start).is_ok()
    }

    /// Whether all of `core` lies inside the hours.
    pub(super) fn covers(&self, core: Span) -> bool {
        self.spans.iter().any(|span| span.contains(core))
    }
}

/// What is opened so far.
struct Opening {
    range: Span,
    steps: Steps,
    /// By start, as dates and their ranges come by start.
    spans: Vec<Span>,
    starts: Vec<Instant>,
}

impl Opening {
    /// Opens a range near no change of the clocks.
    fn open_steadily(&mut self, midnight: Instant, local: LocalRange) {
        let span = Span {
            start: midnight.plus(Minutes(local.from().get().into())),
            end: midnight.plus(Minutes(local.to().get().into())),
        };
        self.add(span);
        let step = self.steps.increment.micros().max(1);
        let mut start = span.start.plus(self.steps.offset);
        let early = self.range.start.since(start);
        if early > 0 {
            // The first start that is not before the range that was asked for.
            start = start.plus_micros((early + step - 1) / step * step);
        }
        let end = span.end.min(self.range.end);
        while start < end {
            self.starts.push(start);
            start = start.plus_micros(step);
        }
    }

    /// Opens a range as the clocks change. Grid times in a gap do not exist, those in a fold exist
    /// twice.
    fn open(&mut self, zone: TimeZone, date: LocalDate, local: LocalRange) {
        let span = Span {
            start: zone.resolve(date, local.from(), Edge::Start),
            end: zone.resolve(date, local.to(), Edge::End),
        };
        if span.start >= span.end {
            return;
        }
        self.add(span);
        let midnight = date.and_hms_opt(0, 0, 0).unwrap_or_default();
        let (from, to) = (u32::from(local.from().get()), u32::from(local.to().get()));
        let step = usize::try_from(self.steps.increment.0.max(1)).unwrap_or(1);
        for minute in (from + self.steps.offset.0..to).step_by(step) {
            let wall = midnight + Duration::minutes(i64::from(minute));
            let inside = |at: &Instant| self.range.start <= *at && *at < self.range.end;
            self.starts.extend(zone.instants(wall).filter(inside));
        }
    }

    fn add(&mut self, span: Span) {
        match self.spans.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => self.spans.push(span),
        }
    }

    fn finish(self) -> Opened {
        let Self { spans, mut starts, .. } = self;
        // Only grids that overlap, and hours that come twice, are out of order.
        if !starts.is_sorted_by(|a, b| a < b) {
            starts.sort_unstable();
            starts.dedup();
        }
        Opened { spans, starts }
    }
}
