//! Integer keys on SQLite. A table with a key of the type `BIGINT` has two trees: its rows by a hidden number, and an
//! index of its keys. With the type `INTEGER`, the key is the number of the row, and a write costs about half. The
//! migrations are the same for all engines, so tables get that type after the migrations have run.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::{Error, Result};

/// The tables whose key is one column of the type `BIGINT`.
const WIDE: &str = "SELECT t.name AS name, k.name AS key_column, t.sql AS statement \
    FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS k \
    WHERE t.type = 'table' AND k.pk = 1 AND k.type = 'BIGINT' \
        AND NOT EXISTS (SELECT 1 FROM pragma_table_info(t.name) WHERE pk > 1) ORDER BY t.name";

/// A table, and the statement that created it.
#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    key_column: String,
    #[diesel(sql_type = Text)]
    statement: String,
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

/// Whether a table of the file has a key that [`rebuild`] would change.
///
/// # Errors
/// The file cannot be read.
pub fn is_wide(db: &mut SqliteConnection) -> Result<bool> {
    let count: Count = diesel::sql_query(format!("SELECT count(*) AS tables FROM ({WIDE})")).get_result(db)?;
    Ok(count.tables > 0)
}

/// Gives the type `INTEGER` to all keys of the type `BIGINT`, in the open transaction. A table with rows is copied, which
/// takes about as long as the reading and writing of the whole table.
///
/// # Errors
/// The file cannot be read or written; a bug if the statement of a table is not written as those of the migrations.
pub fn rebuild(db: &mut SqliteConnection) -> Result<()> {
    let tables: Vec<Table> = diesel::sql_query(WIDE).load(db)?;
    for Table { name, key_column, statement } in &tables {
        let narrowed = statement.replacen(&format!("{key_column} BIGINT "), &format!("{key_column} INTEGER "), 1);
        let indexes =
            "SELECT sql AS statement FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?";
        let indexes: Vec<Index> = diesel::sql_query(indexes).bind::<Text, _>(name).load(db)?;
        // The order of the statements leaves each name as the migrations wrote it.
        db.batch_execute(&format!(
            "ALTER TABLE {name} RENAME TO {name}_wide; {narrowed}; \
             INSERT INTO {name} SELECT * FROM {name}_wide ORDER BY {key_column}; DROP TABLE {name}_wide;"
        ))?;
        for Index { statement } in indexes {
            db.batch_execute(&statement)?;
        }
    }
    match is_wide(db)? {
        true => Err(Error::bug("a table has a key of the type BIGINT and cannot be rebuilt")),
        false => Ok(()),
    }
}
