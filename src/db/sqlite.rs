//! SQLite: how a connection is opened, and that it is what we asked for.

use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::Db;

/// Older libraries may corrupt a WAL file when two connections write and checkpoint at once.
const OLDEST_LIBRARY: (u32, u32, u32) = (3, 51, 3);

/// The busy time-out comes first, so that the others wait for a lock too.
const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 1000; PRAGMA temp_store = MEMORY;";

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Reads only: a write is an error.
    Reader,
    /// Reads and writes.
    Writer,
}

/// Opens a connection and reads every setting back; a difference is an error.
pub fn open(file: &Path, mode: Mode) -> Result<Db, String> {
    let mut db = Db::establish(&file.to_string_lossy()).map_err(|e| format!("{}: {e}", file.display()))?;
    prepare(&mut db, mode).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(db)
}

fn prepare(db: &mut Db, mode: Mode) -> Result<(), String> {
    use diesel::connection::SimpleConnection;
    db.batch_execute(PRAGMAS).map_err(|e| e.to_string())?;
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
pub fn checkpoint(db: &mut Db) -> QueryResult<()> {
    use diesel::connection::SimpleConnection;
    db.batch_execute("PRAGMA wal_checkpoint(TRUNCATE);")
}

/// Makes reader connections for the pool.
#[derive(Debug)]
pub struct Readers {
    /// The owner's file.
    pub file: std::path::PathBuf,
}

/// A reader connection of the pool, and whether it is to be thrown away.
pub struct Pooled {
    pub db: Db,
    pub is_condemned: bool,
}

impl r2d2::ManageConnection for Readers {
    type Connection = Pooled;
    type Error = OpenError;

    fn connect(&self) -> Result<Pooled, OpenError> {
        open(&self.file, Mode::Reader).map(|db| Pooled { db, is_condemned: false }).map_err(OpenError)
    }

    fn is_valid(&self, reader: &mut Pooled) -> Result<(), OpenError> {
        use diesel::connection::SimpleConnection;
        reader.db.batch_execute("SELECT 1").map_err(|e| OpenError(e.to_string()))
    }

    fn has_broken(&self, reader: &mut Pooled) -> bool {
        reader.is_condemned || std::thread::panicking()
    }
}

/// Why a connection could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(String);
