//! Engine-independent query helpers: conditions on many keys, row locks, bulk statements and transactions.

pub mod bulk;
#[cfg(feature = "sqlite")]
mod given;
#[cfg(feature = "sqlite")]
pub mod insert;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod json_update;
pub mod keyed;
pub mod lock;
pub mod optional;
#[cfg(feature = "sqlite")]
mod row_update;
pub mod time;
pub mod transaction;
mod update;

use super::{Connection, Db, Error, Result};

/// Evaluates an expression with the connection of whichever engine `db` has: `with_conn!(db, query.load(db))`. The
/// expression is type-checked once per engine.
#[macro_export]
macro_rules! with_conn {
    ($db:ident, $expression:expr) => {
        match &mut $db.connection {
            #[cfg(feature = "sqlite")]
            $crate::db::Connection::Sqlite($db) => $expression,
            #[cfg(feature = "postgres")]
            $crate::db::Connection::Postgres($db) => $expression,
            #[cfg(feature = "mysql")]
            $crate::db::Connection::Mysql($db) => $expression,
        }
    };
}

/// Inserts any number of rows into a table: `insert_all!(db, table, rows)`. On SQLite, two statements stay prepared: one
/// for a fixed number of rows, and one for each row that is left over. PostgreSQL uses COPY, which avoids parsing and
/// planning a statement with thousands of parameters but takes two round trips.
#[macro_export]
macro_rules! insert_all {
    ($db:ident, $table:expr, $rows:expr) => {{
        let rows = $rows;
        let inserted: diesel::QueryResult<()> = match &mut $db.connection {
            #[cfg(feature = "sqlite")]
            $crate::db::Connection::Sqlite(db) => {
                let (groups, rest) = rows.as_chunks::<{ $crate::db::query::insert::ROWS_PER_STATEMENT }>();
                let grouped = groups.iter().try_for_each(|[first, others @ ..]| {
                    let others = others.each_ref().map(|row| diesel::Insertable::values(row).values);
                    let first = diesel::insert_into($table).values(first);
                    $crate::db::query::insert::InsertRows::new(first, others).execute(db).map(drop)
                });
                grouped.and_then(|()| {
                    rest.iter().try_for_each(|row| diesel::insert_into($table).values(row).execute(db).map(drop))
                })
            }
            #[cfg(feature = "postgres")]
            $crate::db::Connection::Postgres(db) if rows.len() <= $crate::db::MAX_ROWS_WITHOUT_COPY => {
                rows.iter().try_for_each(|row| diesel::insert_into($table).values(row).execute(db).map(drop))
            }
            #[cfg(feature = "postgres")]
            $crate::db::Connection::Postgres(db) => {
                diesel::copy_from($table).from_insertable(rows).execute(db).map(drop)
            }
            #[cfg(feature = "mysql")]
            $crate::db::Connection::Mysql(db) => rows
                .chunks($crate::db::ROWS_PER_INSERT)
                .try_for_each(|rows| diesel::insert_into($table).values(rows).execute(db).map(drop)),
        };
        inserted.map_err($crate::db::Error::from)
    }};
}

/// Maximum number of rows per INSERT, and of keys per query. Keeps statements below every engine's limit of parameters.
pub const ROWS_PER_INSERT: usize = 500;
/// Maximum number of rows that PostgreSQL inserts faster one by one than with COPY.
pub const MAX_ROWS_WITHOUT_COPY: usize = 2;
/// Maximum number of pairs per query on a database server. Each number of pairs is a different statement, so this bounds
/// the number of prepared statements that are cached. SQLite is asked for one pair at a time, since it has no round trips.
#[cfg(any(feature = "postgres", feature = "mysql"))]
const PAIRS_PER_QUERY: usize = 64;

/// Loads rows for any number of keys, with at most [`ROWS_PER_INSERT`] keys per query. Keys are sorted and
/// deduplicated, so that `load` locks rows in key order.
///
/// # Errors
/// The error of the first query that fails.
pub fn load_by<K: Ord + Clone, R>(keys: &[K], load: impl FnMut(&[K]) -> diesel::QueryResult<Vec<R>>) -> Result<Vec<R>> {
    load_in_chunks(keys, ROWS_PER_INSERT, load)
}

/// Loads rows for any number of pairs of keys, like [`load_by`]; see [`any_of_pairs`](super::any_of_pairs).
///
/// # Errors
/// The error of the first query that fails.
pub fn load_by_pairs<K: Ord + Clone, R>(
    db: &mut Db,
    keys: &[K],
    mut load: impl FnMut(&mut Db, &[K]) -> diesel::QueryResult<Vec<R>>,
) -> Result<Vec<R>> {
    let pairs_per_query = match db.connection {
        #[cfg(feature = "sqlite")]
        Connection::Sqlite(_) => 1,
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        _ => PAIRS_PER_QUERY,
    };
    load_in_chunks(keys, pairs_per_query, |keys| load(db, keys))
}

fn load_in_chunks<K: Ord + Clone, R>(
    keys: &[K],
    chunk_size: usize,
    mut load: impl FnMut(&[K]) -> diesel::QueryResult<Vec<R>>,
) -> Result<Vec<R>> {
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    keys.dedup();
    let mut rows = Vec::new();
    for keys in keys.chunks(chunk_size) {
        rows.extend(load(keys)?);
    }
    Ok(rows)
}

/// Checks that a guarded write affected exactly the rows that were read. If not, another node wrote in between, and the
/// transaction must be retried.
///
/// # Errors
/// [`Class::Conflict`](super::Class::Conflict) if `affected` differs from `expected`.
pub fn expect_rows(affected: usize, expected: usize) -> Result<()> {
    if affected == expected {
        Ok(())
    } else {
        Err(Error::conflict(format!("{affected} rows were met instead of {expected}")))
    }
}
