//! Keys of integers on SQLite. A table with such a key has two trees: its rows by a hidden number, and an index of its keys.
//! With the type `INTEGER` instead of `BIGINT`, a key of one column is the number of the row; with `WITHOUT ROWID`, the rows
//! of a table with a key of several columns are in the index itself. A write costs about half then. The migrations are
//! the same for all engines, so tables become like that after the migrations have run.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::{Error, Result};

/// The tables that have two trees and need one.
const WIDE: &str = "SELECT t.name AS name, group_concat(k.name, ', ' ORDER BY k.pk) AS key_columns, t.sql AS statement \
    FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS k \
    WHERE t.type = 'table' AND k.pk > 0 AND t.sql NOT LIKE '% WITHOUT ROWID' GROUP BY t.name \
    HAVING (count(*) = 1 AND max(k.type) = 'BIGINT') OR (count(*) > 1 AND min(k.type IN ('BIGINT', 'INTEGER'))) \
    ORDER BY t.name";

/// A table, and the statement that created it.
#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    key_columns: String,
    #[diesel(sql_type = Text)]
    statement: String,
}

impl Table {
    /// The statement that creates the table with one tree.
    fn narrowed(&self) -> String {
        let Self { key_columns: key, statement, .. } = self;
        match key.contains(',') {
            true => format!("{statement} WITHOUT ROWID"),
            false => statement.replacen(&format!("{key} BIGINT "), &format!("{key} INTEGER "), 1),
        }
    }
}

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    statement: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    tables: i64,
}

/// Whether the file has a table that [`rebuild`] would change.
///
/// # Errors
/// The file cannot be read.
pub fn is_wide(db: &mut SqliteConnection) -> Result<bool> {
    let count: Count = diesel::sql_query(format!("SELECT count(*) AS tables FROM ({WIDE})")).get_result(db)?;
    Ok(count.tables > 0)
}

/// Gives each table with a key of integers one tree, in the open transaction. A table with rows is copied, which takes about
/// as long as the reading and writing of the whole table.
///
/// # Errors
/// The file cannot be read or written; a bug if the statement of a table is not written as those of the migrations.
pub fn rebuild(db: &mut SqliteConnection) -> Result<()> {
    let tables: Vec<Table> = diesel::sql_query(WIDE).load(db)?;
    for table in &tables {
        let (narrowed, Table { name, key_columns, .. }) = (table.narrowed(), table);
        let indexes =
            "SELECT sql AS statement FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?";
        let indexes: Vec<Index> = diesel::sql_query(indexes).bind::<Text, _>(name).load(db)?;
        // The order of the statements leaves each name as the migrations wrote it.
        db.batch_execute(&format!(
            "ALTER TABLE {name} RENAME TO {name}_wide; {narrowed}; \
             INSERT INTO {name} SELECT * FROM {name}_wide ORDER BY {key_columns}; DROP TABLE {name}_wide;"
        ))?;
        for Index { statement } in indexes {
            db.batch_execute(&statement)?;
        }
    }
    match is_wide(db)? {
        true => Err(Error::bug("a table has two trees for its key and cannot be rebuilt")),
        false => Ok(()),
    }
}
