//! The database of a run, past Roomkey: what it can do bare, and what no command sets.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use diesel::{
    Connection as _, PgConnection, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _, sql_query,
};
use hdrhistogram::Histogram;

use crate::load::{Measured, precise};

/// A row like a booking's, and nothing else.
const TABLE: &str = "CREATE TABLE bare_inserts (id BIGINT NOT NULL, host TEXT NOT NULL, \
     start_at BIGINT NOT NULL, end_at BIGINT NOT NULL)";
/// Nobody reads the values.
const INSERT: &str = "INSERT INTO bare_inserts VALUES (1, 'a host', 2, 3)";

#[derive(Clone)]
pub(crate) enum Database {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Database {
    /// As in Roomkey's `database_url`.
    pub(crate) fn new(url: &str) -> Self {
        match url.strip_prefix("sqlite://") {
            Some(path) => Self::Sqlite(path.into()),
            None => Self::Postgres(url.to_owned()),
        }
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// Opens every room, so that each question of Jitsi is answered with a grant, and lays aside
    /// the mails that wait. PostgreSQL then counts its rows, as it does by itself in time; SQLite
    /// never does, and with counts it would prepare each statement anew for the values bound to it.
    pub(crate) fn settle(&self) -> anyhow::Result<()> {
        self.run(
            "UPDATE rooms SET opens_at = 0, closes_at = 4102444800000000; \
             UPDATE outbox_messages SET state = 'superseded', finished_at = 0 WHERE finished_at IS NULL",
        )?;
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(_) => self.run("ANALYZE"),
        }
    }

    fn run(&self, sql: &str) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(path) => sqlite(path)?.batch_execute(sql)?,
            Self::Postgres(url) => PgConnection::establish(url)?.batch_execute(sql)?,
        }
        Ok(())
    }

    /// Inserts a row and commits, again and again, with nothing between the loop and the database:
    /// on PostgreSQL with pgbench, on SQLite (which has one writer) with one connection.
    pub(crate) fn bare_commits(&self, clients: usize, time: Duration) -> anyhow::Result<Measured> {
        match self {
            Self::Sqlite(path) => sqlite_commits(path, time),
            Self::Postgres(url) => pgbench(url, clients, time),
        }
    }

    pub(crate) fn prepare_bare_commits(&self) -> anyhow::Result<()> {
        self.run(TABLE)
    }
}

fn sqlite(path: &Path) -> anyhow::Result<SqliteConnection> {
    let mut connection = SqliteConnection::establish(&path.to_string_lossy())?;
    connection.batch_execute(
        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
    )?;
    Ok(connection)
}

fn sqlite_commits(path: &Path, time: Duration) -> anyhow::Result<Measured> {
    let mut connection = sqlite(path)?;
    let mut latencies = Histogram::<u64>::new(3)?;
    let begun = Instant::now();
    while begun.elapsed() < time {
        let sent = Instant::now();
        connection.batch_execute("BEGIN IMMEDIATE")?;
        sql_query(INSERT).execute(&mut connection)?;
        connection.batch_execute("COMMIT")?;
        latencies.record(u64::try_from(sent.elapsed().as_micros())?)?;
    }
    Ok(Measured {
        clients: 1,
        rate: precise(latencies.len()) / begun.elapsed().as_secs_f64(),
        cpu: None,
        median: Duration::from_micros(latencies.value_at_quantile(0.5)),
        p99: Duration::from_micros(latencies.value_at_quantile(0.99)),
        body: 0.0,
    })
}

fn pgbench(url: &str, clients: usize, time: Duration) -> anyhow::Result<Measured> {
    let scratch = tempfile::tempdir()?;
    let script = scratch.path().join("insert.sql");
    std::fs::write(&script, format!("{INSERT};\n"))?;
    let output = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=1", "--log"])
        .arg(format!("--client={clients}"))
        .arg(format!("--time={}", time.as_secs().max(1)))
        .arg(format!("--file={}", script.display()))
        .arg(format!("--log-prefix={}", scratch.path().join("log").display()))
        .arg(url)
        .output()
        .context("pgbench is missing")?;
    if !output.status.success() {
        bail!("pgbench: {}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let rate = text.lines().find_map(|line| line.strip_prefix("tps = "));
    let rate =
        rate.and_then(|line| line.split_whitespace().next()).context("pgbench says no tps")?;
    let mut latencies = Histogram::<u64>::new(3)?;
    for entry in std::fs::read_dir(scratch.path())? {
        let path = entry?.path();
        if path != script {
            // A line a transaction; its third field is how long it took, in microseconds.
            for line in std::fs::read_to_string(path)?.lines() {
                latencies.record(line.split(' ').nth(2).unwrap_or("").parse()?)?;
            }
        }
    }
    Ok(Measured {
        clients,
        rate: rate.parse()?,
        cpu: None,
        median: Duration::from_micros(latencies.value_at_quantile(0.5)),
        p99: Duration::from_micros(latencies.value_at_quantile(0.99)),
        body: 0.0,
    })
}
