//! A host's answer to a request, or none in time.

use roomkey_core::{
    booking::{
        Booking, FreshRoom, InvalidTransition, Side, Status, decide_confirmation, decide_decline,
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

/// A booking with those of its series that wait for the same yes, in order; alone, if none do. The caller has locked the
/// host.
pub(crate) fn asked_together(
    tx: &mut Tx<'_>,
    present: &BookingDetails,
) -> Result<Vec<Booking>, StoreError> {
    let Some(series) = present.booking.waits_in() else {
        return Ok(vec![present.booking.clone()]);
    };
    let all = tx.series_bookings(series)?.into_iter().map(|found| found.booking);
    Ok(all.filter(|other| present.booking.waits_with(other)).collect())
}

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

    /// A host answers one of their requests, and with it all of a series that was asked for as a whole.
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
        let present = present.ok_or(RequestError::Unknown)?;
        let (event_type, now) = (&present.event_type, self.now());
        let asked = asked_together(tx, &present)?;
        // All of what was asked for at once, or none of it.
        let (mut changed, mut version) = (true, None);
        for booking in &asked {
            let next = match answer {
                Answer::Confirm => {
                    let fresh = FreshRoom::draw(now, self.entropy());
                    let seating = self.seating_again(tx, event_type, booking)?;
                    let confirmation =
                        decide_confirmation(booking, event_type, &seating, fresh, now)?;
                    changed &= tx.confirm_request(booking, &confirmation, now)?;
                    confirmation.version
                }
                Answer::Decline(reason) => {
                    let end = decide_decline(booking, reason.clone(), now)?;
                    changed &= tx.end_request(booking, &end, now)?;
                    end.version
                }
            };
            version.get_or_insert(next);
        }
        let (Some(first), Some(version)) = (asked.first().filter(|_| changed), version) else {
            return Err(RequestError::Changed);
        };
        let (occasion, sides) = match answer {
            Answer::Confirm => (Occasion::Booked, [Side::Customer, Side::Host].as_slice()),
            Answer::Decline(_) => (Occasion::Declined, [Side::Customer].as_slice()),
        };
        let notices: Vec<Notice> = notice::of_whole(first, version, first.ical_sequence, occasion)
            .into_iter()
            .filter(|notice| notice.to().is_some_and(|to| sides.contains(&to)))
            .collect();
        enqueue(tx, &notices, now, self.entropy())?;
        if occasion == Occasion::Booked {
            let guests = notice::for_guests(first, version, first.ical_sequence, occasion);
            enqueue(tx, &guests, now, self.entropy())?;
        }
        tx.booking(id)?.ok_or(RequestError::Unknown)
    }

    /// Ends what was not answered in time, a series as a whole, and tells both sides; and silently that of which nobody has
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
        let Some(present) = tx.booking(id)? else { return Ok(()) };
        let mut ended: Option<(Booking, u32)> = None;
        // Those of a series that was asked for as a whole lapse as one.
        for booking in asked_together(tx, &present)? {
            let Some(end) = decide_expiry(&booking, now) else { continue };
            if tx.end_request(&booking, &end, now)? {
                ended.get_or_insert((booking, end.version));
            }
        }
        let Some((first, version)) = ended else { return Ok(()) };
        if !first.status.is_told() {
            return tx.give_back_link_use(&first);
        }
        let notices = notice::of_whole(&first, version, first.ical_sequence, Occasion::Expired);
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
