//! A host keeps a booking's room open longer, while it is open.

use roomkey_core::{
    booking::{Booking, Side},
    room::{ExtendRefusal, Room, decide_extension},
    time::{Instant, Span},
    token::Token,
};
use roomkey_store::{Remark, StoreError, Tx};

use crate::{App, LinkError};

/// It is not kept open longer.
#[derive(Debug, thiserror::Error)]
pub enum ExtendError {
    /// The link leads nowhere, or is not the host's.
    #[error("there is no such booking")]
    Unknown,
    /// The link's time is over.
    #[error("this link is used up")]
    Gone,
    /// It is not open, or something follows.
    #[error(transparent)]
    Refused(#[from] ExtendRefusal),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LinkError> for ExtendError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Unknown => Self::Unknown,
            LinkError::Gone => Self::Gone,
            LinkError::Store(error) => Self::Store(error),
        }
    }
}

impl App {
    /// A host keeps the room of a booking open for a quarter of an hour longer than until `until`, by their link. Where it
    /// is open longer already, nothing is changed: a button is pressed twice.
    ///
    /// # Errors
    /// [`ExtendError`]; [`ExtendError::Unknown`] for a customer's link.
    pub async fn extend_by_link(&self, token: &Token, until: Instant) -> Result<(), ExtendError> {
        let found = self.booking_by_link(token).await?;
        if found.side != Side::Host {
            return Err(ExtendError::Unknown);
        }
        let (app, id, host) = (self.clone(), found.details.booking.id, found.details.booking.host);
        self.store
            .write(move |tx| {
                tx.lock_host(host)?;
                let present = tx.booking(id)?.ok_or(ExtendError::Unknown)?;
                let room = present.room.ok_or(ExtendRefusal::NotOpen)?;
                let (booking, now) = (present.booking, app.now());
                if room.window.end > until {
                    return Ok(());
                }
                let end = extension(tx, &room, &booking, now)??;
                if tx.extend_room(&room, end)? {
                    tx.note_extension(Remark { booking: id, version: booking.version, at: now })?;
                }
                Ok(())
            })
            .await
    }

    /// Until when a booking's room would be open if its host kept it open longer; none if they can not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn may_extend(
        &self,
        room: &Room,
        booking: &Booking,
    ) -> Result<Option<Instant>, StoreError> {
        let (room, booking, now) = (room.clone(), booking.clone(), self.now());
        self.store.read(move |tx| Ok(extension(tx, &room, &booking, now)?.ok())).await
    }
}

/// Until when the room would be open, by what the host is busy with.
fn extension(
    tx: &mut Tx<'_>,
    room: &Room,
    booking: &Booking,
    now: Instant,
) -> Result<Result<Instant, ExtendRefusal>, StoreError> {
    let around = Span { start: booking.span.end, end: room.window.end };
    let mut busy = tx.busy_times(booking.host, around, Some(booking.id), None)?;
    // Seats of one session are one meeting.
    if booking.session.is_some() {
        busy.retain(|busy| busy.span != booking.span);
    }
    Ok(decide_extension(room, booking, &busy, now))
}
