//! `/app/event-types/{slug}/questions/new` and `…/{id}`: one question of an event type.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use roomkey_app::{AskError, QuestionChange};
use roomkey_core::{
    event_type::EventType,
    question::{Asked, Kind, NotRequired, Question, Questions, QuestionsError},
    text::{FieldError, Line, NEW_QUESTION, QuestionId},
};

use super::find;
use crate::{
    Web,
    failure::Failure,
    form::Form,
    pages::{page, see_other},
    session::SignedIn,
    view::{AppShell, Problems, Section},
};

/// A question in the event type's list.
#[derive(Debug)]
pub(crate) struct QuestionCard {
    pub(crate) id: String,
    pub(crate) label: String,
    pub(crate) summary: String,
}

/// What was typed.
#[derive(Debug, Default)]
pub(crate) struct Typed {
    pub(crate) label: String,
    pub(crate) kind: String,
    pub(crate) asked: String,
    pub(crate) choices: String,
    pub(crate) id: String,
}

#[derive(Template)]
#[template(path = "pages/app/question.html")]
pub(crate) struct Page {
    shell: AppShell,
    /// The event type's name and the path of its page.
    event: String,
    back: String,
    /// The question's name in the form's address; the one for a new question.
    id: String,
    heading: &'static str,
    /// Whether it can be removed.
    stands: bool,
    typed: Typed,
    problems: Problems,
}

/// The kinds and what they are called.
const KINDS: [(&str, &str); 7] = [
    ("short_text", "A line of text"),
    ("long_text", "Several lines of text"),
    ("select", "One of several choices"),
    ("checkbox", "A box to tick"),
    ("phone", "A phone number"),
    ("number", "A number"),
    ("consent", "Consent: a box that must be ticked"),
];

const ASKED: [(&str, &str); 3] = [
    ("required", "It must be answered"),
    ("optional", "It may be answered"),
    ("hidden", "Nobody is asked: the link to the page has the answer"),
];

const NOT_REQUIRED: &str =
    "Consent must be given by everybody: choose It must be answered, or make it a box to tick";

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Failure> {
    let (slug, id) = path.into_inner();
    let event = find(&web, &host, &slug).await?;
    let typed = match event.terms.questions.get(&id) {
        Some(question) => Typed::stored(question),
        None if id == NEW_QUESTION => Typed {
            kind: Kind::ShortText.as_str().into(),
            asked: Asked::Optional.as_str().into(),
            ..Typed::default()
        },
        None => return Err(Failure::NotFound),
    };
    let contents = Page::new(&request, &host, &event, &id, typed, Problems::default());
    page(StatusCode::OK, &contents)
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    path: Path<(String, String)>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let (slug, id) = path.into_inner();
    let event = find(&web, &host, &slug).await?;
    let questions = &event.terms.questions;
    let stands = questions.get(&id).is_some();
    if !stands && id != NEW_QUESTION {
        return Err(Failure::NotFound);
    }
    let mut problems = Problems::default();
    let change = if stands && form.get("do") == "remove" {
        Some(QuestionChange::Remove(id.clone()))
    } else {
        read(&form, questions, &mut problems).map(|question| {
            if stands {
                QuestionChange::Replace(id.clone(), question)
            } else {
                QuestionChange::Add(question)
            }
        })
    };
    if let Some(change) = change {
        match web.app.change_questions(host.user().id, event.id, change).await {
            Ok(_) => return Ok(done(&slug)),
            Err(AskError::Questions(QuestionsError::Taken)) => {
                problems.add("id", "Another question of this event type has this name");
            }
            Err(AskError::Questions(QuestionsError::TooMany)) => {
                problems.add("label", format!("Use at most {} questions", Questions::MOST));
            }
            Err(error) => return Err(refused(error)),
        }
    }
    let contents = Page::new(&request, &host, &event, &id, Typed::read(&form), problems);
    page(StatusCode::UNPROCESSABLE_ENTITY, &contents)
}

pub(crate) async fn post_move(
    web: Data<Web>,
    host: SignedIn,
    path: Path<(String, String)>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let (slug, id) = path.into_inner();
    let event = find(&web, &host, &slug).await?;
    let change = match form.get("to") {
        "up" => QuestionChange::Up(id),
        "down" => QuestionChange::Down(id),
        _ => return Err(Failure::Status(StatusCode::BAD_REQUEST)),
    };
    match web.app.change_questions(host.user().id, event.id, change).await {
        Ok(_) => Ok(done(&slug)),
        Err(error) => Err(refused(error)),
    }
}

fn done(slug: &str) -> HttpResponse {
    see_other(format!("/app/event-types/{slug}?done=asked#questions"))
}

fn refused(error: AskError) -> Failure {
    match error {
        AskError::UnknownEventType | AskError::Questions(_) => Failure::NotFound,
        AskError::Store(error) => error.into(),
    }
}

/// The question that the form tells, if nothing is wrong with it. Without a name it gets one.
fn read(form: &Form, questions: &Questions, problems: &mut Problems) -> Option<Question> {
    let label = match form.get("label").parse::<Line>() {
        Err(FieldError::Required) => {
            problems.add("label", "Enter the question");
            None
        }
        label => problems.check("label", label),
    };
    let kind = match Kind::parse(form.get("kind"), form.get("choices")) {
        Ok(kind) => Some(kind),
        Err(None) => problems.check("kind", Err(FieldError::Choice)),
        Err(Some(error)) => problems.check("choices", Err(error)),
    };
    let asked = problems.check("asked", form.get("asked").parse::<Asked>());
    let id = match form.get("id").trim() {
        "" => label.as_ref().map(|label| questions.name_for(label)),
        text => problems.check("id", text.parse::<QuestionId>()),
    };
    let question = Question::new(id?, label?, kind?, asked?);
    question.map_err(|NotRequired| problems.add("asked", NOT_REQUIRED)).ok()
}

impl QuestionCard {
    pub(crate) fn new(question: &Question) -> Self {
        let named = KINDS.iter().find(|(kind, _)| *kind == question.kind().as_str());
        let kind = match question.kind() {
            Kind::Select(_) => format!("One choice of {}", question.kind().choices().len()),
            _ => named.map(|(_, name)| (*name).to_owned()).unwrap_or_default(),
        };
        let asked = question.asked().as_str();
        Self {
            id: question.id().to_string(),
            label: question.label().to_string(),
            summary: format!("{kind}, {asked}"),
        }
    }
}

impl Typed {
    fn stored(question: &Question) -> Self {
        let choices = question.kind().choices().iter();
        Self {
            label: question.label().to_string(),
            kind: question.kind().as_str().into(),
            asked: question.asked().as_str().into(),
            choices: choices.map(Line::to_string).collect::<Vec<_>>().join("\n"),
            id: question.id().to_string(),
        }
    }

    fn read(form: &Form) -> Self {
        Self {
            label: form.text("label"),
            kind: form.text("kind"),
            asked: form.text("asked"),
            choices: form.text("choices"),
            id: form.text("id"),
        }
    }
}

impl Page {
    fn new(
        request: &HttpRequest,
        host: &SignedIn,
        event: &EventType,
        id: &str,
        typed: Typed,
        problems: Problems,
    ) -> Self {
        let stands = event.terms.questions.get(id).is_some();
        Self {
            shell: host.shell(request, Section::EventTypes, None),
            event: event.terms.title.to_string(),
            back: format!("/app/event-types/{}", event.terms.slug),
            id: if stands { id.to_owned() } else { NEW_QUESTION.to_owned() },
            heading: if stands { "Question" } else { "New question" },
            stands,
            typed,
            problems,
        }
    }
}

#[cfg(test)]
impl QuestionCard {
    pub(crate) fn sample() -> Self {
        Self {
            id: "size".into(),
            label: "What <b>size</b>?".into(),
            summary: "A number, required".into(),
        }
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |stands, problems| Self {
            shell: AppShell::sample(Section::EventTypes),
            event: "Intro <b>bold</b>".into(),
            back: "/app/event-types/intro".into(),
            id: "size".into(),
            heading: "Question",
            stands,
            typed: Typed { label: "What <b>size</b>?".into(), ..Typed::default() },
            problems,
        };
        let mut problems = Problems::default();
        problems.add("kind", "Choose one of the list");
        vec![page(true, Problems::default()), page(false, problems)]
    }
}
