//! `/app/event-types/new` and `/app/event-types/{slug}`: the editor.

mod answers;
mod links;
pub(crate) mod question;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use answers::{Answers, read};
use askama::Template;
use links::{LinkForm, Links};
pub(crate) use links::{post as post_link, post_remove as post_remove_link};
use question::QuestionCard;
use roomkey_app::EventTypeError;
use roomkey_core::{
    availability::Schedule,
    event_type::{EventType, Visibility},
    jitsi::{JitsiServer, JitsiServers},
    text::RESERVED_SLUG,
};

use crate::{
    Web,
    failure::Failure,
    form::Form,
    pages::{page, see_other},
    session::SignedIn,
    view::{AppShell, Problems, Section},
};

/// Where people can meet: kinds and what they are called.
const LOCATIONS: [(&str, &str); 5] = [
    ("jitsi", "In a private video room"),
    ("phone", "By phone: customers call you"),
    ("call", "By phone: you call them"),
    ("in_person", "In person"),
    ("link", "At another address on the web"),
];

/// A schedule to choose from.
#[derive(Debug)]
pub(crate) struct ScheduleChoice {
    /// Empty for the default one.
    pub(crate) id: String,
    pub(crate) name: String,
}

#[derive(Template)]
#[template(path = "pages/app/event_type.html")]
pub(crate) struct Page {
    shell: AppShell,
    heading: String,
    /// Where the form goes.
    action: String,
    /// The page that customers see; none before it is saved.
    url: Option<String>,
    /// What addresses start with, without the scheme.
    site: String,
    schedules: Vec<ScheduleChoice>,
    /// Names and addresses of the Jitsis, where there are several.
    servers: Vec<(String, String)>,
    questions: Vec<QuestionCard>,
    /// Whether customers must give their number as well.
    asks_phone: bool,
    answers: Answers,
    /// Why nobody can book it, if its terms leave no time.
    unbookable: Option<String>,
    /// Whether that page takes a link.
    by_link: bool,
    /// None before it is saved.
    links: Option<Links>,
    problems: Problems,
}

pub(crate) async fn get_new(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
) -> Result<HttpResponse, Failure> {
    let schedules = web.app.schedules(host.user().id).await?;
    let (answers, none) = (Answers::usual(), Problems::default());
    let contents = Page::new(&request, &web, &host, None, &schedules, answers, none);
    page(StatusCode::OK, &contents)
}

pub(crate) async fn post_new(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let schedules = web.app.schedules(host.user().id).await?;
    let mut problems = Problems::default();
    if let Some(terms) = read(&form, &schedules, &web.app.site().jitsi, &mut problems) {
        match web.app.create_event_type(host.user().id, terms).await {
            Ok(EventType { terms, .. }) if terms.visibility == Visibility::Link => {
                return Ok(see_other(format!("/app/event-types/{}?done=made#links", terms.slug)));
            }
            Ok(EventType { terms, .. }) if web.app.unbookable(&terms, &schedules).is_some() => {
                return Ok(see_other(format!("/app/event-types/{}?done=saved", terms.slug)));
            }
            Ok(_) => return Ok(see_other("/app/event-types?done=made")),
            Err(error) => refused(error, &mut problems)?,
        }
    }
    let answers = Answers::typed(&form);
    let contents = Page::new(&request, &web, &host, None, &schedules, answers, problems);
    page(StatusCode::UNPROCESSABLE_ENTITY, &contents)
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    slug: Path<String>,
) -> Result<HttpResponse, Failure> {
    let event = find(&web, &host, &slug).await?;
    let schedules = web.app.schedules(host.user().id).await?;
    let (answers, none) = (Answers::stored(&event.terms), Problems::default());
    let mut contents = Page::new(&request, &web, &host, Some(&event), &schedules, answers, none);
    contents.links = Some(Links::of(&web, &host, &event, &schedules, LinkForm::default()).await?);
    contents.shell.flash = match Form::query(&request).get("done") {
        "saved" => Some("Event type saved. It holds for new bookings from now on."),
        "asked" => Some("Questions saved. They are asked from now on."),
        "made" => Some("Event type saved. It can be booked as soon as you make a link to it."),
        "link" => Some("Link made. Copy it from the list."),
        "link-gone" => Some("Link removed. It opens nothing any more."),
        _ => None,
    };
    page(StatusCode::OK, &contents)
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    slug: Path<String>,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let event = find(&web, &host, &slug).await?;
    let schedules = web.app.schedules(host.user().id).await?;
    let mut problems = Problems::default();
    if let Some(terms) = read(&form, &schedules, &web.app.site().jitsi, &mut problems) {
        let slug = terms.slug.clone();
        match web.app.change_event_type(host.user().id, event.id, terms).await {
            Ok(_) => return Ok(see_other(format!("/app/event-types/{slug}?done=saved"))),
            Err(error) => refused(error, &mut problems)?,
        }
    }
    let answers = Answers::typed(&form);
    let mut contents =
        Page::new(&request, &web, &host, Some(&event), &schedules, answers, problems);
    contents.links = Some(Links::of(&web, &host, &event, &schedules, LinkForm::default()).await?);
    page(StatusCode::UNPROCESSABLE_ENTITY, &contents)
}

pub(super) async fn find(web: &Web, host: &SignedIn, slug: &str) -> Result<EventType, Failure> {
    let all = web.app.event_types(host.user().id).await?;
    all.into_iter().find(|event| event.terms.slug.as_str() == slug).ok_or(Failure::NotFound)
}

fn refused(error: EventTypeError, problems: &mut Problems) -> Result<(), Failure> {
    match error {
        EventTypeError::SlugTaken => {
            problems.add("slug", "Another of your event types has this address, choose another");
            Ok(())
        }
        EventTypeError::Unknown => Err(Failure::NotFound),
        EventTypeError::Store(error) => Err(error.into()),
    }
}

/// To choose from.
fn servers(jitsi: &JitsiServers) -> Vec<(String, String)> {
    if !jitsi.are_several() {
        return Vec::new();
    }
    let choice = |server: &JitsiServer| match server.name {
        None => (String::new(), format!("{} (usual)", server.spoken())),
        Some(name) => (name.to_string(), format!("{name}, {}", server.spoken())),
    };
    jitsi.iter().map(choice).collect()
}

impl ScheduleChoice {
    fn new(schedule: &Schedule) -> Self {
        let name = schedule.name.to_string();
        if schedule.is_default {
            Self { id: String::new(), name: format!("{name} (default)") }
        } else {
            Self { id: schedule.id.to_string(), name }
        }
    }
}

impl Page {
    fn new(
        request: &HttpRequest,
        web: &Web,
        host: &SignedIn,
        event: Option<&EventType>,
        schedules: &[Schedule],
        answers: Answers,
        problems: Problems,
    ) -> Self {
        let slug = event.map(|event| &event.terms.slug);
        Self {
            shell: host.shell(request, Section::EventTypes, None),
            heading: event.map_or("New event type".into(), |event| event.terms.title.to_string()),
            action: slug.map_or(format!("/app/event-types/{RESERVED_SLUG}"), |slug| {
                format!("/app/event-types/{slug}")
            }),
            url: slug.map(|slug| format!("/{}/{slug}", host.user().handle)),
            site: web.spoken_site(),
            schedules: schedules.iter().map(ScheduleChoice::new).collect(),
            servers: servers(&web.app.site().jitsi),
            questions: event.map_or(Vec::new(), |event| {
                event.terms.questions.iter().map(QuestionCard::new).collect()
            }),
            asks_phone: event.is_some_and(|event| event.terms.location.question().is_some()),
            answers,
            unbookable: event
                .and_then(|event| web.app.unbookable(&event.terms, schedules))
                .map(|why| why.to_string()),
            by_link: event.is_some_and(|event| event.terms.visibility == Visibility::Link),
            links: None,
            problems,
        }
    }
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |problems| Self {
            shell: AppShell::sample(Section::EventTypes),
            heading: "Intro <b>bold</b>".into(),
            action: "/app/event-types/intro".into(),
            url: Some("/ada/intro".into()),
            site: "localhost:8080".into(),
            servers: vec![
                (String::new(), "one.example (usual)".into()),
                ("b".into(), "two".into()),
            ],
            schedules: vec![ScheduleChoice { id: String::new(), name: "Hours <b>".into() }],
            questions: vec![QuestionCard::sample(), QuestionCard::sample()],
            asks_phone: true,
            answers: Answers { lobby: true, ..Answers::usual() },
            unbookable: Some("its last date, 1 November 2026, has passed".into()),
            by_link: false,
            links: Some(Links::sample()),
            problems,
        };
        let mut problems = Problems::default();
        problems.add("duration", "Enter a number from 5 to 1440");
        vec![page(Problems::default()), page(problems)]
    }
}
