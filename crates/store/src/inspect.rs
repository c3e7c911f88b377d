//! A look at a database that changes nothing: it makes no file and no table, and takes no lock that
//! anybody waits for.

use std::path::Path;

use diesel::{
    Connection, ConnectionResult, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    sql_query,
    sql_types::{BigInt, Text},
};

use crate::{
    DatabaseUrl, MigrateError, Migration, Store, Vault,
    connection::{Conn, with_limits},
    key_check::{self, KeyState},
    migrate,
};

/// What a database looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Whether there is one. A file of SQLite is made by the first that writes.
    pub exists: bool,
    /// The steps that its schema lacks, in order.
    pub missing: Vec<Migration>,
    /// Whether somebody has an account.
    pub has_accounts: bool,
    /// Whether the secret key is the one that it was filled with.
    pub key: KeyState,
}

impl Store {
    /// Looks at a database, with the vault of the secret key if there is one yet.
    ///
    /// # Errors
    /// [`MigrateError::Open`] if it does not answer.
    pub fn inspect(url: &DatabaseUrl, vault: Option<&Vault>) -> Result<Inspection, MigrateError> {
        let steps = migrate::steps(url.backend());
        let mut found =
            Inspection { exists: false, missing: steps, has_accounts: false, key: KeyState::Free };
        if url.sqlite_path().is_some_and(|path| !path.exists()) {
            return Ok(found);
        }
        found.exists = true;
        let mut conn = connect(url).map_err(|error| MigrateError::Open(error.to_string()))?;
        look(&mut conn, vault, &mut found)
            .map_err(|error| MigrateError::Open(error.to_string()))?;
        Ok(found)
    }
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn look(conn: &mut Conn, vault: Option<&Vault>, found: &mut Inspection) -> diesel::QueryResult<()> {
    let table = match conn {
        Conn::Pg(_) => {
            "SELECT count(*) AS count FROM pg_class \
             WHERE oid = to_regclass('__diesel_schema_migrations')"
        }
        Conn::Sqlite(_) => {
            "SELECT count(*) AS count FROM sqlite_master WHERE name = '__diesel_schema_migrations'"
        }
    };
    if !any(conn, table)? {
        return Ok(());
    }
    let applied: Vec<Version> =
        sql_query("SELECT version FROM __diesel_schema_migrations").load(conn)?;
    found.missing.retain(|step| !applied.iter().any(|version| step.is_version(&version.version)));
    if found.missing.is_empty() {
        found.has_accounts = any(conn, "SELECT count(*) AS count FROM users")?;
        found.key = key_check::state(conn, vault)?;
    }
    Ok(())
}

fn any(conn: &mut Conn, count: &str) -> diesel::QueryResult<bool> {
    let rows: Vec<Count> = sql_query(count).load(conn)?;
    Ok(rows.first().is_some_and(|row| row.count > 0))
}

fn connect(url: &DatabaseUrl) -> ConnectionResult<Conn> {
    let (mut conn, setup) = if let Some(path) = url.sqlite_path() {
        let conn = SqliteConnection::establish(&only_to_read(path))?;
        (Conn::Sqlite(conn), "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON")
    } else {
        let conn = PgConnection::establish(&with_limits(url.location()))?;
        (Conn::Pg(conn), "SET default_transaction_read_only = on; SET statement_timeout = '8s'")
    };
    conn.batch_execute(setup).map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// A file as SQLite's URI. Without a write-ahead log beside it nobody has it open, and it is read as
/// it lies there; else SQLite would make a log of its own.
fn only_to_read(path: &Path) -> String {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let mode = if Path::new(&log).exists() { "mode=ro" } else { "immutable=1" };
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{path}?{mode}")
}
