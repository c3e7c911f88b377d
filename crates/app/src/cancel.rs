//! Calling a booking off, by either side.

use roomkey_core::{
    booking::{
        Booking, FreshRoom, InvalidTransition, SeriesScope, Side, Status, decide_cancellation,
        decide_room_renewal,
    },
    ids::{BookingId, UserId},
    notice::{self, Occasion},
    text::Note,
    time::Instant,
    token::Token,
};
use roomkey_store::{BookingDetails, StoreError, Tx};

use crate::{App, LinkError, answer_request::asked_together, context::enqueue};

/// How a booking is called off.
#[derive(Debug, Clone)]
pub struct CancelRequest {
    /// Told to both sides.
    pub reason: Note,
    /// Which bookings of a series go with it.
    pub scope: SeriesScope,
    /// Whether the room of a session stays as it is when the host puts somebody out who knows it. Otherwise those
    /// who stay get a new one.
    pub keep_room: bool,
}

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
        request: CancelRequest,
    ) -> Result<BookingDetails, CancelError> {
        let found = self.booking_by_link(token).await?;
        self.cancel(found.details.booking.host, found.details.booking.id, found.side, request).await
    }

    /// A host calls one of their bookings off.
    ///
    /// # Errors
    /// [`CancelError`].
    pub async fn cancel_own(
        &self,
        host: UserId,
        booking: BookingId,
        request: CancelRequest,
    ) -> Result<BookingDetails, CancelError> {
        self.cancel(host, booking, Side::Host, request).await
    }

    async fn cancel(
        &self,
        host: UserId,
        booking: BookingId,
        by: Side,
        request: CancelRequest,
    ) -> Result<BookingDetails, CancelError> {
        let app = self.clone();
        let details =
            self.store.write(move |tx| app.cancel_in(tx, host, booking, by, &request)).await?;
        self.wake_mail();
        Ok(details)
    }

    fn cancel_in(
        &self,
        tx: &mut Tx<'_>,
        host: UserId,
        booking: BookingId,
        by: Side,
        request: &CancelRequest,
    ) -> Result<BookingDetails, CancelError> {
        tx.lock_host(host)?;
        let now = self.now();
        let present = tx.booking(booking)?.filter(|found| found.booking.host == host);
        let present = present.ok_or(CancelError::Unknown)?;
        if !self.cancel_reached(tx, &present, by, &request.reason, request.scope, now)? {
            self.cancel_present(tx, &present, by, &request.reason, now)?;
            if by == Side::Host && !request.keep_room {
                self.renew_room_without(tx, &present.booking, now)?;
            }
        }
        tx.booking(booking)?.ok_or(CancelError::Unknown)
    }

    /// Gives those who stay in a session another room than who was put out of it knows, and tells them.
    fn renew_room_without(
        &self,
        tx: &mut Tx<'_>,
        put_out: &Booking,
        now: Instant,
    ) -> Result<(), StoreError> {
        // Who only asked for a seat was never told of the room.
        let Some(session) = put_out.session.filter(|_| put_out.status == Status::Confirmed) else {
            return Ok(());
        };
        let stay = tx.confirmed_in_session(session)?;
        let Some(room) = stay.first().and_then(|each| each.room.as_ref()) else { return Ok(()) };
        let bookings: Vec<_> = stay.iter().map(|each| each.booking.clone()).collect();
        let fresh = FreshRoom::draw(now, self.entropy());
        let Some(renewal) = decide_room_renewal(room, &bookings, fresh) else { return Ok(()) };
        tx.renew_room(session, &renewal, now)?;
        let told = |(id, version, sequence): &(BookingId, u32, u32)| {
            notice::for_both_sides(*id, *version, *sequence, Occasion::Changed)
        };
        // Nobody brings guests along to where there are seats.
        let notices: Vec<_> = renewal.seats.iter().flat_map(told).collect();
        enqueue(tx, &notices, now, self.entropy())
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
