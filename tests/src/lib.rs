//! The harness of the black-box tests.
//!
//! A test starts the real `roomkey` binary with [`TestApp`], talks to it as people and programs do (pages with
//! [`Client`], command line with [`TestApp::cli`], mail with [`Mailbox`]), and looks into its database only to see
//! what must *not* be there. Nothing of the product is linked in: the one shared thing is the public surface.
//!
//! Every test that touches a database is written once as `fn name(backend: Backend)` and run on both with
//! [`on_both!`].

mod app;
mod cli;
mod database;
mod html;
mod http;
mod lock;
mod mail;
mod relay;
mod smtp;
mod wait;
mod world;

pub use app::{Builder, TestApp};
pub use cli::Output;
pub use database::{Backend, Database};
pub use html::{Form, Page};
pub use http::{Client, Reply};
pub use lock::Lock;
pub use mail::{Mail, Mailbox, read_calendar};
pub use relay::Relay;
pub use smtp::{SmtpSink, Tls};
pub use wait::{SOON, wait_until};
pub use world::{Booked, Host, instant, rfc3339};

/// True in `scripts/test --long`: proof counts in full, minutes instead of seconds.
pub fn long_run() -> bool {
    std::env::var_os("ROOMKEY_LONG").is_some_and(|value| value == "1")
}

/// Runs each named `fn(Backend)` as two tests, `name::sqlite` and `name::postgres`.
///
/// A function that is not listed is dead code, which the lints refuse: no test can be forgotten.
#[macro_export]
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            #[test]
            fn sqlite() {
                super::$name($crate::Backend::Sqlite);
            }

            #[test]
            fn postgres() {
                super::$name($crate::Backend::Postgres);
            }
        })+
    };
}
