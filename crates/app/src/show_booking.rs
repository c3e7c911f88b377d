//! Showing bookings: to the holder of a link, and to their host.

use roomkey_core::{
    booking::{Booking, Event, Side},
    ids::{BookingId, GuestId, UserId},
    text::{EmailAddress, PersonName},
    time::{Instant, Minutes},
    token::Token,
};
use roomkey_store::{BookingDetails, BookingFilter, BookingSearch, StoreError};

use crate::App;

/// How long after a booking's end its links show it.
pub(crate) const LINKS_LAST: Minutes = Minutes(30 * 24 * 60);

/// What a link leads to.
#[derive(Debug, Clone)]
pub struct Found {
    /// On which side its holder is.
    pub side: Side,
    /// Which of the customer's guests holds it, if one does. The details have no link but theirs.
    pub guest: Option<GuestId>,
    /// The booking.
    pub details: BookingDetails,
    /// The moment for which this holds.
    pub now: Instant,
}

impl Found {
    /// The address of whoever holds the link, if they are on the customer's side.
    pub fn reader_email(&self) -> Option<&EmailAddress> {
        let booking = &self.details.booking;
        match (self.side, self.guest) {
            (Side::Host, _) => None,
            (Side::Customer, None) => Some(&booking.attendee.email),
            (Side::Customer, Some(id)) => {
                booking.guests.iter().find(|guest| guest.id == id).map(|guest| &guest.email)
            }
        }
    }
}

/// The link leads nowhere.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// There is no such link.
    #[error("there is no such booking")]
    Unknown,
    /// The booking ended too long ago.
    #[error("this link is used up")]
    Gone,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// The booking behind a link.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn booking_by_link(&self, token: &Token) -> Result<Found, LinkError> {
        let (hash, now) = (token.hash(), self.now());
        let found = self.store.read(move |tx| tx.booking_by_link(hash)).await?;
        let (side, details) = found.ok_or(LinkError::Unknown)?;
        if self.last_end(&details.booking, now).await?.plus(LINKS_LAST) <= now {
            return Err(LinkError::Gone);
        }
        Ok(Found { side, guest: None, details, now })
    }

    /// When the last booking of what a link leads to ends: calendars know a whole series by the link of its first.
    async fn last_end(&self, booking: &Booking, now: Instant) -> Result<Instant, StoreError> {
        let end = booking.span.end;
        match &booking.series {
            Some(series) if end.plus(LINKS_LAST) <= now => {
                let all = self.series(series.series).await?;
                Ok(all.iter().map(|each| each.booking.span.end).fold(end, Instant::max))
            }
            _ => Ok(end),
        }
    }

    /// The booking behind a link of somebody who may look at it and come: one of its sides, or a guest.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn booking_to_look_at(&self, token: &Token) -> Result<Found, LinkError> {
        match self.booking_by_link(token).await {
            Err(LinkError::Unknown) => {}
            known => return known,
        }
        let (hash, now) = (token.hash(), self.now());
        let found = self
            .store
            .read(move |tx| {
                let Some((id, guest)) = tx.guest_by_link(hash)? else { return Ok(None) };
                Ok::<_, StoreError>(tx.booking(id)?.map(|details| (guest, details)))
            })
            .await?;
        let (guest, details) = found.ok_or(LinkError::Unknown)?;
        if !details.booking.present_guests().any(|present| present.id == guest) {
            return Err(LinkError::Unknown);
        }
        if details.booking.span.end.plus(LINKS_LAST) <= now {
            return Err(LinkError::Gone);
        }
        let (host_link, customer_link) = (token.clone(), token.clone());
        let details = BookingDetails { host_link, customer_link, ..details };
        Ok(Found { side: Side::Customer, guest: Some(guest), details, now })
    }

    /// Who else has a confirmed seat in a booking's session, by when they booked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn others_in_session(
        &self,
        booking: &Booking,
    ) -> Result<Vec<PersonName>, StoreError> {
        let booking = booking.clone();
        self.store.read(move |tx| tx.others_in_session(&booking)).await
    }

    /// When a booking was called off, if it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cancelled_at(&self, id: BookingId) -> Result<Option<Instant>, StoreError> {
        self.store.read(move |tx| tx.cancelled_at(id)).await
    }

    /// What happened to a booking, in order: for its host.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn history(&self, booking: &Booking) -> Result<Vec<Event>, StoreError> {
        let booking = booking.clone();
        self.store.read(move |tx| tx.history(&booking)).await
    }

    /// A host's booking.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn booking(
        &self,
        host: UserId,
        id: BookingId,
    ) -> Result<Option<BookingDetails>, StoreError> {
        let found = self.store.read(move |tx| tx.booking(id)).await?;
        Ok(found.filter(|details| details.booking.host == host))
    }

    /// Any booking: for who runs the server.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn any_booking(&self, id: BookingId) -> Result<Option<BookingDetails>, StoreError> {
        self.store.read(move |tx| tx.booking(id)).await
    }

    /// Bookings of a host.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn bookings(
        &self,
        host: UserId,
        filter: BookingFilter,
    ) -> Result<Vec<BookingDetails>, StoreError> {
        self.store.read(move |tx| tx.bookings(host, &filter)).await
    }

    /// Those bookings of a host that are searched for.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_bookings(
        &self,
        host: UserId,
        filter: BookingFilter,
        search: BookingSearch,
    ) -> Result<Vec<BookingDetails>, StoreError> {
        self.store.read(move |tx| tx.find_bookings(host, &filter, &search)).await
    }
}
