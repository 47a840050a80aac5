//! One statement that changes many rows, each in its own way: the values travel as one JSON parameter, so the statement
//! is the same for any number of rows and stays prepared.

use std::collections::BTreeMap;

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::Text;
use diesel::{QueryResult, RunQueryDsl};
use serde::Serialize;

use crate::db::{Db, Error, Result, with_conn};
use crate::domain::id::Id;

/// What a column of the given rows holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A 64-bit integer.
    Integer,
    /// Text; only to be set, not to be compared with (collations differ).
    Text,
}

/// An update of the rows of `table` by given rows, known to it as `given`.
#[derive(Debug, Clone, Copy)]
pub struct Update {
    /// The table.
    pub table: &'static str,
    /// The fields of the given rows; none may be named like a column of the table.
    pub given: &'static [(&'static str, Kind)],
    /// Which row of the table belongs to which given row, and what must hold of it.
    pub only: &'static str,
    /// The assignments.
    pub set: &'static str,
}

impl Update {
    /// Runs it; answers how many rows of the table were met. A given row that meets none is no error.
    ///
    /// # Errors
    /// A database error.
    pub fn run<R: Serialize>(&self, db: &mut Db, given: &[R]) -> Result<usize> {
        if given.is_empty() {
            return Ok(0);
        }
        let json = serde_json::to_string(given).map_err(|error| Error::bug(error.to_string()))?;
        let statement = Statement { update: self, json };
        Ok(with_conn!(db, statement.execute(db))?)
    }
}

/// The fields of [`Update::add`]: a key, and what is added.
pub const DELTA: &[(&str, Kind)] = &[("id", Kind::Integer), ("delta", Kind::Integer)];

#[derive(Serialize)]
struct Delta {
    id: i64,
    delta: i64,
}

impl Update {
    /// Runs it with keys and what is added to their rows, which it must all meet.
    ///
    /// # Errors
    /// A database error; [`Class::Conflict`](crate::db::Class::Conflict) where a row was not met.
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

/// How an engine makes rows of a JSON array of objects, and joins an update with them.
pub trait JsonRows {
    /// The statement before and after its one parameter.
    fn around_rows(update: &Update) -> (String, String);
}

fn columns(update: &Update, column: impl Fn(&str, Kind) -> String) -> String {
    update.given.iter().map(|(name, kind)| column(name, *kind)).collect::<Vec<_>>().join(", ")
}

#[cfg(feature = "sqlite")]
impl JsonRows for diesel::sqlite::Sqlite {
    fn around_rows(update: &Update) -> (String, String) {
        let Update { table, only, set, .. } = update;
        let columns = columns(update, |name, _| format!("value ->> '{name}' AS {name}"));
        (
            format!("UPDATE {table} SET {set} FROM (SELECT {columns} FROM json_each("),
            format!(")) AS given WHERE {only}"),
        )
    }
}

#[cfg(feature = "postgres")]
impl JsonRows for diesel::pg::Pg {
    fn around_rows(update: &Update) -> (String, String) {
        let Update { table, only, set, .. } = update;
        let columns = columns(update, |name, kind| match kind {
            Kind::Integer => format!("{name} bigint"),
            Kind::Text => format!("{name} text"),
        });
        (
            format!("UPDATE {table} SET {set} FROM json_to_recordset(CAST("),
            format!(" AS json)) AS given ({columns}) WHERE {only}"),
        )
    }
}

#[cfg(feature = "mysql")]
impl JsonRows for diesel::mysql::Mysql {
    fn around_rows(update: &Update) -> (String, String) {
        let Update { table, only, set, .. } = update;
        let columns = columns(update, |name, kind| match kind {
            Kind::Integer => format!("{name} BIGINT PATH '$.{name}'"),
            Kind::Text => format!("{name} LONGTEXT PATH '$.{name}'"),
        });
        (
            format!("UPDATE {table} JOIN JSON_TABLE("),
            format!(", '$[*]' COLUMNS ({columns})) AS given ON {only} SET {set}"),
        )
    }
}
