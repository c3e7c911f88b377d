//! A host notes something about a booking, for themselves.

use roomkey_core::{
    booking::Side,
    ids::{BookingId, UserId},
    text::Note,
    token::Token,
};
use roomkey_store::{BookingDetails, Remark, StoreError, Tx};

use crate::{App, LinkError};

impl App {
    /// A host replaces, by their link to a booking, what they note about it.
    ///
    /// # Errors
    /// [`LinkError`]; [`LinkError::Unknown`] for a customer's link.
    pub async fn note_by_link(
        &self,
        token: &Token,
        note: Note,
    ) -> Result<BookingDetails, LinkError> {
        let found = self.booking_by_link(token).await?;
        if found.side != Side::Host {
            return Err(LinkError::Unknown);
        }
        let booking = &found.details.booking;
        let noted = self.note_own(booking.host, booking.id, note).await?;
        noted.ok_or(LinkError::Unknown)
    }

    /// A host replaces what they note about one of their bookings, in whatever state; none if it is not
    /// theirs. Nobody is told, and nothing else changes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_own(
        &self,
        host: UserId,
        booking: BookingId,
        note: Note,
    ) -> Result<Option<BookingDetails>, StoreError> {
        let app = self.clone();
        self.store.write(move |tx| app.note_in(tx, host, booking, &note)).await
    }

    fn note_in(
        &self,
        tx: &mut Tx<'_>,
        host: UserId,
        booking: BookingId,
        note: &Note,
    ) -> Result<Option<BookingDetails>, StoreError> {
        tx.lock_host(host)?;
        let present = tx.booking(booking)?.filter(|found| found.booking.host == host);
        let Some(present) = present else { return Ok(None) };
        if present.private_note == *note {
            return Ok(Some(present));
        }
        let now = self.now();
        let remark = Remark { booking, version: present.booking.version, at: now };
        tx.set_private_note(remark, note)?;
        Ok(Some(BookingDetails { private_note: note.clone(), ..present }))
    }
}
