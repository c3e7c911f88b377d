use std::{
    fs::File,
    thread,
    time::{Duration, Instant},
};

use diesel::{
    QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types::BigInt,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::{
    Backend, DatabaseUrl,
    connection::{Access, Conn, Manager},
    file::{private, private_folder},
};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Holds off other processes that migrate the same PostgreSQL database at the same time.
const ADVISORY_LOCK: i64 = 0x726f_6f6d_6b65_7901;

/// A server that starts beside its database, as after a power cut, waits for it so long.
const START_PATIENCE: Duration = Duration::from_mins(1);

/// A step of the schema that was, or would be, taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration(pub String);

impl Migration {
    /// Whether it is the one that the database lists as this version: the name up to its first `_`.
    pub(crate) fn is_version(&self, version: &str) -> bool {
        self.0.split('_').next() == Some(version)
    }
}

/// The schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection.
    #[error("the database can not be opened: {0}")]
    Open(String),
    /// A step failed; it was undone.
    #[error("the schema can not be brought up to date: {0}")]
    Step(String),
    /// The database is an older version's.
    #[error("its schema is older than this program; run 'roomkey migrate'")]
    Outdated,
    /// It has another secret key.
    #[error(
        "it has another secret_key; give the one that its bookings were made with (of a server that made \
         its own, the file 'secret-key' in that server's data_dir)"
    )]
    WrongKey,
    /// The lock file beside the SQLite file.
    #[error("the lock file of the database can not be used: {0}")]
    Lock(#[from] std::io::Error),
}

/// What opening a database does about its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaPolicy {
    /// Nothing: says what would be done.
    DryRun,
    /// Makes it in an empty database; an older one is refused, since a running server may use it.
    MakeIfEmpty,
    /// Brings it up to date.
    BringUpToDate,
}

/// Takes the steps that are missing, one process at a time; returns them in order, and the
/// connection that it took.
pub(crate) fn run(
    url: &DatabaseUrl,
    policy: SchemaPolicy,
) -> Result<(Vec<Migration>, Conn), MigrateError> {
    // Held until the end of this function.
    let _lock = url.sqlite_path().map(lock_file).transpose()?;
    let patience = match policy {
        SchemaPolicy::BringUpToDate => START_PATIENCE,
        SchemaPolicy::DryRun | SchemaPolicy::MakeIfEmpty => Duration::ZERO,
    };
    let mut conn = connect(url, patience)?;
    let step =
        |error: Box<dyn std::error::Error + Send + Sync>| MigrateError::Step(error.to_string());
    let (pending, applied) = match &mut conn {
        Conn::Pg(c) => {
            c.batch_execute(&format!(
                "SET lock_timeout = 0; SET statement_timeout = 0; \
                 SELECT pg_advisory_lock({ADVISORY_LOCK})"
            ))
            .map_err(|error| step(error.into()))?;
            let pending = names(&c.pending_migrations(POSTGRES).map_err(step)?);
            (pending, c.applied_migrations().map_err(step)?.len())
        }
        Conn::Sqlite(c) => {
            let pending = names(&c.pending_migrations(SQLITE).map_err(step)?);
            (pending, c.applied_migrations().map_err(step)?.len())
        }
    };
    if pending.is_empty() || policy == SchemaPolicy::DryRun {
        return Ok((pending, conn));
    }
    if policy == SchemaPolicy::MakeIfEmpty && applied > 0 {
        return Err(MigrateError::Outdated);
    }
    match &mut conn {
        Conn::Pg(c) => c.run_pending_migrations(POSTGRES).map(drop).map_err(step)?,
        Conn::Sqlite(c) => c.run_pending_migrations(SQLITE).map(drop).map_err(step)?,
    }
    Ok((pending, conn))
}

fn connect(url: &DatabaseUrl, patience: Duration) -> Result<Conn, MigrateError> {
    let manager = Manager { url: url.clone(), access: Access::ReadWrite };
    let begun = Instant::now();
    let mut told = false;
    loop {
        match manager.open() {
            Ok(conn) => return Ok(conn),
            Err(error) if begun.elapsed() < patience && may_come_up(&error) => {
                if !told {
                    tracing::warn!(%error, "the database does not answer yet; waiting for it");
                    told = true;
                }
                thread::sleep(Duration::from_millis(300));
            }
            Err(error) => return Err(MigrateError::Open(error.to_string())),
        }
    }
}

/// Whether an error is one of a PostgreSQL that is not there yet, as libpq and it say it. Others,
/// such as a wrong password, do not pass by waiting.
fn may_come_up(error: &diesel::ConnectionError) -> bool {
    let text = error.to_string();
    [
        "Connection refused",
        "Connection reset",
        "No such file or directory",
        "could not translate host name",
        "No route to host",
        "Network is unreachable",
        "timeout expired",
        "server closed the connection",
        "the database system is",
        "too many clients",
        "remaining connection slots",
    ]
    .iter()
    .any(|sign| text.contains(sign))
}

fn names<DB: diesel::backend::Backend>(
    pending: &[Box<dyn diesel::migration::Migration<DB>>],
) -> Vec<Migration> {
    pending.iter().map(|step| Migration(step.name().to_string())).collect()
}

/// Held, it keeps other processes from migrating the same SQLite file.
fn lock_file(path: &std::path::Path) -> Result<File, std::io::Error> {
    if let Some(folder) = path.parent() {
        private_folder(folder)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".migrate-lock");
    let file = private().open(name)?;
    file.lock()?;
    // SQLite would let everybody on the machine read the file that it makes.
    private().open(path)?;
    Ok(file)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Whether the schema has every step that this program knows.
pub(crate) fn is_current(conn: &mut Conn) -> diesel::QueryResult<bool> {
    let known = match conn {
        Conn::Pg(_) => known::<diesel::pg::Pg>(&POSTGRES),
        Conn::Sqlite(_) => known::<diesel::sqlite::Sqlite>(&SQLITE),
    };
    let rows: Vec<Count> =
        sql_query("SELECT count(*) AS count FROM __diesel_schema_migrations").load(conn)?;
    Ok(rows.first().is_some_and(|row| usize::try_from(row.count).is_ok_and(|n| n >= known)))
}

/// Every step that this program knows, in order.
pub(crate) fn steps(backend: Backend) -> Vec<Migration> {
    match backend {
        Backend::Postgres => all::<diesel::pg::Pg>(&POSTGRES),
        Backend::Sqlite => all::<diesel::sqlite::Sqlite>(&SQLITE),
    }
}

fn all<DB: diesel::backend::Backend>(source: &EmbeddedMigrations) -> Vec<Migration> {
    let found = diesel::migration::MigrationSource::<DB>::migrations(source);
    let mut steps = found.map_or_else(|_| Vec::new(), |steps| names(&steps));
    steps.sort_by(|one, other| one.0.cmp(&other.0));
    steps
}

fn known<DB: diesel::backend::Backend>(source: &EmbeddedMigrations) -> usize {
    diesel::migration::MigrationSource::<DB>::migrations(source).map_or(0, |all| all.len())
}

/// Takes back every step from the one of that name on, newest first. For tests of the steps themselves.
#[cfg(test)]
pub(crate) fn revert_from(url: &DatabaseUrl, first: &str) -> Result<(), MigrateError> {
    let mut conn = connect(url, Duration::ZERO)?;
    let backend = match &conn {
        Conn::Pg(_) => Backend::Postgres,
        Conn::Sqlite(_) => Backend::Sqlite,
    };
    for _ in steps(backend).iter().skip_while(|step| step.0 != first) {
        match &mut conn {
            Conn::Pg(c) => c.revert_last_migration(POSTGRES).map(drop),
            Conn::Sqlite(c) => c.revert_last_migration(SQLITE).map(drop),
        }
        .map_err(|error| MigrateError::Step(error.to_string()))?;
    }
    Ok(())
}

/// Takes back every step, newest first. For tests of the steps themselves.
#[cfg(test)]
pub(crate) fn revert_all(url: &DatabaseUrl) -> Result<(), MigrateError> {
    let mut conn = connect(url, Duration::ZERO)?;
    match &mut conn {
        Conn::Pg(c) => c.revert_all_migrations(POSTGRES).map(drop),
        Conn::Sqlite(c) => c.revert_all_migrations(SQLITE).map(drop),
    }
    .map_err(|error| MigrateError::Step(error.to_string()))
}
