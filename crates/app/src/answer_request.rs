//! A host's answer to a request, or none in time.

use roomkey_core::{
    booking::{
        FreshRoom, InvalidTransition, Side, Status, decide_confirmation, decide_decline,
        decide_expiry,
    },
    ids::{BookingId, UserId},
    notice::{self, Notice, Occasion},
    text::Note,
    time::Instant,
    token::Token,
};
use roomkey_store::{BookingDetails, StoreError, Tx};

use crate::{App, LinkError, context::enqueue};

/// The request was not answered.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// There is no such booking, or it is not the caller's to answer.
    #[error("there is no such booking")]
    Unknown,
    /// The link's time is over.
    #[error("this link is used up")]
    Gone,
    /// It is not, or no more, a request.
    #[error(transparent)]
    InvalidTransition(#[from] InvalidTransition),
    /// Somebody else changed it meanwhile.
    #[error("this booking was changed meanwhile; look at it again")]
    Changed,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LinkError> for RequestError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Unknown => Self::Unknown,
            LinkError::Gone => Self::Gone,
            LinkError::Store(error) => Self::Store(error),
        }
    }
}

/// What a host says to a request.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Yes.
    Confirm,
    /// No, and why.
    Decline(Note),
}

/// Requests that end in one transaction when they lapse.
const AT_ONCE: u32 = 50;

impl App {
    /// A host answers a request by their link to it.
    ///
    /// # Errors
    /// [`RequestError`]; [`RequestError::Unknown`] for a customer's link.
    pub async fn answer_by_link(
        &self,
        token: &Token,
        answer: Answer,
    ) -> Result<BookingDetails, RequestError> {
        let found = self.booking_by_link(token).await?;
        if found.side != Side::Host {
            return Err(RequestError::Unknown);
        }
        let booking = &found.details.booking;
        self.answer_own(booking.host, booking.id, answer).await
    }

    /// A host answers one of their requests.
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn answer_own(
        &self,
        host: UserId,
        booking: BookingId,
        answer: Answer,
    ) -> Result<BookingDetails, RequestError> {
        let app = self.clone();
        let details = self.store.write(move |tx| app.answer_in(tx, host, booking, &answer)).await?;
        self.wake_mail();
        Ok(details)
    }

    fn answer_in(
        &self,
        tx: &mut Tx<'_>,
        host: UserId,
        id: BookingId,
        answer: &Answer,
    ) -> Result<BookingDetails, RequestError> {
        tx.lock_host(host)?;
        let present = tx.booking(id)?.filter(|found| found.booking.host == host);
        let BookingDetails { booking, event_type, .. } = present.ok_or(RequestError::Unknown)?;
        let now = self.now();
        let (changed, version, occasion, sides) = match answer {
            Answer::Confirm => {
                let fresh = FreshRoom::draw(now, self.entropy());
                let seating = self.seating_again(tx, &event_type, &booking)?;
                let confirmation =
                    decide_confirmation(&booking, &event_type, &seating, fresh, now)?;
                let changed = tx.confirm_request(&booking, &confirmation, now)?;
                let both = [Side::Customer, Side::Host].as_slice();
                (changed, confirmation.version, Occasion::Booked, both)
            }
            Answer::Decline(reason) => {
                let end = decide_decline(&booking, reason.clone(), now)?;
                let changed = tx.end_request(&booking, &end, now)?;
                (changed, end.version, Occasion::Declined, [Side::Customer].as_slice())
            }
        };
        if !changed {
            return Err(RequestError::Changed);
        }
        let notices: Vec<Notice> =
            notice::for_both_sides(id, version, booking.ical_sequence, occasion)
                .into_iter()
                .filter(|notice| notice.to().is_some_and(|to| sides.contains(&to)))
                .collect();
        enqueue(tx, &notices, now, self.entropy())?;
        if occasion == Occasion::Booked {
            let guests = notice::for_guests(&booking, version, booking.ical_sequence, occasion);
            enqueue(tx, &guests, now, self.entropy())?;
        }
        tx.booking(id)?.ok_or(RequestError::Unknown)
    }

    /// Ends what was not answered in time, and tells both sides; and silently that of which nobody has
    /// heard, since no address was shown to be its customer's. Says when the next is due.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn expire_requests(&self) -> Result<Option<Instant>, StoreError> {
        let app = self.clone();
        let (ended, next) = self
            .store
            .write(move |tx| {
                let now = app.now();
                let lapsed = tx.lapsed_requests(now, AT_ONCE)?;
                for (host, booking) in &lapsed {
                    app.expire_in(tx, *host, *booking, now)?;
                }
                Ok::<_, StoreError>((lapsed.len(), tx.next_lapse()?))
            })
            .await?;
        if ended > 0 {
            self.wake_mail();
        }
        Ok(next)
    }

    fn expire_in(
        &self,
        tx: &mut Tx<'_>,
        host: UserId,
        id: BookingId,
        now: Instant,
    ) -> Result<(), StoreError> {
        tx.lock_host(host)?;
        let Some(BookingDetails { booking, .. }) = tx.booking(id)? else { return Ok(()) };
        let Some(end) = decide_expiry(&booking, now) else { return Ok(()) };
        if !tx.end_request(&booking, &end, now)? {
            return Ok(());
        }
        if !booking.status.is_told() {
            return tx.give_back_link_use(&booking);
        }
        let sequence = booking.ical_sequence;
        let notices = notice::for_both_sides(id, end.version, sequence, Occasion::Expired);
        enqueue(tx, &notices, now, self.entropy())
    }

    /// How many requests wait for a host's answer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_requests(&self, host: UserId) -> Result<i64, StoreError> {
        let now = self.now();
        self.store.read(move |tx| tx.count_waiting(host, Status::Pending, now)).await
    }
}
