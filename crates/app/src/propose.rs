//! Proposing another time for a booking, by either side, and the other side's answer.

use roomkey_core::{
    booking::{
        AnswerRefusal, Proposal, ProposalEnd, ProposalRefusal, ProposalRequest, ProposalState,
        Side, decide_acceptance, decide_proposal, decide_proposal_end, grant,
    },
    ids::{BookingId, ProposalId, UserId},
    notice::{Notice, Occasion},
    text::Note,
    time::{Instant, Span},
    token::Token,
};
use roomkey_store::{BookingDetails, StoreError, Tx};

use crate::{
    App, Limited, LinkError, MoveError,
    context::enqueue,
    move_booking::{facts, length, own},
    offer::ask,
};

/// Nothing was proposed or answered.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// There is no such booking, or it is not the caller's.
    #[error("there is no such booking")]
    Unknown,
    /// The link's time is over.
    #[error("this link is used up")]
    Gone,
    /// The booking's state does not allow it, or a time is not offered.
    #[error(transparent)]
    Refused(#[from] ProposalRefusal),
    /// There is nothing to answer, or not so.
    #[error(transparent)]
    Answer(#[from] AnswerRefusal),
    /// A customer asked too often.
    #[error(transparent)]
    Limited(#[from] Limited),
    /// The time that was chosen is not free any more; the booking stands as it is.
    #[error(transparent)]
    Move(MoveError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LinkError> for ProposalError {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Unknown => Self::Unknown,
            LinkError::Gone => Self::Gone,
            LinkError::Store(error) => Self::Store(error),
        }
    }
}

impl From<MoveError> for ProposalError {
    fn from(error: MoveError) -> Self {
        match error {
            MoveError::Unknown => Self::Unknown,
            MoveError::Gone => Self::Gone,
            MoveError::Limited(limited) => Self::Limited(limited),
            MoveError::Store(error) => Self::Store(error),
            other => Self::Move(other),
        }
    }
}

/// What one side says to what the other proposed.
#[derive(Debug, Clone)]
pub struct ProposalAnswer {
    /// When the proposal was made that is answered, if the answer is to that one alone.
    pub seen: Option<Instant>,
    /// What is said.
    pub says: Says,
}

/// An answer to a proposal.
#[derive(Debug, Clone)]
pub enum Says {
    /// This time.
    Accept(Instant, Note),
    /// None of them.
    Decline(Note),
    /// Who proposed takes it back.
    Withdraw,
}

/// Proposals that end in one transaction when they lapse.
const AT_ONCE: u32 = 50;

impl App {
    /// The holder of a link proposes other times; the other side is told. They take the place of those that
    /// were proposed before.
    ///
    /// # Errors
    /// [`ProposalError`].
    pub async fn propose_by_link(
        &self,
        token: &Token,
        starts: Vec<Instant>,
        note: Note,
    ) -> Result<Proposal, ProposalError> {
        let found = self.booking_by_link(token).await?;
        let (host, id) = (found.details.booking.host, found.details.booking.id);
        self.propose(host, id, ProposalRequest { starts, by: found.side, note }).await
    }

    /// A host proposes other times for one of their bookings; otherwise as [`App::propose_by_link`].
    ///
    /// # Errors
    /// [`ProposalError`].
    pub async fn propose_own(
        &self,
        host: UserId,
        booking: BookingId,
        starts: Vec<Instant>,
        note: Note,
    ) -> Result<Proposal, ProposalError> {
        self.propose(host, booking, ProposalRequest { starts, by: Side::Host, note }).await
    }

    async fn propose(
        &self,
        host: UserId,
        booking: BookingId,
        request: ProposalRequest,
    ) -> Result<Proposal, ProposalError> {
        let app = self.clone();
        let proposal =
            self.store.write(move |tx| app.propose_in(tx, host, booking, &request)).await?;
        self.wake_mail();
        Ok(proposal)
    }

    fn propose_in(
        &self,
        tx: &mut Tx<'_>,
        host: UserId,
        booking: BookingId,
        request: &ProposalRequest,
    ) -> Result<Proposal, ProposalError> {
        tx.lock_host(host)?;
        let now = self.now();
        let (present, facts) = facts(tx, host, booking, now)?;
        // Asked again, it is as it was: whoever presses twice tells nobody twice.
        let open = tx.open_proposal(booking)?;
        if let Some(open) = open.filter(|open| open.is_open(now) && open.says(request)) {
            return Ok(open);
        }
        let id = ProposalId::new(now, self.entropy());
        let (length, terms) = (length(&present), &facts.event_type.terms);
        let range = range(&request.starts);
        let proposal = ask(tx, &facts, length, range, now, own(booking), |offer| {
            decide_proposal(&present.booking, terms, offer, request.clone(), id)
        })??;
        if request.by == Side::Customer {
            self.attempt_change::<ProposalError>(tx, &present.booking)?;
        }
        tx.insert_proposal(&present.booking, &proposal)?;
        let notice = Notice::Proposal { booking, proposal: id, occasion: Occasion::Proposed };
        enqueue(tx, &[notice], now, self.entropy())?;
        Ok(proposal)
    }

    /// What is proposed for a booking and waits for an answer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_proposal(&self, booking: BookingId) -> Result<Option<Proposal>, StoreError> {
        let now = self.now();
        let open = self.store.read(move |tx| tx.open_proposal(booking)).await?;
        Ok(open.filter(|proposal| proposal.is_open(now)))
    }

    /// Those of the proposed times that are still free, in order.
    ///
    /// # Errors
    /// [`ProposalError`].
    pub async fn free_of(
        &self,
        host: UserId,
        booking: BookingId,
        proposal: &Proposal,
    ) -> Result<Vec<Instant>, ProposalError> {
        let (now, proposal) = (self.now(), proposal.clone());
        self.store
            .read(move |tx| {
                let (present, facts) = facts(tx, host, booking, now)?;
                let range = range(&proposal.starts);
                Ok(ask(tx, &facts, length(&present), range, now, own(booking), |offer| {
                    let is_free = |start: &Instant| grant(offer, *start, true).is_ok();
                    proposal.starts.iter().copied().filter(is_free).collect()
                })?)
            })
            .await
    }

    /// The holder of a link answers what the other side proposed, or takes back what they did.
    ///
    /// # Errors
    /// [`ProposalError`]; then nothing is changed.
    pub async fn answer_proposal_by_link(
        &self,
        token: &Token,
        answer: ProposalAnswer,
    ) -> Result<BookingDetails, ProposalError> {
        let found = self.booking_by_link(token).await?;
        let (host, id, by) = (found.details.booking.host, found.details.booking.id, found.side);
        self.answer_proposal(host, id, by, answer).await
    }

    /// A host answers what a customer asked for, or takes back what they proposed.
    ///
    /// # Errors
    /// [`ProposalError`]; then nothing is changed.
    pub async fn answer_own_proposal(
        &self,
        host: UserId,
        booking: BookingId,
        answer: ProposalAnswer,
    ) -> Result<BookingDetails, ProposalError> {
        self.answer_proposal(host, booking, Side::Host, answer).await
    }

    async fn answer_proposal(
        &self,
        host: UserId,
        booking: BookingId,
        by: Side,
        answer: ProposalAnswer,
    ) -> Result<BookingDetails, ProposalError> {
        let app = self.clone();
        let details = self
            .store
            .write(move |tx| app.answer_proposal_in(tx, host, booking, by, &answer))
            .await?;
        self.wake_mail();
        Ok(details)
    }

    fn answer_proposal_in(
        &self,
        tx: &mut Tx<'_>,
        host: UserId,
        booking: BookingId,
        by: Side,
        answer: &ProposalAnswer,
    ) -> Result<BookingDetails, ProposalError> {
        tx.lock_host(host)?;
        let now = self.now();
        let present = tx.booking(booking)?.filter(|found| found.booking.host == host);
        let present = present.ok_or(ProposalError::Unknown)?;
        let Some(proposal) = tx.open_proposal(booking)? else {
            // Pressed twice, perhaps.
            return match answer.says {
                Says::Accept(start, _) if present.booking.span.start == start => Ok(present),
                _ => Err(AnswerRefusal::NotOpen.into()),
            };
        };
        if answer.seen.is_some_and(|seen| seen != proposal.made_at) {
            return Err(AnswerRefusal::Replaced.into());
        }
        match &answer.says {
            Says::Accept(start, note) => {
                let request = decide_acceptance(&proposal, by, *start, note.clone(), now)?;
                tx.end_proposal(
                    booking,
                    &proposal,
                    ProposalState::Accepted,
                    &Note::default(),
                    now,
                )?;
                return Ok(self.move_in(tx, host, booking, &request)?);
            }
            Says::Decline(note) => {
                let state = decide_proposal_end(&proposal, Some(by), ProposalEnd::Declined, now)?;
                tx.end_proposal(booking, &proposal, state, note, now)?;
                self.tell(tx, booking, &proposal, Occasion::ProposalDeclined)?;
            }
            Says::Withdraw => {
                let end = ProposalEnd::Withdrawn;
                let state = decide_proposal_end(&proposal, Some(by), end, now)?;
                tx.end_proposal(booking, &proposal, state, &Note::default(), now)?;
                if by == Side::Customer {
                    self.tell(tx, booking, &proposal, Occasion::ProposalWithdrawn)?;
                }
            }
        }
        Ok(present)
    }

    fn tell(
        &self,
        tx: &mut Tx<'_>,
        booking: BookingId,
        proposal: &Proposal,
        occasion: Occasion,
    ) -> Result<(), StoreError> {
        let notice = Notice::Proposal { booking, proposal: proposal.id, occasion };
        enqueue(tx, &[notice], self.now(), self.entropy())
    }

    /// Ends what nobody answered in time, and tells who proposed it. Says when the next is due.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn lapse_proposals(&self) -> Result<Option<Instant>, StoreError> {
        let app = self.clone();
        let (ended, next) = self
            .store
            .write(move |tx| {
                let now = app.now();
                let mut ended = 0;
                for (host, booking) in tx.lapsed_proposals(now, AT_ONCE)? {
                    tx.lock_host(host)?;
                    // Answered while the lock was waited for, perhaps.
                    let Some(lapsed) = tx.open_proposal(booking)? else { continue };
                    let state = decide_proposal_end(&lapsed, None, ProposalEnd::Lapsed, now);
                    let Ok(state) = state else { continue };
                    tx.end_proposal(booking, &lapsed, state, &Note::default(), now)?;
                    app.tell(tx, booking, &lapsed, Occasion::ProposalLapsed)?;
                    ended += 1;
                }
                Ok::<_, StoreError>((ended, tx.next_proposal_lapse()?))
            })
            .await?;
        if ended > 0 {
            self.wake_mail();
        }
        Ok(next)
    }

    /// Those bookings of a host whose customers ask for another time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn asked_to_move(&self, host: UserId) -> Result<Vec<BookingId>, StoreError> {
        let now = self.now();
        self.store.read(move |tx| tx.asked_to_move(host, now)).await
    }
}

/// Where all of the starts lie.
fn range(starts: &[Instant]) -> Span {
    let first = starts.iter().min().copied().unwrap_or(Instant::EPOCH);
    let last = starts.iter().max().copied().unwrap_or(first);
    Span { start: first, end: last.plus_micros(1) }
}
