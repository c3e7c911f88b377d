use crate::{
    event_type::Buffers,
    time::{Minutes, Span},
};

/// A time at which the host is taken by a booking of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy {
    /// The booking, without its buffers.
    pub span: Span,
    /// The buffers it was booked with.
    pub buffers: Buffers,
}

impl Busy {
    /// Whether a booking of `span` with `buffers` would come too close: two bookings need between
    /// them the larger of what the first wants after and the second before, not the sum.
    pub fn conflicts(&self, span: Span, buffers: Buffers) -> bool {
        let gap_before = self.buffers.after.max(buffers.before);
        let gap_after = buffers.after.max(self.buffers.before);
        span.start < self.span.end.plus(gap_before) && self.span.start < span.end.plus(gap_after)
    }
}

/// All busy times in reach of a question, sorted, so that each slot looks only at its neighbours.
#[derive(Debug, Clone, Default)]
pub struct BusyTimes {
    sorted: Vec<Busy>,
    longest: i64,
    widest: Buffers,
}

impl BusyTimes {
    /// From busy times in any order.
    pub fn new(mut times: Vec<Busy>) -> Self {
        times.sort_unstable_by_key(|busy| busy.span.start);
        let longest = times.iter().map(|b| b.span.end.since(b.span.start)).max().unwrap_or(0);
        let widest = Buffers {
            before: times.iter().map(|b| b.buffers.before).max().unwrap_or(Minutes(0)),
            after: times.iter().map(|b| b.buffers.after).max().unwrap_or(Minutes(0)),
        };
        Self { sorted: times, longest, widest }
    }

    /// A busy time that a booking of `span` with `buffers` would come too close to.
    pub fn conflict(&self, span: Span, buffers: Buffers) -> Option<&Busy> {
        let until = span.end.plus(buffers.after.max(self.widest.before));
        let since =
            span.start.minus(buffers.before.max(self.widest.after)).plus_micros(-self.longest);
        let first = self.sorted.partition_point(|busy| busy.span.start <= since);
        self.sorted
            .get(first..)?
            .iter()
            .take_while(|busy| busy.span.start < until)
            .find(|busy| busy.conflicts(span, buffers))
    }
}
