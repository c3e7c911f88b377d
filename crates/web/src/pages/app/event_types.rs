//! `/app/event-types`: what the host offers.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use roomkey_core::event_type::Visibility;

use crate::{
    Web,
    failure::Failure,
    form::Form,
    pages::page,
    session::SignedIn,
    view::{AppShell, Section},
};

/// An event type, as a row.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) length: String,
    pub(crate) url: String,
    /// The address as people say it, without the scheme.
    pub(crate) address: String,
    /// Where it is not listed, how it is reached.
    pub(crate) badge: Option<&'static str>,
    /// Why nobody can book it, if its terms leave no time.
    pub(crate) unbookable: Option<String>,
    /// Whether its address alone leads nowhere.
    pub(crate) by_link: bool,
}

#[derive(Template)]
#[template(path = "pages/app/event_types.html")]
pub(crate) struct Page {
    shell: AppShell,
    events: Vec<Row>,
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
) -> Result<HttpResponse, Failure> {
    let handle = &host.user().handle;
    let (site, spoken) = (web.app.site().public_url.as_str(), web.spoken_site());
    let events = web.app.event_types(host.user().id).await?;
    let schedules = web.app.schedules(host.user().id).await?;
    let events = events.into_iter().map(|event| Row {
        url: format!("{site}/{handle}/{}", event.terms.slug),
        address: format!("{spoken}/{handle}/{}", event.terms.slug),
        slug: event.terms.slug.to_string(),
        title: event.terms.title.to_string(),
        length: event.terms.duration.to_string(),
        badge: match event.terms.visibility {
            Visibility::Public => None,
            Visibility::Hidden => Some("Hidden"),
            Visibility::Link => Some("By link"),
        },
        by_link: event.terms.visibility == Visibility::Link,
        unbookable: web.app.unbookable(&event.terms, &schedules).map(|why| why.to_string()),
    });
    let flash = match Form::query(&request).get("done") {
        "made" => Some("Event type saved. It can be booked now."),
        _ => None,
    };
    let shell = host.shell(&request, Section::EventTypes, flash);
    page(StatusCode::OK, &Page { shell, events: events.collect() })
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let row = Row {
            badge: Some("Hidden"),
            unbookable: Some("its last date, 1 November 2026, has passed".into()),
            by_link: false,
            slug: "intro".into(),
            title: "Intro <b>bold</b>".into(),
            length: "30 minutes".into(),
            url: "http://localhost:8080/ada/intro".into(),
            address: "localhost:8080/ada/intro".into(),
        };
        let by_link = Row { by_link: true, unbookable: None, title: "Other".into(), ..row.clone() };
        vec![
            Self { shell: AppShell::sample(Section::EventTypes), events: Vec::new() },
            Self { shell: AppShell::sample(Section::EventTypes), events: vec![row, by_link] },
        ]
    }
}
