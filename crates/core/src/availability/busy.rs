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

impl Closes for Busy {
    fn span(&self) -> Span {
        self.span
    }

    fn buffers(&self) -> Buffers {
        self.buffers
    }

    /// Those that would come too close: two bookings need between them the larger of what the first
    /// wants after and the second before, not the sum.
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

impl Closes for BusyElsewhere {
    fn span(&self) -> Span {
        self.span
    }

    fn buffers(&self) -> Buffers {
        Buffers::default()
    }

    /// A booking must not meet it, nor must its buffers.
    fn closes(&self, duration: Minutes, buffers: Buffers) -> ClosedStarts {
        ClosedStarts {
            after: self.span.start.minus(duration).minus(buffers.after),
            before: self.span.end.plus(buffers.before),
        }
    }
}

/// What rules out starts of bookings.
trait Closes {
    /// Without buffers.
    fn span(&self) -> Span;

    /// The buffers it came with.
    fn buffers(&self) -> Buffers;

    /// Which starts of a booking of `duration` with `buffers`.
    fn closes(&self, duration: Minutes, buffers: Buffers) -> ClosedStarts;
}

/// Busy times by start, so that those near a question are found without a look at the others.
#[derive(Debug, Clone)]
struct ByStart<T> {
    all: Vec<T>,
    /// The length of the longest with its buffers, in microseconds.
    longest: i64,
}

impl<T> Default for ByStart<T> {
    fn default() -> Self {
        Self { all: Vec::new(), longest: 0 }
    }
}

impl<T: Closes> ByStart<T> {
    fn new(mut all: Vec<T>) -> Self {
        all.sort_by_key(|busy| busy.span().start);
        let length = |busy: &T| {
            let (Span { start, end }, Buffers { before, after }) = (busy.span(), busy.buffers());
            before.micros() + end.since(start) + after.micros()
        };
        let longest = all.iter().map(length).max().unwrap_or_default();
        Self { all, longest }
    }

    /// All that can rule out a start in `starts`, and maybe some that can not.
    fn near(&self, starts: Span, duration: Minutes, buffers: Buffers) -> &[T] {
        let first = starts.start.minus(buffers.before).plus_micros(-self.longest);
        let last = starts.end.plus(duration).plus(buffers.after).plus_micros(self.longest);
        let from = self.all.partition_point(|busy| busy.span().start < first);
        let to = self.all.partition_point(|busy| busy.span().start < last);
        self.all.get(from..to).unwrap_or_default()
    }
}

/// All that takes a host's time, as far as it is in reach of a question.
#[derive(Debug, Clone, Default)]
pub struct BusyTimes {
    own: ByStart<Busy>,
    elsewhere: ByStart<BusyElsewhere>,
    /// By start.
    counted: Vec<Span>,
}

/// A session, which a booking would join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) span: Span,
    /// None, if it is full.
    pub(super) seats_left: u32,
}

impl Session {
    /// It, unless it is full.
    pub(super) fn with_room(self) -> Option<Self> {
        (self.seats_left > 0).then_some(self)
    }

    /// Whether this is what takes the host's time there.
    fn is(self, busy: &Busy) -> bool {
        busy.span == self.span && matches!(busy.by, Occupant::Session { .. })
    }
}

impl BusyTimes {
    /// From a host's own bookings over all event types, in any order; of a booking that is moved,
    /// not its own.
    pub fn new(own: Vec<Busy>) -> Self {
        Self { own: ByStart::new(own), ..Self::default() }
    }

    /// And with what other calendars say, in any order.
    #[must_use]
    pub fn with_elsewhere(mut self, elsewhere: Vec<BusyElsewhere>) -> Self {
        self.elsewhere = ByStart::new(elsewhere);
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

    /// Which starts of a booking in `starts` all this rules out.
    pub(super) fn closed_starts(
        &self,
        starts: Span,
        duration: Minutes,
        buffers: Buffers,
    ) -> impl Iterator<Item = ClosedStarts> {
        let own = self.own.near(starts, duration, buffers).iter();
        let elsewhere = self.elsewhere.near(starts, duration, buffers).iter();
        own.map(move |busy| busy.closes(duration, buffers))
            .chain(elsewhere.map(move |busy| busy.closes(duration, buffers)))
    }

    /// The host's own bookings that a booking would come too close to, by start; the session that it
    /// joins is not in its way.
    pub(super) fn conflicts(
        &self,
        core: Span,
        buffers: Buffers,
        joined: Option<Session>,
    ) -> impl Iterator<Item = &Busy> {
        let duration = core.minutes();
        let near = self.own.near(Span::moment(core.start), duration, buffers).iter();
        near.filter(move |busy| {
            !joined.is_some_and(|session| session.is(busy))
                && busy.closes(duration, buffers).holds(core.start)
        })
    }

    /// The busy times of other calendars that a booking would meet, by start.
    pub(super) fn conflicts_elsewhere(
        &self,
        core: Span,
        buffers: Buffers,
    ) -> impl Iterator<Item = &BusyElsewhere> {
        let duration = core.minutes();
        let near = self.elsewhere.near(Span::moment(core.start), duration, buffers).iter();
        near.filter(move |busy| busy.closes(duration, buffers).holds(core.start))
    }

    /// The session that is exactly at that time, if there is one.
    pub(super) fn session(&self, core: Span) -> Option<Session> {
        let first = self.own.all.partition_point(|busy| busy.span.start < core.start);
        let at_once = self.own.all.iter().skip(first).take_while(|b| b.span.start == core.start);
        at_once.filter(|busy| busy.span == core).find_map(|busy| match busy.by {
            Occupant::Session { seats_left } => Some(Session { span: core, seats_left }),
            Occupant::Booking | Occupant::Hold => None,
        })
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
