//! A page's address as texts of a request: only what could be one is looked up.

use roomkey_app::Page;
use roomkey_core::{
    text::{Handle, Slug},
    token::Token,
};

use crate::form::Form;

/// The event type's address, or none if the texts can be no host's and no event type's.
pub(crate) fn of(handle: &str, slug: &str) -> Option<Page> {
    let (handle, slug) = (handle.parse::<Handle>().ok()?, slug.parse::<Slug>().ok()?);
    Some(Page::new(handle.to_string(), slug.to_string()))
}

/// The name of a link in queries and forms.
pub(crate) const LINK: &str = "link";

/// The link that a query or a form brings, if it could be one.
pub(crate) fn link(form: &Form) -> Option<Token> {
    form.get(LINK).parse().ok()
}

/// The name, in queries and forms, of the link to somebody's page in a waiting list.
pub(crate) const WAITING: &str = "waiting";

/// The link to their page in a waiting list that a query or a form brings, if it could be one.
pub(crate) fn waiting(form: &Form) -> Option<Token> {
    form.get(WAITING).parse().ok()
}
