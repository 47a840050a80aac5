//! Online backup of a SQLite store: copies a consistent snapshot of all rows into a store with empty tables.

use super::identity::texts;
use crate::db::{Db, Error, Result, Store};

/// A backup in progress.
pub struct Copy {
    /// Connection to the source, with the destination attached as `copy`.
    db: Db,
    to: Store,
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
        for table in texts(&mut self.db, "SELECT name AS text FROM main.sqlite_master WHERE type = 'table'")? {
            // The copy has its own record of the migrations that created its tables, and is not complete yet.
            if table == "__diesel_schema_migrations" || table == "store_meta" {
                continue;
            }
            self.db.batch_execute(&format!("INSERT INTO copy.\"{table}\" SELECT * FROM main.\"{table}\""))?;
        }
        self.db.batch_execute("COMMIT; PRAGMA copy.wal_checkpoint(TRUNCATE)")?;
        drop(self.db);
        self.to.verify_integrity()
    }
}
