//! Connections, their pools, what their errors mean, the schema and its migrations. Diesel's engine is chosen here.

pub mod error;
pub mod migrate;
pub mod schema;
mod sqlite;
pub mod store;
pub mod types;

pub use error::{Class, Error};
pub use store::Store;

/// A connection to an owner's database.
pub type Db = diesel::SqliteConnection;

/// The query language of that database.
pub type Backend = diesel::sqlite::Sqlite;

/// What a query gives.
pub type Result<T> = std::result::Result<T, Error>;

/// Runs `work` in one transaction that takes the write lock first: it either commits all or leaves nothing.
///
/// # Errors
/// What `work` or the commit fails with. After a failed commit the outcome may be unknown.
pub fn transaction<T>(db: &mut Db, work: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
    db.immediate_transaction(work)
}

/// Runs `work` in a savepoint of the transaction that is open: its failure leaves the rest as it was.
///
/// # Errors
/// What `work` fails with.
pub fn savepoint<T>(db: &mut Db, work: impl FnOnce(&mut Db) -> Result<T>) -> Result<T> {
    diesel::Connection::transaction(db, work)
}

/// The rows a statement may insert at once: under every engine's limit of bound values.
pub const ROWS_PER_INSERT: usize = 500;

/// Loads rows for any number of keys, [`ROWS_PER_INSERT`] keys a query.
///
/// # Errors
/// The first query that fails.
pub fn load_by<K, R>(keys: &[K], mut load: impl FnMut(&[K]) -> diesel::QueryResult<Vec<R>>) -> Result<Vec<R>> {
    let mut rows = Vec::new();
    for keys in keys.chunks(ROWS_PER_INSERT) {
        rows.extend(load(keys)?);
    }
    Ok(rows)
}

/// Inserts any number of rows, [`ROWS_PER_INSERT`] a statement.
///
/// # Errors
/// The first statement that fails.
pub fn insert_all<R>(rows: &[R], mut insert: impl FnMut(&[R]) -> diesel::QueryResult<usize>) -> Result<()> {
    rows.chunks(ROWS_PER_INSERT).try_for_each(|rows| insert(rows).map(drop)).map_err(Error::from)
}

/// A guarded update must have met exactly the rows that were read: else another node wrote between, and all is tried again.
///
/// # Errors
/// [`Class::Busy`] where the counts differ.
pub fn expect_rows(met: usize, expected: usize) -> Result<()> {
    if met == expected { Ok(()) } else { Err(Error::conflict(format!("{met} rows were met instead of {expected}"))) }
}
