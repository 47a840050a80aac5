//! Row locks: queries that lock their rows until the transaction ends.

use diesel::QueryResult;
use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// The locking clauses of an engine. SQLite needs none, because it has a single writer.
pub trait RowLocks {
    /// Clause that waits for rows locked by other transactions.
    const WAIT: &'static str = " FOR UPDATE";
    /// Clause that skips rows locked by other transactions.
    const SKIP: &'static str = " FOR UPDATE SKIP LOCKED";
}

#[cfg(feature = "sqlite")]
impl RowLocks for diesel::sqlite::Sqlite {
    const WAIT: &'static str = "";
    const SKIP: &'static str = "";
}
#[cfg(feature = "postgres")]
impl RowLocks for diesel::pg::Pg {}
#[cfg(feature = "mysql")]
impl RowLocks for diesel::mysql::Mysql {
    // InnoDB briefly locks rows that it scans even if they do not match. With SKIP LOCKED, a concurrent query would
    // miss some of its own rows.
    const SKIP: &'static str = Self::WAIT;
}

/// A query that locks its rows.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct ForUpdate<Q, const SKIP: bool>(Q);

/// Makes `query` lock its rows. `query` must be ordered by its key: if all transactions lock rows in the same order,
/// they cannot deadlock.
pub const fn for_update<Q>(query: Q) -> ForUpdate<Q, false> {
    ForUpdate(query)
}

/// Makes `query` lock its rows and skip rows locked by other transactions. On MySQL it waits for those rows instead.
pub const fn skip_locked<Q>(query: Q) -> ForUpdate<Q, true> {
    ForUpdate(query)
}

impl<Q: Query, const SKIP: bool> Query for ForUpdate<Q, SKIP> {
    type SqlType = Q::SqlType;
}

impl<Q, Connection, const SKIP: bool> RunQueryDsl<Connection> for ForUpdate<Q, SKIP> {}

impl<Q: QueryFragment<B>, B: Backend + RowLocks, const SKIP: bool> QueryFragment<B> for ForUpdate<Q, SKIP> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(if SKIP { B::SKIP } else { B::WAIT });
        Ok(())
    }
}
