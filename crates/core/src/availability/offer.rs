use super::{BusyTimes, Schedule, hours::Opened};
use crate::{
    event_type::Terms,
    time::{Instant, LocalDate, Span},
};

/// A time that can be booked.
pub type Slot = Span;

/// Why a time can not be booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Already begun.
    #[error("this time has passed")]
    Past,
    /// Sooner than the host wants to know.
    #[error("this time is too soon")]
    InsideMinimumNotice {
        /// The first instant that is not.
        earliest: Instant,
    },
    /// Later than can be booked yet.
    #[error("this time can not be booked yet")]
    BeyondWindow {
        /// The last date, in the schedule's zone, that can be booked.
        last: LocalDate,
    },
    /// Not, or not wholly, inside the host's hours.
    #[error("this time is outside the host's hours")]
    OutsideHours,
    /// Between two offered starts.
    #[error("bookings do not start at this minute")]
    OffGrid,
    /// The host has a booking then, or too close to it.
    #[error("this time is taken")]
    Taken,
}

/// All that decides which times of an event type can be booked.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// When the host can be booked.
    pub schedule: &'a Schedule,
    /// What is booked.
    pub terms: &'a Terms,
    /// The host's bookings over all event types; of a booking that is moved, not its own.
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
        let opened = Opened::expand(self.schedule, range, self.terms.increment);
        opened.starts().iter().filter_map(|start| self.check(&opened, *start).ok()).collect()
    }

    /// Whether the slot that starts at `start` can be booked, and if not, why.
    ///
    /// # Errors
    /// The first reason against it, in the order of [`Refusal`].
    pub fn verdict(&self, start: Instant) -> Result<Slot, Refusal> {
        let open = self.open_to_booking();
        if start < self.now {
            Err(Refusal::Past)
        } else if start < open.start {
            Err(Refusal::InsideMinimumNotice { earliest: open.start })
        } else if start >= open.end {
            Err(Refusal::BeyondWindow { last: self.last_date() })
        } else {
            let moment = Span { start, end: start.plus_micros(1) };
            self.check(&Opened::expand(self.schedule, moment, self.terms.increment), start)
        }
    }

    /// What decides behind both about a start that notice and window allow.
    fn check(&self, opened: &Opened, start: Instant) -> Result<Slot, Refusal> {
        let slot = Span::lasting(start, self.terms.duration);
        if !opened.covers(slot) {
            return Err(Refusal::OutsideHours);
        }
        if !opened.is_start(start) {
            return Err(Refusal::OffGrid);
        }
        match self.busy.conflict(slot, self.terms.buffers) {
            Some(_) => Err(Refusal::Taken),
            None => Ok(slot),
        }
    }

    /// Where slots may start: from the end of the minimum notice to the end of the window. The
    /// start is not before the end if the notice is longer than the window.
    fn open_to_booking(&self) -> Span {
        Span { start: self.now.plus(self.terms.min_notice), end: self.window_end() }
    }

    /// The last bookable date in the schedule's zone; it is included whole.
    pub fn last_date(&self) -> LocalDate {
        let today = self.schedule.time_zone.date(self.now);
        today.checked_add_days(chrono::Days::new(self.terms.window_days.into())).unwrap_or(today)
    }

    fn window_end(&self) -> Instant {
        let zone = self.schedule.time_zone;
        self.last_date().succ_opt().map_or(self.now, |next| zone.start_of(next))
    }
}
