//! SQLite: opens a connection and checks its settings.

use std::path::Path;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::connection::folder::{create_file, is_served};
use crate::db::connection::replaced::wal_of;
use crate::db::limits::{Limits, Mode};

/// Minimum library version. Older versions may corrupt the WAL if two connections write and checkpoint at the same
/// time.
const MIN_LIBRARY_VERSION: (u32, u32, u32) = (3, 51, 3);

/// Settings of every connection. The busy timeout is set before them, so that these statements wait for locks too.
/// SQLite does not checkpoint by itself, because it would swallow an I/O error of such a checkpoint. A WAL that a long
/// read has made longer than 64 MiB is truncated once it starts again from its beginning.
const PRAGMAS: &str = "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864; \
    PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;";

/// Options of `.cargo/config.toml`, two for all. Cargo does not read that file if it builds the package from another
/// folder.
const BUILD_OPTIONS: [&str; 2] = ["ENABLE_QPSG", "THREADSAFE=2"];

const SWITCH_RETRY_AFTER: Duration = Duration::from_millis(5);

/// Opens a connection to `file`, applies the settings and verifies the important ones. Only a migrator creates a missing
/// file: a lost store must not be served as an empty one.
///
/// # Errors
/// The file cannot be opened, the library is too old, or a setting was not applied.
pub fn open(file: &Path, mode: Mode, limits: Limits) -> Result<SqliteConnection, String> {
    if mode == Mode::Migrator {
        create_file(file)?;
    } else if !file.exists() {
        return Err(format!("{}: there is no such file", file.display()));
    }
    let named = |error: String| format!("{}: {error}", file.display());
    let mut db = SqliteConnection::establish(&file.to_string_lossy()).map_err(|error| named(error.to_string()))?;
    match prepare(&mut db, mode, limits) {
        Err(error) if mode == Mode::Reader && is_snapshot(file, &error) => open_snapshot(file).map_err(named),
        prepared => prepared.map(|()| db).map_err(named),
    }
}

/// Whether `file` could not be prepared because it is on a read-only disk or in a read-only folder, and no
/// process is writing it: there is no log and no server.
fn is_snapshot(file: &Path, error: &str) -> bool {
    let is_read_only = error.contains("unable to open") || error.contains("readonly");
    is_read_only && !wal_of(file).exists() && !file.parent().is_some_and(is_served)
}

/// Opens a store for reading that cannot be written. SQLite needs files beside a store in WAL mode, unless it knows that
/// the store does not change.
fn open_snapshot(file: &Path) -> Result<SqliteConnection, String> {
    use diesel::connection::SimpleConnection;
    let escaped = file.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let open = SqliteConnection::establish(&format!("file:{escaped}?immutable=1"));
    let mut db = open.map_err(|error| error.to_string())?;
    db.batch_execute("PRAGMA temp_store = MEMORY; PRAGMA query_only = ON;").map_err(|error| error.to_string())?;
    Ok(db)
}

fn prepare(db: &mut SqliteConnection, mode: Mode, limits: Limits) -> Result<(), String> {
    use diesel::connection::SimpleConnection;
    let busy_ms = limits.lock_within.as_millis();
    db.batch_execute(&format!("PRAGMA busy_timeout = {busy_ms};")).map_err(|e| e.to_string())?;
    switch_to_wal(db, limits.lock_within)?;
    db.batch_execute(PRAGMAS).map_err(|e| e.to_string())?;
    if mode == Mode::Reader {
        db.batch_execute("PRAGMA query_only = ON;").map_err(|e| e.to_string())?;
    } else {
        // A negative size is in KiB.
        db.batch_execute(&format!("PRAGMA cache_size = -{};", limits.cache_kib)).map_err(|e| e.to_string())?;
    }
    let library = diesel::select(diesel::dsl::sql::<Text>("sqlite_version()"))
        .get_result::<String>(db)
        .map_err(|e| e.to_string())?;
    if parse_version(&library) < Some(MIN_LIBRARY_VERSION) {
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
        // The columns of pragma functions are untyped; without the cast SQLite may return text.
        let query = format!("(SELECT CAST({pragma} AS INTEGER) FROM pragma_{pragma})");
        let found =
            diesel::select(diesel::dsl::sql::<BigInt>(&query)).get_result::<i64>(db).map_err(|e| e.to_string())?;
        if found != expected {
            return Err(format!("{pragma} is {found}, not {expected}"));
        }
    }
    Ok(())
}

/// Selects the WAL. If two connections switch a new file at the same time, SQLite refuses one of them without waiting for
/// the busy timeout. That one tries again, for at most `within`.
fn switch_to_wal(db: &mut SqliteConnection, within: Duration) -> Result<(), String> {
    use diesel::connection::SimpleConnection;
    let until = Instant::now() + within;
    loop {
        match db.batch_execute("PRAGMA journal_mode = WAL;") {
            Err(error) if error.to_string().contains("locked") && Instant::now() < until => {
                std::thread::sleep(SWITCH_RETRY_AFTER);
            }
            result => return result.map_err(|error| error.to_string()),
        }
    }
}

fn parse_version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(str::parse);
    match (parts.next()?, parts.next()?, parts.next()?) {
        (Ok(major), Ok(minor), Ok(patch)) => Some((major, minor, patch)),
        _ => None,
    }
}

/// Whether the library was compiled with the options of `.cargo/config.toml`. Without them it works, but more slowly.
pub fn has_build_options() -> bool {
    is_built_with(&BUILD_OPTIONS)
}

fn is_built_with(options: &[&str]) -> bool {
    let Ok(mut db) = SqliteConnection::establish(":memory:") else { return false };
    options.iter().all(|option| {
        let used = diesel::dsl::sql::<BigInt>(&format!("sqlite_compileoption_used('{option}')"));
        diesel::select(used).get_result::<i64>(&mut db).is_ok_and(|used| used == 1)
    })
}

/// Checkpoints the whole WAL into the main file and truncates it.
pub fn checkpoint(db: &mut SqliteConnection) -> QueryResult<()> {
    use diesel::connection::SimpleConnection;
    db.batch_execute("PRAGMA wal_checkpoint(TRUNCATE);")
}

#[cfg(test)]
mod tests {
    use super::{has_build_options, is_built_with};

    #[test]
    fn sqlite_is_compiled_with_the_options_of_this_repository() {
        assert!(has_build_options());
        assert!(!is_built_with(&["ENABLE_QPSG", "THREADSAFE=1"]), "the options are those of the library");
    }
}
