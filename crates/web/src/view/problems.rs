use std::{borrow::Cow, fmt};

use askama::filters::HtmlSafe;
use roomkey_core::text::FieldError;

/// What is wrong with one field.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    /// The field's `id` and, nearly always, its `name`.
    pub(crate) id: Cow<'static, str>,
    /// What to do about it.
    pub(crate) text: Cow<'static, str>,
}

/// What is wrong with a form, in the order of its fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn add(
        &mut self,
        id: impl Into<Cow<'static, str>>,
        text: impl Into<Cow<'static, str>>,
    ) {
        self.0.push(Problem { id: id.into(), text: text.into() });
    }

    /// The value, or a note of what is wrong with it.
    pub(crate) fn check<T>(
        &mut self,
        id: &'static str,
        parsed: Result<T, FieldError>,
    ) -> Option<T> {
        parsed.map_err(|error| self.add(id, words(id, error))).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn all(&self) -> &[Problem] {
        &self.0
    }

    /// What is wrong with a field.
    pub(crate) fn of(&self, id: &str) -> Option<&str> {
        self.0.iter().find(|p| p.id == id).map(|p| &*p.text)
    }

    /// Whether something is wrong with a field whose id starts so.
    pub(crate) fn any_of(&self, prefix: &str) -> bool {
        self.0.iter().any(|p| p.id.starts_with(prefix))
    }

    /// The start of a page's title.
    pub(crate) fn prefix(&self) -> &'static str {
        if self.is_empty() { "" } else { "Error: " }
    }

    /// The class that a wrong field has more.
    pub(crate) fn class(&self, id: &str) -> &'static str {
        if self.of(id).is_some() { " field--error" } else { "" }
    }

    /// The attributes that tie a control to its error and its hint.
    pub(crate) fn aria<'a>(&self, id: &'a str, hint: &str) -> Aria<'a> {
        Aria { id, wrong: self.of(id).is_some(), hint: !hint.is_empty() }
    }
}

/// `aria-invalid` and `aria-describedby` of a control. Ids are our own names, never input.
#[derive(Debug)]
pub(crate) struct Aria<'a> {
    id: &'a str,
    wrong: bool,
    hint: bool,
}

impl fmt::Display for Aria<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id;
        match (self.wrong, self.hint) {
            (true, true) => {
                write!(f, " aria-invalid=\"true\" aria-describedby=\"{id}-e {id}-h\"")
            }
            (true, false) => write!(f, " aria-invalid=\"true\" aria-describedby=\"{id}-e\""),
            (false, true) => write!(f, " aria-describedby=\"{id}-h\""),
            (false, false) => Ok(()),
        }
    }
}

impl HtmlSafe for Aria<'_> {}

/// What to do about a field, in words that are clear without the field beside them.
fn words(id: &str, error: FieldError) -> Cow<'static, str> {
    match (error, id) {
        (FieldError::Required, "name") => "Enter a name".into(),
        (FieldError::Required, "email" | "guest") => "Enter an email address".into(),
        (FieldError::Required, "password") => "Enter a password".into(),
        (FieldError::Required, "token") => "Enter the set-up token".into(),
        (FieldError::Required, "link_name") => "Enter a name for the link".into(),
        (FieldError::Required, "title") => "Enter a name for the event type".into(),
        (FieldError::Required, "slug" | "handle") => "Enter a page address".into(),
        (FieldError::Required, "window_first") => "Enter the first date".into(),
        (FieldError::Required, "window_last") => "Enter the last date".into(),
        (FieldError::Required, "duration") => "Enter a length in minutes".into(),
        (FieldError::WebAddress, "name" | "link_name" | "link_prefill_name") => {
            "Enter a name without a web address".into()
        }
        (FieldError::WebAddress, "title") => {
            "Enter a name for the event type without a web address".into()
        }
        (error, _) => error.to_string().into(),
    }
}
