//! SQLite: how a connection is opened, and that it is what we asked for.

use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::limits::{Limits, Mode};

/// In pages, where the writer folds back by itself, in a commit: the log gets this long only where a reader holds it, or
/// nobody folds it back.
const LONGEST_LOG: usize = 16_000;

/// Older libraries may corrupt a WAL file when two connections write and checkpoint at once.
const OLDEST_LIBRARY: (u32, u32, u32) = (3, 51, 3);

/// The busy time-out comes first, so that the others wait for a lock too.
const PRAGMAS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;";

/// Opens a connection and reads every setting back; a difference is an error.
pub fn open(file: &Path, mode: Mode, limits: Limits) -> Result<SqliteConnection, String> {
    let mut db =
        SqliteConnection::establish(&file.to_string_lossy()).map_err(|e| format!("{}: {e}", file.display()))?;
    prepare(&mut db, mode, limits).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(db)
}

fn prepare(db: &mut SqliteConnection, mode: Mode, limits: Limits) -> Result<(), String> {
    use diesel::connection::SimpleConnection;
    let busy_ms = limits.lock_within.as_millis();
    db.batch_execute(&format!("PRAGMA busy_timeout = {busy_ms}; {PRAGMAS} PRAGMA wal_autocheckpoint = {LONGEST_LOG};"))
        .map_err(|e| e.to_string())?;
    if mode == Mode::Reader {
        db.batch_execute("PRAGMA query_only = ON;").map_err(|e| e.to_string())?;
    }
    let library = diesel::select(diesel::dsl::sql::<Text>("sqlite_version()"))
        .get_result::<String>(db)
        .map_err(|e| e.to_string())?;
    if version(&library) < Some(OLDEST_LIBRARY) {
        return Err(format!("SQLite {library} is too old: 3.51.3 or later is needed"));
    }
    let journal = diesel::select(diesel::dsl::sql::<Text>("(SELECT journal_mode FROM pragma_journal_mode)"))
        .get_result::<String>(db)
        .map_err(|e| e.to_string())?;
    if journal != "wal" {
        return Err(format!("journal_mode is {journal}, not wal"));
    }
    for (pragma, expected) in [("synchronous", 2), ("foreign_keys", 1), ("query_only", i64::from(mode == Mode::Reader))]
    {
        // The columns of the pragma functions have no type of their own: without the cast SQLite may answer with text.
        let query = format!("(SELECT CAST({pragma} AS INTEGER) FROM pragma_{pragma})");
        let found =
            diesel::select(diesel::dsl::sql::<BigInt>(&query)).get_result::<i64>(db).map_err(|e| e.to_string())?;
        if found != expected {
            return Err(format!("{pragma} is {found}, not {expected}"));
        }
    }
    Ok(())
}

fn version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(str::parse);
    match (parts.next()?, parts.next()?, parts.next()?) {
        (Ok(major), Ok(minor), Ok(patch)) => Some((major, minor, patch)),
        _ => None,
    }
}

/// Folds the write-ahead log back into the file.
pub fn checkpoint(db: &mut SqliteConnection) -> QueryResult<()> {
    use diesel::connection::SimpleConnection;
    db.batch_execute("PRAGMA wal_checkpoint(TRUNCATE);")
}
