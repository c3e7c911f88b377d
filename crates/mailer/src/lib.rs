//! The mails: what they say, how they leave, and the worker that sees to it that each of them does.
//!
//! A [`Composer`] turns a letter of the outbox into a [`Mail`], a [`Transport`] hands it over, and
//! a [`Worker`] does both for all that is due, again and again until it is done. [`send_test`]
//! walks the same way once and tells what happened.

mod backoff;
mod columns;
mod compose;
mod sender;
mod test_mail;
mod transport;
mod view;
mod when;
mod worker;

pub use compose::{ComposeError, Composer, Mail};
pub use sender::{InvalidSender, Sender};
pub use test_mail::{TestReport, send_test};
pub use transport::{
    Failure, InvalidMailUrl, MailUrl, SendError, SmtpUrl, Stage, Transport, TransportError,
};
pub use worker::Worker;
