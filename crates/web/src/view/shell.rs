use std::fmt;

use askama::filters::HtmlSafe;

use super::Markup;

/// The colours a visitor chose, from the `theme` cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Theme {
    /// As the device is set.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    /// Reads the cookie's or the form's value; anything else is [`Theme::Auto`].
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Auto,
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The attribute of `<html>`.
impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => Ok(()),
            theme => write!(f, " data-theme=\"{}\"", theme.as_str()),
        }
    }
}

impl HtmlSafe for Theme {}

/// What is around a public page.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shell {
    pub(crate) theme: Theme,
    /// What the visitor just did, said once.
    pub(crate) flash: Option<&'static str>,
}

/// A part of the host's app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Bookings,
    EventTypes,
    Availability,
    Settings,
}

/// What is around a page of the host's app.
#[derive(Debug, Clone)]
pub(crate) struct AppShell {
    pub(crate) theme: Theme,
    pub(crate) flash: Option<&'static str>,
    pub(crate) section: Section,
    pub(crate) name: String,
    pub(crate) initials: String,
    pub(crate) handle: String,
    /// Stands in every form.
    pub(crate) csrf: String,
}

impl AppShell {
    /// Marks the link of the section that is open.
    pub(crate) fn here(&self, section: Section) -> Markup {
        Markup(if self.section == section { " aria-current=\"page\"" } else { "" })
    }

    #[cfg(test)]
    pub(crate) fn sample(section: Section) -> Self {
        Self {
            theme: Theme::Dark,
            flash: Some("Hours saved."),
            section,
            name: "Ada Lovelace".into(),
            initials: "AL".into(),
            handle: "ada".into(),
            csrf: "token".into(),
        }
    }
}
