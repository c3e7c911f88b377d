//! Questions and answers as JSON: both are always read and written whole.

use roomkey_core::{
    question::{Answer, AnswerValue, Asked, Kind, Question, Questions},
    text::{Decimal, Line, Note, QuestionId},
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct QuestionJson {
    id: String,
    label: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    choices: Vec<String>,
    asked: String,
}

#[derive(Serialize, Deserialize)]
struct AnswerJson {
    id: String,
    label: String,
    #[serde(flatten)]
    value: ValueJson,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ValueJson {
    Text(String),
    Number(String),
    Ticked(bool),
}

pub(crate) fn read_questions(text: &str) -> Option<Questions> {
    let rows: Vec<QuestionJson> = serde_json::from_str(text).ok()?;
    rows.into_iter().map(read_question).collect()
}

fn read_question(row: QuestionJson) -> Option<Question> {
    let id = QuestionId::from_stored(row.id);
    let label = Line::from_stored(row.label);
    let kind = Kind::parse(&row.kind, &row.choices.join("\n")).ok()?;
    Question::new(id, label, kind, row.asked.parse::<Asked>().ok()?).ok()
}

pub(crate) fn write_questions(questions: &Questions) -> String {
    let row = |question: &Question| QuestionJson {
        id: question.id().to_string(),
        label: question.label().to_string(),
        kind: question.kind().as_str().to_owned(),
        choices: question.kind().choices().iter().map(Line::to_string).collect(),
        asked: question.asked().as_str().to_owned(),
    };
    serde_json::json!(questions.iter().map(row).collect::<Vec<_>>()).to_string()
}

pub(crate) fn read_answers(text: &str) -> Option<Vec<Answer>> {
    // Most bookings have none.
    if text == "[]" {
        return Some(Vec::new());
    }
    let rows: Vec<AnswerJson> = serde_json::from_str(text).ok()?;
    let answer = |AnswerJson { id, label, value }| Answer {
        question: id,
        label: Line::from_stored(label),
        value: match value {
            ValueJson::Text(text) => AnswerValue::Text(Note::from_stored(text)),
            ValueJson::Number(number) => AnswerValue::Number(Decimal::from_stored(number)),
            ValueJson::Ticked(ticked) => AnswerValue::Ticked(ticked),
        },
    };
    Some(rows.into_iter().map(answer).collect())
}

pub(crate) fn write_answers(answers: &[Answer]) -> String {
    let row = |answer: &Answer| AnswerJson {
        id: answer.question.clone(),
        label: answer.label.to_string(),
        value: match &answer.value {
            AnswerValue::Text(text) => ValueJson::Text(text.to_string()),
            AnswerValue::Number(number) => ValueJson::Number(number.to_string()),
            AnswerValue::Ticked(ticked) => ValueJson::Ticked(*ticked),
        },
    };
    serde_json::json!(answers.iter().map(row).collect::<Vec<_>>()).to_string()
}
