use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload, http::StatusCode};
use roomkey_core::text::{FieldError, Note};
use serde_json::{Map, Value};

use super::problem::{Problem, WrongField};
use crate::{body, form::Form};

/// The body of a request: a JSON object. An empty body is an empty object.
#[derive(Debug)]
pub(super) struct Body(Map<String, Value>);

impl FromRequest for Body {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = request.content_type();
        let json = kind.is_empty() || kind.eq_ignore_ascii_case("application/json");
        let octets = body::read(request, payload);
        Box::pin(async move {
            if !json {
                let detail = "Send the body as application/json.";
                return Err(Problem::unreadable(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
            }
            let octets = octets.await.map_err(|status| {
                let detail = match status {
                    StatusCode::REQUEST_TIMEOUT => "The body did not arrive in time.",
                    _ => "The body could not be read.",
                };
                Problem::unreadable(status, detail)
            })?;
            if octets.is_empty() {
                return Ok(Self(Map::new()));
            }
            match serde_json::from_slice(&octets) {
                Ok(Value::Object(object)) => Ok(Self(object)),
                Ok(_) => Err(Problem::bad_request("The body is no JSON object.")),
                Err(error) => Err(Problem::bad_request(format!("The body is no JSON: {error}."))),
            }
        })
    }
}

/// Reads fields one by one and notes what is wrong with them.
#[derive(Debug, Default)]
pub(super) struct Reader(Vec<WrongField>);

impl Reader {
    /// Notes a wrong field.
    pub(super) fn wrong(&mut self, field: WrongField) {
        self.0.push(field);
    }

    /// The value, or a note of what is wrong with it.
    pub(super) fn check<T>(&mut self, field: &str, parsed: Result<T, FieldError>) -> Option<T> {
        parsed.map_err(|error| self.wrong(WrongField::new(field, error))).ok()
    }

    /// A parameter of the query that must be there, parsed.
    pub(super) fn parameter<T>(
        &mut self,
        query: &Form,
        field: &str,
        parse: impl FnOnce(&str) -> Result<T, FieldError>,
    ) -> Option<T> {
        match query.get(field) {
            "" => self.check(field, Err(FieldError::Required)),
            text => self.check(field, parse(text)),
        }
    }

    /// A parameter of the query that may be left out, parsed if it is there.
    pub(super) fn parameter_if_any<T>(
        &mut self,
        query: &Form,
        field: &str,
        parse: impl FnOnce(&str) -> Result<T, FieldError>,
    ) -> Option<T> {
        match query.get(field) {
            "" => None,
            text => self.check(field, parse(text)),
        }
    }

    /// The text of a field that must be there, parsed.
    pub(super) fn text<T>(
        &mut self,
        body: &Body,
        field: &str,
        parse: impl FnOnce(&str) -> Result<T, FieldError>,
    ) -> Option<T> {
        match body.at(field) {
            None => self.check(field, Err(FieldError::Required)),
            Some(Value::String(text)) => self.check(field, parse(text)),
            Some(_) => {
                self.wrong(WrongField::with(field, "type", "Send a text"));
                None
            }
        }
    }

    /// The text of a field that may be left out, parsed; empty text is parsed in its place.
    pub(super) fn optional_text<T>(
        &mut self,
        body: &Body,
        field: &str,
        parse: impl FnOnce(&str) -> Result<T, FieldError>,
    ) -> Option<T> {
        if body.at(field).is_none() {
            return self.check(field, parse(""));
        }
        self.text(body, field, parse)
    }

    /// The text of a field that may be left out, parsed if it is there.
    pub(super) fn text_if_any<T>(
        &mut self,
        body: &Body,
        field: &str,
        parse: impl FnOnce(&str) -> Result<T, FieldError>,
    ) -> Option<T> {
        body.at(field)?;
        self.text(body, field, parse)
    }

    /// A list of texts that may be left out; each that is wrong is told by its place.
    pub(super) fn texts<T>(
        &mut self,
        body: &Body,
        field: &str,
        parse: impl Fn(&str) -> Result<T, FieldError>,
    ) -> Vec<T> {
        let list = match body.at(field) {
            None => return Vec::new(),
            Some(Value::Array(list)) => list,
            Some(_) => {
                self.wrong(WrongField::with(field, "type", "Send a list of texts"));
                return Vec::new();
            }
        };
        let mut read = Vec::with_capacity(list.len());
        for (place, value) in list.iter().enumerate() {
            let name = format!("{field}.{place}");
            match value.as_str().map(&parse) {
                Some(Ok(value)) => read.push(value),
                Some(Err(error)) => self.wrong(WrongField::new(&name, error)),
                None => self.wrong(WrongField::with(&name, "type", "Send a text")),
            }
        }
        read
    }

    /// A truth value that is false if left out.
    pub(super) fn flag(&mut self, body: &Body, field: &str) -> bool {
        match body.at(field) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.wrong(WrongField::with(field, "type", "Send true or false"));
                false
            }
        }
    }

    /// A whole number that may be left out.
    pub(super) fn optional_number(&mut self, body: &Body, field: &str) -> Option<u32> {
        let value = body.at(field)?;
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        if number.is_none() {
            self.wrong(WrongField::new(field, FieldError::Number));
        }
        number
    }

    /// An object that may be left out.
    pub(super) fn object(&mut self, body: &Body, field: &str) {
        if body.at(field).is_some_and(|value| !value.is_object()) {
            self.wrong(WrongField::with(field, "type", "Send an object"));
        }
    }

    /// An object of which only some fields are known.
    pub(super) fn object_of(&mut self, body: &Body, field: &str, known: &[&str]) {
        match body.at(field) {
            None => {}
            Some(Value::Object(object)) => {
                for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
                    let known = known.join(", ");
                    let message = format!("There is no '{name}' in '{field}'; there is: {known}");
                    self.wrong(WrongField::with(&format!("{field}.{name}"), "unknown", message));
                }
            }
            Some(_) => self.wrong(WrongField::with(field, "type", "Send an object")),
        }
    }

    /// Nothing, or what is wrong.
    pub(super) fn finish(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::wrong_fields(self.0)) }
    }

    /// Nothing, or what is wrong with a query.
    pub(super) fn finish_query(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::wrong_query(self.0)) }
    }
}

impl Body {
    /// Whether the field is there.
    pub(super) fn has(&self, field: &str) -> bool {
        self.at(field).is_some()
    }

    /// A field by its dotted name; null is the same as left out.
    fn at(&self, field: &str) -> Option<&Value> {
        let mut parts = field.split('.');
        let mut value = self.0.get(parts.next()?)?;
        for part in parts {
            value = value.as_object()?.get(part)?;
        }
        Some(value).filter(|value| !value.is_null())
    }

    /// The note of a body that has no other field; it may be left out.
    pub(super) fn note(&self, field: &str) -> Result<Note, Problem> {
        let mut reader = Reader::default();
        let note = reader.optional_text(self, field, str::parse::<Note>);
        reader.finish()?;
        note.ok_or_else(|| Problem::bad_request("The request is not complete."))
    }

    /// The texts of a field that is an object of texts, numbers and truth values, `except` those of
    /// some names; null is the same as left out.
    pub(super) fn answers(&self, field: &str, except: &[&str]) -> Vec<(String, String)> {
        let Some(Value::Object(object)) = self.at(field) else { return Vec::new() };
        let text = |value: &Value| match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            // A list or an object is nobody's answer; its text is refused as one.
            other => Some(other.to_string()),
        };
        let asked = object.iter().filter(|(name, _)| !except.contains(&name.as_str()));
        asked.filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
    }
}
