//! Proposals: one side would like another time, and the other side says which, or none. Until then the booking
//! stands as it is. A host proposes several times and keeps none of them; a customer who may not move a
//! booking without the host asks for one, which is kept beside the booking's own until it is answered.

use std::str::FromStr;

use super::{Booking, InvalidTransition, MoveRequest, Side, reschedule::in_time};
use crate::{
    availability::{Offer, Refusal},
    booking::may_move,
    event_type::Terms,
    ids::{BookingId, ProposalId},
    text::Note,
    time::{Instant, Minutes},
    token::TokenHash,
};

/// So many times a host proposes at once.
pub const MOST_TIMES: usize = 5;
/// So long a customer has to choose, unless the times are over before.
const TO_CHOOSE: Minutes = Minutes(7 * 24 * 60);

/// Other times that one side would like for a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Names it.
    pub id: ProposalId,
    /// Who would like them.
    pub by: Side,
    /// When the booking could start, in order.
    pub starts: Vec<Instant>,
    /// What the other side is told.
    pub note: Note,
    /// When it was made.
    pub made_at: Instant,
    /// When it lapses unless it is answered.
    pub expires_at: Instant,
    /// What became of it.
    pub state: ProposalState,
    /// When it was answered, withdrawn or lapsed.
    pub ended_at: Option<Instant>,
    /// What was said then.
    pub answer: Note,
}

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProposalState {
    /// It waits for an answer.
    Open,
    /// The booking was moved to one of its times.
    Accepted,
    /// The other side said no.
    Declined,
    /// Nobody answered in time.
    Lapsed,
    /// Who made it took it back.
    Withdrawn,
    /// Something else happened to the booking, or another proposal took its place.
    Void,
}

impl ProposalState {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Accepted, Self::Declined, Self::Lapsed, Self::Withdrawn, Self::Void];

    /// Its name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Lapsed => "lapsed",
            Self::Withdrawn => "withdrawn",
            Self::Void => "void",
        }
    }
}

/// How a proposal ended, if the booking stayed as it was because of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProposalEnd {
    /// The other side said no.
    Declined,
    /// Nobody answered in time.
    Lapsed,
    /// Who made it took it back.
    Withdrawn,
}

impl ProposalEnd {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Declined, Self::Lapsed, Self::Withdrawn];

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Declined => "proposal_declined",
            Self::Lapsed => "proposal_lapsed",
            Self::Withdrawn => "proposal_withdrawn",
        }
    }

    const fn state(self) -> ProposalState {
        match self {
            Self::Declined => ProposalState::Declined,
            Self::Lapsed => ProposalState::Lapsed,
            Self::Withdrawn => ProposalState::Withdrawn,
        }
    }
}

/// The text is no state's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a state of a proposal")]
pub struct UnknownProposalState;

impl FromStr for ProposalState {
    type Err = UnknownProposalState;

    fn from_str(text: &str) -> Result<Self, UnknownProposalState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownProposalState)
    }
}

impl Proposal {
    /// Whether it can be answered at `now`.
    pub fn is_open(&self, now: Instant) -> bool {
        self.state == ProposalState::Open && now < self.expires_at
    }

    /// Whether it asks for the same.
    pub fn says(&self, request: &ProposalRequest) -> bool {
        let mut starts = request.starts.clone();
        starts.sort_unstable();
        starts.dedup();
        (self.by, &self.starts, &self.note) == (request.by, &starts, &request.note)
    }

    /// In whose name the time is kept that the customer of a booking asks for: there is one at a time.
    pub fn holder(booking: BookingId) -> TokenHash {
        TokenHash::of_nobodys(format_args!("the time that is asked for in place of {booking}"))
    }

    /// Who answers it.
    pub const fn answered_by(&self) -> Side {
        self.by.other()
    }
}

/// What somebody proposes.
#[derive(Debug, Clone)]
pub struct ProposalRequest {
    /// When the booking could start.
    pub starts: Vec<Instant>,
    /// Who would like that.
    pub by: Side,
    /// What the other side is told.
    pub note: Note,
}

/// Nothing is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProposalRefusal {
    /// The booking's state does not allow it, it is over, or it is too late for customers.
    #[error(transparent)]
    Transition(#[from] InvalidTransition),
    /// None, or too many.
    #[error("{}", match .most { 1 => "propose one time".to_owned(), most => format!("propose 1 to {most} times") })]
    Number {
        /// How many there may be.
        most: usize,
    },
    /// A time is not offered, or it is the one that the booking has.
    #[error("{start} can not be proposed: {}", match .why { Some(why) => why.to_string(), None => "the booking has that time".to_owned() })]
    NotOffered {
        /// Which.
        start: Instant,
        /// Why; nothing if the booking has that time.
        why: Option<Refusal>,
    },
}

/// Whether another time can be proposed at `now` at all. Hosts have no deadline but the start.
///
/// # Errors
/// [`InvalidTransition`].
pub fn may_propose(
    booking: &Booking,
    terms: &Terms,
    by: Side,
    now: Instant,
) -> Result<(), InvalidTransition> {
    may_move(booking, terms, Side::Host, now)?;
    if booking.span.start <= now {
        return Err(InvalidTransition::Over);
    }
    in_time(booking, terms.move_notice, by, now)
}

/// Proposes other times, each of which must be free. `offer` is as in [`decide_move`](super::decide_move).
///
/// # Errors
/// [`ProposalRefusal`].
pub fn decide_proposal(
    booking: &Booking,
    terms: &Terms,
    offer: &Offer<'_>,
    request: ProposalRequest,
    id: ProposalId,
) -> Result<Proposal, ProposalRefusal> {
    let ProposalRequest { mut starts, by, note } = request;
    let now = offer.now;
    may_propose(booking, terms, by, now)?;
    starts.sort_unstable();
    starts.dedup();
    let most = match by {
        Side::Host => MOST_TIMES,
        Side::Customer => 1,
    };
    let (Some(&first), Some(&last)) = (starts.first(), starts.last()) else {
        return Err(ProposalRefusal::Number { most });
    };
    if starts.len() > most {
        return Err(ProposalRefusal::Number { most });
    }
    for &start in &starts {
        if start == booking.span.start {
            return Err(ProposalRefusal::NotOffered { start, why: None });
        }
        let why = |why| ProposalRefusal::NotOffered { start, why: Some(why) };
        offer.verdict(start).map_err(why)?;
    }
    let wait = match by {
        Side::Host => TO_CHOOSE,
        Side::Customer => terms.confirm_within.unwrap_or(TO_CHOOSE),
    };
    let over = if by == Side::Customer { first } else { last };
    Ok(Proposal {
        id,
        by,
        starts,
        note,
        made_at: now,
        expires_at: now.plus(wait).min(over).min(booking.span.start),
        state: ProposalState::Open,
        ended_at: None,
        answer: Note::default(),
    })
}

/// The proposal is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerRefusal {
    /// It was answered or withdrawn, it has lapsed, or something else happened to the booking.
    #[error("this is not open any more; look at the booking again")]
    NotOpen,
    /// Nobody agrees with themselves.
    #[error("the other side answers this")]
    OwnProposal,
    /// Nobody takes back what another proposed.
    #[error("only who proposed this can take it back")]
    NotOwn,
    /// The time is none of those that were proposed.
    #[error("choose one of the times that were proposed")]
    NotProposed,
    /// Another proposal took the place of the one that was looked at.
    #[error("other times were proposed meanwhile; look at them")]
    Replaced,
}

/// The state of a proposal once `by` says no to it or takes it back, or its time is over.
///
/// # Errors
/// [`AnswerRefusal`].
pub fn decide_proposal_end(
    proposal: &Proposal,
    by: Option<Side>,
    end: ProposalEnd,
    now: Instant,
) -> Result<ProposalState, AnswerRefusal> {
    let is_over = proposal.state == ProposalState::Open && proposal.expires_at <= now;
    match end {
        ProposalEnd::Lapsed if is_over => Ok(end.state()),
        _ if !proposal.is_open(now) || end == ProposalEnd::Lapsed => Err(AnswerRefusal::NotOpen),
        ProposalEnd::Declined if by == Some(proposal.by) => Err(AnswerRefusal::OwnProposal),
        ProposalEnd::Withdrawn if by != Some(proposal.by) => Err(AnswerRefusal::NotOwn),
        _ => Ok(end.state()),
    }
}

/// The move that one side asks for by choosing a proposed time. Both agreed on it, so no deadline counts.
///
/// # Errors
/// [`AnswerRefusal`].
pub fn decide_acceptance(
    proposal: &Proposal,
    by: Side,
    start: Instant,
    note: Note,
    now: Instant,
) -> Result<MoveRequest, AnswerRefusal> {
    if !proposal.is_open(now) {
        return Err(AnswerRefusal::NotOpen);
    }
    if by != proposal.answered_by() {
        return Err(AnswerRefusal::OwnProposal);
    }
    if !proposal.starts.contains(&start) {
        return Err(AnswerRefusal::NotProposed);
    }
    Ok(MoveRequest { start, by, note, agreed: true })
}
