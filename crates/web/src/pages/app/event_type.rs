//! `/app/event-types/new` and `/app/event-types/{slug}`: the editor.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path},
};
use askama::Template;
use roomkey_app::EventTypeError;
use roomkey_core::{
    event_type::{Bounds, Buffers, EventType, RoomPolicy, Terms},
    text::{Note, RESERVED_SLUG, Slug, Title},
    time::Minutes,
};

use crate::{
    Web,
    failure::Failure,
    form::Form,
    pages::{page, see_other},
    session::SignedIn,
    view::{AppShell, Problems, Section},
};

/// What was typed.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) title: String,
    pub(crate) slug: String,
    pub(crate) duration: String,
    pub(crate) description: String,
    pub(crate) min_notice: String,
    pub(crate) window_days: String,
    pub(crate) increment: String,
    pub(crate) buffer_before: String,
    pub(crate) buffer_after: String,
    pub(crate) early: String,
    pub(crate) grace: String,
    pub(crate) max_occupants: String,
    pub(crate) lobby: bool,
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
    answers: Answers,
    problems: Problems,
}

pub(crate) async fn get_new(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
) -> Result<HttpResponse, Failure> {
    let answers = Answers {
        duration: "30".into(),
        min_notice: "0".into(),
        window_days: "60".into(),
        buffer_before: "0".into(),
        buffer_after: "0".into(),
        early: "10".into(),
        grace: "15".into(),
        ..Answers::default()
    };
    let contents = Page::new(&request, &web, &host, None, answers, Problems::default());
    page(StatusCode::OK, &contents)
}

pub(crate) async fn post_new(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    form: Form,
) -> Result<HttpResponse, Failure> {
    host.check(&form)?;
    let mut problems = Problems::default();
    if let Some(terms) = read(&form, &mut problems) {
        match web.app.create_event_type(host.user().id, terms).await {
            Ok(_) => return Ok(see_other("/app/event-types?done=made")),
            Err(error) => refused(error, &mut problems)?,
        }
    }
    let contents = Page::new(&request, &web, &host, None, Answers::typed(&form), problems);
    page(StatusCode::UNPROCESSABLE_ENTITY, &contents)
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
    slug: Path<String>,
) -> Result<HttpResponse, Failure> {
    let event = find(&web, &host, &slug).await?;
    let answers = Answers::stored(&event.terms);
    let mut contents = Page::new(&request, &web, &host, Some(&event), answers, Problems::default());
    contents.shell.flash = match Form::query(&request).get("done") {
        "saved" => Some("Event type saved. It holds for new bookings from now on."),
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
    let mut problems = Problems::default();
    if let Some(terms) = read(&form, &mut problems) {
        let slug = terms.slug.clone();
        match web.app.change_event_type(host.user().id, event.id, terms).await {
            Ok(_) => return Ok(see_other(format!("/app/event-types/{slug}?done=saved"))),
            Err(error) => refused(error, &mut problems)?,
        }
    }
    let answers = Answers::typed(&form);
    let contents = Page::new(&request, &web, &host, Some(&event), answers, problems);
    page(StatusCode::UNPROCESSABLE_ENTITY, &contents)
}

async fn find(web: &Web, host: &SignedIn, slug: &str) -> Result<EventType, Failure> {
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

/// The terms that the form asks for, if nothing is wrong with it. What may be left empty then has
/// its usual value.
fn read(form: &Form, problems: &mut Problems) -> Option<Terms> {
    let title = problems.check("title", form.get("title").parse::<Title>());
    let slug = problems.check("slug", form.get("slug").parse::<Slug>());
    let description = problems.check("description", form.get("description").parse::<Note>());
    let duration = problems.check("duration", Bounds::DURATION.parse(form.get("duration")));
    let mut number = |id: &'static str, bounds: Bounds, usual: Option<u32>| match form.get(id) {
        text if text.trim().is_empty() => usual,
        text => problems.check(id, bounds.parse(text)),
    };
    let min_notice = number("min_notice", Bounds::MIN_NOTICE, Some(0));
    let window_days = number("window_days", Bounds::WINDOW_DAYS, Some(60));
    let increment = number("increment", Bounds::INCREMENT, duration);
    let before = number("buffer_before", Bounds::BUFFER, Some(0));
    let after = number("buffer_after", Bounds::BUFFER, Some(0));
    let early = number("early", Bounds::ROOM, Some(10));
    let grace = number("grace", Bounds::ROOM, Some(15));
    let max_occupants = number("max_occupants", Bounds::OCCUPANTS, None);
    if !problems.is_empty() {
        return None;
    }
    Some(Terms {
        slug: slug?,
        title: title?,
        description: description?,
        duration: Minutes(duration?),
        increment: Minutes(increment?),
        buffers: Buffers { before: Minutes(before?), after: Minutes(after?) },
        min_notice: Minutes(min_notice?),
        window_days: u16::try_from(window_days?).ok()?,
        room: RoomPolicy {
            early: Minutes(early?),
            grace: Minutes(grace?),
            max_occupants,
            lobby: form.has("lobby"),
        },
    })
}

impl Answers {
    fn typed(form: &Form) -> Self {
        Self {
            title: form.text("title"),
            slug: form.text("slug"),
            duration: form.text("duration"),
            description: form.text("description"),
            min_notice: form.text("min_notice"),
            window_days: form.text("window_days"),
            increment: form.text("increment"),
            buffer_before: form.text("buffer_before"),
            buffer_after: form.text("buffer_after"),
            early: form.text("early"),
            grace: form.text("grace"),
            max_occupants: form.text("max_occupants"),
            lobby: form.has("lobby"),
        }
    }

    fn stored(terms: &Terms) -> Self {
        let increment = (terms.increment != terms.duration).then(|| terms.increment.0.to_string());
        let occupants = terms.room.max_occupants.map(|most| most.to_string());
        Self {
            title: terms.title.to_string(),
            slug: terms.slug.to_string(),
            duration: terms.duration.0.to_string(),
            description: terms.description.to_string(),
            min_notice: terms.min_notice.0.to_string(),
            window_days: terms.window_days.to_string(),
            increment: increment.unwrap_or_default(),
            buffer_before: terms.buffers.before.0.to_string(),
            buffer_after: terms.buffers.after.0.to_string(),
            early: terms.room.early.0.to_string(),
            grace: terms.room.grace.0.to_string(),
            max_occupants: occupants.unwrap_or_default(),
            lobby: terms.room.lobby,
        }
    }
}

impl Page {
    fn new(
        request: &HttpRequest,
        web: &Web,
        host: &SignedIn,
        event: Option<&EventType>,
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
            answers,
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
            answers: Answers { lobby: true, ..Answers::default() },
            problems,
        };
        let mut problems = Problems::default();
        problems.add("duration", "Enter a number from 5 to 1440");
        vec![page(Problems::default()), page(problems)]
    }
}
