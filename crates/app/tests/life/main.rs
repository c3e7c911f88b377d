//! The use cases over both databases, past HTTP: what they cost, and a long life of bookings beside a
//! model of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may panic, and their helpers too"
)]

mod conferences;
mod database;
mod model;
mod room_events;
mod statements;
mod world;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Held by a test for which no other may run in the same process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
