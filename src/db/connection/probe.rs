//! Probes: whether a store answers, and whether it accepts writes. Reading proves nothing about writing: a file or a
//! server may be read-only, and a disk may be full.

use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::store::Store;
use crate::db::{Class, Connection, Db, Error, Result, transaction, with_conn};

impl Store {
    /// Whether the database is reachable. Runs a query to find out.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        let Ok(mut db) = self.reader() else {
            // If no outage is recorded, all readers are busy, so the database does respond.
            return !self.has_outage();
        };
        let Err(error) = db.batch_execute("SELECT 1") else { return true };
        db.mark_broken();
        self.expect_no_damage(&error.into());
        false
    }

    /// Whether the database accepts writes; `None` if that remains open, because other writers are at work. Writes to
    /// find out, without changing any data.
    #[must_use]
    pub fn is_writable(&self) -> Option<bool> {
        let mut db = match self.writer() {
            Ok(db) => db,
            Err(error) => return self.verdict(&error),
        };
        let Err(error) = write_nothing(&mut db, self.limits().lock_within) else {
            if self.is_checkpoint_due(&mut db) {
                drop(db);
                self.checkpoint_log();
            }
            return Some(true);
        };
        if error.class != Class::Full {
            db.mark_broken();
        }
        self.verdict(&error)
    }

    fn verdict(&self, error: &Error) -> Option<bool> {
        self.expect_no_damage(error);
        match error.class {
            Class::ReadOnly | Class::Full | Class::Unreachable => Some(false),
            Class::Damaged if self.is_embedded() => Some(false),
            _ => None,
        }
    }

    fn expect_no_damage(&self, error: &Error) {
        if error.class == Class::Damaged {
            self.expect_intact(&error.source.to_string());
        }
    }
}

/// Commits a write that changes nothing.
fn write_nothing(db: &mut Db, lock_within: Duration) -> Result<()> {
    match db.connection {
        #[cfg(feature = "sqlite")]
        Connection::Sqlite(_) => write_version(db, lock_within),
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        _ => transaction(db, |db| {
            let first = "(SELECT * FROM (SELECT min(version) FROM __diesel_schema_migrations) AS first)";
            Ok(db.batch_execute(&format!(
                "UPDATE __diesel_schema_migrations SET version = version WHERE version = {first}"
            ))?)
        }),
    }
}

/// Writes the version that SQLite keeps for applications, which nothing uses, into its page of the file. Does not wait
/// for another writer, because the store has only one connection for writes.
#[cfg(feature = "sqlite")]
fn write_version(db: &mut Db, lock_within: Duration) -> Result<()> {
    db.batch_execute("PRAGMA busy_timeout = 0")?;
    let written = transaction(db, |db| {
        let version = diesel::dsl::sql::<BigInt>("(SELECT CAST(user_version AS INTEGER) FROM pragma_user_version)");
        let version: i64 = with_conn!(db, diesel::select(version).get_result(db))?;
        Ok(db.batch_execute(&format!("PRAGMA user_version = {version}"))?)
    });
    db.batch_execute(&format!("PRAGMA busy_timeout = {}", lock_within.as_millis()))?;
    written
}
