use super::{
    Busy, BusyTimes, Occupant, Refusal, Schedule, TimeOff,
    busy::{ClosedStarts, Session, merge_closed},
    hours::{Opened, Run, Steps},
    quota::{Calendar, Quota},
};
use crate::{
    event_type::Terms,
    time::{Instant, LocalDate, Minutes, Span, Weekday},
};

/// A time that can be booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// When it starts.
    pub start: Instant,
    /// When it ends.
    pub end: Instant,
    /// For how many more people there is room, where several can book it.
    pub seats_left: Option<u32>,
}

impl Slot {
    /// From start to end.
    pub const fn span(self) -> Span {
        Span { start: self.start, end: self.end }
    }
}

/// All that decides which times of an event type can be booked.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// When the host can be booked.
    pub schedule: &'a Schedule,
    /// When the host is away all the same.
    pub time_off: &'a [TimeOff],
    /// On which day the host's weeks start: for limits.
    pub week_start: Weekday,
    /// What is booked.
    pub terms: &'a Terms,
    /// For how long: one of the terms' lengths.
    pub duration: Minutes,
    /// How many people can book the same time, where that is more than one.
    pub seats: Option<u32>,
    /// What takes the host's time.
    pub busy: &'a BusyTimes,
    /// The present moment.
    pub now: Instant,
}

impl Offer<'_> {
    /// The bookable slots that start in `range`, in order.
    pub fn slots(&self, range: Span) -> Vec<Slot> {
        let open = self.open_to_booking();
        let range = Span { start: range.start.max(open.start), end: range.end.min(open.end) };
        if range.start >= range.end {
            return Vec::new();
        }
        let opened = Opened::expand(self.schedule, range, self.steps());
        let Some(first) = opened.starts().next() else { return Vec::new() };
        let closed = self.closed_starts(range);
        let mut slots = Vec::with_capacity(opened.starts_at_most());
        let mut quota = self.quota(first);
        for Run { starts, is_closed } in opened.runs(&closed, self.duration) {
            let cores = starts.starts().map(|start| Span::lasting(start, self.duration));
            let slot =
                |core: Span, seats_left| Slot { start: core.start, end: core.end, seats_left };
            if !is_closed && quota.is_unlimited() {
                slots.extend(cores.map(|core| slot(core, self.seats)));
            } else if !is_closed {
                let with_room = cores.filter(|core| quota.has_room(*core, None));
                slots.extend(with_room.map(|core| slot(core, self.seats)));
            } else if self.seats.is_some() {
                // A session that has begun to fill takes the host's time, and yet can be joined.
                slots.extend(cores.filter_map(|core| {
                    let seats_left = self.seats_in_session(core, &mut quota)?;
                    Some(slot(core, Some(seats_left)))
                }));
            }
        }
        slots
    }

    /// Whether the slot that starts at `start` can be booked, and if not, why.
    ///
    /// # Errors
    /// The first reason against it, in the order of [`Refusal`].
    pub fn verdict(&self, start: Instant) -> Result<Slot, Refusal> {
        match self.slots(Span::moment(start)).pop() {
            Some(slot) => Ok(slot),
            None => Err(self.refusals(start).into_iter().next().unwrap_or(Refusal::OffGrid)),
        }
    }

    /// Whether bookings that could be made one by one can all be made: none of them is in another's way, nor takes
    /// another's place within a limit.
    pub fn hold_together(&self, bookings: &[Busy]) -> bool {
        let mut counted = self.busy.counted().to_vec();
        (0..).zip(bookings).all(|(index, one)| {
            let others = BusyTimes::new(bookings.iter().take(index).copied().collect());
            let calendar = self.calendar();
            let mut quota = Quota::new(&self.terms.limits, calendar, &counted, one.span.start);
            let has_room = quota.has_room(one.span, None);
            let place = counted.partition_point(|span| span.start < one.span.start);
            counted.insert(place, one.span);
            has_room && others.conflicts(one.span, one.buffers, None).next().is_none()
        })
    }

    /// Every reason against the slot that starts at `start`, in the order of [`Refusal`]; none if it
    /// can be booked.
    pub fn refusals(&self, start: Instant) -> Vec<Refusal> {
        let core = Span::lasting(start, self.duration);
        let session = self.session(core);
        let mut against: Vec<Refusal> = self.outside_booking(start).collect();
        let away = self.away().filter(|span| span.overlaps(core));
        against.extend(away.map(|span| Refusal::TimeOff { span }));
        let opened = Opened::expand(self.schedule, Span::moment(start), self.steps());
        if !opened.covers(core) {
            against.push(Refusal::OutsideHours);
        } else if !opened.is_start(start) {
            against.push(Refusal::OffGrid);
        }
        // What is taken comes before the limits that it uses up: whoever loses a race for the last time of
        // a day is told that somebody was quicker.
        let (buffers, joined) = (self.terms.buffers, session.and_then(Session::with_room));
        against.extend(self.busy.conflicts(core, buffers, joined).map(|busy| match busy.by {
            Occupant::Hold => Refusal::Held { by: busy.span },
            Occupant::Booking | Occupant::Session { .. } => Refusal::Taken { by: busy.span },
        }));
        let elsewhere = self.busy.conflicts_elsewhere(core, buffers);
        against.extend(
            elsewhere.map(|busy| Refusal::BusyElsewhere { by: busy.span, calendar: busy.calendar }),
        );
        let mut quota = self.quota(start);
        let reached = quota.reached(core, session);
        against.extend(reached.map(|(limit, first)| Refusal::LimitReached { limit, first }));
        against
    }

    /// What notice and window have against a start.
    fn outside_booking(&self, start: Instant) -> impl Iterator<Item = Refusal> {
        let earliest = self.now.plus(self.terms.min_notice);
        let soon = if start < self.now {
            Some(Refusal::Past)
        } else if start < earliest {
            Some(Refusal::InsideMinimumNotice { earliest })
        } else {
            None
        };
        let zone = self.schedule.time_zone;
        let before = self
            .terms
            .window
            .first_date()
            .filter(|first| start < zone.start_of(*first))
            .map(|first| Refusal::BeforeWindow { first });
        let last = self.last_date();
        let beyond = (start >= self.window_end()).then_some(Refusal::BeyondWindow { last });
        [soon, before, beyond].into_iter().flatten()
    }

    /// The session that a booking would join.
    fn session(&self, core: Span) -> Option<Session> {
        self.seats.and_then(|_| self.busy.session(core))
    }

    /// How many seats there are in the session at that time, if nothing but the session itself is in
    /// the way.
    fn seats_in_session(&self, core: Span, quota: &mut Quota<'_>) -> Option<u32> {
        let session = self.session(core)?.with_room()?;
        let buffers = self.terms.buffers;
        let is_free = self.busy.conflicts(core, buffers, Some(session)).next().is_none()
            && self.busy.conflicts_elsewhere(core, buffers).next().is_none()
            && !self.away().any(|span| span.overlaps(core));
        (is_free && quota.has_room(core, Some(session))).then_some(session.seats_left)
    }

    /// When the host is away. Wall time that a clock change leaves out takes nothing away.
    fn away(&self) -> impl Iterator<Item = Span> {
        self.time_off.iter().map(TimeOff::span).filter(|span| span.start < span.end)
    }

    /// Starts in `range` that are taken, by whatever.
    fn closed_starts(&self, range: Span) -> Vec<ClosedStarts> {
        let away = self.away().map(|span| ClosedStarts::meeting(span, self.duration));
        let busy = self.busy.closed_starts(range, self.duration, self.terms.buffers);
        merge_closed(busy.chain(away).collect())
    }

    fn quota(&self, first: Instant) -> Quota<'_> {
        Quota::new(&self.terms.limits, self.calendar(), self.busy.counted(), first)
    }

    const fn calendar(&self) -> Calendar {
        Calendar { zone: self.schedule.time_zone, week_start: self.week_start }
    }

    fn steps(&self) -> Steps {
        let grid = self.terms.grid;
        Steps { offset: grid.offset, increment: grid.increment.unwrap_or(self.duration) }
    }

    /// Where slots may start: from the end of the minimum notice, or the start of the window, to the
    /// end of the window. The start is not before the end if the one is later than the other.
    fn open_to_booking(&self) -> Span {
        let earliest = self.now.plus(self.terms.min_notice);
        let zone = self.schedule.time_zone;
        let first = self.terms.window.first_date().map(|first| zone.start_of(first));
        let start = first.map_or(earliest, |first| first.max(earliest));
        Span { start, end: self.window_end() }
    }

    /// The last bookable date in the schedule's zone; it is included whole.
    pub fn last_date(&self) -> LocalDate {
        self.terms.window.last_date(self.schedule.time_zone.date(self.now))
    }

    fn window_end(&self) -> Instant {
        let zone = self.schedule.time_zone;
        self.last_date().succ_opt().map_or(self.now, |next| zone.start_of(next))
    }
}
