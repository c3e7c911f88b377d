//! A database of its own for each test, and plain SQL to look into it.
//!
//! SQL runs through `psql` and Python's `sqlite3`, not through the product's own database code, so that a fault there
//! cannot hide itself.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};

use crate::wait::wait_until;

/// Names a test cluster of PostgreSQL by the URL of its maintenance database; `scripts/test` sets it.
pub(crate) const CLUSTER: &str = "ROOMKEY_TEST_POSTGRES";
/// The migrated database that each test's own is copied from; `scripts/test` makes it.
const TEMPLATE: &str = "roomkey_template";

/// The kinds of database that every test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file in the test's own directory.
    Sqlite,
    /// A database in the ephemeral cluster.
    Postgres,
}

/// One test's database.
#[derive(Debug)]
pub enum Database {
    /// An SQLite file (made by the program itself).
    Sqlite(PathBuf),
    /// A PostgreSQL database; dropped with this value.
    Postgres {
        /// URL of the cluster's maintenance database.
        cluster: String,
        /// This database's name.
        name: String,
    },
}

impl Database {
    /// A fresh database: for PostgreSQL a copy of the migrated template, for SQLite a path in `dir`.
    pub(crate) fn create(backend: Backend, dir: &Path) -> Self {
        match backend {
            Backend::Sqlite => Self::Sqlite(dir.join("roomkey.db")),
            Backend::Postgres => Self::create_in_cluster(&format!("TEMPLATE {TEMPLATE}")),
        }
    }

    /// An empty PostgreSQL database without any schema, or an SQLite path without a file.
    pub(crate) fn create_empty(backend: Backend, dir: &Path) -> Self {
        match backend {
            Backend::Sqlite => Self::Sqlite(dir.join("roomkey.db")),
            Backend::Postgres => Self::create_in_cluster("TEMPLATE template0"),
        }
    }

    fn create_in_cluster(template: &str) -> Self {
        let cluster = std::env::var(CLUSTER).unwrap_or_else(|_| {
            panic!(
                "{CLUSTER} is not set: run the tests with ./scripts/test (or ./scripts/test -- ARGS for a few of them)"
            )
        });
        let mut random = [0_u8; 8];
        getrandom::fill(&mut random).expect("randomness");
        let name = format!("test_{}", data_encoding::HEXLOWER.encode(&random));
        // PostgreSQL copies a template for one caller at a time; the others are told to come again.
        wait_until("a copy of the template database", Duration::from_mins(1), || {
            psql(&cluster, &format!("CREATE DATABASE {name} {template}")).ok()
        });
        Self::Postgres { cluster, name }
    }

    /// The URL that the program is configured with.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite://{}", path.display()),
            Self::Postgres { cluster, name } => with_database(cluster, name),
        }
    }

    /// The rows of a SELECT, each a JSON object by column name.
    #[track_caller]
    pub fn rows(&self, select: &str) -> Vec<Value> {
        let json = match self {
            Self::Sqlite(path) => sqlite(path, select),
            Self::Postgres { .. } => psql(
                &self.url(),
                &format!(
                    "SELECT coalesce(json_agg(to_json(found)), '[]') FROM ({select}) AS found"
                ),
            ),
        };
        let json = json.unwrap_or_else(|error| panic!("{select}: {error}"));
        serde_json::from_str(&json).unwrap_or_else(|error| panic!("{select}: {error}: {json}"))
    }

    /// Changes rows by hand, as nothing in the program would.
    #[track_caller]
    pub fn execute(&self, sql: &str) {
        const SCRIPT: &str = "import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
db.execute(sys.argv[2])";
        let done = match self {
            Self::Sqlite(path) => {
                run(Command::new("python3").arg("-c").arg(SCRIPT).arg(path).arg(sql))
            }
            Self::Postgres { .. } => psql(&self.url(), sql),
        };
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The one number that a SELECT gives.
    #[track_caller]
    pub fn number(&self, select: &str) -> i64 {
        let rows = self.rows(select);
        rows.first()
            .and_then(Value::as_object)
            .and_then(|row| row.values().next())
            .and_then(Value::as_i64)
            .unwrap_or_else(|| panic!("{select} gave no number: {rows:?}"))
    }

    /// Everything in the database as text, for "this must not be stored anywhere".
    pub fn dump(&self) -> String {
        const SCRIPT: &str = "import sqlite3, sys
print(*sqlite3.connect(sys.argv[1], timeout=20).iterdump(), sep='\\n')";
        let dump = match self {
            Self::Sqlite(path) => run(Command::new("python3").arg("-c").arg(SCRIPT).arg(path)),
            Self::Postgres { .. } => {
                run(Command::new("pg_dump").args(["--data-only", "-d", &self.url()]))
            }
        };
        dump.unwrap_or_else(|error| panic!("no dump: {error}"))
    }

    /// Everything in one table as text.
    pub fn dump_of(&self, table: &str) -> String {
        let rows = self.rows(&format!("SELECT * FROM \"{table}\" ORDER BY 1"));
        let rows: Vec<String> = rows.iter().map(Value::to_string).collect();
        format!("{table} {}\n", rows.join(&format!("\n{table} ")))
    }

    /// How many rows each table has, except those that a refused request may leave: attempts and sessions.
    pub fn row_counts(&self) -> BTreeMap<String, i64> {
        let tables = self.tables();
        let counts: Vec<String> = tables
            .iter()
            .filter(|table| !["attempts", "sessions"].contains(&table.as_str()))
            .map(|table| format!("SELECT '{table}' AS name, count(*) AS rows FROM \"{table}\""))
            .collect();
        let rows = self.rows(&counts.join(" UNION ALL "));
        rows.iter()
            .map(|row| {
                let name = row["name"].as_str().unwrap_or_default().to_owned();
                (name, row["rows"].as_i64().expect("a count"))
            })
            .collect()
    }

    fn tables(&self) -> Vec<String> {
        let tables = match self {
            Self::Sqlite(_) => {
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
            }
            Self::Postgres { .. } => {
                "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            }
        };
        let rows = self.rows(tables);
        rows.iter().filter_map(|row| Some(row["name"].as_str()?.to_owned())).collect()
    }

    /// Makes PostgreSQL refuse every change, as a standby does, or take them again.
    pub fn set_read_only(&self, read_only: bool) {
        let Self::Postgres { cluster, name } = self else {
            panic!("only PostgreSQL can be a standby");
        };
        let run = |sql: &str| psql(cluster, sql).expect("change the database");
        run(&format!("ALTER DATABASE {name} SET default_transaction_read_only = {read_only}"));
        run(&format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        ));
    }

    /// Takes the database away (no new connection, the old ones cut) or gives it back. PostgreSQL only.
    pub fn set_reachable(&self, reachable: bool) {
        let Self::Postgres { cluster, name } = self else {
            panic!("only PostgreSQL can be away");
        };
        let run = |sql: &str| psql(cluster, sql).expect("change the database");
        run(&format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS {reachable}"));
        if !reachable {
            run(&format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            ));
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Self::Postgres { cluster, name } = self {
            // The whole cluster is thrown away afterwards, so a database that cannot be dropped does no harm.
            let _ = psql(cluster, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// The same cluster's URL with another database: `postgres://…/OLD?host=…` becomes `postgres://…/NEW?host=…`.
fn with_database(cluster: &str, name: &str) -> String {
    let (address, options) = cluster.split_once('?').unwrap_or((cluster, ""));
    let server = address.rsplit_once('/').map_or(address, |(server, _)| server);
    if options.is_empty() {
        format!("{server}/{name}")
    } else {
        format!("{server}/{name}?{options}")
    }
}

fn psql(url: &str, sql: &str) -> Result<String, String> {
    run(Command::new("psql").args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql]))
}

fn sqlite(path: &Path, select: &str) -> Result<String, String> {
    static READER: OnceLock<Mutex<Reader>> = OnceLock::new();
    let mut reader = READER.get_or_init(|| Mutex::new(Reader::start())).lock().expect("the reader");
    let answer = reader.ask(path, select).map_err(|error| error.to_string())?;
    answer.split_once(' ').map_or_else(
        || Err(format!("no answer: {answer:?}")),
        |(kind, text)| if kind == "rows" { Ok(text.to_owned()) } else { Err(text.to_owned()) },
    )
}

/// A Python that stays for as long as the tests of this process: its start takes longer than what it is asked.
struct Reader {
    /// Ends with its input, when this process does.
    _python: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Reader {
    fn start() -> Self {
        const SCRIPT: &str = "import json, sqlite3, sys
text = lambda v: v.hex() if isinstance(v, bytes) else v
for line in sys.stdin:
    path, select = json.loads(line)
    try:
        db = sqlite3.connect(path, timeout=20)
        db.row_factory = sqlite3.Row
        rows = [{k: text(r[k]) for k in r.keys()} for r in db.execute(select)]
        db.close()
        print('rows', json.dumps(rows), flush=True)
    except sqlite3.Error as error:
        print('error', repr(error), flush=True)";
        let mut python = Command::new("python3");
        python.arg("-c").arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut python = python.stderr(Stdio::null()).spawn().expect("start Python");
        let (questions, answers) = (python.stdin.take(), python.stdout.take());
        let (questions, answers) = (questions.expect("a pipe"), answers.expect("a pipe"));
        Self { _python: python, questions, answers: BufReader::new(answers) }
    }

    fn ask(&mut self, path: &Path, select: &str) -> std::io::Result<String> {
        writeln!(self.questions, "{}", json!([path, select]))?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        Ok(answer.trim_end().to_owned())
    }
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
