//! Several statements in one way to PostgreSQL and back.

use diesel::{
    QueryResult, RunQueryDsl, SqliteConnection,
    pg::{Pg, PgConnection},
    query_builder::{AstPass, QueryFragment, QueryId},
    query_dsl::methods::ExecuteDsl,
};

use crate::connection::Conn;

/// A statement, and those after it.
#[derive(QueryId)]
pub(crate) struct First<Statement, Rest>(pub(crate) Statement, pub(crate) Rest);

/// The last statement.
#[derive(QueryId)]
pub(crate) struct Last<Statement>(pub(crate) Statement);

/// Statements that change rows, none of which looks at what another has changed, as one value for
/// [`execute`].
macro_rules! together {
    ($last:expr $(,)?) => { $crate::together::Last($last) };
    ($first:expr, $($rest:expr),+ $(,)?) => {
        $crate::together::First($first, $crate::together::together!($($rest),+))
    };
}
pub(crate) use together;

/// Statements for either database.
pub(crate) trait Together {
    /// All in one: `WITH s0 AS (INSERT …), s1 AS (INSERT …) INSERT …`. Constraints that name other rows are checked
    /// at its end, so that the order does not matter.
    fn write<'q>(&'q self, place: usize, out: AstPass<'_, 'q, Pg>) -> QueryResult<()>;

    /// One after the other: SQLite has no way to save.
    fn execute_each(self, conn: &mut SqliteConnection) -> QueryResult<()>;
}

impl<Statement, Rest> Together for First<Statement, Rest>
where
    Statement: QueryFragment<Pg> + ExecuteDsl<SqliteConnection>,
    Rest: Together,
{
    fn write<'q>(&'q self, place: usize, mut out: AstPass<'_, 'q, Pg>) -> QueryResult<()> {
        out.push_sql(if place == 0 { "WITH " } else { ", " });
        out.push_sql(&format!("s{place} AS ("));
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(")");
        self.1.write(place + 1, out)
    }

    fn execute_each(self, conn: &mut SqliteConnection) -> QueryResult<()> {
        ExecuteDsl::execute(self.0, conn)?;
        self.1.execute_each(conn)
    }
}

impl<Statement> Together for Last<Statement>
where
    Statement: QueryFragment<Pg> + ExecuteDsl<SqliteConnection>,
{
    fn write<'q>(&'q self, _: usize, mut out: AstPass<'_, 'q, Pg>) -> QueryResult<()> {
        out.push_sql(" ");
        self.0.walk_ast(out)
    }

    fn execute_each(self, conn: &mut SqliteConnection) -> QueryResult<()> {
        ExecuteDsl::execute(self.0, conn).map(drop)
    }
}

/// What PostgreSQL is sent.
#[derive(QueryId)]
struct One<Statements>(Statements);

impl<Statements: Together> QueryFragment<Pg> for One<Statements> {
    fn walk_ast<'q>(&'q self, out: AstPass<'_, 'q, Pg>) -> QueryResult<()> {
        self.0.write(0, out)
    }
}

impl<Statements> RunQueryDsl<PgConnection> for One<Statements> {}

/// Executes all of them.
pub(crate) fn execute(conn: &mut Conn, statements: impl Together + QueryId) -> QueryResult<()> {
    match conn {
        Conn::Pg(conn) => One(statements).execute(conn).map(drop),
        Conn::Sqlite(conn) => statements.execute_each(conn),
    }
}
