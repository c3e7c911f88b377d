//! Wall-time rules turned into instants.

use chrono::Duration;

use super::{LocalRange, Schedule};
use crate::time::{Edge, Instant, LocalDate, MICROS_PER_MINUTE, Minutes, Span, TimeZone};

/// What a schedule opens in a stretch of time: where bookings may lie, and where they may start.
pub(super) struct Opened {
    /// Sorted; ranges that overlap or touch are one.
    spans: Vec<Span>,
    /// Sorted, each once: the union of the grids of all ranges.
    starts: Vec<Instant>,
}

impl Opened {
    /// Expands the rules for starts in `range` of bookings of up to 24 hours.
    pub(super) fn expand(schedule: &Schedule, range: Span, increment: Minutes) -> Self {
        let zone = schedule.time_zone;
        // A range may come from the day before, and the end of a booking may lie in the ranges of
        // the two days after.
        let first = zone.date(range.start) - Duration::days(1);
        let last = zone.date(range.end) + Duration::days(2);
        let (mut spans, mut starts) = (Vec::new(), Vec::new());
        for date in first.iter_days().take_while(|date| *date <= last) {
            for local in schedule.hours_on(date).ranges() {
                let span = Span {
                    start: zone.resolve(date, local.from(), Edge::Start),
                    end: zone.resolve(date, local.to(), Edge::End),
                };
                if span.start < span.end {
                    spans.push(span);
                    if range.overlaps(span) {
                        grid(zone, date, *local, span, increment, &mut starts);
                    }
                }
            }
        }
        starts.retain(|start| range.start <= *start && *start < range.end);
        starts.sort_unstable();
        starts.dedup();
        Self { spans: merge(spans), starts }
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
        let after = self.spans.partition_point(|span| span.start <= core.start);
        after.checked_sub(1).and_then(|i| self.spans.get(i)).is_some_and(|span| span.contains(core))
    }
}

/// The starts of one range: its own local grid. Those in a gap do not exist, those in a fold exist
/// twice.
fn grid(
    zone: TimeZone,
    date: LocalDate,
    local: LocalRange,
    span: Span,
    increment: Minutes,
    starts: &mut Vec<Instant>,
) {
    let (from, to) = (u32::from(local.from().get()), u32::from(local.to().get()));
    let minutes = (from..to).step_by(usize::try_from(increment.0.max(1)).unwrap_or(1));
    let steady = span.end.since(span.start) == i64::from(to - from) * MICROS_PER_MINUTE
        && zone.offset_seconds(span.start) == zone.offset_seconds(span.end);
    if steady {
        starts.extend(minutes.map(|minute| span.start.plus(Minutes(minute - from))));
    } else {
        let midnight = date.and_hms_opt(0, 0, 0).unwrap_or_default();
        starts.extend(minutes.flat_map(|minute| {
            zone.instants(midnight + Duration::minutes(i64::from(minute))).collect::<Vec<_>>()
        }));
    }
}

fn merge(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable_by_key(|span| span.start);
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}
