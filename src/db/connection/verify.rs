//! Verification of SQLite files, and recovery after a failure.

use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::failure;
use crate::db::engine::sqlite;
use crate::db::limits::{Limits, Mode};
use crate::db::{Error, Result};

/// The extent of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Every file, as it is now.
    All,
    /// Before a file is served: it is recovered from its log and verified if it failed while it was last used. A small
    /// file is always verified, because that takes no time.
    BeforeUse,
}

/// Size up to which a file counts as small. Its verification takes less than a tenth of a second.
const SMALL: u64 = 16 * 1024 * 1024;

/// Damaged pages, indexes that do not fit their tables, and references to missing rows.
const PROBLEMS: &str = "SELECT integrity_check AS problem FROM pragma_integrity_check WHERE integrity_check <> 'ok' \
    UNION ALL SELECT 'row ' || coalesce(rowid, '') || ' of ' || \"table\" || ' refers to a missing row of ' || \"parent\" \
    FROM pragma_foreign_key_check LIMIT 10";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    problem: String,
}

#[derive(QueryableByName)]
struct Checkpoint {
    #[diesel(sql_type = BigInt)]
    busy: i64,
}

/// The problems in `file`; empty if it is intact or does not exist.
///
/// # Errors
/// The file cannot be read, or another process prevents its recovery.
pub fn problems(file: &Path, verification: Verification, limits: Limits) -> Result<Vec<String>> {
    let Ok(metadata) = file.metadata() else { return Ok(Vec::new()) };
    let marker = failure::marker(file);
    let has_failed = marker.exists();
    if verification == Verification::BeforeUse && !has_failed && metadata.len() > SMALL {
        return Ok(Vec::new());
    }
    if verification == Verification::All || !has_failed {
        return find(&mut open(file, Mode::Reader, limits)?);
    }
    tracing::warn!(file = %file.display(), "this file failed while it was last used: it is recovered and verified");
    let mut db = open(file, Mode::Writer, limits)?;
    recover(&mut db)?;
    let problems = find(&mut db)?;
    if problems.is_empty() {
        std::fs::remove_file(&marker).map_err(|error| Error::open(format!("{}: {error}", marker.display())))?;
    }
    Ok(problems)
}

fn open(file: &Path, mode: Mode, limits: Limits) -> Result<SqliteConnection> {
    sqlite::open(file, mode, limits).map_err(Error::open)
}

/// Writes the whole log into the file and syncs it.
fn recover(db: &mut SqliteConnection) -> Result<()> {
    let done: Checkpoint = diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(db)?;
    if done.busy != 0 {
        return Err(Error::busy("another process has the file open, which prevents its recovery: stop that process"));
    }
    Ok(())
}

fn find(db: &mut SqliteConnection) -> Result<Vec<String>> {
    let lines: Vec<Line> = diesel::sql_query(PROBLEMS).load(db)?;
    Ok(lines.into_iter().map(|line| line.problem).collect())
}
