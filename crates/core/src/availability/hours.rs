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

/// Starts that are evenly apart.
#[derive(Debug, Clone, Copy)]
struct Grid {
    /// From the first start to the end of the hours, or of the question.
    span: Span,
    /// In microseconds, more than nothing.
    step: i64,
}

impl Grid {
    const fn once(start: Instant) -> Self {
        Self { span: Span::moment(start), step: 1 }
    }

    fn starts(self) -> impl Iterator<Item = Instant> {
        let Span { start, end } = self.span;
        // Rounded up, for the end does not belong to it.
        let count = (end.since(start) + self.step - 1) / self.step;
        (0..count).map(move |number| start.plus_micros(number * self.step))
    }
}

/// What a schedule opens in a stretch of time: where bookings may lie, and where they may start.
pub(super) struct Opened {
    /// Sorted; ranges that overlap or touch are one.
    spans: Vec<Span>,
    /// One after the other.
    grids: Vec<Grid>,
}

impl Opened {
    /// Expands the rules for starts in `range` of bookings of up to 24 hours.
    pub(super) fn expand(schedule: &Schedule, range: Span, steps: Steps) -> Self {
        let zone = schedule.time_zone;
        // A range may come from the day before, and the end of a booking may lie in the ranges of
        // the two days after.
        let first = zone.date(range.start) - Duration::days(1);
        let last = zone.date(range.end.plus(LONGEST));
        let days = usize::try_from((last - first).num_days() + 1).unwrap_or(0);
        let (spans, grids) = (Vec::with_capacity(days), Vec::with_capacity(days));
        let mut opening = Opening { range, steps, spans, grids };
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

    /// Where bookings may start, in order and each once: the union of the grids of all ranges.
    pub(super) fn starts(&self) -> impl Iterator<Item = Instant> {
        self.grids.iter().flat_map(|grid| grid.starts())
    }

    /// At least as many as there are starts, and hardly more.
    pub(super) fn starts_at_most(&self) -> usize {
        let length = |grid: &Grid| grid.span.end.since(grid.span.start);
        let Some(step) = self.grids.iter().map(|grid| grid.step).max() else { return 0 };
        let full: i64 = self.grids.iter().map(length).sum::<i64>() / step;
        usize::try_from(full).unwrap_or(0) + self.grids.len()
    }

    /// Whether `start` lies on a grid.
    pub(super) fn is_start(&self, start: Instant) -> bool {
        self.starts().any(|at| at == start)
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
    /// In the same order, so that they may overlap.
    grids: Vec<Grid>,
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
        let span = Span { start, end: span.end.min(self.range.end) };
        if span.start < span.end {
            self.grids.push(Grid { span, step });
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
            self.grids.extend(zone.instants(wall).filter(inside).map(Grid::once));
        }
    }

    fn add(&mut self, span: Span) {
        match self.spans.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => self.spans.push(span),
        }
    }

    fn finish(self) -> Opened {
        let Self { spans, grids, .. } = self;
        // Only nights that run into the hours of the next day, and hours that come twice, overlap.
        if grids.is_sorted_by(|a, b| a.span.end <= b.span.start) {
            return Opened { spans, grids };
        }
        let mut starts: Vec<Instant> = grids.iter().flat_map(|grid| grid.starts()).collect();
        starts.sort_unstable();
        starts.dedup();
        Opened { spans, grids: starts.into_iter().map(Grid::once).collect() }
    }
}
