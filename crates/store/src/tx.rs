//! What can be asked of the database inside [`Store::read`](crate::Store::read) and
//! [`Store::write`](crate::Store::write).

pub(crate) mod accounts;
pub(crate) mod attempts;
pub(crate) mod booking_list;
pub(crate) mod bookings;
pub(crate) mod busy;
pub(crate) mod conferences;
pub(crate) mod event_links;
pub(crate) mod event_types;
pub(crate) mod group_sessions;
pub(crate) mod guests;
pub(crate) mod history;
pub(crate) mod holds;
pub(crate) mod idempotency;
pub(crate) mod outbox;
pub(crate) mod presence;
pub(crate) mod proofs;
pub(crate) mod proposals;
pub(crate) mod reminders;
pub(crate) mod requests;
pub(crate) mod rooms;
pub(crate) mod schedules;
pub(crate) mod series;
pub(crate) mod standalone_rooms;
pub(crate) mod upkeep;
pub(crate) mod waiting_list;

use diesel::QueryResult;

use crate::{
    StoreError, Vault,
    connection::Conn,
    error::{Remedy, classify},
};

/// A turn at the database.
pub struct Tx<'a> {
    conn: &'a mut Conn,
    pub(crate) vault: &'a Vault,
    remedy: Remedy,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(conn: &'a mut Conn, vault: &'a Vault) -> Self {
        Self { conn, vault, remedy: Remedy::None }
    }

    /// What the last failure asks for.
    pub(crate) fn remedy(&self) -> Remedy {
        self.remedy
    }

    /// Runs one query.
    pub(crate) fn run<T>(
        &mut self,
        query: impl FnOnce(&mut Conn) -> QueryResult<T>,
    ) -> Result<T, StoreError> {
        query(self.conn).map_err(|error| {
            let (error, remedy) = classify(&error);
            self.remedy = remedy;
            error
        })
    }

    /// Runs a query that finds one row or none: by a unique key, so without a LIMIT, which would
    /// keep diesel from caching the prepared statement.
    pub(crate) fn one<T>(
        &mut self,
        query: impl FnOnce(&mut Conn) -> QueryResult<Vec<T>>,
    ) -> Result<Option<T>, StoreError> {
        self.run(query).map(|rows| rows.into_iter().next())
    }
}
