//! Why something was not done, in the words of the model.

use roomkey_app::{CancelError, LinkError, MoveError, ProofError, ProposalError, RefusedDate};
use roomkey_core::{
    availability::Refusal,
    booking::{AnswerRefusal, InvalidTransition, ProposalRefusal},
    room::Admission,
};

use super::command::Outcome;

pub(super) fn refused(why: Refusal) -> Outcome {
    Outcome::Refused(if why.is_taken() { "taken" } else { why.code() }.into())
}

/// Dates of a series that can not be had.
pub(super) fn dates_refused(dates: Vec<RefusedDate>) -> Outcome {
    let why = |why: Refusal| if why.is_taken() { "taken" } else { why.code() };
    let date = |date: RefusedDate| (date.start.seconds(), why(date.why).to_owned());
    Outcome::Dates(dates.into_iter().map(date).collect())
}

pub(super) fn move_refused(error: MoveError) -> Outcome {
    match error {
        MoveError::Refused(why) => refused(why),
        MoveError::Taken => Outcome::Refused("taken".into()),
        MoveError::Dates(dates) => dates_refused(dates),
        MoveError::InvalidTransition(why) => transition(why),
        MoveError::Unknown => Outcome::Refused("unknown".into()),
        MoveError::Gone => Outcome::Refused("gone".into()),
        other => Outcome::Refused(other.to_string()),
    }
}

pub(super) fn proposal_refused(error: ProposalError) -> Outcome {
    let why = match error {
        ProposalError::Refused(ProposalRefusal::Transition(why)) => return transition(why),
        ProposalError::Refused(ProposalRefusal::NotOffered { why: Some(why), .. }) => {
            return refused(why);
        }
        ProposalError::Move(error) => return move_refused(error),
        ProposalError::Refused(ProposalRefusal::NotOffered { why: None, .. }) => "has that time",
        ProposalError::Refused(ProposalRefusal::Number { .. }) => "number",
        ProposalError::Answer(AnswerRefusal::NotOpen) => "not open",
        ProposalError::Answer(AnswerRefusal::OwnProposal) => "own proposal",
        ProposalError::Answer(AnswerRefusal::NotOwn) => "not own",
        ProposalError::Answer(AnswerRefusal::NotProposed) => "not proposed",
        ProposalError::Answer(AnswerRefusal::Replaced) => "replaced",
        ProposalError::Unknown => "unknown",
        ProposalError::Gone => "gone",
        other => return Outcome::Refused(other.to_string()),
    };
    Outcome::Refused(why.into())
}

pub(super) fn proof_refused(error: ProofError) -> Outcome {
    match error {
        ProofError::InvalidTransition(why) => transition(why),
        ProofError::Link(LinkError::Gone) => Outcome::Refused("gone".into()),
        other => Outcome::Refused(other.to_string()),
    }
}

pub(super) fn cancel_refused(error: CancelError) -> Outcome {
    match error {
        CancelError::InvalidTransition(why) => transition(why),
        CancelError::Unknown => Outcome::Refused("unknown".into()),
        CancelError::Gone => Outcome::Refused("gone".into()),
        CancelError::Store(error) => Outcome::Refused(error.to_string()),
    }
}

pub(super) fn transition(why: InvalidTransition) -> Outcome {
    Outcome::Refused(match why {
        InvalidTransition::AlreadyCancelled => "is cancelled".into(),
        InvalidTransition::Over => "over".into(),
        InvalidTransition::State { is, .. } => format!("is {}", is.as_str()),
        InvalidTransition::NotConfirmed => "not confirmed".into(),
        InvalidTransition::AskHost => "ask the host".into(),
        InvalidTransition::TooLate { .. } => "too late".into(),
    })
}

pub(super) fn admission(admission: Admission) -> &'static str {
    match admission {
        Admission::Open => "open",
        Admission::Early { .. } => "early",
        Admission::Over => "over",
        Admission::Revoked => "revoked",
    }
}
