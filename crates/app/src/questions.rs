//! The questions of an event type, one by one.

use roomkey_core::{
    event_type::EventType,
    ids::{EventTypeId, UserId},
    question::{Question, Questions, QuestionsError},
};
use roomkey_store::StoreError;

use crate::App;

/// The questions stay as they were.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The host has no such event type.
    #[error("there is no such event type")]
    UnknownEventType,
    /// It does not fit to the others.
    #[error(transparent)]
    Questions(#[from] QuestionsError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What becomes of an event type's questions.
#[derive(Debug, Clone)]
pub enum QuestionChange {
    /// One more, at the end.
    Add(Question),
    /// Another in the place of the one of that name.
    Replace(String, Question),
    /// One less.
    Remove(String),
    /// That one a place up.
    Up(String),
    /// That one a place down.
    Down(String),
}

impl App {
    /// Changes the questions of an event type. Bookings keep their answers, with the words that were
    /// asked.
    ///
    /// # Errors
    /// [`AskError`]; then nothing has changed.
    pub async fn change_questions(
        &self,
        host: UserId,
        event_type: EventTypeId,
        change: QuestionChange,
    ) -> Result<EventType, AskError> {
        self.store
            .write(move |tx| {
                let found = tx.event_type(host, event_type)?;
                let mut event_type = found.ok_or(AskError::UnknownEventType)?;
                apply(&mut event_type.terms.questions, &change)?;
                tx.update_event_type(&event_type)?;
                Ok(event_type)
            })
            .await
    }
}

fn apply(questions: &mut Questions, change: &QuestionChange) -> Result<(), QuestionsError> {
    match change {
        QuestionChange::Add(question) => questions.add(question.clone()),
        QuestionChange::Replace(id, question) => questions.replace(id, question.clone()),
        QuestionChange::Remove(id) => questions.remove(id),
        QuestionChange::Up(id) => questions.shift(id, true),
        QuestionChange::Down(id) => questions.shift(id, false),
    }
}
