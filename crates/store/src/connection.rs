use std::time::Duration;

use diesel::{
    Connection, ConnectionResult, PgConnection, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    r2d2::{ManageConnection, R2D2Connection},
};

use crate::{Backend, DatabaseUrl};

/// A connection to either database. Queries are written once against it.
#[derive(diesel::MultiConnection)]
pub(crate) enum Conn {
    Pg(PgConnection),
    Sqlite(SqliteConnection),
}

/// Runs a query by the one kind of connection or the other. Behind [`Conn`] diesel does not know a query by its
/// type, and writes its SQL anew each time to find the prepared statement; here it does. For what is asked often.
macro_rules! natively {
    ($conn:expr, $c:ident => $query:expr) => {
        match $conn {
            $crate::connection::Conn::Pg($c) => $query,
            $crate::connection::Conn::Sqlite($c) => $query,
        }
    };
}
pub(crate) use natively;

/// What a pool's connections are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    ReadOnly,
    ReadWrite,
}

/// A pooled connection; once it has failed it is not used again.
pub(crate) struct Pooled {
    pub(crate) conn: Conn,
    pub(crate) broken: bool,
}

/// Opens connections of the kind that the URL names.
#[derive(Debug)]
pub(crate) struct Manager {
    pub(crate) url: DatabaseUrl,
    pub(crate) access: Access,
}

const SQLITE_SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -8000; \
     PRAGMA temp_store = MEMORY;";

impl Manager {
    /// A new connection, set up for its use.
    pub(crate) fn open(&self) -> ConnectionResult<Conn> {
        let location = self.url.location();
        let mut conn = match self.url.backend() {
            Backend::Postgres => Conn::Pg(PgConnection::establish(&with_limits(location))?),
            Backend::Sqlite => Conn::Sqlite(SqliteConnection::establish(location)?),
        };
        // Every look-up is by an index, whatever the values: planned once, PostgreSQL need not weigh that each time.
        let setup = match (self.url.backend(), self.access) {
            (Backend::Postgres, _) => "SET TIME ZONE 'UTC'; SET lock_timeout = '5s'; \
                 SET statement_timeout = '8s'; SET client_min_messages = 'warning'; \
                 SET plan_cache_mode = 'force_generic_plan'"
                .to_owned(),
            (Backend::Sqlite, Access::ReadWrite) => SQLITE_SETUP.to_owned(),
            (Backend::Sqlite, Access::ReadOnly) => format!("{SQLITE_SETUP} PRAGMA query_only = ON"),
        };
        conn.batch_execute(&setup).map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
        Ok(conn)
    }
}

/// libpq waits for ever for a server that went away without a word, unless it is told not to. What
/// the URL itself says goes first.
pub(crate) fn with_limits(url: &str) -> String {
    let limits = [
        ("connect_timeout", "5"),
        ("keepalives_idle", "20"),
        ("keepalives_interval", "5"),
        ("keepalives_count", "3"),
        ("tcp_user_timeout", "15000"),
    ];
    limits.iter().fold(url.to_owned(), |url, (name, value)| {
        if url.contains(&format!("{name}=")) {
            return url;
        }
        let joint = match url.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        format!("{url}{joint}{name}={value}")
    })
}

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Pooled, Self::Error> {
        let conn = self.open().map_err(diesel::r2d2::Error::ConnectionError)?;
        Ok(Pooled { conn, broken: false })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), Self::Error> {
        pooled.conn.ping().map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.broken || std::thread::panicking()
    }
}

/// How long a request waits for a new connection, the first to find the database away.
pub(crate) const CONNECT_PATIENCE: Duration = Duration::from_secs(2);
/// How long the others wait, until one has come through again.
pub(crate) const CONNECT_PATIENCE_WHILE_AWAY: Duration = Duration::from_millis(100);

impl Conn {
    /// Begins a transaction that may write: on SQLite it takes the write lock at once, since a
    /// plain one that turns into a writer fails instead of waiting.
    pub(crate) fn begin_write(&mut self) -> diesel::QueryResult<()> {
        match self {
            Self::Pg(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN"),
            Self::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
        }
    }

    /// Begins what can be undone alone, inside a transaction; [`Conn::commit`] and [`Conn::rollback`] end it.
    pub(crate) fn begin_savepoint(&mut self) -> diesel::QueryResult<()> {
        match self {
            Self::Pg(c) => AnsiTransactionManager::begin_transaction(c),
            Self::Sqlite(c) => AnsiTransactionManager::begin_transaction(c),
        }
    }

    pub(crate) fn commit(&mut self) -> diesel::QueryResult<()> {
        match self {
            Self::Pg(c) => AnsiTransactionManager::commit_transaction(c),
            Self::Sqlite(c) => AnsiTransactionManager::commit_transaction(c),
        }
    }

    pub(crate) fn rollback(&mut self) -> diesel::QueryResult<()> {
        match self {
            Self::Pg(c) => AnsiTransactionManager::rollback_transaction(c),
            Self::Sqlite(c) => AnsiTransactionManager::rollback_transaction(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_added_where_none_are_given() {
        let started = |url| with_limits(url).split("keepalives_idle").next().map(str::to_owned);
        for (url, begins) in [
            ("postgres://h/db", "postgres://h/db?connect_timeout=5&"),
            ("postgres://h/db?", "postgres://h/db?connect_timeout=5&"),
            ("postgres://h/db?host=/tmp", "postgres://h/db?host=/tmp&connect_timeout=5&"),
            ("postgres://h/db?connect_timeout=9", "postgres://h/db?connect_timeout=9&"),
        ] {
            assert_eq!(started(url).as_deref(), Some(begins));
        }
    }
}
