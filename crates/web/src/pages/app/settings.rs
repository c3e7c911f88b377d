//! `/app/settings`: on which Jitsi the rooms open, and what it keeps of what Roomkey promises.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Data};
use askama::Template;
use roomkey_core::jitsi::JitsiServer;

use crate::{
    Web,
    failure::Failure,
    pages::page,
    session::SignedIn,
    view::{AppShell, Guarantee, Section, guarantees},
};

/// A Jitsi, with what holds on it.
#[derive(Debug)]
pub(crate) struct Card {
    name: String,
    url: String,
    mode: &'static str,
    is_first: bool,
    guarantees: Vec<Guarantee>,
}

impl Card {
    fn new(server: &JitsiServer) -> Self {
        Self {
            name: server.name.map_or_else(|| server.spoken().to_owned(), |name| name.to_string()),
            url: server.url.as_str().to_owned(),
            mode: server.mode.as_str(),
            is_first: server.name.is_none(),
            guarantees: guarantees(server.mode),
        }
    }
}

#[derive(Template)]
#[template(path = "pages/app/settings.html")]
pub(crate) struct Page {
    shell: AppShell,
    several: bool,
    servers: Vec<Card>,
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    host: SignedIn,
) -> Result<HttpResponse, Failure> {
    let jitsi = &web.app.site().jitsi;
    let contents = Page {
        shell: host.shell(&request, Section::Settings, None),
        several: jitsi.are_several(),
        servers: jitsi.iter().map(Card::new).collect(),
    };
    page(StatusCode::OK, &contents)
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        use roomkey_core::jitsi::JitsiMode;

        let card = |mode: JitsiMode| Card {
            name: "meet.example.org".into(),
            url: "https://meet.example.org".into(),
            mode: mode.as_str(),
            is_first: mode == JitsiMode::Reservations,
            guarantees: guarantees(mode),
        };
        let page = |servers: Vec<Card>| Self {
            shell: AppShell::sample(Section::Settings),
            several: servers.len() > 1,
            servers,
        };
        vec![
            page(vec![card(JitsiMode::Reservations)]),
            page(JitsiMode::ALL.into_iter().map(card).collect()),
        ]
    }
}
