//! A host marks whether somebody came.

use roomkey_core::{
    booking::{Attendance, MarkRefusal, Side, decide_mark},
    ids::{BookingId, UserId},
    text::EmailAddress,
    token::Token,
};
use roomkey_store::{BookingDetails, Remark, StoreError, Tx};

use crate::{App, LinkError};

/// Nobody was marked.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// There is no such booking, or it is not the caller's to mark.
    #[error("there is no such booking")]
    Unknown,
    /// The link's time is over.
    #[error("this link is used up")]
    Gone,
    /// The booking is not so far, or nobody was to come.
    #[error(transparent)]
    Refused(#[from] MarkRefusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LinkError> for MarkError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Unknown => Self::Unknown,
            LinkError::Gone => Self::Gone,
            LinkError::Store(error) => Self::Store(error),
        }
    }
}

impl App {
    /// A host marks, by their link to a booking, whether the customer came.
    ///
    /// # Errors
    /// [`MarkError`]; [`MarkError::Unknown`] for a customer's link.
    pub async fn mark_by_link(
        &self,
        token: &Token,
        attendance: Attendance,
    ) -> Result<BookingDetails, MarkError> {
        let found = self.booking_by_link(token).await?;
        if found.side != Side::Host {
            return Err(MarkError::Unknown);
        }
        let booking = &found.details.booking;
        self.mark_own(booking.host, booking.id, None, attendance).await
    }

    /// A host marks whether somebody came to one of their bookings: the one with the address `who`, or
    /// without one who booked. Marked so already, nothing is changed.
    ///
    /// # Errors
    /// [`MarkError`].
    pub async fn mark_own(
        &self,
        host: UserId,
        booking: BookingId,
        who: Option<EmailAddress>,
        attendance: Attendance,
    ) -> Result<BookingDetails, MarkError> {
        let app = self.clone();
        self.store.write(move |tx| app.mark_in(tx, host, booking, who.as_ref(), attendance)).await
    }

    fn mark_in(
        &self,
        tx: &mut Tx<'_>,
        host: UserId,
        booking: BookingId,
        who: Option<&EmailAddress>,
        attendance: Attendance,
    ) -> Result<BookingDetails, MarkError> {
        tx.lock_host(host)?;
        let present = tx.booking(booking)?.filter(|found| found.booking.host == host);
        let present = present.ok_or(MarkError::Unknown)?;
        let now = self.now();
        let attendee = decide_mark(&present.booking, who, now)?;
        if attendee.attendance == Some(attendance) {
            return Ok(present);
        }
        let remark = Remark { booking, version: present.booking.version, at: now };
        tx.mark_attendee(remark, attendee.id, attendance)?;
        tx.booking(booking)?.ok_or(MarkError::Unknown)
    }
}
