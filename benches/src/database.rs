//! The database of a run, past Roomkey: what it can do bare, and what no command sets.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use diesel::{
    Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, SqliteConnection,
    connection::SimpleConnection as _,
    sql_query,
    sql_types::{BigInt, Text},
};
use hdrhistogram::Histogram;

use crate::load::{Measured, precise};

/// A row like a booking's, and nothing else.
const TABLE: &str = "CREATE TABLE bare_inserts (id BIGINT NOT NULL, host TEXT NOT NULL, \
     start_at BIGINT NOT NULL, end_at BIGINT NOT NULL)";
/// Nobody reads the values.
const INSERT: &str = "INSERT INTO bare_inserts VALUES (1, 'a host', 2, 3)";

/// What a booking is made of, what others refer to first.
const TABLES: [&str; 6] =
    ["bookings", "booking_hosts", "attendees", "booking_links", "booking_events", "rooms"];
/// Copies of all originals in one transaction.
const TOGETHER: u32 = 50;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

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

    /// Remembers the bookings that there are, for copies of them.
    pub(crate) fn note_originals(&self) -> anyhow::Result<()> {
        self.run("CREATE TABLE bench_originals AS SELECT id FROM bookings")
    }

    /// Opens some rooms, by their ids, for good.
    pub(crate) fn open_rooms(&self, ids: &[&str]) -> anyhow::Result<()> {
        self.run(&format!(
            "UPDATE rooms SET opens_at = 0, closes_at = 4102444800000000 WHERE id IN ('{}')",
            ids.join("','")
        ))
    }

    /// How many bookings there are.
    pub(crate) fn bookings(&self) -> anyhow::Result<u32> {
        Ok(u32::try_from(self.number("SELECT count(*) AS number FROM bookings")?)?)
    }

    /// Copies the originals, each copy some days later than the one before, until there are so many of each. Names of
    /// rooms and links are sealed as in the original and stand under other hashes: nobody can ask for them.
    pub(crate) fn copy_originals(&self, of_each: u32) -> anyhow::Result<()> {
        const DAY: i64 = 86_400_000_000;
        let originals = self.number("SELECT count(*) AS number FROM bench_originals")?;
        let there = u32::try_from(i64::from(self.bookings()?) / originals.max(1))?;
        let span = self.number(
            "SELECT max(end_at) - min(start_at) AS number FROM bookings \
             WHERE id IN (SELECT id FROM bench_originals)",
        )?;
        let apart = (span / DAY + 1) * DAY;
        let mut copies = Vec::with_capacity(TABLES.len());
        for table in TABLES {
            copies.push((table, self.columns(table)?));
        }
        let mut connection = self.connect()?;
        for first in (there..of_each).step_by(usize::try_from(TOGETHER)?) {
            let last = (first + TOGETHER).min(of_each) - 1;
            connection.batch("BEGIN")?;
            for (table, columns) in &copies {
                connection.batch(&self.copy(table, columns, (first, last), apart))?;
            }
            connection.batch("COMMIT")?;
        }
        drop(connection);
        match self {
            Self::Sqlite(_) => self.run("PRAGMA wal_checkpoint(TRUNCATE)"),
            // As it does by itself in time, and not in the middle of what is measured.
            Self::Postgres(_) => self.run("VACUUM (ANALYZE)"),
        }
    }

    /// The statement that copies a table's rows of the originals, with the numbers from `first` to `last`.
    fn copy(
        &self,
        table: &str,
        columns: &[String],
        (first, last): (u32, u32),
        apart: i64,
    ) -> String {
        // Six digits in the place of six others; multiplied by an odd number they follow nothing stored.
        let hex = |number: &str| match self {
            Self::Sqlite(_) => format!("printf('%06x', {number})"),
            Self::Postgres(_) => format!("lpad(to_hex({number}), 6, '0')"),
        };
        let (plain, spread) = (hex("n.n"), hex("(n.n * 10487 % 16777216)"));
        let id =
            |column: &str| format!("substr({column}, 1, 24) || {plain} || substr({column}, 31, 6)");
        let value = |column: &String| match column.as_str() {
            "id" | "booking_id" => id(column),
            "ical_uid" => format!("{} || '@localhost'", id("id")),
            "name_hash" | "token_hash" => format!("{spread} || substr({column}, 7)"),
            "start_at" | "end_at" | "opens_at" | "closes_at" => {
                format!("{column} + n.n * CAST({apart} AS BIGINT)")
            }
            other => other.to_owned(),
        };
        let values: Vec<String> = columns.iter().map(value).collect();
        let key = if table == "bookings" { "id" } else { "booking_id" };
        format!(
            "WITH RECURSIVE n(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM n WHERE n < {last}) \
             INSERT INTO {table} ({}) SELECT {} FROM n CROSS JOIN {table} \
             WHERE {key} IN (SELECT id FROM bench_originals)",
            columns.join(", "),
            values.join(", ")
        )
    }

    fn columns(&self, table: &str) -> anyhow::Result<Vec<String>> {
        let sql = match self {
            Self::Sqlite(_) => format!("SELECT name FROM pragma_table_info('{table}')"),
            Self::Postgres(_) => format!(
                "SELECT column_name::text AS name FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name = '{table}'"
            ),
        };
        let columns: Vec<Column> = match self.connect()? {
            Connected::Sqlite(mut connection) => sql_query(sql).load(&mut connection)?,
            Connected::Postgres(mut connection) => sql_query(sql).load(&mut connection)?,
        };
        Ok(columns.into_iter().map(|column| column.name).collect())
    }

    fn number(&self, sql: &str) -> anyhow::Result<i64> {
        let found: Number = match self.connect()? {
            Connected::Sqlite(mut connection) => sql_query(sql).get_result(&mut connection)?,
            Connected::Postgres(mut connection) => sql_query(sql).get_result(&mut connection)?,
        };
        Ok(found.number)
    }

    fn connect(&self) -> anyhow::Result<Connected> {
        Ok(match self {
            Self::Sqlite(path) => Connected::Sqlite(sqlite(path)?),
            Self::Postgres(url) => Connected::Postgres(PgConnection::establish(url)?),
        })
    }

    fn run(&self, sql: &str) -> anyhow::Result<()> {
        self.connect()?.batch(sql)
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

/// A connection past Roomkey.
enum Connected {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Connected {
    fn batch(&mut self, sql: &str) -> anyhow::Result<()> {
        match self {
            Self::Sqlite(connection) => connection.batch_execute(sql)?,
            Self::Postgres(connection) => connection.batch_execute(sql)?,
        }
        Ok(())
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
