//! `/dev/mailbox`: what the built-in mailbox holds. Only with `--demo`.

use std::fmt;

use askama::Template;

use crate::view::Shell;

/// A mail of the list.
#[derive(Debug)]
pub(crate) struct MailRow {
    pub(crate) name: String,
    pub(crate) date: String,
    pub(crate) to: String,
    pub(crate) subject: String,
}

/// A stretch of a mail's text.
#[derive(Debug)]
pub(crate) enum Piece {
    Words(String),
    Link(String),
}

impl Piece {
    const fn is_link(&self) -> bool {
        matches!(self, Self::Link(_))
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Words(text) | Self::Link(text)) = self;
        f.write_str(text)
    }
}

/// A mail, opened.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) name: String,
    pub(crate) date: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) text: Vec<Piece>,
}

#[derive(Template)]
#[template(path = "pages/dev_mailbox.html")]
pub(crate) struct ListPage {
    shell: Shell,
    mails: Vec<MailRow>,
}

#[derive(Template)]
#[template(path = "pages/dev_mail.html")]
pub(crate) struct MailPage {
    shell: Shell,
    mail: Mail,
}

#[cfg(test)]
impl ListPage {
    pub(crate) fn samples() -> Vec<Self> {
        let mail = MailRow {
            name: "one".into(),
            date: "Thu, 08 Oct 2026 11:45:00 +0000".into(),
            to: "bo@example.com".into(),
            subject: "Booked <b>bold</b>".into(),
        };
        vec![
            Self { shell: Shell::default(), mails: Vec::new() },
            Self { shell: Shell::default(), mails: vec![mail] },
        ]
    }
}

#[cfg(test)]
impl MailPage {
    pub(crate) fn samples() -> Vec<Self> {
        let mail = Mail {
            name: "one".into(),
            date: "Thu, 08 Oct 2026 11:45:00 +0000".into(),
            from: "Roomkey <no-reply@localhost>".into(),
            to: "bo@example.com".into(),
            subject: "Booked <b>bold</b>".into(),
            text: vec![
                Piece::Words("Room: ".into()),
                Piece::Link("https://meet.example.org/k7w2mtq9".into()),
            ],
        };
        vec![Self { shell: Shell::default(), mail }]
    }
}
