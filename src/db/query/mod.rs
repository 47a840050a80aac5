//! Queries that are written once for all engines: by any number of keys, with row locks, in bulk, in transactions.

pub mod bulk;
pub mod keyed;
pub mod lock;
pub mod transaction;

use super::{Error, Result};

/// An expression over a connection, typed once per engine: `with_conn!(db, query.load(db))`.
#[macro_export]
macro_rules! with_conn {
    ($db:ident, $expression:expr) => {
        match $db {
            #[cfg(feature = "sqlite")]
            $crate::db::Db::Sqlite($db) => $expression,
            #[cfg(feature = "postgres")]
            $crate::db::Db::Postgres($db) => $expression,
            #[cfg(feature = "mysql")]
            $crate::db::Db::Mysql($db) => $expression,
        }
    };
}

/// Inserts any number of rows into a table: `insert_all!(db, table, rows)`. SQLite takes them one by one, as a step of a
/// statement that stays prepared costs less than preparing one for many rows. PostgreSQL has them copied in, which spares
/// it the reading and planning of a statement with thousands of parameters, but takes two round trips.
#[macro_export]
macro_rules! insert_all {
    ($db:ident, $table:expr, $rows:expr) => {{
        let rows = $rows;
        let inserted: diesel::QueryResult<()> = match $db {
            #[cfg(feature = "sqlite")]
            $crate::db::Db::Sqlite(db) => {
                rows.iter().try_for_each(|row| diesel::insert_into($table).values(row).execute(db).map(drop))
            }
            #[cfg(feature = "postgres")]
            $crate::db::Db::Postgres(db) if rows.len() <= $crate::db::NOT_WORTH_A_COPY => {
                rows.iter().try_for_each(|row| diesel::insert_into($table).values(row).execute(db).map(drop))
            }
            #[cfg(feature = "postgres")]
            $crate::db::Db::Postgres(db) => diesel::copy_from($table).from_insertable(rows).execute(db).map(drop),
            #[cfg(feature = "mysql")]
            $crate::db::Db::Mysql(db) => rows
                .chunks($crate::db::ROWS_PER_INSERT)
                .try_for_each(|rows| diesel::insert_into($table).values(rows).execute(db).map(drop)),
        };
        inserted.map_err($crate::db::Error::from)
    }};
}

/// The rows a statement may insert at once: under every engine's limit of bound values.
pub const ROWS_PER_INSERT: usize = 500;
/// So few rows are sooner inserted one by one than copied.
pub const NOT_WORTH_A_COPY: usize = 2;
/// Where each pair is two parameters, so many a query: there are not many such statements to be kept.
const PAIRS_PER_QUERY: usize = 64;

/// Loads rows for any number of keys, [`ROWS_PER_INSERT`] keys a query, in the order of the keys: rows that are locked
/// are locked in that order.
///
/// # Errors
/// The first query that fails.
pub fn load_by<K: Ord + Clone, R>(keys: &[K], load: impl FnMut(&[K]) -> diesel::QueryResult<Vec<R>>) -> Result<Vec<R>> {
    load_some(keys, ROWS_PER_INSERT, load)
}

/// The same for keys of two columns; see [`any_of_pairs`].
///
/// # Errors
/// The first query that fails.
pub fn load_by_pairs<K: Ord + Clone, R>(
    keys: &[K],
    load: impl FnMut(&[K]) -> diesel::QueryResult<Vec<R>>,
) -> Result<Vec<R>> {
    load_some(keys, PAIRS_PER_QUERY, load)
}

fn load_some<K: Ord + Clone, R>(
    keys: &[K],
    at_once: usize,
    mut load: impl FnMut(&[K]) -> diesel::QueryResult<Vec<R>>,
) -> Result<Vec<R>> {
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    keys.dedup();
    let mut rows = Vec::new();
    for keys in keys.chunks(at_once) {
        rows.extend(load(keys)?);
    }
    Ok(rows)
}

/// A guarded update must have met exactly the rows that were read: else another node wrote between, and all is tried again.
///
/// # Errors
/// [`Class::Conflict`] where the counts differ.
pub fn expect_rows(met: usize, expected: usize) -> Result<()> {
    if met == expected { Ok(()) } else { Err(Error::conflict(format!("{met} rows were met instead of {expected}"))) }
}
