use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{ALLOW, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE},
    },
};
use roomkey_app::{
    BookError, CancelError, GuestError, Limited, LinkGone, MarkError, MoveError, OfferError,
    ProposalError, RefusedDate, RepeatError, RequestError, RoomError, StoreError, TokenError,
};
use roomkey_core::{
    availability::Refusal,
    booking::{AnswerRefusal, MarkRefusal, ProposalRefusal},
    question::{AnswerError, WrongAnswer},
    room::RoomRefusal,
    text::FieldError,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What is wrong with one field of a request.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WrongField {
    /// Where it is, like `attendee.email`.
    field: String,
    /// Stable, for programs.
    code: &'static str,
    /// What to do about it.
    message: String,
}

impl WrongField {
    pub(super) fn new(field: impl Into<String>, error: FieldError) -> Self {
        Self { field: field.into(), code: error.code(), message: error.to_string() }
    }

    pub(super) fn with(field: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self { field: field.to_owned(), code, message: message.into() }
    }
}

impl From<WrongAnswer> for WrongField {
    fn from(WrongAnswer { question, error }: WrongAnswer) -> Self {
        let field = format!("answers.{question}");
        match error {
            AnswerError::Field(error) => Self::new(field, error),
            AnswerError::Unknown { mut known } => {
                known.insert(0, "note".to_owned());
                let known = known.join(", ");
                let message = format!("There is no '{question}' in 'answers'; there is: {known}");
                Self::with(&field, "unknown", message)
            }
        }
    }
}

/// A date of a series that can not be booked.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WrongDate {
    /// In the zone of the host's schedule; what leaves it out in `repeat.except`.
    #[schema(format = Date)]
    date: String,
    #[schema(format = DateTime)]
    start: String,
    /// What speaks against it.
    reason: String,
}

impl From<&RefusedDate> for WrongDate {
    fn from(RefusedDate { date, start, why }: &RefusedDate) -> Self {
        Self { date: date.to_string(), start: start.to_string(), reason: why.to_string() }
    }
}

/// Why a request was refused: stable, for programs.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Code {
    /// It can not be read, or its fields are missing or wrong.
    InvalidRequest,
    /// No key, or none that is known.
    Unauthorized,
    /// The key has not the scope.
    Forbidden,
    /// It is not there, or another host's.
    NotFound,
    /// `Allow` says which are taken.
    MethodNotAllowed,
    /// Somebody else has the time.
    SlotTaken,
    /// The time is not offered.
    SlotUnavailable,
    /// The link is used up or has expired.
    LinkGone,
    /// The idempotency key was used for another request.
    IdempotencyKeyReused,
    /// The booking is not in a state for this.
    InvalidTransition,
    /// Wait for `Retry-After` seconds.
    TooManyRequests,
    /// Nothing was done; ask again.
    Unavailable,
    /// A fault of the server, written down under the request's id.
    Internal,
}

/// A refusal: RFC 9457 with a stable `code`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "about:blank", "title": "Unprocessable Entity", "status": 422,
    "code": "invalid_request", "detail": "Some fields are missing or wrong.",
    "fields": [{"field": "attendee.email", "code": "email", "message": "Enter an email address"}],
}))]
pub(super) struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    status: u16,
    code: Code,
    /// For people.
    detail: String,
    /// Which fields are wrong; left out where none is to blame.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    fields: Vec<WrongField>,
    /// Which dates of a series can not be booked; left out where it is about none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    dates: Vec<WrongDate>,
    #[serde(skip)]
    retry_after: Option<u32>,
}

impl Problem {
    fn new(status: StatusCode, code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            fields: Vec::new(),
            dates: Vec::new(),
            retry_after: None,
        }
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, Code::NotFound, "There is nothing here.")
    }

    /// The answer to a method that an address does not take; `allowed` is what `Allow` says.
    pub(super) fn method_not_allowed(allowed: &'static str) -> HttpResponse {
        let detail = format!("This address takes only: {allowed}.");
        let problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, Code::MethodNotAllowed, detail);
        let mut response = problem.error_response();
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        response
    }

    pub(super) fn unauthorized() -> Self {
        let detail = "Send a key made by 'roomkey api-key add' as 'Authorization: Bearer KEY'.";
        Self::new(StatusCode::UNAUTHORIZED, Code::Unauthorized, detail)
    }

    pub(super) fn forbidden(needed: &'static str) -> Self {
        let detail = format!("This needs a key with the scope {needed}.");
        Self::new(StatusCode::FORBIDDEN, Code::Forbidden, detail)
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::InvalidRequest, detail)
    }

    /// A status that the protocol asks for.
    pub(super) fn unreadable(status: StatusCode, detail: &'static str) -> Self {
        Self::new(status, Code::InvalidRequest, detail)
    }

    /// A query that names wrong fields.
    pub(super) fn wrong_query(fields: Vec<WrongField>) -> Self {
        Self { fields, ..Self::bad_request("The query names what it can not.") }
    }

    /// A body that names wrong fields.
    pub(super) fn wrong_fields(fields: Vec<WrongField>) -> Self {
        let detail = "Some fields are missing or wrong.";
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, Code::InvalidRequest, detail);
        Self { fields, ..problem }
    }

    /// Some dates of a series can not be had.
    fn dates(refused: &[RefusedDate], detail: String) -> Self {
        let (status, code) = if refused.iter().any(|date| date.why.is_taken()) {
            (StatusCode::CONFLICT, Code::SlotTaken)
        } else {
            (StatusCode::UNPROCESSABLE_ENTITY, Code::SlotUnavailable)
        };
        let dates = refused.iter().map(WrongDate::from).collect();
        Self { dates, ..Self::new(status, code, detail) }
    }

    fn unavailable() -> Self {
        let detail = "Nothing was done. Try again in a few seconds.";
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, Code::Unavailable, detail);
        Self { retry_after: Some(5), ..problem }
    }

    fn unanswered() -> Self {
        let detail = "The database did not answer: it may have been done all the same. Ask again \
                      with the same Idempotency-Key, or look first.";
        Self { detail: detail.into(), ..Self::unavailable() }
    }

    fn internal() -> Self {
        let detail = "The request failed. It is written down under the request's id.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, detail)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.status, self.code)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.content_type("application/problem+json");
        if self.status == StatusCode::UNAUTHORIZED.as_u16() {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(seconds) = self.retry_after {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        response.body(serde_json::to_string(self).unwrap_or_default())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::Unanswered) {
            tracing::error!(%error, "what became of a request is not known");
            Self::unanswered()
        } else if error.is_temporary() {
            tracing::warn!(%error, "a request could not be served");
            Self::unavailable()
        } else {
            tracing::error!(%error, "a request failed");
            Self::internal()
        }
    }
}

impl From<Limited> for Problem {
    fn from(limited: Limited) -> Self {
        let problem =
            Self::new(StatusCode::TOO_MANY_REQUESTS, Code::TooManyRequests, limited.to_string());
        Self { retry_after: Some(limited.retry_after_seconds), ..problem }
    }
}

impl From<LinkGone> for Problem {
    fn from(gone: LinkGone) -> Self {
        Self::new(StatusCode::GONE, Code::LinkGone, gone.to_string())
    }
}

impl From<OfferError> for Problem {
    fn from(error: OfferError) -> Self {
        match error {
            OfferError::Unknown => Self::not_found(),
            OfferError::Gone(gone) => gone.into(),
            OfferError::Duration(wrong) => {
                let wrong = WrongField::with("duration", "choice", wrong.to_string());
                Self::wrong_query(vec![wrong])
            }
            OfferError::Store(error) => error.into(),
        }
    }
}

impl From<BookError> for Problem {
    fn from(error: BookError) -> Self {
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        match error {
            BookError::Unknown => Self::not_found(),
            BookError::Gone(gone) => gone.into(),
            BookError::Taken => Self::new(StatusCode::CONFLICT, Code::SlotTaken, error.to_string()),
            BookError::Changed => Self::new(unprocessable, Code::InvalidRequest, error.to_string()),
            BookError::Answers(wrong) => {
                Self::wrong_fields(wrong.into_iter().map(WrongField::from).collect())
            }
            BookError::Guests(wrong) => {
                Self::wrong_fields(vec![WrongField::with("guests", "too_many", wrong.to_string())])
            }
            BookError::Refused(why) if why.is_taken() => {
                Self::new(StatusCode::CONFLICT, Code::SlotTaken, why.to_string())
            }
            BookError::Refused(why) => {
                Self::new(unprocessable, Code::SlotUnavailable, why.to_string())
            }
            BookError::Repeat(why) => why.into(),
            BookError::Duration(_) => {
                let wrong = WrongField::with("duration", "choice", error.to_string());
                Self::wrong_fields(vec![wrong])
            }
            BookError::KeyReused => {
                Self::new(unprocessable, Code::IdempotencyKeyReused, error.to_string())
            }
            BookError::Limited(limited) => limited.into(),
            BookError::Store(error) => error.into(),
        }
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        tracing::error!(%error, "a room's link for its host could not be made");
        Self::internal()
    }
}

impl From<RoomError> for Problem {
    fn from(error: RoomError) -> Self {
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        let text = error.to_string();
        match error {
            RoomError::Refused(why) => {
                let code = match why {
                    RoomRefusal::Backwards | RoomRefusal::TooLong => "length",
                    RoomRefusal::Over => "past",
                };
                Self::wrong_fields(vec![WrongField::with("end", code, text)])
            }
            RoomError::Taken => Self::new(StatusCode::CONFLICT, Code::SlotTaken, text),
            RoomError::KeyReused => Self::new(unprocessable, Code::IdempotencyKeyReused, text),
            RoomError::Store(error) => error.into(),
        }
    }
}

impl From<RepeatError> for Problem {
    fn from(error: RepeatError) -> Self {
        let (field, code) = match &error {
            RepeatError::Dates(refused) => return Self::dates(refused, error.to_string()),
            RepeatError::Never => ("repeat", "choice"),
            RepeatError::Count { .. } => ("repeat.count", "out_of_range"),
            RepeatError::NotADate(_) | RepeatError::NothingLeft => ("repeat.except", "choice"),
            RepeatError::Guests => ("guests", "too_many"),
        };
        Self::wrong_fields(vec![WrongField::with(field, code, error.to_string())])
    }
}

impl From<MoveError> for Problem {
    fn from(error: MoveError) -> Self {
        let error_text = error.to_string();
        let conflict = StatusCode::CONFLICT;
        match error {
            MoveError::Unknown | MoveError::Gone => Self::not_found(),
            MoveError::InvalidTransition(_) | MoveError::Changed => {
                Self::new(conflict, Code::InvalidTransition, error.to_string())
            }
            MoveError::Taken => Self::new(conflict, Code::SlotTaken, error.to_string()),
            MoveError::Refused(why) if why.is_taken() => {
                Self::new(conflict, Code::SlotTaken, why.to_string())
            }
            MoveError::Refused(why) => {
                let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
                Self::new(unprocessable, Code::SlotUnavailable, why.to_string())
            }
            MoveError::Limited(limited) => limited.into(),
            MoveError::Dates(refused) => Self::dates(&refused, error_text),
            MoveError::Store(error) => error.into(),
        }
    }
}

impl From<ProposalError> for Problem {
    fn from(error: ProposalError) -> Self {
        match error {
            ProposalError::Answer(why) => why.into(),
            ProposalError::Refused(why @ ProposalRefusal::Number { .. }) => {
                Self::wrong_fields(vec![WrongField::with("starts", "number", why.to_string())])
            }
            ProposalError::Refused(refused @ ProposalRefusal::NotOffered { why, .. }) => {
                let (status, code) = if why.is_some_and(Refusal::is_taken) {
                    (StatusCode::CONFLICT, Code::SlotTaken)
                } else {
                    (StatusCode::UNPROCESSABLE_ENTITY, Code::SlotUnavailable)
                };
                Self::new(status, code, refused.to_string())
            }
            other => MoveError::from(other).into(),
        }
    }
}

impl From<AnswerRefusal> for Problem {
    fn from(why: AnswerRefusal) -> Self {
        Self::new(StatusCode::CONFLICT, Code::InvalidTransition, why.to_string())
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Unknown | RequestError::Gone => Self::not_found(),
            RequestError::InvalidTransition(_) | RequestError::Changed => {
                Self::new(StatusCode::CONFLICT, Code::InvalidTransition, error.to_string())
            }
            RequestError::Store(error) => error.into(),
        }
    }
}

impl From<GuestError> for Problem {
    fn from(error: GuestError) -> Self {
        match error {
            GuestError::Unknown | GuestError::Gone => Self::not_found(),
            GuestError::Wrong(wrong) => {
                Self::wrong_fields(vec![WrongField::with("email", "too_many", wrong.to_string())])
            }
            GuestError::InvalidTransition(_) | GuestError::Changed => {
                Self::new(StatusCode::CONFLICT, Code::InvalidTransition, error.to_string())
            }
            GuestError::Limited(limited) => limited.into(),
            GuestError::Store(error) => error.into(),
        }
    }
}

impl From<MarkError> for Problem {
    fn from(error: MarkError) -> Self {
        match error {
            MarkError::Unknown | MarkError::Gone => Self::not_found(),
            MarkError::Refused(why @ MarkRefusal::Nobody) => {
                Self::wrong_fields(vec![WrongField::with("attendee", "choice", why.to_string())])
            }
            MarkError::Refused(why) => {
                Self::new(StatusCode::CONFLICT, Code::InvalidTransition, why.to_string())
            }
            MarkError::Store(error) => error.into(),
        }
    }
}

impl From<CancelError> for Problem {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::Unknown | CancelError::Gone => Self::not_found(),
            CancelError::InvalidTransition(why) => {
                Self::new(StatusCode::CONFLICT, Code::InvalidTransition, why.to_string())
            }
            CancelError::Store(error) => error.into(),
        }
    }
}
