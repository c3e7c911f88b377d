use crate::{
    event_type::Buffers,
    time::{Instant, Minutes, Span},
};

/// What takes a host's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occupant {
    /// A booking.
    Booking,
    /// A form that somebody else is filling in.
    Hold,
    /// A session with room for more people.
    Session {
        /// For so many.
        seats_left: u32,
    },
}

/// A time at which the host is taken by a booking of their own, or by what may become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy {
    /// The booking, without its buffers.
    pub span: Span,
    /// The buffers it was booked with.
    pub buffers: Buffers,
    /// What it is.
    pub by: Occupant,
}

impl Busy {
    /// The starts of bookings of `duration` with `buffers` that would come too close: two bookings
    /// need between them the larger of what the first wants after and the second before, not the
    /// sum.
    fn closes(&self, duration: Minutes, buffers: Buffers) -> ClosedStarts {
        ClosedStarts {
            after: self.span.start.minus(duration).minus(buffers.after.max(self.buffers.before)),
            before: self.span.end.plus(self.buffers.after.max(buffers.before)),
        }
    }
}

/// A time at which another calendar of the host's says that they are busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusyElsewhere {
    /// As the calendar has it.
    pub span: Span,
    /// Which of the host's calendars says so, as a place in a list of the caller's.
    pub calendar: usize,
}

impl BusyElsewhere {
    /// A booking must not meet it, nor must its buffers.
    fn closes(&self, duration: Minutes, buffers: Buffers) -> ClosedStarts {
        ClosedStarts {
            after: self.span.start.minus(duration).minus(buffers.after),
            before: self.span.end.plus(buffers.before),
        }
    }
}

/// All that takes a host's time, as far as it is in reach of a question.
#[derive(Debug, Clone, Default)]
pub struct BusyTimes {
    /// By start.
    own: Vec<Busy>,
    /// By start.
    elsewhere: Vec<BusyElsewhere>,
    /// By start.
    counted: Vec<Span>,
}

impl BusyTimes {
    /// From a host's own bookings over all event types, in any order; of a booking that is moved,
    /// not its own.
    pub fn new(mut own: Vec<Busy>) -> Self {
        own.sort_by_key(|busy| busy.span.start);
        Self { own, ..Self::default() }
    }

    /// And with what other calendars say, in any order.
    #[must_use]
    pub fn with_elsewhere(mut self, mut elsewhere: Vec<BusyElsewhere>) -> Self {
        elsewhere.sort_by_key(|busy| busy.span.start);
        self.elsewhere = elsewhere;
        self
    }

    /// And with the bookings and holds that count for the event type's limits, in any order: its own
    /// ones that start in the span of [`counted_span`](super::counted_span).
    #[must_use]
    pub fn with_counted(mut self, mut counted: Vec<Span>) -> Self {
        counted.sort_by_key(|span| span.start);
        self.counted = counted;
        self
    }

    /// What counts for limits, by start.
    pub(super) fn counted(&self) -> &[Span] {
        &self.counted
    }

    /// Which starts of a booking all this rules out.
    pub(super) fn closed_starts(
        &self,
        duration: Minutes,
        buffers: Buffers,
    ) -> impl Iterator<Item = ClosedStarts> {
        let own = self.own.iter().map(move |busy| busy.closes(duration, buffers));
        own.chain(self.elsewhere.iter().map(move |busy| busy.closes(duration, buffers)))
    }

    /// The first of the host's own bookings that a booking would come too close to.
    pub(super) fn conflict(&self, core: Span, buffers: Buffers) -> Option<&Busy> {
        let duration = core.minutes();
        self.own.iter().find(|busy| busy.closes(duration, buffers).holds(core.start))
    }

    /// The first busy time of another calendar that a booking would meet.
    pub(super) fn conflict_elsewhere(
        &self,
        core: Span,
        buffers: Buffers,
    ) -> Option<&BusyElsewhere> {
        let duration = core.minutes();
        self.elsewhere.iter().find(|busy| busy.closes(duration, buffers).holds(core.start))
    }

    /// How many seats are left in the session that is exactly at that time, if there is one.
    pub(super) fn seats_left(&self, core: Span) -> Option<u32> {
        let first = self.own.partition_point(|busy| busy.span.start < core.start);
        self.own.iter().skip(first).take_while(|busy| busy.span.start == core.start).find_map(
            |busy| match busy.by {
                Occupant::Session { seats_left } if busy.span == core => {
                    (seats_left > 0).then_some(seats_left)
                }
                _ => None,
            },
        )
    }

    /// The same without the session at that time.
    pub(super) fn without_session(&self, core: Span) -> Self {
        let mut others = self.clone();
        let is_it = |busy: &Busy| busy.span == core && matches!(busy.by, Occupant::Session { .. });
        others.own.retain(|busy| !is_it(busy));
        if let Some(place) = others.counted.iter().position(|span| *span == core) {
            others.counted.remove(place);
        }
        others
    }
}

/// Starts that are ruled out: those after one instant and before another, not these two themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ClosedStarts {
    pub(super) after: Instant,
    pub(super) before: Instant,
}

impl ClosedStarts {
    /// The starts of bookings of `duration` that would share time with `span`.
    pub(super) fn meeting(span: Span, duration: Minutes) -> Self {
        Self { after: span.start.minus(duration), before: span.end }
    }

    /// Whether it rules out that start.
    pub(super) fn holds(self, start: Instant) -> bool {
        self.after < start && start < self.before
    }
}

/// Many of them, merged, so that one pass over sorted starts can ask it.
pub(super) fn merge_closed(mut closed: Vec<ClosedStarts>) -> Vec<ClosedStarts> {
    closed.sort_by_key(|closed| closed.after);
    closed.dedup_by(|later, kept| {
        // An instant between two that only touch stays open.
        let meets = later.after < kept.before;
        if meets {
            kept.before = kept.before.max(later.before);
        }
        meets
    });
    closed
}
