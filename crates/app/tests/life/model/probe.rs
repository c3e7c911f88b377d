//! Plain SQL to look into the database past the program.

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection, sql_query, sql_types::Text,
};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// A connection that the program knows nothing of.
pub(crate) enum Probe {
    Pg(PgConnection),
    Sqlite(SqliteConnection),
}

impl Probe {
    pub(crate) fn open(url: &str) -> Self {
        match url.strip_prefix("sqlite://") {
            None => Self::Pg(PgConnection::establish(url).unwrap()),
            Some(path) => {
                let mut probe = Self::Sqlite(SqliteConnection::establish(path).unwrap());
                probe.execute("PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON");
                probe
            }
        }
    }

    /// The column `line` of all rows.
    pub(crate) fn lines(&mut self, select: &str) -> Vec<String> {
        let found: diesel::QueryResult<Vec<Line>> = match self {
            Self::Pg(conn) => sql_query(select).load(conn),
            Self::Sqlite(conn) => sql_query(select).load(conn),
        };
        let found = found.unwrap_or_else(|error| panic!("{select}: {error}"));
        found.into_iter().map(|row| row.line).collect()
    }

    pub(crate) fn execute(&mut self, sql: &str) {
        match self {
            Self::Pg(conn) => conn.batch_execute(sql),
            Self::Sqlite(conn) => conn.batch_execute(sql),
        }
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}
