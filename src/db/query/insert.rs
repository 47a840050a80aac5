//! Inserts of several rows with one statement, for SQLite. The number of rows is part of the type, so that a connection
//! finds the prepared statement without its text.

use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl};

/// Number of rows that one statement inserts. Each execution has a fixed cost in diesel and SQLite; with more rows, the few
/// that are left over would be too many.
pub const ROWS_PER_STATEMENT: usize = 8;

/// An INSERT of one row, extended by the values of `N` further rows.
#[derive(Debug)]
pub struct InsertRows<I, V, const N: usize> {
    first: I,
    others: [V; N],
}

impl<I, V, const N: usize> InsertRows<I, V, N> {
    /// The statement `first`, which ends with the values of its row, with the values of further rows of the same type.
    pub const fn new(first: I, others: [V; N]) -> Self {
        Self { first, others }
    }
}

/// The text depends on the type of the rows and on their number alone.
impl<I: QueryId, V, const N: usize> QueryId for InsertRows<I, V, N> {
    type QueryId = InsertRows<I::QueryId, (), N>;
    const HAS_STATIC_QUERY_ID: bool = I::HAS_STATIC_QUERY_ID;
}

impl<I, V, const N: usize, Connection> RunQueryDsl<Connection> for InsertRows<I, V, N> {}

impl<I: QueryFragment<Sqlite>, V: QueryFragment<Sqlite>, const N: usize> QueryFragment<Sqlite> for InsertRows<I, V, N> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.first.walk_ast(out.reborrow())?;
        for values in &self.others {
            out.push_sql(", (");
            values.walk_ast(out.reborrow())?;
            out.push_sql(")");
        }
        Ok(())
    }
}
