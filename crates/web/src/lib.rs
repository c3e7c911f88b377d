//! The pages and the JSON API.
//!
//! [`configure`] wires every address to its handler. A page's file under `pages/` is named after its
//! address and holds what it shows (a template), `get` and `post`. Expected refusals are form state
//! ([`view::Problems`]); everything else that stops a page is a [`failure::Failure`].

mod address;
mod api;
mod assets;
mod away;
mod body;
mod client;
mod dress;
mod export;
mod failure;
mod form;
mod method;
mod origin;
mod pages;
mod proof_cookie;
mod routes;
mod session;
mod theme;
mod view;
mod visitor;

use std::{net::IpAddr, path::PathBuf, sync::Arc};

use actix_web::HttpRequest;
use roomkey_app::{App, Client};

pub use api::{BookingJson, StandaloneRoomJson, booking_json};
pub use away::Away;
pub use export::{Export, ExportError};
pub(crate) use roomkey_core::site::PRODUCT;
pub use routes::configure;

use view::Icon;

/// What the pages and the API work with.
pub struct Web {
    /// The use cases.
    pub app: App,
    /// Proxies whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<IpAddr>,
    /// Which Jitsis do not answer.
    pub away: Arc<Away>,
    /// The folder of the built-in mailbox, if its mails are shown at `/dev/mailbox`.
    pub mailbox: Option<PathBuf>,
}

impl Web {
    /// Who is at the other end of a request.
    pub(crate) fn client(&self, request: &HttpRequest) -> Client {
        Client::new(client::address(request, &self.trusted_proxies))
    }

    /// What addresses start with as people say them: without the scheme.
    pub(crate) fn spoken_site(&self) -> String {
        self.app.site().public_url.authority().to_owned()
    }
}

/// An icon, for the templates.
pub(crate) const fn icon(name: &'static str) -> Icon {
    Icon::new(name)
}

/// An icon that turns with the direction of reading.
pub(crate) const fn icon_flip(name: &'static str) -> Icon {
    Icon::flipping(name)
}
