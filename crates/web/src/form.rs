//! Posted forms, as names and texts in the order of the page.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{StatusCode, header::CONTENT_TYPE},
};

use percent_encoding::percent_decode;

use crate::{body, failure::Failure};

/// The largest form that is read. Generous, so that too long a note is told so in its place.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;

/// The pairs of a form or a query. A name that is missing reads as empty text.
#[derive(Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl Form {
    fn parse(text: &[u8]) -> Self {
        Self(serde_urlencoded::from_bytes(text).unwrap_or_default())
    }

    /// The pairs of the request's query.
    pub(crate) fn query(request: &HttpRequest) -> Self {
        Self::parse(request.query_string().as_bytes())
    }

    /// The first value of that name, empty if there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// [`Self::get`], owned, to show it again.
    pub(crate) fn text(&self, name: &str) -> String {
        self.get(name).to_owned()
    }

    /// Whether the name is there, as a pressed button's or a ticked box's is.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// All names and values, in order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The answers to questions: those whose names start with `q_`, without it. The note has a field of
    /// its own on forms.
    pub(crate) fn answers(&self) -> Vec<(String, String)> {
        let answer = |(name, text): &(String, String)| {
            let question = name.strip_prefix("q_").filter(|question| *question != "note")?;
            Some((question.to_owned(), text.clone()))
        };
        self.0.iter().filter_map(answer).collect()
    }

    /// All values of that name, in order.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

impl FromRequest for Form {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = request.headers().get(CONTENT_TYPE).cloned();
        let body = body::read(request, payload);
        Box::pin(async move {
            let is_form = kind.as_ref().map(|kind| {
                kind.to_str()
                    .is_ok_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
            });
            if is_form == Some(false) {
                return Err(Failure::Status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
            }
            let body = body.await.map_err(Failure::Status)?;
            // A form without fields may come without a type, and only such a one.
            if is_form.is_none() && !body.is_empty() {
                return Err(Failure::Status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
            }
            // Else what can not be read would be kept as replacement characters.
            if percent_decode(&body).decode_utf8().is_err() {
                return Err(Failure::Status(StatusCode::BAD_REQUEST));
            }
            Ok(Self::parse(&body))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_be_missing_or_repeated() {
        let form = Form::parse(b"mon_from=09%3A00&mon_from=13%3A00&name=A+%26+B&lobby=");
        assert_eq!(form.all("mon_from").collect::<Vec<_>>(), ["09:00", "13:00"]);
        assert_eq!((form.get("name"), form.get("nothing")), ("A & B", ""));
        assert!(form.has("lobby") && !form.has("nothing"));
    }
}
