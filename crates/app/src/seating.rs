//! Which session a booking gets a seat in.

use roomkey_core::{
    booking::{Booking, Seating},
    event_type::EventType,
    time::Span,
};
use roomkey_store::{StoreError, Tx};

use crate::App;

impl App {
    /// What there is to sit in at that time. The caller has locked the host.
    pub(crate) fn seating(
        &self,
        tx: &mut Tx<'_>,
        event_type: &EventType,
        at: Span,
    ) -> Result<Seating, StoreError> {
        let mut seating = Seating::fresh(self.now(), self.entropy());
        if event_type.terms.seats.is_some() {
            seating.present = tx.group_session(event_type.id, at)?;
        }
        Ok(seating)
    }

    /// The same for a booking that has its seat already, and its room's generations behind it.
    pub(crate) fn seating_again(
        &self,
        tx: &mut Tx<'_>,
        event_type: &EventType,
        booking: &Booking,
    ) -> Result<Seating, StoreError> {
        let mut seating = self.seating(tx, event_type, booking.span)?;
        if booking.session.is_some() {
            seating.generation = tx.last_generation(booking.id)?;
        }
        Ok(seating)
    }
}
