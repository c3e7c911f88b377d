//! Bringing another guest along to a booking, by either side.

use roomkey_core::{
    booking::{Side, decide_guest_addition},
    ids::{BookingId, GuestId, UserId},
    notice::{self, Notice, Occasion, Recipient},
    text::EmailAddress,
    token::Token,
};
use roomkey_store::{BookingDetails, Tx};

use crate::{App, GuestError, attempts::Attempt, context::enqueue};

impl App {
    /// The holder of a link brings somebody else along, who gets the invitation. Who is expected already is not
    /// invited again, so that a request may be repeated.
    ///
    /// # Errors
    /// [`GuestError`]; then nothing is changed.
    pub async fn add_guest_by_link(
        &self,
        token: &Token,
        email: EmailAddress,
    ) -> Result<BookingDetails, GuestError> {
        let found = self.booking_by_link(token).await?;
        let booking = &found.details.booking;
        self.add_guest(booking.host, booking.id, email, found.side).await
    }

    /// A host brings somebody else along to one of their bookings; otherwise as [`App::add_guest_by_link`].
    ///
    /// # Errors
    /// [`GuestError`]; then nothing is changed.
    pub async fn add_guest_own(
        &self,
        host: UserId,
        booking: BookingId,
        email: EmailAddress,
    ) -> Result<BookingDetails, GuestError> {
        self.add_guest(host, booking, email, Side::Host).await
    }

    async fn add_guest(
        &self,
        host: UserId,
        booking: BookingId,
        email: EmailAddress,
        by: Side,
    ) -> Result<BookingDetails, GuestError> {
        let app = self.clone();
        let details =
            self.store.write(move |tx| app.add_guest_in(tx, host, booking, &email, by)).await?;
        self.wake_mail();
        Ok(details)
    }

    fn add_guest_in(
        &self,
        tx: &mut Tx<'_>,
        host: UserId,
        id: BookingId,
        email: &EmailAddress,
        by: Side,
    ) -> Result<BookingDetails, GuestError> {
        tx.lock_host(host)?;
        let present = tx.booking(id)?.filter(|found| found.booking.host == host);
        let present = present.ok_or(GuestError::Unknown)?;
        let (booking, terms) = (&present.booking, &present.event_type.terms);
        let now = self.now();
        let fresh = (GuestId::new(now, self.entropy()), Token::new(self.entropy()));
        let addition = decide_guest_addition(booking, email.clone(), terms, by, fresh, now)?;
        // The host is expected already, too.
        let is_host = present.host.email.folded() == email.folded();
        let Some(addition) = addition.filter(|_| !is_host) else { return Ok(present) };
        if by == Side::Customer {
            let own = Attempt::change(&booking.attendee.email.folded());
            self.attempt::<GuestError>(tx, &own, now)?;
            self.attempt::<GuestError>(tx, &Attempt::guest(&email.folded()), now)?;
        }
        if !tx.add_guest(booking, &addition, now)? {
            return Err(GuestError::Changed);
        }
        let (version, sequence) = (addition.version, addition.ical_sequence);
        // Who waits for an answer has told no guests yet.
        if sequence > booking.ical_sequence {
            let both = notice::for_both_sides(id, version, sequence, Occasion::GuestAdded);
            let to = Recipient::Guest(addition.guest.id);
            let occasion = Occasion::Booked;
            let invite = Notice::Booking { booking: id, version, sequence, occasion, to };
            let notices: Vec<_> = both.into_iter().chain([invite]).collect();
            enqueue(tx, &notices, now, self.entropy())?;
        }
        tx.booking(id)?.ok_or(GuestError::Unknown)
    }
}
