//! Reading and locking in one way to PostgreSQL and back.

use diesel::{
    QueryResult, RunQueryDsl,
    pg::{Pg, PgConnection},
    query_builder::{AstPass, Query, QueryFragment, QueryId},
};

/// A query of several tables of which only the host's row is locked, until the transaction ends: diesel's own locking
/// clause has no `OF`. Whoever waited for the lock reads that row as it is then, and the others as they were when
/// the query began.
#[derive(QueryId)]
pub(crate) struct HostLocked<Q>(pub(crate) Q);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for HostLocked<Q> {
    fn walk_ast<'q>(&'q self, mut out: AstPass<'_, 'q, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" FOR NO KEY UPDATE OF users");
        Ok(())
    }
}

impl<Q: Query> Query for HostLocked<Q> {
    type SqlType = Q::SqlType;
}

impl<Q> RunQueryDsl<PgConnection> for HostLocked<Q> {}
