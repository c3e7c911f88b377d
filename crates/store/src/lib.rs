//! Where Roomkey keeps things: SQLite or PostgreSQL, behind one connection type.
//!
//! [`Store::read`] and [`Store::write`] run a closure with a [`Tx`] on a blocking thread. What can
//! be asked of a `Tx` stands in `tx/`, one file for each thing that is stored. Rows and SQL types
//! never leave this crate; secrets are sealed by the [`vault`] on the way in.

mod backend;
mod connection;
mod error;
#[cfg(debug_assertions)]
mod failpoint;
mod file;
mod inspect;
mod key_check;
mod locked;
mod migrate;
mod outbox;
mod pool;
mod postgres_url;
mod row;
mod schema;
mod together;
mod tx;
mod vault;
mod worker_lock;

#[cfg(test)]
mod tests;

pub use backend::{Backend, DatabaseUrl, InvalidDatabaseUrl};
pub use error::{Constraint, StoreError};
pub use inspect::Inspection;
pub use key_check::KeyState;
pub use migrate::{MigrateError, Migration, SchemaPolicy};
pub use pool::{Store, StoreOptions};
pub use tx::{
    Tx,
    accounts::ApiKey,
    booking_list::{BookingFilter, BookingSearch, Cursor},
    bookings::BookingDetails,
    event_links::IssuedLink,
    event_types::{OfferFacts, OfferKey},
    history::Remark,
    holds::Hold,
    idempotency::{Made, Recorded},
    reminders::DueReminder,
    rooms::RoomState,
    standalone_rooms::RoomFilter,
    waiting_list::WaitingEntry,
};
pub use vault::{InvalidSecretKey, SecretKey, Vault};
pub use worker_lock::WorkerLock;
