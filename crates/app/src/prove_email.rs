//! Customers show that the address which they gave is theirs: by the button behind a link that was sent
//! there, before anybody else hears of the booking.

use roomkey_core::{
    booking::{FreshRoom, InvalidTransition, Proof, Side, Status, decide_proof},
    ids::UserId,
    notice,
    proof_key::{ProofLink, Purpose},
    text::{EmailAddress, Note},
    time::{Instant, Minutes},
};
use roomkey_store::{BookingDetails, StoreError, Tx};
use secrecy::SecretString;

use crate::{
    App, CancelError, Client, Found, Limited, LinkError, answer_request::asked_together,
    attempts::Attempt, book::Wanted, context::enqueue, show_booking::LINKS_LAST,
};

/// How long a browser need not show it again.
pub const STAMP_LASTS: Minutes = Minutes(30 * 24 * 60);

/// The address was not shown to be the customer's, or the time was not let go.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The link leads nowhere.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// It does not wait for that any more.
    #[error(transparent)]
    InvalidTransition(#[from] InvalidTransition),
    /// Somebody else changed it meanwhile.
    #[error("this booking was changed meanwhile; look at it again")]
    Changed,
    /// Too many mails to the address, or to one of the guests.
    #[error(transparent)]
    Limited(#[from] Limited),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// The booking behind a link that is for `purpose`.
    ///
    /// # Errors
    /// [`LinkError`].
    pub async fn booking_to_prove(&self, purpose: Purpose, link: &str) -> Result<Found, LinkError> {
        let now = self.now();
        let attendee = self.proof_key.attendee(purpose, link).ok_or(LinkError::Unknown)?;
        let found = self.store.read(move |tx| tx.booking_of(attendee)).await?;
        let details = found.ok_or(LinkError::Unknown)?;
        if details.booking.span.end.plus(LINKS_LAST) <= now {
            return Err(LinkError::Gone);
        }
        Ok(Found { side: Side::Customer, guest: None, details, now })
    }

    /// The button behind the link in the mail was pressed: the address is the customer's, and the
    /// booking stands, or is with the host; a series as a whole. Once that is so, further presses change nothing.
    ///
    /// # Errors
    /// [`ProofError`].
    pub async fn prove(&self, link: &str) -> Result<BookingDetails, ProofError> {
        let found = self.booking_to_prove(Purpose::Prove, link).await?.details;
        let app = self.clone();
        let details = self.store.write(move |tx| app.prove_in(tx, &found)).await?;
        self.wake_mail();
        Ok(details)
    }

    fn prove_in(
        &self,
        tx: &mut Tx<'_>,
        found: &BookingDetails,
    ) -> Result<BookingDetails, ProofError> {
        let (host, id) = (found.booking.host, found.booking.id);
        tx.lock_host(host)?;
        let present = tx.booking(id)?.ok_or(LinkError::Unknown)?;
        if matches!(present.booking.attendee.proof, Proof::Given(_)) {
            return Ok(present);
        }
        let now = self.now();
        let event_type = &present.event_type;
        let asked = asked_together(tx, &present)?;
        let begins = asked.iter().map(|booking| booking.span.start).min();
        let begins = begins.unwrap_or(present.booking.span.start);
        for booking in &asked {
            let fresh = FreshRoom::draw(now, self.entropy());
            let seating = self.seating_again(tx, event_type, booking)?;
            let proven = decide_proof(booking, event_type, &seating, fresh, begins, now)?;
            if !tx.prove_booking(booking, &proven, now)? {
                return Err(ProofError::Changed);
            }
        }
        let first = asked.first().map_or(id, |first| first.id);
        let details = tx.booking(first)?.ok_or(LinkError::Unknown)?;
        self.attempt_guests::<ProofError>(tx, &details.booking)?;
        enqueue(tx, &notice::of_new(&details.booking), now, self.entropy())?;
        Ok(details)
    }

    /// Who made a booking lets its time go before anybody has shown that the address is theirs. Nobody
    /// was told of it, and nobody is.
    ///
    /// # Errors
    /// [`ProofError`].
    pub async fn withdraw(&self, link: &str) -> Result<(), ProofError> {
        let found = self.booking_to_prove(Purpose::Wait, link).await?.details;
        let app = self.clone();
        self.store.write(move |tx| app.withdraw_in(tx, &found)).await?;
        self.wake_mail();
        Ok(())
    }

    fn withdraw_in(&self, tx: &mut Tx<'_>, found: &BookingDetails) -> Result<(), ProofError> {
        tx.lock_host(found.booking.host)?;
        let present = tx.booking(found.booking.id)?.ok_or(LinkError::Unknown)?;
        let is = present.booking.status;
        if is != Status::Unverified {
            let asked = Status::Cancelled;
            return Err(InvalidTransition::State { is, asked }.into());
        }
        let now = self.now();
        match self.cancel_present(tx, &present, Side::Customer, &Note::default(), now) {
            Ok(()) => Ok(()),
            Err(CancelError::InvalidTransition(why)) => Err(why.into()),
            Err(CancelError::Unknown | CancelError::Gone) => Err(LinkError::Unknown.into()),
            Err(CancelError::Store(error)) => Err(error.into()),
        }
    }

    /// Who made a booking has the mail with the link sent once more, which stays the same: it may have got lost. One
    /// that has not left yet is not sent twice.
    ///
    /// # Errors
    /// [`ProofError`].
    pub async fn resend_proof(&self, link: &str, client: Client) -> Result<(), ProofError> {
        let found = self.booking_to_prove(Purpose::Wait, link).await?.details;
        let app = self.clone();
        self.store.write(move |tx| app.resend_proof_in(tx, &found, client)).await?;
        self.wake_mail();
        Ok(())
    }

    fn resend_proof_in(
        &self,
        tx: &mut Tx<'_>,
        found: &BookingDetails,
        client: Client,
    ) -> Result<(), ProofError> {
        tx.lock_host(found.booking.host)?;
        let present = tx.booking(found.booking.id)?.ok_or(LinkError::Unknown)?;
        let (booking, now) = (&present.booking, self.now());
        let is_kept = booking.expires_at.is_some_and(|until| now < until);
        if booking.status != Status::Unverified || !is_kept {
            let (is, asked) = (booking.status, Status::Unverified);
            return Err(InvalidTransition::State { is, asked }.into());
        }
        if tx.resend_proof(booking.id, now)? {
            let attempt = Attempt::unproven_booking(&booking.attendee.email.folded(), client);
            self.attempt::<ProofError>(tx, &attempt, now)?;
        }
        Ok(())
    }

    /// How many bookings keep a host's time until their customers show that the address is theirs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_unproven(&self, host: UserId) -> Result<i64, StoreError> {
        let now = self.now();
        self.store.read(move |tx| tx.count_waiting(host, Status::Unverified, now)).await
    }

    /// The link by which who made a booking waits for its proof.
    pub fn waiting_link(&self, details: &BookingDetails) -> ProofLink {
        self.proof_key.link(Purpose::Wait, details.booking.attendee.id)
    }

    /// What a browser keeps in which it was just shown that an address is its reader's.
    pub fn proof_stamp(&self, address: &EmailAddress) -> SecretString {
        self.proof_key.stamp(address, self.now().plus(STAMP_LASTS))
    }

    /// Whether it was shown in this browser before that the address is its reader's. Nothing is looked
    /// up, so that no answer tells, nor takes longer for, an address that is known here.
    pub(crate) fn is_proven(&self, wanted: &Wanted, address: &EmailAddress, now: Instant) -> bool {
        match wanted {
            Wanted::Page(page) => page
                .stamp
                .as_deref()
                .is_some_and(|stamp| self.proof_key.is_stamped(stamp, address, now)),
            Wanted::Own(..) => false,
        }
    }
}
