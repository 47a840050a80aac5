//! Online backup of a SQLite store: copies a consistent snapshot of all rows into a store with empty tables.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::{Db, Error, Result, Store, with_conn};

/// A backup in progress.
pub struct Copy {
    /// Connection to the source, with the destination attached as `copy`.
    db: Db,
    to: Store,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    text: String,
}

impl Copy {
    /// Prepares to copy `from` into `to`. The tables of `to` must exist and be empty.
    ///
    /// # Errors
    /// One of the stores cannot be opened or is not a SQLite store.
    pub fn new(from: &Store, to: &Store) -> Result<Self> {
        let file = to.file().ok_or_else(|| Error::bug("only SQLite stores can be copied"))?;
        let mut db = from.migrator()?;
        let quoted = file.to_string_lossy().replace('\'', "''");
        db.batch_execute(&format!("ATTACH '{quoted}' AS copy"))?;
        Ok(Self { db, to: to.clone() })
    }

    /// Takes the snapshot that will be copied.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn begin(&mut self) -> Result<()> {
        Ok(self.db.batch_execute("BEGIN; SELECT count(*) FROM main.sqlite_master")?)
    }

    /// Copies all rows and checks the integrity of the copy.
    ///
    /// # Errors
    /// The tables have different versions, the copy cannot be written, or its integrity check fails.
    pub fn finish(mut self) -> Result<()> {
        for table in query_lines(&mut self.db, "SELECT name AS text FROM main.sqlite_master WHERE type = 'table'")? {
            // The copy has its own record of the migrations that created its tables.
            if table == "__diesel_schema_migrations" {
                continue;
            }
            self.db.batch_execute(&format!("INSERT INTO copy.\"{table}\" SELECT * FROM main.\"{table}\""))?;
        }
        self.db.batch_execute("COMMIT; PRAGMA copy.wal_checkpoint(TRUNCATE)")?;
        let check = "SELECT integrity_check AS text FROM pragma_integrity_check";
        match query_lines(&mut *self.to.reader()?, check)?.as_slice() {
            [status] if status == "ok" => Ok(()),
            problems => Err(Error::bug(format!("the copy is corrupt: {}", problems.join(", ")))),
        }
    }
}

/// Runs a query whose only column is named `text`.
fn query_lines(db: &mut Db, query: &str) -> Result<Vec<String>> {
    let rows: Vec<Line> = with_conn!(db, diesel::sql_query(query).load(db))?;
    Ok(rows.into_iter().map(|row| row.text).collect())
}
