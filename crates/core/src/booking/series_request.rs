//! Series that were asked for as a whole. Until somebody's yes is there, the host's or, where the address is to be
//! shown first, the customer's, its bookings have one fate: all of them are answered, taken back or lapse.

use super::{Booking, NewBooking, Occurrence};
use crate::{ids::SeriesId, time::Instant};

impl Booking {
    /// The series that it was asked for with and waits in, if it does.
    pub fn waits_in(&self) -> Option<SeriesId> {
        self.series.as_ref().filter(|_| self.status.waits()).map(|occurrence| occurrence.series)
    }

    /// Whether what becomes of this booking becomes of the other as well: they were asked for as a whole, and wait for
    /// the same yes.
    pub fn waits_with(&self, other: &Self) -> bool {
        self.waits_in().is_some()
            && self.waits_in() == other.waits_in()
            && self.status == other.status
    }
}

impl NewBooking {
    /// The same booking as one of a series of which the first begins at `begins`: while it waits for somebody's yes
    /// it keeps its time as long as that one does.
    #[must_use]
    pub fn in_series(mut self, occurrence: Occurrence, begins: Instant) -> Self {
        let booking = &mut self.booking;
        booking.expires_at = booking.expires_at.map(|at| at.min(begins));
        booking.series = Some(occurrence);
        self
    }
}
