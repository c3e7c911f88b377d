//! Calling a booking off, by either side.

use roomkey_core::{
    booking::{Booking, InvalidTransition, Side, Status, decide_cancellation},
    ids::{BookingId, UserId},
    notice::{self, Occasion},
    text::Note,
    time::Instant,
    token::Token,
};
use roomkey_store::{BookingDetails, StoreError, Tx};

use crate::{App, LinkError, answer_request::asked_together, context::enqueue};

/// The booking was not called off.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// There is no such booking, or it is not the caller's.
    #[error("there is no such booking")]
    Unknown,
    /// The link's time is over.
    #[error("this link is used up")]
    Gone,
    /// Its state does not allow it.
    #[error(transparent)]
    InvalidTransition(#[from] InvalidTransition),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LinkError> for CancelError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Unknown => Self::Unknown,
            LinkError::Gone => Self::Gone,
            LinkError::Store(error) => Self::Store(error),
        }
    }
}

impl App {
    /// The holder of a link calls the booking off.
    ///
    /// # Errors
    /// [`CancelError`].
    pub async fn cancel_by_link(
        &self,
        token: &Token,
        reason: Note,
    ) -> Result<BookingDetails, CancelError> {
        let found = self.booking_by_link(token).await?;
        self.cancel(found.details.booking.host, found.details.booking.id, found.side, reason).await
    }

    /// A host calls one of their bookings off.
    ///
    /// # Errors
    /// [`CancelError`].
    pub async fn cancel_own(
        &self,
        host: UserId,
        booking: BookingId,
        reason: Note,
    ) -> Result<BookingDetails, CancelError> {
        self.cancel(host, booking, Side::Host, reason).await
    }

    async fn cancel(
        &self,
        host: UserId,
        booking: BookingId,
        by: Side,
        reason: Note,
    ) -> Result<BookingDetails, CancelError> {
        let app = self.clone();
        let details =
            self.store.write(move |tx| app.cancel_in(tx, host, booking, by, &reason)).await?;
        self.wake_mail();
        Ok(details)
    }

    fn cancel_in(
        &self,
        tx: &mut Tx<'_>,
        host: UserId,
        booking: BookingId,
        by: Side,
        reason: &Note,
    ) -> Result<BookingDetails, CancelError> {
        tx.lock_host(host)?;
        let present = tx.booking(booking)?.filter(|found| found.booking.host == host);
        let present = present.ok_or(CancelError::Unknown)?;
        self.cancel_present(tx, &present, by, reason, self.now())?;
        tx.booking(booking)?.ok_or(CancelError::Unknown)
    }

    /// Calls off a booking that was read in this transaction, after its host was locked. What waits for somebody's yes
    /// together with others of its series is taken back with them.
    pub(crate) fn cancel_present(
        &self,
        tx: &mut Tx<'_>,
        present: &BookingDetails,
        by: Side,
        reason: &Note,
        now: Instant,
    ) -> Result<(), CancelError> {
        if present.booking.waits_in().is_some() {
            return self.take_back_series(tx, present, by, reason, now);
        }
        let booking = &present.booking;
        let notice = present.event_type.terms.cancel_notice;
        let cancellation = decide_cancellation(booking, notice, by, reason.clone(), now)?;
        tx.cancel_booking(booking, &cancellation, now)?;
        if !booking.status.is_told() {
            return Ok(tx.give_back_link_use(booking)?);
        }
        let (version, sequence) = (cancellation.version, cancellation.ical_sequence);
        let notices = notice::for_both_sides(booking.id, version, sequence, Occasion::Cancelled);
        enqueue(tx, &notices, now, self.entropy())?;
        // Of what never stood guests have not heard.
        if booking.status == Status::Confirmed {
            let guests = notice::for_guests(booking, version, sequence, Occasion::Cancelled);
            enqueue(tx, &guests, now, self.entropy())?;
        }
        Ok(())
    }

    fn take_back_series(
        &self,
        tx: &mut Tx<'_>,
        present: &BookingDetails,
        by: Side,
        reason: &Note,
        now: Instant,
    ) -> Result<(), CancelError> {
        let notice = present.event_type.terms.cancel_notice;
        let all = asked_together(tx, present)?;
        let decide =
            |booking: &Booking| decide_cancellation(booking, notice, by, reason.clone(), now);
        let decided = all.iter().map(decide).collect::<Result<Vec<_>, _>>()?;
        for (booking, cancellation) in all.iter().zip(&decided) {
            tx.cancel_booking(booking, cancellation, now)?;
        }
        let Some((first, cancellation)) = all.iter().zip(&decided).next() else { return Ok(()) };
        if !first.status.is_told() {
            return Ok(tx.give_back_link_use(first)?);
        }
        let (version, sequence) = (cancellation.version, cancellation.ical_sequence);
        let notices = notice::of_whole(first, version, sequence, Occasion::Cancelled);
        Ok(enqueue(tx, &notices, now, self.entropy())?)
    }
}
