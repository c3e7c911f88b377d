//! Somebody else who holds the database's write lock.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
};

use crate::database::Database;

/// Held by a program of its own until it is dropped: nobody can write, everybody can read.
#[derive(Debug)]
pub struct Lock(Child);

impl Lock {
    /// Takes the lock.
    pub fn on(database: &Database) -> Self {
        const PYTHON: &str = "import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=20, isolation_level=None)
db.execute('BEGIN IMMEDIATE')
print('locked', flush=True)
sys.stdin.read()";
        const SQL: &[u8] =
            b"BEGIN; LOCK TABLE users, conferences IN EXCLUSIVE MODE; SELECT 'locked';\n";
        let (mut command, input): (Command, &[u8]) = match database {
            Database::Sqlite(path) => {
                let mut python = Command::new("python3");
                python.arg("-c").arg(PYTHON).arg(path);
                (python, b"")
            }
            Database::Postgres { .. } => {
                let mut psql = Command::new("psql");
                psql.args(["-XAtq", "-d", &database.url()]);
                (psql, SQL)
            }
        };
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a program");
        child.stdin.as_mut().expect("a pipe").write_all(input).expect("ask for the lock");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let line = lines.next().expect("a line").expect("text");
        assert_eq!(line, "locked");
        Self(child)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
