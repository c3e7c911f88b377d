//! An event type's questions as fields of a form.

use std::borrow::Cow;

use roomkey_core::{
    booking::Side,
    question::{AnswerError, Asked, Given, Kind, Question, WrongAnswer},
    text::FieldError,
};

use super::Problems;

/// A question on a form.
#[derive(Debug)]
pub(crate) struct Ask {
    /// The field's name and id: `q_ID`.
    pub(crate) field: String,
    pub(crate) label: String,
    pub(crate) kind: AskKind,
    pub(crate) is_required: bool,
    /// What was typed or chosen.
    pub(crate) text: String,
}

/// How it is answered.
#[derive(Debug)]
pub(crate) enum AskKind {
    Line,
    Text,
    Phone,
    Number,
    Choice(Vec<String>),
    Tick,
}

impl Ask {
    /// Takes a tick back.
    pub(crate) fn untick(&mut self) {
        if matches!(self.kind, AskKind::Tick) {
            self.text.clear();
        }
    }
}

fn field(question: &str) -> String {
    format!("q_{question}")
}

/// The fields for those questions that are asked of one side, with what was given. A host does not
/// agree for a customer.
pub(crate) fn asks(questions: &[Question], by: Side, given: &Given) -> Vec<Ask> {
    let shown = |question: &&Question| match question.asked() {
        Asked::Hidden => false,
        Asked::Required | Asked::Optional => {
            by == Side::Customer || *question.kind() != Kind::Consent
        }
    };
    let ask = |question: &Question| Ask {
        field: field(question.id().as_str()),
        label: question.label().to_string(),
        kind: match question.kind() {
            Kind::ShortText => AskKind::Line,
            Kind::LongText => AskKind::Text,
            Kind::Phone => AskKind::Phone,
            Kind::Number => AskKind::Number,
            Kind::Select(_) => AskKind::Choice(
                question.kind().choices().iter().map(|choice| choice.to_string()).collect(),
            ),
            Kind::Checkbox | Kind::Consent => AskKind::Tick,
        },
        is_required: by == Side::Customer && question.asked() == Asked::Required,
        text: match given.text(question.id().as_str()) {
            // As programs and links say it, too.
            "true" if matches!(question.kind(), Kind::Checkbox | Kind::Consent) => "on".to_owned(),
            text => text.to_owned(),
        },
    };
    questions.iter().filter(shown).map(ask).collect()
}

/// The same with what an address says. Nobody agrees by following a link.
pub(crate) fn asks_prefilled(questions: &[Question], given: &Given) -> Vec<Ask> {
    let consents = |field_name: &str| {
        let is_it = |question: &&Question| field(question.id().as_str()) == field_name;
        questions.iter().find(is_it).is_some_and(|question| *question.kind() == Kind::Consent)
    };
    let mut asks = asks(questions, Side::Customer, given);
    asks.iter_mut().filter(|ask| consents(&ask.field)).for_each(Ask::untick);
    asks
}

/// What a link gave for hidden questions, to be carried on by the form: names and texts.
pub(crate) fn hidden_answers(questions: &[Question], given: &Given) -> Vec<(String, String)> {
    let hidden = questions.iter().filter(|question| question.asked() == Asked::Hidden);
    hidden
        .map(|question| question.id().as_str())
        .filter(|id| !given.text(id).is_empty())
        .map(|id| (field(id), given.text(id).to_owned()))
        .collect()
}

/// Notes what is wrong with answers, in words that are clear without the fields beside them.
pub(crate) fn note_wrong(questions: &[Question], wrong: &[WrongAnswer], problems: &mut Problems) {
    for WrongAnswer { question, error } in wrong {
        let asked = questions.iter().find(|asked| asked.id().as_str() == question);
        let (Some(asked), AnswerError::Field(error)) = (asked, error) else { continue };
        let label = short(asked.label().as_str());
        let text = match error {
            FieldError::Required => format!("Answer “{label}”"),
            FieldError::Choice => format!("Choose an answer to “{label}”"),
            error => format!("{error}: “{label}”"),
        };
        problems.add(field(question), text);
    }
}

/// The start of a long text.
fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(60) {
        None => text.into(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default().trim_end()).into(),
    }
}

#[cfg(test)]
impl Ask {
    /// One of each kind.
    pub(crate) fn samples() -> Vec<Self> {
        let choices = || vec!["Small <b>".to_owned(), "Large".to_owned()];
        let kinds = [
            AskKind::Line,
            AskKind::Text,
            AskKind::Phone,
            AskKind::Number,
            AskKind::Choice(choices()),
            AskKind::Tick,
        ];
        let ask = |(number, kind)| Self {
            field: format!("q_n{number}"),
            label: "What <b>size</b>?".into(),
            kind,
            is_required: number % 2 == 0,
            text: "Large".into(),
        };
        kinds.into_iter().enumerate().map(ask).collect()
    }
}
