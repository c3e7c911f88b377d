//! `/reset-password/{token}`.

use askama::Template;

use crate::view::{Problems, Shell};

#[derive(Template)]
#[template(path = "pages/reset_password.html")]
pub(crate) struct Page {
    shell: Shell,
    problems: Problems,
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        vec![Self { shell: Shell::default(), problems: Problems::default() }]
    }
}
