//! Wall-time rules turned into instants.

use chrono::Duration;

use super::{LocalRange, Schedule, busy::ClosedStarts};
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
pub(super) struct Grid {
    /// From the first start to the end of the hours, or of the question.
    span: Span,
    /// In microseconds, more than nothing.
    step: i64,
}

impl Grid {
    const fn once(start: Instant) -> Self {
        Self { span: Span::moment(start), step: 1 }
    }

    pub(super) fn starts(self) -> impl Iterator<Item = Instant> {
        let Span { start, .. } = self.span;
        (0..self.count_before(self.span.end))
            .map(move |number| start.plus_micros(number * self.step))
    }

    /// How many starts there are before `end`, which may lie outside.
    fn count_before(self, end: Instant) -> i64 {
        // Rounded up, for the end does not belong to it.
        let length = end.min(self.span.end).since(self.span.start);
        ((length + self.step - 1) / self.step).max(0)
    }

    /// The starts before `end`, and the others.
    fn split(self, end: Instant) -> (Self, Self) {
        let Self { span: Span { start, end: last }, step } = self;
        let middle = start.plus_micros(self.count_before(end) * step);
        let before = Span { start, end: middle.min(last) };
        (Self { span: before, step }, Self { span: Span { start: middle, end: last }, step })
    }
}

/// Starts one after the other that share a fate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    /// At least one.
    pub(super) starts: Grid,
    /// Whether something takes the time.
    pub(super) is_closed: bool,
}

/// The runs of starts that lie inside the hours, in order. Starts come in order, so each list is
/// gone through once.
pub(super) struct Runs<'a> {
    grids: &'a [Grid],
    /// What is left of the grid before them.
    grid: Grid,
    spans: &'a [Span],
    closed: &'a [ClosedStarts],
    duration: Minutes,
}

impl Iterator for Runs<'_> {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        loop {
            let start = self.grid.span.start;
            if start >= self.grid.span.end {
                (self.grid, self.grids) = self.grids.split_first().map(|(a, rest)| (*a, rest))?;
                continue;
            }
            self.spans = skip_while(self.spans, |span| span.end <= start);
            let span = self.spans.first()?;
            let after_last = span.end.minus(self.duration).plus_micros(1);
            if start < span.start || start >= after_last {
                let inside = if start < span.start { span.start } else { span.end };
                (_, self.grid) = self.grid.split(inside);
                continue;
            }
            self.closed = skip_while(self.closed, |closed| closed.before <= start);
            let (is_closed, end) = match self.closed.first() {
                Some(closed) if closed.holds(start) => (true, closed.before),
                Some(closed) => (false, closed.after.plus_micros(1)),
                None => (false, after_last),
            };
            let (starts, rest) = self.grid.split(end.min(after_last));
            self.grid = rest;
            return Some(Run { starts, is_closed });
        }
    }
}

/// What is left of a list after those in front for which `is_over` holds.
fn skip_while<T>(mut list: &[T], is_over: impl Fn(&T) -> bool) -> &[T] {
    while let [first, rest @ ..] = list
        && is_over(first)
    {
        list = rest;
    }
    list
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

    /// Where bookings may start, in order and each once: the union of the grids of all ranges.
    pub(super) fn starts(&self) -> impl Iterator<Item = Instant> {
        self.grids.iter().flat_map(|grid| grid.starts())
    }

    /// The starts of bookings of `duration`, apart by whether `closed`, which is sorted and merged,
    /// rules them out.
    pub(super) fn runs<'a>(&'a self, closed: &'a [ClosedStarts], duration: Minutes) -> Runs<'a> {
        let none = Span { start: Instant::EPOCH, end: Instant::EPOCH };
        Runs {
            grids: &self.grids,
            grid: Grid { span: none, step: 1 },
            spans: &self.spans,
            closed,
            duration,
        }
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
