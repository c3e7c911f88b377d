//! What stops a page, in one place: each failure becomes a page of its own, or leads to the sign-in.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{LOCATION, RETRY_AFTER},
    },
};
use askama::Template as _;
use roomkey_app::{
    HashingFailed, Limited, LinkError, LinkGone, OfferError, ResetError, ScheduleError, StoreError,
    TokenError,
};
use roomkey_core::{event_type::LinkRefusal, time::Minutes};

use crate::{
    ExportError,
    pages::error::{Link, Page},
    view::Shell,
};

/// Why a request gets no page of its own.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing is there, or not for this reader: both look the same.
    NotFound,
    /// Something was there, and a link to it works no longer.
    Gone {
        /// What happened.
        text: &'static str,
        /// What to do instead.
        link: Option<Link>,
    },
    /// A link to an event type works no longer.
    LinkGone(LinkGone),
    /// The request did not come from a page of ours, or its form is too old.
    Forbidden(&'static str),
    /// Too many tries.
    TooMany {
        /// Seconds until the next may go well.
        wait: u32,
    },
    /// The reader must sign in first, and comes back to that path.
    SignIn(String),
    /// The database is away or busy.
    Unavailable,
    /// The database did not say what became of it.
    Unanswered,
    /// A fault of ours, told to the log already.
    Internal,
    /// A status that the protocol asks for.
    Status(StatusCode),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status_code())
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Gone { .. } | Self::LinkGone(_) => StatusCode::GONE,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::SignIn(_) => StatusCode::SEE_OTHER,
            Self::Unavailable | Self::Unanswered => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Status(status) => *status,
        }
    }

    /// Without a body: the page is drawn by [`crate::dress`], which knows the reader's theme.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::SignIn(next) if next == "/app/bookings" || next.is_empty() => {
                response.insert_header((LOCATION, "/sign-in"));
            }
            Self::SignIn(next) => {
                let query = serde_urlencoded::to_string([("next", next)]).unwrap_or_default();
                response.insert_header((LOCATION, format!("/sign-in?{query}")));
            }
            Self::TooMany { wait } => {
                response.insert_header((RETRY_AFTER, wait.to_string()));
            }
            Self::Unavailable | Self::Unanswered => {
                response.insert_header((RETRY_AFTER, "5"));
            }
            _ => {}
        }
        response.finish()
    }
}

impl Failure {
    /// A link to choose a new password that works no longer, or never did.
    pub(crate) fn reset_link_used_up() -> Self {
        Self::Gone {
            text: "It works once, and for one hour.",
            link: Some(Link { href: "/forgot-password".into(), text: "Send a new link" }),
        }
    }

    /// The page for a status that came without one.
    pub(crate) const fn of(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            StatusCode::INTERNAL_SERVER_ERROR => Self::Internal,
            other => Self::Status(other),
        }
    }

    /// Its page. `reference` is the request's id: shown where somebody may have to look it up.
    pub(crate) fn page(&self, shell: Shell, reference: Option<String>) -> String {
        let status = self.status_code();
        let mut page = Page {
            shell,
            status: status.as_u16(),
            icon: "door",
            heading: "Page not found",
            text: "Nothing is published at this address. Check the link, or ask the person who sent it."
                .into(),
            link: None,
            reference: None,
        };
        match self {
            Self::NotFound | Self::SignIn(_) => {}
            Self::Gone { text, link } => {
                page.icon = "lock";
                page.heading = "This link is used up";
                page.text = (*text).into();
                page.link.clone_from(link);
            }
            Self::LinkGone(LinkGone { why, host }) => {
                page.icon = "lock";
                page.heading = match why {
                    LinkRefusal::UsedUp => "This link is used up",
                    LinkRefusal::Expired => "This link has expired",
                };
                page.text = format!("Ask {host} for a new one.").into();
            }
            Self::Forbidden(text) => {
                page.icon = "lock";
                page.heading = "This was not done";
                page.text = (*text).into();
            }
            Self::TooMany { wait } => {
                page.icon = "clock";
                page.heading = "Too many tries";
                page.text = format!("Wait {} and try again.", waiting(*wait)).into();
            }
            Self::Unavailable => {
                page.icon = "clock";
                page.heading = "Not available at the moment";
                page.text = "Nothing is lost. Try again in a few seconds.".into();
            }
            Self::Unanswered => {
                page.icon = "clock";
                page.heading = "No answer in time";
                page.text = "What you sent may have been done all the same. Look at your mail or \
                             your bookings before you send it again."
                    .into();
            }
            Self::Internal => {
                page.icon = "alert";
                page.heading = "Something went wrong here";
                page.text = "It is written down. Try again, or tell the people who run this \
                             installation the reference below."
                    .into();
                page.reference = reference;
            }
            Self::Status(StatusCode::METHOD_NOT_ALLOWED) => {
                page.icon = "alert";
                page.heading = "This address does not do that";
                page.text = "Go back and use the page’s own buttons.".into();
            }
            Self::Status(StatusCode::PAYLOAD_TOO_LARGE) => {
                page.icon = "alert";
                page.heading = "Too much text";
                page.text = "Go back and shorten it.".into();
            }
            Self::Status(_) => {
                page.icon = "alert";
                page.heading = "This request makes no sense here";
                page.text = "Go back and use the page’s own buttons.".into();
            }
        }
        page.render().unwrap_or_default()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::Unanswered) {
            tracing::error!(%error, "what became of a request is not known");
            Self::Unanswered
        } else if error.is_temporary() {
            tracing::warn!(%error, "a request could not be served");
            Self::Unavailable
        } else {
            tracing::error!(%error, "a request failed");
            Self::Internal
        }
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        tracing::error!(%error, "a room could not be entered");
        Self::Internal
    }
}

impl From<HashingFailed> for Failure {
    fn from(error: HashingFailed) -> Self {
        tracing::warn!(%error, "a request could not be served");
        Self::Unavailable
    }
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Self {
        tracing::error!(%error, "a page could not be drawn");
        Self::Internal
    }
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Store(error) => error.into(),
            ExportError::Write(_) | ExportError::Answers(_) => {
                tracing::error!(%error, "bookings could not be exported");
                Self::Internal
            }
        }
    }
}

impl From<Limited> for Failure {
    fn from(limited: Limited) -> Self {
        Self::TooMany { wait: limited.retry_after_seconds }
    }
}

impl From<ScheduleError> for Failure {
    /// For those that the page does not tell in their place.
    fn from(error: ScheduleError) -> Self {
        match error {
            ScheduleError::Store(error) => error.into(),
            _ => Self::NotFound,
        }
    }
}

impl From<LinkGone> for Failure {
    fn from(gone: LinkGone) -> Self {
        Self::LinkGone(gone)
    }
}

impl From<OfferError> for Failure {
    fn from(error: OfferError) -> Self {
        match error {
            OfferError::Unknown | OfferError::Duration(_) => Self::NotFound,
            OfferError::Gone(gone) => gone.into(),
            OfferError::Store(error) => error.into(),
        }
    }
}

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        match error {
            LinkError::Unknown => Self::NotFound,
            LinkError::Gone => {
                Self::Gone { text: "The booking ended more than 30 days ago.", link: None }
            }
            LinkError::Store(error) => error.into(),
        }
    }
}

impl From<ResetError> for Failure {
    fn from(error: ResetError) -> Self {
        match error {
            ResetError::LinkUsedUp => Self::reset_link_used_up(),
            ResetError::Limited(limited) => limited.into(),
            ResetError::Hashing(error) => error.into(),
            ResetError::Store(error) => error.into(),
        }
    }
}

fn waiting(seconds: u32) -> String {
    match seconds {
        0..=1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        more => Minutes(more.div_ceil(60)).to_string(),
    }
}
