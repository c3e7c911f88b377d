//! `/b/{token}/join`: says when the room opens, and when it is open, leads into it.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header::CONTENT_SECURITY_POLICY},
    web::{Data, Path},
};
use askama::Template;
use roomkey_app::{Found, Inside, Join, JoinError};
use roomkey_core::{
    booking::{Happening, Side, Status},
    room::Admission,
    time::Instant,
    token::Token,
};
use secrecy::ExposeSecret;

use super::{
    booked::{Facts, State, moment, moment_in_full, password},
    page, see_other, shell,
};
use crate::{
    Web, dress,
    failure::Failure,
    view::{Shell, When},
};

/// The room's door.
#[derive(Debug)]
pub(crate) enum Door {
    Early {
        opens_at: Instant,
        opens: String,
    },
    Open {
        url: String,
        closes: String,
    },
    Over,
    /// There is no room: it is not confirmed yet, or not any more.
    None(State),
}

impl Door {
    const fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// Open, or not open yet.
    const fn is_to_come(&self) -> bool {
        matches!(self, Self::Open { .. } | Self::Early { .. })
    }

    const fn icon(&self) -> &'static str {
        match self {
            Self::Early { .. } => "lock",
            Self::Open { .. } => "door",
            Self::Over => "clock",
            Self::None(state) => state.icon(),
        }
    }
}

#[derive(Template)]
#[template(path = "pages/join.html")]
pub(crate) struct Page {
    shell: Shell,
    heading: String,
    title: String,
    /// The other side's name.
    other: String,
    when: When,
    door: Door,
    /// Who is in the room already, where Jitsi tells.
    inside: Option<Inside>,
    /// Who lets the reader in from the lobby, where they are not told the password.
    lets_in: Option<String>,
    /// The time from which it was moved here, if it was.
    moved_from: Option<String>,
    /// Whether a token is made, so that the room's address alone leads nowhere.
    by_token: bool,
    /// Whether Jitsi does not answer, as far as this server sees.
    is_away: bool,
    /// Whether others may be expected in the room.
    is_seat: bool,
    /// Until the room closes, where Jitsi asks for one.
    password: Option<String>,
    /// The path of the booking's page.
    path: String,
    /// Where to book another time; not for the host.
    again: Option<String>,
}

pub(crate) async fn get(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
) -> Result<HttpResponse, Failure> {
    let token = token.parse::<Token>().map_err(|_| Failure::NotFound)?;
    let join = web.app.join(&token).await?;
    answer(StatusCode::OK, &request, &web, &join).await
}

pub(crate) async fn post(
    request: HttpRequest,
    web: Data<Web>,
    token: Path<String>,
) -> Result<HttpResponse, Failure> {
    let token = token.parse::<Token>().map_err(|_| Failure::NotFound)?;
    match web.app.enter(&token).await {
        Ok(room) => Ok(see_other(room.expose_secret())),
        Err(JoinError::Link(error)) => Err(error.into()),
        Err(JoinError::Token(error)) => Err(error.into()),
        Err(JoinError::NotOpen(join)) => {
            answer(StatusCode::UNPROCESSABLE_ENTITY, &request, &web, &join).await
        }
    }
}

/// The page, allowed to lead to Jitsi.
async fn answer(
    status: StatusCode,
    request: &HttpRequest,
    web: &Web,
    join: &Join,
) -> Result<HttpResponse, Failure> {
    let mut response = page(status, &Page::new(request, web, join).await?)?;
    let room = join.found.details.room.as_ref();
    let server = web.app.site().jitsi.get(room.and_then(|room| room.server));
    let policy = dress::policy_with_form_action(server.url.as_str());
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

impl Page {
    async fn new(request: &HttpRequest, web: &Web, join: &Join) -> Result<Self, Failure> {
        let found = &join.found;
        let Facts { title, when, other, path, again } = Facts::of(found);
        let room = found.details.room.as_ref();
        let door = match (join.admission, room) {
            (Admission::Early { opens_at }, _) => {
                Door::Early { opens_at, opens: moment(found, opens_at) }
            }
            (Admission::Open, Some(room)) => Door::Open {
                url: web.app.site().room(room),
                closes: moment(found, room.window.end),
            },
            (Admission::Over, _) => Door::Over,
            (Admission::Revoked, _) if found.details.booking.status == Status::Confirmed => {
                Door::Over
            }
            (Admission::Open | Admission::Revoked, _) => {
                Door::None(State::of(&found.details.booking, found.now))
            }
        };
        let heading = match &door {
            Door::Early { opens, .. } => format!("Your room opens {opens}"),
            Door::Open { .. } => "Your room is open".to_owned(),
            Door::Over => "This room is closed".to_owned(),
            Door::None(State::Unverified | State::Pending) => {
                "This booking is not confirmed yet".to_owned()
            }
            Door::None(state) => format!("This booking is {}", state.word().to_lowercase()),
        };
        let server = room.map(|room| web.app.site().server(room));
        let is_open = door.is_open();
        let inside = if is_open { web.app.inside(&found.details.booking).await? } else { None };
        Ok(Self {
            shell: shell(request),
            heading,
            lets_in: room
                .filter(|room| room.knock && found.side == Side::Customer)
                .filter(|_| server.is_some_and(|server| server.mode.asks_us()))
                .map(|_| found.details.host.name.to_string()),
            moved_from: moved_from(web, found).await?,
            by_token: server.is_some_and(|server| server.mode.takes_tokens()),
            is_away: server.is_some_and(|server| is_open && web.away.has(server)),
            title,
            other,
            when,
            door,
            inside,
            is_seat: found.details.booking.session.is_some(),
            password: password(web, found),
            path,
            again,
        })
    }
}

/// When it was before it was last moved, if it was.
async fn moved_from(web: &Web, found: &Found) -> Result<Option<String>, Failure> {
    if found.details.booking.ical_sequence == 0 {
        return Ok(None);
    }
    let history = web.app.history(&found.details.booking).await?;
    let moved = history.iter().rev().find_map(|event| match &event.what {
        Happening::Moved { from, .. } => Some(*from),
        _ => None,
    });
    Ok(moved.map(|from| moment_in_full(found, from)))
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |door: Door| Self {
            shell: Shell::default(),
            heading: "Your room opens at 12:35".into(),
            title: "Intro call".into(),
            other: "Ada <b>bold</b>".into(),
            when: When::sample(),
            inside: door.is_open().then_some(Inside::Host),
            lets_in: door.is_open().then(|| "Ada <b>bold</b>".into()),
            moved_from: (!door.is_open()).then(|| "Monday 5 October 2026 at 10:00".into()),
            by_token: false,
            is_away: door.is_open(),
            is_seat: door.is_open(),
            password: door.is_open().then(|| "tern-moss-quilt-48275".into()),
            door,
            path: "/b/token".into(),
            again: Some("/ada/intro".into()),
        };
        let opens_at = Instant::EPOCH;
        let url = "https://meet.example.org/k7w2mtq9".into();
        vec![
            page(Door::Early { opens_at, opens: "at 12:35".into() }),
            page(Door::Open { url, closes: "at 13:45".into() }),
            page(Door::Over),
            page(Door::None(State::Pending)),
            page(Door::None(State::Cancelled)),
        ]
    }
}
