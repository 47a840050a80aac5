//! A copy of a SQLite store while it is written: all rows of one moment, into tables that are there and empty.

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::{Db, Error, Result, Store, with_conn};

/// A copy under way.
pub struct Copy {
    db: Db,
    to: Store,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    text: String,
}

impl Copy {
    /// Gets ready to copy `from` into `to`, whose tables are made, and empty.
    ///
    /// # Errors
    /// Where one of them cannot be opened, or is no SQLite store.
    pub fn new(from: &Store, to: &Store) -> Result<Self> {
        let file = to.file().ok_or_else(|| Error::bug("only SQLite stores are copied"))?;
        let mut db = from.migrator()?;
        let quoted = file.to_string_lossy().replace('\'', "''");
        db.batch_execute(&format!("ATTACH '{quoted}' AS copy"))?;
        Ok(Self { db, to: to.clone() })
    }

    /// From now on it sees the store as it is at this moment.
    ///
    /// # Errors
    /// Where the store cannot be read.
    pub fn begin(&mut self) -> Result<()> {
        Ok(self.db.batch_execute("BEGIN; SELECT count(*) FROM main.sqlite_master")?)
    }

    /// Copies all rows, and looks whether the copy is whole.
    ///
    /// # Errors
    /// Where the tables are of another version, or the copy cannot be written or is broken.
    pub fn finish(mut self) -> Result<()> {
        for table in lines(&mut self.db, "SELECT name AS text FROM main.sqlite_master WHERE type = 'table'")? {
            // Which migrations made the tables: the copy's own say so.
            if table == "__diesel_schema_migrations" {
                continue;
            }
            self.db.batch_execute(&format!("INSERT INTO copy.\"{table}\" SELECT * FROM main.\"{table}\""))?;
        }
        self.db.batch_execute("COMMIT; PRAGMA copy.wal_checkpoint(TRUNCATE)")?;
        let check = "SELECT integrity_check AS text FROM pragma_integrity_check";
        match lines(&mut *self.to.reader()?, check)?.as_slice() {
            [fine] if fine == "ok" => Ok(()),
            wrong => Err(Error::bug(format!("the copy is broken: {}", wrong.join(", ")))),
        }
    }
}

fn lines(db: &mut Db, query: &str) -> Result<Vec<String>> {
    let rows: Vec<Line> = with_conn!(db, diesel::sql_query(query).load(db))?;
    Ok(rows.into_iter().map(|row| row.text).collect())
}
