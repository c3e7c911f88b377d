//! `/forgot-password`: the same answer whether or not the address has an account.

use askama::Template;

use crate::view::{Problems, Shell};

#[derive(Template)]
#[template(path = "pages/forgot_password.html")]
pub(crate) struct Page {
    shell: Shell,
    sent: bool,
    email: String,
    problems: Problems,
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let page = |sent| Self {
            shell: Shell::default(),
            sent,
            email: "ada@example.org".into(),
            problems: Problems::default(),
        };
        vec![page(false), page(true)]
    }
}
