//! Questions that an event type asks of whoever books it, and the answers.

mod answer;

use std::{collections::BTreeSet, str::FromStr};

pub use answer::{Answer, AnswerError, AnswerValue, Given, WrongAnswer};

use crate::text::{FieldError, Line, QuestionId};

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    id: QuestionId,
    label: Line,
    kind: Kind,
    asked: Asked,
}

/// What an answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// One line.
    ShortText,
    /// Several lines.
    LongText,
    /// One of these.
    Select(Choices),
    /// Yes or no.
    Checkbox,
    /// A telephone number.
    Phone,
    /// A number, with or without decimals.
    Number,
    /// Agreement to the question's own words; who does not agree can not book.
    Consent,
}

/// What a customer can choose from: 2 to [`Choices::MOST`] different lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices(Vec<Line>);

/// Whether a question must be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It must.
    Required,
    /// It may.
    Optional,
    /// Nobody is asked: the link to the page has the answer in it (`q_ID=…`), or there is none.
    Hidden,
}

/// The questions of an event type, in order, each under a name of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Questions(Vec<Question>);

/// Consent that need not be given is none: a box to tick can be left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("consent must be given by everybody")]
pub struct NotRequired;

/// A question did not fit to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuestionsError {
    /// There are as many as there can be.
    #[error("use at most {} questions", Questions::MOST)]
    TooMany,
    /// Another one has its name.
    #[error("another question has this name")]
    Taken,
    /// There is none of that name.
    #[error("there is no such question")]
    Unknown,
}

impl Question {
    /// Puts a question together.
    ///
    /// # Errors
    /// [`NotRequired`] for consent that is not [`Asked::Required`].
    pub fn new(id: QuestionId, label: Line, kind: Kind, asked: Asked) -> Result<Self, NotRequired> {
        if kind == Kind::Consent && asked != Asked::Required {
            return Err(NotRequired);
        }
        Ok(Self { id, label, kind, asked })
    }

    /// At which number the host calls: asked by the page itself, under a name that no other has.
    pub(crate) fn phone() -> Self {
        Self {
            id: QuestionId::from_stored("phone".to_owned()),
            label: Line::from_stored("Your phone number".to_owned()),
            kind: Kind::Phone,
            asked: Asked::Required,
        }
    }

    /// Its name in links (`q_ID`), answers and exports.
    pub const fn id(&self) -> &QuestionId {
        &self.id
    }

    /// Its words.
    pub const fn label(&self) -> &Line {
        &self.label
    }

    /// What an answer is.
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Whether it must be answered.
    pub const fn asked(&self) -> Asked {
        self.asked
    }
}

impl Kind {
    /// The names of all kinds.
    pub const NAMES: [&str; 7] =
        ["short_text", "long_text", "select", "checkbox", "phone", "number", "consent"];

    /// Reads a kind's name; `choices` are a selection's, one on each line, and ignored otherwise.
    ///
    /// # Errors
    /// None for a name that is none; else what is wrong with the choices.
    pub fn parse(name: &str, choices: &str) -> Result<Self, Option<FieldError>> {
        match name {
            "short_text" => Ok(Self::ShortText),
            "long_text" => Ok(Self::LongText),
            "select" => choices.parse().map(Self::Select).map_err(Some),
            "checkbox" => Ok(Self::Checkbox),
            "phone" => Ok(Self::Phone),
            "number" => Ok(Self::Number),
            "consent" => Ok(Self::Consent),
            _ => Err(None),
        }
    }

    /// Its name in pages, commands and the database.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::ShortText => "short_text",
            Self::LongText => "long_text",
            Self::Select(_) => "select",
            Self::Checkbox => "checkbox",
            Self::Phone => "phone",
            Self::Number => "number",
            Self::Consent => "consent",
        }
    }

    /// What can be chosen; nothing where an answer is no choice.
    pub fn choices(&self) -> &[Line] {
        match self {
            Self::Select(choices) => &choices.0,
            _ => &[],
        }
    }
}

impl Choices {
    /// The most choices.
    pub const MOST: usize = 30;
}

impl FromStr for Choices {
    type Err = FieldError;

    /// One on each line; empty lines and repeated ones are left out.
    fn from_str(text: &str) -> Result<Self, FieldError> {
        let mut lines = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let line: Line = line.trim().parse()?;
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        match lines.len() {
            0 | 1 => Err(FieldError::TooFewChoices { min: 2 }),
            count if count > Self::MOST => Err(FieldError::TooMany { max: Self::MOST }),
            _ => Ok(Self(lines)),
        }
    }
}

impl Asked {
    /// The names of all.
    pub const NAMES: [&str; 3] = ["required", "optional", "hidden"];

    /// Its name in pages, commands and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Optional => "optional",
            Self::Hidden => "hidden",
        }
    }
}

impl FromStr for Asked {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        match text {
            "required" => Ok(Self::Required),
            "optional" => Ok(Self::Optional),
            "hidden" => Ok(Self::Hidden),
            _ => Err(FieldError::Choice),
        }
    }
}

impl Questions {
    /// The most questions of an event type.
    pub const MOST: usize = 20;
    /// None.
    pub const NONE: Self = Self(Vec::new());

    /// All of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Question> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one of that name.
    pub fn get(&self, id: &str) -> Option<&Question> {
        self.0.iter().find(|question| question.id.as_str() == id)
    }

    /// Adds one at the end.
    ///
    /// # Errors
    /// [`QuestionsError::TooMany`] or [`QuestionsError::Taken`].
    pub fn add(&mut self, question: Question) -> Result<(), QuestionsError> {
        if self.get(question.id.as_str()).is_some() {
            return Err(QuestionsError::Taken);
        }
        if self.0.len() >= Self::MOST {
            return Err(QuestionsError::TooMany);
        }
        self.0.push(question);
        Ok(())
    }

    /// Puts another in the place of the one of that name.
    ///
    /// # Errors
    /// [`QuestionsError::Unknown`] or [`QuestionsError::Taken`].
    pub fn replace(&mut self, id: &str, question: Question) -> Result<(), QuestionsError> {
        if question.id.as_str() != id && self.get(question.id.as_str()).is_some() {
            return Err(QuestionsError::Taken);
        }
        let place = self.0.iter_mut().find(|old| old.id.as_str() == id);
        *place.ok_or(QuestionsError::Unknown)? = question;
        Ok(())
    }

    /// Takes one away.
    ///
    /// # Errors
    /// [`QuestionsError::Unknown`].
    pub fn remove(&mut self, id: &str) -> Result<(), QuestionsError> {
        let place = self.position(id)?;
        self.0.remove(place);
        Ok(())
    }

    /// Moves one a place up, or down; at an end it stays.
    ///
    /// # Errors
    /// [`QuestionsError::Unknown`].
    pub fn shift(&mut self, id: &str, up: bool) -> Result<(), QuestionsError> {
        let place = self.position(id)?;
        let other = if up { place.saturating_sub(1) } else { place + 1 };
        if other < self.0.len() {
            self.0.swap(place, other);
        }
        Ok(())
    }

    fn position(&self, id: &str) -> Result<usize, QuestionsError> {
        let found = self.0.iter().position(|question| question.id.as_str() == id);
        found.ok_or(QuestionsError::Unknown)
    }

    /// A name for a new question, made of its words, that no other has.
    pub fn name_for(&self, label: &Line) -> QuestionId {
        let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' };
        let plain: String = label.as_str().chars().map(letter).collect();
        let mut words = String::new();
        for word in plain.split_whitespace() {
            if words.len() + word.len() > 32 {
                break;
            }
            if !words.is_empty() {
                words.push('-');
            }
            words.push_str(word);
        }
        if words.is_empty() {
            words.push_str("question");
        }
        let taken: BTreeSet<&str> = self.0.iter().map(|question| question.id.as_str()).collect();
        let numbered = (2..).map(|number: u32| format!("{words}-{number}"));
        let free = std::iter::once(words.clone())
            .chain(numbered)
            .find(|name| !taken.contains(name.as_str()) && name.parse::<QuestionId>().is_ok());
        QuestionId::from_stored(free.unwrap_or(words))
    }
}

impl<'a> IntoIterator for &'a Questions {
    type Item = &'a Question;
    type IntoIter = std::slice::Iter<'a, Question>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Question> for Questions {
    /// As they were stored.
    fn from_iter<I: IntoIterator<Item = Question>>(questions: I) -> Self {
        Self(questions.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(id: &str, kind: Kind, asked: Asked) -> Question {
        Question::new(id.parse().unwrap(), "Words?".parse().unwrap(), kind, asked).unwrap()
    }

    #[test]
    fn each_has_a_name_of_its_own() {
        let mut all = Questions::default();
        for label in ["What’s your budget?", "What’s your budget?", "Phone", "預算", "Note"] {
            let label: Line = label.parse().unwrap();
            let id = all.name_for(&label);
            let question = Question::new(id, label, Kind::ShortText, Asked::Optional);
            all.add(question.unwrap()).unwrap();
        }
        let names: Vec<&str> = all.iter().map(|question| question.id().as_str()).collect();
        assert_eq!(
            names,
            ["what-s-your-budget", "what-s-your-budget-2", "phone-2", "question", "note-2"]
        );
        let again = question("question", Kind::Number, Asked::Required);
        assert_eq!(all.add(again.clone()), Err(QuestionsError::Taken));
        assert_eq!(all.replace("note-2", again.clone()), Err(QuestionsError::Taken));
        assert_eq!(all.replace("question", again), Ok(()));
        assert_eq!(all.get("question").unwrap().kind(), &Kind::Number);
        assert_eq!(all.remove("nothing"), Err(QuestionsError::Unknown));
        for number in all.iter().count()..Questions::MOST {
            all.add(question(&format!("n{number}"), Kind::Number, Asked::Optional)).unwrap();
        }
        let more = question("more", Kind::Number, Asked::Optional);
        assert_eq!(all.add(more), Err(QuestionsError::TooMany));
    }

    #[test]
    fn they_move_up_and_down_and_stay_at_the_ends() {
        let ids = |all: &Questions| all.iter().map(|q| q.id().to_string()).collect::<String>();
        let one = |id: &str| question(id, Kind::Checkbox, Asked::Optional);
        let mut all: Questions = ["a", "b", "c"].into_iter().map(one).collect();
        all.shift("c", true).unwrap();
        assert_eq!(ids(&all), "acb");
        all.shift("a", true).unwrap();
        all.shift("b", false).unwrap();
        assert_eq!(ids(&all), "acb");
        all.shift("a", false).unwrap();
        assert_eq!(ids(&all), "cab");
    }

    #[test]
    fn kinds_and_choices_read_as_they_are_written() {
        for name in Kind::NAMES {
            assert_eq!(Kind::parse(name, "a\n\n b \na").unwrap().as_str(), name);
        }
        assert_eq!(Kind::parse("select", "a\n\n b \na").unwrap().choices().len(), 2);
        assert_eq!(Kind::parse("select", "a"), Err(Some(FieldError::TooFewChoices { min: 2 })));
        assert_eq!(Kind::parse("file", ""), Err(None));
        for name in Asked::NAMES {
            assert_eq!(name.parse::<Asked>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn consent_is_required_or_none() {
        let consent = |asked| {
            Question::new("a".parse().unwrap(), "I agree".parse().unwrap(), Kind::Consent, asked)
        };
        assert_eq!(consent(Asked::Required).unwrap().asked(), Asked::Required);
        for asked in [Asked::Optional, Asked::Hidden] {
            assert_eq!(consent(asked), Err(NotRequired), "{asked:?}");
        }
    }
}
