//! What customers see who want to move or cancel after the host's deadline.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use askama::Template;
use roomkey_app::Found;
use roomkey_core::time::Instant;

use super::{
    booked::{Facts, moment_in_full},
    page, shell,
};
use crate::{
    failure::Failure,
    view::{Shell, When},
};

/// What it is too late for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    Move,
    Cancel,
}

impl Act {
    const fn done(self) -> &'static str {
        match self {
            Self::Move => "moved",
            Self::Cancel => "cancelled",
        }
    }
}

#[derive(Template)]
#[template(path = "pages/closed.html")]
pub(crate) struct Page {
    shell: Shell,
    act: Act,
    title: String,
    /// The other side's name.
    other: String,
    when: When,
    /// Until when it was possible, in the reader's zone.
    until: String,
    /// The path of the booking's page.
    path: String,
}

/// Says until when it was possible, and whom to ask.
pub(super) fn answer(
    status: StatusCode,
    request: &HttpRequest,
    found: &Found,
    act: Act,
    until: Instant,
) -> Result<HttpResponse, Failure> {
    let Facts { title, when, other, path, .. } = Facts::of(found);
    let until = moment_in_full(found, until);
    page(status, &Page { shell: shell(request), act, title, other, when, until, path })
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |act| Self {
            shell: Shell::default(),
            act,
            title: "Intro call".into(),
            other: "Ada <b>bold</b>".into(),
            when: When::sample(),
            until: "Thursday 8 October 2026 at 10:45".into(),
            path: "/b/token".into(),
        };
        vec![page(Act::Move), page(Act::Cancel)]
    }
}
