//! An [`Update`] for database servers: the values of all rows are one JSON parameter, so the statement is the same for any
//! number of rows and stays prepared.

use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::Text;
use diesel::{QueryResult, RunQueryDsl};

use super::update::{Kind, Update};

/// An [`Update`] joined with the rows of a JSON array of objects.
pub struct JsonUpdate<'a> {
    pub update: &'a Update,
    pub json: String,
}

impl QueryId for JsonUpdate<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Connection> RunQueryDsl<Connection> for JsonUpdate<'_> {}

impl<B: Backend + JsonRows> QueryFragment<B> for JsonUpdate<'_>
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

/// An engine's syntax for a [`JsonUpdate`].
pub trait JsonRows {
    /// The SQL before and after the statement's single parameter.
    fn around_rows(update: &Update) -> (String, String);
}

fn columns(update: &Update, column: impl Fn(&str, Kind) -> String) -> String {
    update.given.iter().map(|(name, kind)| column(name, *kind)).collect::<Vec<_>>().join(", ")
}

#[cfg(feature = "postgres")]
impl JsonRows for diesel::pg::Pg {
    fn around_rows(update: &Update) -> (String, String) {
        let Update { table, condition, set, .. } = update;
        let columns = columns(update, |name, kind| match kind {
            Kind::Integer => format!("{name} bigint"),
            Kind::Text => format!("{name} text"),
        });
        // The planner must not know how few rows a guard leaves: it would look for them first, through the whole table.
        let condition = condition.split_once(" AND ").map_or_else(
            || (*condition).to_owned(),
            |(key, guard)| format!("{key} AND CASE WHEN {guard} THEN TRUE ELSE FALSE END"),
        );
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
