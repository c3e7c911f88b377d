//! `/sign-in`.

use askama::Template;

use crate::view::{Problems, Shell};

#[derive(Template)]
#[template(path = "pages/sign_in.html")]
pub(crate) struct Page {
    shell: Shell,
    email: String,
    /// Where to go then: a path of this site, or empty.
    next: String,
    problems: Problems,
}

#[cfg(test)]
impl Page {
    pub(crate) fn samples() -> Vec<Self> {
        let mut problems = Problems::default();
        problems.add("email", "Email or password is wrong");
        let shell = Shell { flash: Some("Password saved."), ..Shell::default() };
        let (email, next) = ("ada@example.org".into(), "/app/bookings".into());
        vec![
            Self {
                shell,
                email: String::new(),
                next: String::new(),
                problems: Problems::default(),
            },
            Self { shell: Shell::default(), email, next, problems },
        ]
    }
}
