//! Bulk updates of many rows with different values. A database server gets all rows with one statement, see `json_update`.
//! On SQLite, which has no round trips, a prepared statement runs once per row, see `row_update`.

use std::collections::BTreeMap;

use diesel::RunQueryDsl;
use serde::Serialize;

#[cfg(feature = "sqlite")]
use super::given::Given;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use super::json_update::JsonUpdate;
#[cfg(feature = "sqlite")]
use super::row_update::RowUpdate;
pub use super::update::{Change, Kind, Update};
use crate::db::{Connection, Db, Error, Result};
use crate::domain::id::Id;

/// Runs the update `C` with the rows `given` and returns the number of updated rows of the table. A given row without a
/// match is not an error.
///
/// # Errors
/// A database error, or a row that is not a struct of integers and texts.
pub fn change<C: Change, R: Serialize>(db: &mut Db, given: &[R]) -> Result<usize> {
    if given.is_empty() {
        return Ok(0);
    }
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    let bug = |error: serde_json::Error| Error::bug(error.to_string());
    match &mut db.connection {
        #[cfg(feature = "sqlite")]
        Connection::Sqlite(db) => {
            let update = RowUpdate::<C>::new();
            given.iter().try_fold(0, |updated, row| {
                let row = Given::read(row).map_err(|error| Error::bug(error.to_string()))?;
                Ok(updated + update.with(row).execute(db)?)
            })
        }
        #[cfg(feature = "postgres")]
        Connection::Postgres(db) => {
            Ok(JsonUpdate { update: &C::UPDATE, json: serde_json::to_string(given).map_err(bug)? }.execute(db)?)
        }
        #[cfg(feature = "mysql")]
        Connection::Mysql(db) => {
            Ok(JsonUpdate { update: &C::UPDATE, json: serde_json::to_string(given).map_err(bug)? }.execute(db)?)
        }
    }
}

/// The fields of the rows given by [`change_by`]: `id`, the key, and `delta`, the value to add.
pub const DELTA: &[(&str, Kind)] = &[("id", Kind::Integer), ("delta", Kind::Integer)];

#[derive(Serialize)]
struct Delta {
    id: i64,
    delta: i64,
}

/// Runs the update `C` with one given row per key of `deltas` (see [`DELTA`]), each of which must match a row.
///
/// # Errors
/// A database error; [`Class::Conflict`](crate::db::Class::Conflict) if a key matches no row.
pub fn change_by<C: Change, T>(db: &mut Db, deltas: &BTreeMap<Id<T>, i64>) -> Result<()> {
    let given: Vec<Delta> = deltas.iter().map(|(id, delta)| Delta { id: id.get(), delta: *delta }).collect();
    crate::db::expect_rows(change::<C, _>(db, &given)?, given.len())
}
