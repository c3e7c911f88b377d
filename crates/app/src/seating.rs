//! Which session a booking gets a seat in.

use roomkey_core::{booking::Seating, event_type::EventType, time::Span};
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
}
