use std::fmt;

use super::{Asked, Kind, Question};
use crate::{
    booking::Side,
    text::{Decimal, FieldError, Line, Note, PhoneNumber},
};

/// Answers as they came, before the questions are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Given {
    answers: Vec<(String, String)>,
    from_form: bool,
}

/// An answer, with the words of its question as they were asked: the question may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The question's name.
    pub question: String,
    /// Its words.
    pub label: Line,
    /// What was answered.
    pub value: AnswerValue,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerValue {
    /// Words, a choice or a telephone number.
    Text(Note),
    /// A number.
    Number(Decimal),
    /// Whether a box was ticked.
    Ticked(bool),
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongAnswer {
    /// The name of the question, or what was given in place of one.
    pub question: String,
    /// Why.
    pub error: AnswerError,
}

/// Why an answer is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It is missing, or not what is asked for.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// There is no question of that name.
    #[error("there is no such question")]
    Unknown {
        /// The names that there are.
        known: Vec<String>,
    },
}

impl fmt::Display for AnswerValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => text.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Ticked(ticked) => f.write_str(if *ticked { "Yes" } else { "No" }),
        }
    }
}

impl Given {
    /// Of a page's form, names and texts. Names that no question has are left over from an earlier
    /// form and do no harm, and nobody saw what a link gave for hidden questions.
    pub const fn on_form(answers: Vec<(String, String)>) -> Self {
        Self { answers, from_form: true }
    }

    /// Of a program, which is told everything that is wrong.
    pub const fn by_program(answers: Vec<(String, String)>) -> Self {
        Self { answers, from_form: false }
    }

    /// Names and texts, as they came.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.answers.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The text for a question, empty if there is none.
    pub fn text(&self, question: &str) -> &str {
        self.pairs().find(|(name, _)| *name == question).map_or("", |(_, text)| text)
    }

    /// Reads them as answers to `questions`. Of a host, who books for somebody else, none is
    /// required.
    ///
    /// # Errors
    /// All that are wrong or missing, in the order of the questions.
    pub fn read<'a>(
        &self,
        questions: impl IntoIterator<Item = &'a Question>,
        by: Side,
    ) -> Result<Vec<Answer>, Vec<WrongAnswer>> {
        let (mut answers, mut wrong, mut known) = (Vec::new(), Vec::new(), Vec::new());
        for question in questions {
            let name = question.id().as_str();
            known.push(name);
            match self.answer(question, by) {
                Ok(Some(value)) => answers.push(Answer {
                    question: name.to_owned(),
                    label: question.label().clone(),
                    value,
                }),
                Ok(None) => {}
                Err(_) if self.from_form && question.asked() == Asked::Hidden => {}
                Err(error) => {
                    let error = AnswerError::Field(error);
                    wrong.push(WrongAnswer { question: name.to_owned(), error });
                }
            }
        }
        if !self.from_form {
            for (name, _) in self.pairs().filter(|(name, _)| !known.contains(name)) {
                let known = known.iter().map(|name| (*name).to_owned()).collect();
                let error = AnswerError::Unknown { known };
                wrong.push(WrongAnswer { question: name.to_owned(), error });
            }
        }
        if wrong.is_empty() { Ok(answers) } else { Err(wrong) }
    }

    fn answer(&self, question: &Question, by: Side) -> Result<Option<AnswerValue>, FieldError> {
        let text = self.text(question.id().as_str());
        let is_required = by == Side::Customer && question.asked() == Asked::Required;
        let line = |line: Line| AnswerValue::Text(Note::from_stored(line.to_string()));
        match question.kind() {
            Kind::Checkbox | Kind::Consent => match (ticked(text)?, is_required) {
                (true, _) => Ok(Some(AnswerValue::Ticked(true))),
                (false, true) => Err(FieldError::Consent),
                (false, false) => {
                    let was_asked = by == Side::Customer && question.asked() != Asked::Hidden;
                    Ok(was_asked.then_some(AnswerValue::Ticked(false)))
                }
            },
            _ if text.trim().is_empty() => {
                if is_required {
                    Err(FieldError::Required)
                } else {
                    Ok(None)
                }
            }
            Kind::ShortText => text.parse().map(line).map(Some),
            Kind::LongText => text.parse().map(AnswerValue::Text).map(Some),
            Kind::Number => text.parse().map(AnswerValue::Number).map(Some),
            Kind::Phone => {
                let number: PhoneNumber = text.parse()?;
                Ok(Some(AnswerValue::Text(Note::from_stored(number.to_string()))))
            }
            Kind::Select(choices) => {
                let chosen = choices.0.iter().find(|choice| choice.as_str() == text);
                chosen.cloned().map(line).map(Some).ok_or(FieldError::Choice)
            }
        }
    }
}

fn ticked(text: &str) -> Result<bool, FieldError> {
    match text {
        "on" | "true" => Ok(true),
        "" | "false" => Ok(false),
        _ => Err(FieldError::YesOrNo),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn questions() -> Vec<Question> {
        [
            ("name", "short_text", Asked::Required),
            ("story", "long_text", Asked::Optional),
            ("size", "select", Asked::Required),
            ("news", "checkbox", Asked::Optional),
            ("call", "phone", Asked::Optional),
            ("people", "number", Asked::Optional),
            ("terms", "consent", Asked::Required),
            ("source", "number", Asked::Hidden),
        ]
        .into_iter()
        .map(|(id, kind, asked)| {
            let kind = Kind::parse(kind, "Small\nLarge").unwrap();
            let label = format!("{id}?").parse().unwrap();
            Question::new(id.parse().unwrap(), label, kind, asked).unwrap()
        })
        .collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn told(answers: &[Answer]) -> Vec<(&str, String)> {
        answers.iter().map(|a| (a.question.as_str(), a.value.to_string())).collect()
    }

    #[test]
    fn each_kind_reads_its_answers() {
        let given = pairs(&[
            ("name", " Acme "),
            ("story", "One\ntwo"),
            ("size", "Large"),
            ("call", "+49 30 123456"),
            ("people", "2,5"),
            ("terms", "on"),
            ("source", "7"),
            ("left-over", "x"),
        ]);
        let read = Given::on_form(given).read(&questions(), Side::Customer).unwrap();
        let expected = [
            ("name", "Acme"),
            ("story", "One\ntwo"),
            ("size", "Large"),
            ("news", "No"),
            ("call", "+49 30 123456"),
            ("people", "2.5"),
            ("terms", "Yes"),
            ("source", "7"),
        ];
        assert_eq!(told(&read), expected.map(|(name, text)| (name, text.to_owned())));
        assert_eq!(read[0].label.as_str(), "name?");
    }

    #[test]
    fn what_is_missing_or_wrong_is_told_in_order() {
        let given = pairs(&[
            ("size", "Huge"),
            ("call", "me"),
            ("people", "many"),
            ("source", "x"),
            ("left-over", "x"),
        ]);
        let wrong = |given: Given| {
            let wrong = given.read(&questions(), Side::Customer).unwrap_err();
            wrong.into_iter().map(|w| (w.question, w.error)).collect::<Vec<_>>()
        };
        let mut expected = [
            ("name", FieldError::Required),
            ("size", FieldError::Choice),
            ("call", FieldError::Phone),
            ("people", FieldError::Decimal),
            ("terms", FieldError::Consent),
        ]
        .map(|(name, error)| (name.to_owned(), AnswerError::Field(error)))
        .to_vec();
        assert_eq!(wrong(Given::on_form(given.clone())), expected);
        expected.push(("source".to_owned(), FieldError::Decimal.into()));
        let known = questions().iter().map(|question| question.id().to_string()).collect();
        expected.push(("left-over".to_owned(), AnswerError::Unknown { known }));
        assert_eq!(wrong(Given::by_program(given)), expected);
    }

    #[test]
    fn a_host_need_not_answer() {
        assert_eq!(Given::default().read(&questions(), Side::Host), Ok(Vec::new()));
        let wrong = Given::by_program(pairs(&[("news", "perhaps")]));
        let wrong = wrong.read(&questions(), Side::Host).unwrap_err();
        assert_eq!(wrong[0].error, FieldError::YesOrNo.into());
    }
}
