//! An [`Update`] of one row, for SQLite: the fields of the given row are parameters of the statement.

use std::marker::PhantomData;

use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl};

use super::given::Given;
use super::update::{Change, Kind, Update};

/// A piece of the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    Sql(&'static str),
    /// The field of this name, which is a parameter.
    Field(&'static str, Kind),
}

/// The statement of the update `C` without the values of its parameters.
pub struct RowUpdate<C> {
    pieces: Vec<Piece>,
    of: PhantomData<C>,
}

impl<C: Change> RowUpdate<C> {
    /// The statement. Each `given.field` of the update becomes a parameter.
    pub fn new() -> Self {
        let Update { table, given, condition, set } = C::UPDATE;
        // Two pieces per parameter, and those of the statement.
        let mut pieces = Vec::with_capacity(4 * given.len() + 8);
        pieces.extend([Piece::Sql("UPDATE "), Piece::Sql(table), Piece::Sql(" SET ")]);
        split(set, given, &mut pieces);
        pieces.push(Piece::Sql(" WHERE "));
        split(condition, given, &mut pieces);
        Self { pieces, of: PhantomData }
    }

    /// The statement for a given row. A field that is missing is NULL.
    pub const fn with(&self, row: Given) -> Statement<'_, C> {
        Statement { update: self, row }
    }
}

/// Splits `sql` at its references to fields.
fn split(sql: &'static str, given: &'static [(&'static str, Kind)], pieces: &mut Vec<Piece>) {
    for (index, part) in sql.split("given.").enumerate() {
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let (name, rest) = match index {
            0 => ("", part),
            _ => part.split_at(part.find(|c| !is_of_name(c)).unwrap_or(part.len())),
        };
        pieces.extend(given.iter().find(|(field, _)| *field == name).map(|(field, kind)| Piece::Field(field, *kind)));
        pieces.push(Piece::Sql(rest));
    }
}

/// The statement with the given row.
pub struct Statement<'a, C> {
    update: &'a RowUpdate<C>,
    row: Given,
}

/// The text depends on the update alone, so diesel need not write it to find the prepared statement.
impl<C: Change> QueryId for Statement<'_, C> {
    type QueryId = Statement<'static, C>;
}

impl<C, Connection> RunQueryDsl<Connection> for Statement<'_, C> {}

impl<C> QueryFragment<Sqlite> for Statement<'_, C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        for piece in &self.update.pieces {
            match piece {
                Piece::Sql(sql) => out.push_sql(sql),
                Piece::Field(name, Kind::Integer) => match self.row.integer(name) {
                    Some(value) => out.push_bind_param::<BigInt, _>(value)?,
                    None => out.push_bind_param::<Nullable<BigInt>, _>(&None::<i64>)?,
                },
                Piece::Field(name, Kind::Text) => match self.row.text(name) {
                    Some(value) => out.push_bind_param::<Text, _>(value)?,
                    None => out.push_bind_param::<Nullable<Text>, _>(&None::<&str>)?,
                },
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_of_the_given_row_is_a_parameter() {
        #[derive(serde::Serialize)]
        struct Row {
            id: i64,
            now: &'static str,
        }

        struct SetAAndB;
        impl Change for SetAAndB {
            const UPDATE: Update = Update {
                table: "t",
                given: &[("id", Kind::Integer), ("now", Kind::Text), ("now_at", Kind::Integer)],
                condition: "t_id = given.id AND was <> given.now",
                set: "a = given.now, b = given.now_at + 1",
            };
        }
        let update = RowUpdate::<SetAAndB>::new();
        let statement = update.with(Given::read(&Row { id: 7, now: "x" }).unwrap());
        let text = diesel::debug_query::<Sqlite, _>(&statement).to_string();
        let expected = "UPDATE t SET a = ?, b = ? + 1 WHERE t_id = ? AND was <> ?";
        assert_eq!(text, format!("{expected} -- binds: [\"x\", None, 7, \"x\"]"));
    }
}
