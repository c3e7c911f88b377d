//! Taking a guest off a booking, by either side.

use roomkey_core::{
    booking::{
        FreshRoom, GuestRefusal, InvalidTransition, Side, WrongGuests, decide_guest_removal,
    },
    ids::{BookingId, GuestId, UserId},
    notice::{self, Notice, Occasion, Recipient},
    token::Token,
};
use roomkey_store::{BookingDetails, StoreError, Tx};

use crate::{App, Limited, LinkError, context::enqueue};

/// The guests stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// There is no such booking or guest, or it is not the caller's.
    #[error("there is no such guest")]
    Unknown,
    /// The link's time is over.
    #[error("this link is used up")]
    Gone,
    /// The booking's state does not allow it.
    #[error(transparent)]
    InvalidTransition(#[from] InvalidTransition),
    /// The event type has not so many.
    #[error(transparent)]
    Wrong(WrongGuests),
    /// Too much mail.
    #[error(transparent)]
    Limited(#[from] Limited),
    /// It was changed by somebody else at the same moment.
    #[error("this booking was changed meanwhile; look at it again")]
    Changed,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LinkError> for GuestError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Unknown => Self::Unknown,
            LinkError::Gone => Self::Gone,
            LinkError::Store(error) => Self::Store(error),
        }
    }
}

impl From<GuestRefusal> for GuestError {
    fn from(refusal: GuestRefusal) -> Self {
        match refusal {
            GuestRefusal::Transition(why) => Self::InvalidTransition(why),
            GuestRefusal::Wrong(why) => Self::Wrong(why),
        }
    }
}

impl App {
    /// The holder of a link takes a guest off the booking. The room that the guest knows is closed, and the
    /// others are told of a new one.
    ///
    /// # Errors
    /// [`GuestError`].
    pub async fn remove_guest_by_link(
        &self,
        token: &Token,
        guest: GuestId,
    ) -> Result<BookingDetails, GuestError> {
        let found = self.booking_by_link(token).await?;
        let (host, id, by) = (found.details.booking.host, found.details.booking.id, found.side);
        let app = self.clone();
        let details =
            self.store.write(move |tx| app.remove_guest_in(tx, host, id, guest, by)).await?;
        self.wake_mail();
        Ok(details)
    }

    fn remove_guest_in(
        &self,
        tx: &mut Tx<'_>,
        host: UserId,
        id: BookingId,
        guest: GuestId,
        by: Side,
    ) -> Result<BookingDetails, GuestError> {
        tx.lock_host(host)?;
        let present = tx.booking(id)?.ok_or(GuestError::Unknown)?;
        let (booking, room) = (&present.booking, present.room.as_ref());
        let now = self.now();
        let fresh = FreshRoom::draw(now, self.entropy());
        let removal = decide_guest_removal(booking, guest, room, by, fresh, now)?;
        let removal = removal.ok_or(GuestError::Unknown)?;
        if !tx.remove_guest(booking, guest, &removal, now)? {
            return Err(GuestError::Changed);
        }
        let changed = tx.booking(id)?.ok_or(GuestError::Unknown)?;
        let (version, sequence) = (removal.version, removal.ical_sequence);
        // Who waits for an answer has not been told of guests, nor have these of the booking.
        if sequence > booking.ical_sequence {
            let both = notice::for_both_sides(id, version, sequence, Occasion::Changed);
            let others = notice::for_guests(&changed.booking, version, sequence, Occasion::Changed);
            let to = Recipient::Guest(guest);
            let occasion = Occasion::Cancelled;
            let goodbye = Notice::Booking { booking: id, version, sequence, occasion, to };
            let notices: Vec<_> = both.into_iter().chain(others).chain([goodbye]).collect();
            enqueue(tx, &notices, now, self.entropy())?;
        }
        Ok(changed)
    }
}
