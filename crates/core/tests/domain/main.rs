//! The domain, tried from outside: the slot engine against its rules, against a second engine and
//! around clock changes; what a booking makes; who is let into a room.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may panic, and their helpers too"
)]

mod bookings;
mod case;
mod clock_changes;
mod conferences;
mod explain;
mod limits;
mod offers;
mod oracle;
mod presence;
mod proofs;
mod properties;
mod rooms;
mod seeded;
mod strategies;
mod time_off;
mod zones;

/// True in `scripts/test --long`: proof counts in full, minutes instead of seconds.
#[allow(clippy::disallowed_methods, reason = "a switch of the test run")]
fn long_run() -> bool {
    std::env::var("ROOMKEY_LONG").is_ok_and(|value| value == "1")
}
