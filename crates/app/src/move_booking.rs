//! Moving a booking to another time, by either side. It stays the same booking, with the same links.

use roomkey_core::{
    availability::Refusal,
    booking::{
        FreshRoom, InvalidTransition, MoveRefusal, MoveRequest, Proposal, ProposalRefusal, Side,
        decide_move,
    },
    ids::{BookingId, UserId},
    notice::{self, Occasion},
    text::Note,
    time::{Instant, MICROS_PER_MINUTE, Minutes, Span},
    token::Token,
};
use roomkey_store::{BookingDetails, Constraint, OfferFacts, OfferKey, StoreError, Tx};

use crate::{
    App, Limited, LinkError, ProposalError, RefusedDate,
    book_series::dates,
    context::enqueue,
    offer::{Own, ask},
};

/// The booking was not moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// There is no such booking, or it is not the caller's.
    #[error("there is no such booking")]
    Unknown,
    /// The link's time is over.
    #[error("this link is used up")]
    Gone,
    /// Its state does not allow it, or it is too late for customers.
    #[error(transparent)]
    InvalidTransition(#[from] InvalidTransition),
    /// It was changed by somebody else at the same moment.
    #[error("this booking was changed meanwhile; look at it again")]
    Changed,
    /// The time is not offered.
    #[error(transparent)]
    Refused(Refusal),
    /// Not all bookings of a series can be moved as far.
    #[error("not all dates are free: {}", dates(.0))]
    Dates(Vec<RefusedDate>),
    /// Somebody else was quicker, so that only the schema noticed.
    #[error("this time is taken")]
    Taken,
    /// It was moved too often.
    #[error(transparent)]
    Limited(#[from] Limited),
    /// The database.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for MoveError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Constraint(Constraint::BookingOverlap | Constraint::SessionFull) => {
                Self::Taken
            }
            other => Self::Store(other),
        }
    }
}

impl From<ProposalError> for MoveError {
    fn from(error: ProposalError) -> Self {
        use ProposalRefusal::{NotOffered, Number, Transition};
        match error {
            ProposalError::Unknown => Self::Unknown,
            ProposalError::Gone => Self::Gone,
            ProposalError::Refused(Transition(why)) => Self::InvalidTransition(why),
            ProposalError::Refused(NotOffered { why: Some(why), .. }) => Self::Refused(why),
            ProposalError::Refused(NotOffered { why: None, .. } | Number { .. }) => Self::Taken,
            ProposalError::Answer(_) => Self::Changed,
            ProposalError::Move(error) => error,
            ProposalError::Limited(limited) => Self::Limited(limited),
            ProposalError::Store(error) => Self::Store(error),
        }
    }
}

impl From<LinkError> for MoveError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Unknown => Self::Unknown,
            LinkError::Gone => Self::Gone,
            LinkError::Store(error) => Self::Store(error),
        }
    }
}

impl App {
    /// The holder of a link moves the booking. If it has that time already nothing is changed and
    /// nobody told, so that a request may be repeated.
    ///
    /// # Errors
    /// [`MoveError`]; then nothing is changed.
    pub async fn move_by_link(
        &self,
        token: &Token,
        start: Instant,
        note: Note,
    ) -> Result<BookingDetails, MoveError> {
        let found = self.booking_by_link(token).await?;
        let (host, booking) = (found.details.booking.host, found.details.booking.id);
        self.move_booking(host, booking, MoveRequest { start, by: found.side, note, agreed: false })
            .await
    }

    /// A host moves one of their bookings; otherwise as [`App::move_by_link`].
    ///
    /// # Errors
    /// [`MoveError`]; then nothing is changed.
    pub async fn move_own(
        &self,
        host: UserId,
        booking: BookingId,
        start: Instant,
        note: Note,
    ) -> Result<BookingDetails, MoveError> {
        self.move_booking(host, booking, MoveRequest { start, by: Side::Host, note, agreed: false })
            .await
    }

    async fn move_booking(
        &self,
        host: UserId,
        booking: BookingId,
        request: MoveRequest,
    ) -> Result<BookingDetails, MoveError> {
        let app = self.clone();
        let details = self.store.write(move |tx| app.move_in(tx, host, booking, &request)).await?;
        self.wake_mail();
        Ok(details)
    }

    pub(crate) fn move_in(
        &self,
        tx: &mut Tx<'_>,
        host: UserId,
        booking: BookingId,
        request: &MoveRequest,
    ) -> Result<BookingDetails, MoveError> {
        // From here on no other booking of this host can come between check and change.
        tx.lock_host(host)?;
        let now = self.now();
        let (present, facts) = facts(tx, host, booking, now)?;
        let fresh = FreshRoom::draw(now, self.entropy());
        let length = length(&present);
        let (room, moment) = (present.room.as_ref(), Span::moment(request.start));
        let to = Span::lasting(request.start, length);
        let mut seating = self.seating(tx, &facts.event_type, to)?;
        if present.booking.session.is_some() || facts.event_type.terms.seats.is_some() {
            seating.generation = tx.last_generation(booking)?;
        }
        let decided = ask(tx, &facts, length, moment, now, own(booking), |offer| {
            let (event_type, request) = (&facts.event_type, request.clone());
            decide_move(&present.booking, event_type, room, offer, request, &seating, fresh)
        })?;
        let moved = match decided {
            Ok(moved) => moved,
            Err(MoveRefusal::SameTime) => return Ok(present),
            Err(MoveRefusal::Transition(why)) => return Err(why.into()),
            Err(MoveRefusal::NotOffered(why)) => return Err(MoveError::Refused(why)),
        };
        if request.by == Side::Customer && !request.agreed {
            self.attempt_change::<MoveError>(tx, &present.booking)?;
        }
        if !tx.move_booking(&present.booking, &moved, now)? {
            return Err(MoveError::Changed);
        }
        let (version, sequence) = (moved.version, moved.ical_sequence);
        let notices = notice::for_both_sides(booking, version, sequence, Occasion::Moved);
        enqueue(tx, &notices, now, self.entropy())?;
        let guests = notice::for_guests(&present.booking, version, sequence, Occasion::Moved);
        enqueue(tx, &guests, now, self.entropy())?;
        tx.booking(booking)?.ok_or(MoveError::Unknown)
    }
}

/// A booking with all that its new time is decided by. What was agreed on stays: its buffers and its
/// length.
pub(crate) fn facts(
    tx: &mut Tx<'_>,
    host: UserId,
    booking: BookingId,
    now: Instant,
) -> Result<(BookingDetails, OfferFacts), MoveError> {
    let present = tx.booking(booking)?.filter(|found| found.booking.host == host);
    let present = present.ok_or(MoveError::Unknown)?;
    let facts = tx.offer_facts(OfferKey::Own(host, present.booking.event_type), now)?;
    let mut facts = facts.ok_or(MoveError::Unknown)?;
    facts.event_type.terms.buffers = present.booking.buffers;
    // Somebody may have been given a hold since.
    facts.has_holds = true;
    Ok((present, facts))
}

/// What is a booking's own: its time, and one that its customer asks for.
pub(crate) fn own(booking: BookingId) -> Own {
    Own { holders: vec![Proposal::holder(booking)], bookings: vec![booking] }
}

pub(crate) fn length(present: &BookingDetails) -> Minutes {
    let span = present.booking.span;
    let minutes = span.end.since(span.start) / MICROS_PER_MINUTE;
    Minutes(u32::try_from(minutes).unwrap_or_default())
}
