//! Queries whose rows stay locked until the transaction ends.

use diesel::QueryResult;
use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

/// How an engine locks rows. SQLite needs none of it: its writer is alone.
pub trait RowLocks {
    /// Waits for rows that others have locked.
    const WAIT: &'static str = " FOR UPDATE";
    /// Leaves them out.
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
    // It locks rows for a moment only to see that they are not wanted. Who leaves locked rows out would miss some of his.
    const SKIP: &'static str = Self::WAIT;
}

/// A query, its rows locked.
#[derive(Debug, Clone, Copy, QueryId)]
pub struct ForUpdate<Q, const SKIP: bool>(Q);

/// The query, its rows locked; it is to be ordered by its key, so that nobody locks them the other way round.
pub const fn for_update<Q>(query: Q) -> ForUpdate<Q, false> {
    ForUpdate(query)
}

/// The query, its rows locked; those that somebody else has locked are left to him, or waited for where the engine locks
/// more than it gives.
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
