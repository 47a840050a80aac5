//! Bulk updates: one statement updates many rows with different values. The values are passed as one JSON parameter, so
//! the statement is the same for any number of rows and stays prepared.

use std::collections::BTreeMap;

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::Text;
use diesel::{QueryResult, RunQueryDsl};
use serde::Serialize;

use crate::db::{Db, Error, Result, with_conn};
use crate::domain::id::Id;

/// Type of a field of the given rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A 64-bit integer.
    Integer,
    /// Text. Only for assignments, not for comparisons, because collations differ.
    Text,
}

/// An UPDATE of `table` joined with rows that are passed as a parameter. SQL fragments refer to these rows as `given`.
#[derive(Debug, Clone, Copy)]
pub struct Update {
    /// Name of the table.
    pub table: &'static str,
    /// Names and types of the fields of the given rows. No name may equal a column of the table.
    pub given: &'static [(&'static str, Kind)],
    /// SQL condition that joins a row of the table with its given row and guards the update.
    pub condition: &'static str,
    /// SQL assignments.
    pub set: &'static str,
}

impl Update {
    /// Runs the update with the rows `given` and returns the number of updated rows of the table. A given row without a
    /// match is not an error.
    ///
    /// # Errors
    /// A database error, or a row that cannot be serialised as JSON.
    pub fn run<R: Serialize>(&self, db: &mut Db, given: &[R]) -> Result<usize> {
        if given.is_empty() {
            return Ok(0);
        }
        let json = serde_json::to_string(given).map_err(|error| Error::bug(error.to_string()))?;
        let statement = Statement { update: self, json };
        Ok(with_conn!(db, statement.execute(db))?)
    }
}

/// The fields of the rows given by [`Update::add`]: `id`, the key, and `delta`, the value to add.
pub const DELTA: &[(&str, Kind)] = &[("id", Kind::Integer), ("delta", Kind::Integer)];

#[derive(Serialize)]
struct Delta {
    id: i64,
    delta: i64,
}

impl Update {
    /// Runs the update with one given row per key of `deltas` (see [`DELTA`]), each of which must match a row.
    ///
    /// # Errors
    /// A database error; [`Class::Conflict`](crate::db::Class::Conflict) if a key matches no row.
    pub fn add<T>(&self, db: &mut Db, deltas: &BTreeMap<Id<T>, i64>) -> Result<()> {
        let given: Vec<Delta> = deltas.iter().map(|(id, delta)| Delta { id: id.get(), delta: *delta }).collect();
        crate::db::expect_rows(self.run(db, &given)?, given.len())
    }
}

struct Statement<'a> {
    update: &'a Update,
    json: String,
}

impl QueryId for Statement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Connection> RunQueryDsl<Connection> for Statement<'_> {}

impl<B: Backend + JsonRows> QueryFragment<B> for Statement<'_>
where
    String: ToSql<Text, B>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, B>) -> QueryResult<()> {
        let (before, after) = B::around_rows(self.update);
        out.push_sql(&before);
        out.push_bind_param::<Text, String>(&self.json)?;
        out.push_sql(&after);
        Ok(())
    }
}

/// An engine's syntax for an UPDATE joined with the rows of a JSON array of objects.
pub trait JsonRows {
    /// The SQL before and after the statement's single parameter.
    fn around_rows(update: &Update) -> (String, String);
}

fn columns(update: &Update, column: impl Fn(&str, Kind) -> String) -> String {
    update.given.iter().map(|(name, kind)| column(name, *kind)).collect::<Vec<_>>().join(", ")
}

#[cfg(feature = "sqlite")]
impl JsonRows for diesel::sqlite::Sqlite {
    fn around_rows(update: &Update) -> (String, String) {
        let Update { table, condition, set, .. } = update;
        let columns = columns(update, |name, _| format!("value ->> '{name}' AS {name}"));
        (
            format!("UPDATE {table} SET {set} FROM (SELECT {columns} FROM json_each("),
            format!(")) AS given WHERE {condition}"),
        )
    }
}

#[cfg(feature = "postgres")]
impl JsonRows for diesel::pg::Pg {
    fn around_rows(update: &Update) -> (String, String) {
        let Update { table, condition, set, .. } = update;
        let columns = columns(update, |name, kind| match kind {
            Kind::Integer => format!("{name} bigint"),
            Kind::Text => format!("{name} text"),
        });
        (
            format!("UPDATE {table} SET {set} FROM json_to_recordset(CAST("),
            format!(" AS json)) AS given ({columns}) WHERE {condition}"),
        )
    }
}

#[cfg(feature = "mysql")]
impl JsonRows for diesel::mysql::Mysql {
    fn around_rows(update: &Update) -> (String, String) {
        let Update { table, condition, set, .. } = update;
        let columns = columns(update, |name, kind| match kind {
            Kind::Integer => format!("{name} BIGINT PATH '$.{name}'"),
            Kind::Text => format!("{name} LONGTEXT PATH '$.{name}'"),
        });
        (
            format!("UPDATE {table} JOIN JSON_TABLE("),
            format!(", '$[*]' COLUMNS ({columns})) AS given ON {condition} SET {set}"),
        )
    }
}
