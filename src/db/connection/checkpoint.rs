//! Background checkpoints of the write-ahead log (WAL) of a SQLite store.
//!
//! By default, SQLite checkpoints in the writer, in the middle of a commit. In a large store the pages of the WAL are
//! scattered over the whole file, so all callers of the owner wait for thousands of random writes. With a million old
//! orders and 256 connections, p99 was 77 ms that way and is 44 ms with background checkpoints
//! (`cargo bench --bench throughput -- --only growth`).
//!
//! Another thread checkpoints the WAL, and repeats this for the pages written in the meantime, until few are left. The
//! writer checkpoints those between two batches, while no new pages are written, because SQLite restarts the WAL from
//! its beginning only after all pages have been checkpointed.

use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use parking_lot::{Mutex, MutexGuard};

use super::held_log::HeldLog;
use crate::db::{Error, Result, halt};

/// Thresholds of background checkpoints, in pages of the WAL that are not checkpointed yet.
#[derive(Debug, Clone, Copy)]
pub struct Thresholds {
    /// Number of pages at which a background checkpoint starts. Large, so that a page changed by many transactions is
    /// written to the file only once.
    pub start: i64,
    /// Maximum number of pages left for the writer to checkpoint.
    pub writer_max: i64,
}

const THRESHOLDS: Thresholds = Thresholds { start: 4_000, writer_max: 400 };
/// Maximum number of passes to get down to `writer_max`. The writer may add pages as fast as they are checkpointed.
const MAX_PASSES: usize = 8;
/// Delay before the next attempt after a failed checkpoint. A reader that blocks checkpoints may do so for long.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// Phase of checkpointing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No checkpoint is running, and none starts before this time.
    Idle(Instant),
    /// Another thread is checkpointing, or is about to.
    Background,
    /// Few pages are left, which the writer checkpoints next.
    Writer,
}

/// Schedules and runs the checkpoints of one store.
#[derive(Debug)]
pub struct Checkpointer {
    thresholds: Thresholds,
    phase: Mutex<Phase>,
    /// The store's file, opened for syncing. Never closed, because a process that closes any descriptor of a file loses
    /// all its locks on it. Source:
    /// <https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_>.
    file: OnceLock<ManuallyDrop<File>>,
    held_log: HeldLog,
    turn: Mutex<()>,
}

impl Default for Checkpointer {
    fn default() -> Self {
        Self::new(THRESHOLDS)
    }
}

impl Checkpointer {
    fn new(thresholds: Thresholds) -> Self {
        Self {
            thresholds,
            phase: Mutex::new(Phase::Idle(Instant::now())),
            file: OnceLock::new(),
            held_log: HeldLog::default(),
            turn: Mutex::default(),
        }
    }

    /// One checkpoint of the whole log at a time. Held until a failure has ended the process: after a failed sync, another
    /// checkpoint would succeed without the pages that were lost, and the log with them would be discarded.
    pub fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock()
    }

    /// Called by the writer between two batches. Returns whether another thread must now call [`Checkpointer::run`]. If
    /// few pages are left by a background checkpoint, checkpoints them on `writer`.
    ///
    /// # Errors
    /// A database error.
    pub fn is_due(&self, writer: &mut SqliteConnection) -> QueryResult<bool> {
        let phase = *self.phase();
        match phase {
            Phase::Idle(until) if Instant::now() >= until => {
                let is_due = checkpoint(writer, Mode::Noop)?.pending() >= self.thresholds.start;
                if is_due {
                    *self.phase() = Phase::Background;
                }
                Ok(is_due)
            }
            Phase::Idle(_) | Phase::Background => Ok(false),
            Phase::Writer => {
                *self.phase() = Phase::Idle(Instant::now());
                checkpoint(writer, Mode::Passive).map(|_| false)
            }
        }
    }

    /// Checkpoints concurrently with the writer until few pages are left. `db` is a connection of its own to the store
    /// in `file`.
    ///
    /// # Errors
    /// A database error, or the file cannot be synced.
    pub fn run(&self, db: &mut SqliteConnection, file: &Path) -> Result<()> {
        let mut pending = i64::MAX;
        for _ in 0..MAX_PASSES {
            checkpoint(db, Mode::Passive)?;
            if let Err(error) = self.sync(file) {
                halt::halt();
                return Err(Error::damaged(format!("cannot be synced: {error}")));
            }
            let size = checkpoint(db, Mode::Noop)?;
            pending = size.pending();
            self.held_log.observe(file, size.log, pending);
            if pending <= self.thresholds.writer_max {
                break;
            }
        }
        let is_short = pending <= self.thresholds.writer_max;
        *self.phase() = if is_short { Phase::Writer } else { Phase::Idle(Instant::now() + RETRY_AFTER) };
        Ok(())
    }

    /// Syncs the checkpointed pages to disk. SQLite itself syncs only when a checkpoint completes the WAL. That would
    /// be the writer's checkpoint, and its callers would wait for the sync of all pages.
    fn sync(&self, file: &Path) -> std::io::Result<()> {
        match self.file.get() {
            Some(file) => file.sync_data(),
            None => {
                let file = ManuallyDrop::new(File::open(file)?);
                self.file.get_or_init(|| file).sync_data()
            }
        }
    }

    /// Ends a background checkpoint that failed; the next one starts after a delay.
    pub fn postpone(&self) {
        *self.phase() = Phase::Idle(Instant::now() + RETRY_AFTER);
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock()
    }
}

/// Mode of a checkpoint; see <https://www.sqlite.org/pragma.html#pragma_wal_checkpoint>.
#[derive(Debug, Clone, Copy)]
enum Mode {
    /// Only reports the size of the WAL.
    Noop,
    /// Checkpoints as many pages as possible without waiting for readers or writers.
    Passive,
}

/// Size of the WAL, in pages.
#[derive(Debug, QueryableByName)]
struct WalSize {
    /// Number of pages in the WAL.
    #[diesel(sql_type = BigInt)]
    log: i64,
    /// Number of those pages that are checkpointed.
    #[diesel(sql_type = BigInt)]
    checkpointed: i64,
}

impl WalSize {
    const fn pending(&self) -> i64 {
        self.log - self.checkpointed
    }
}

fn checkpoint(db: &mut SqliteConnection, mode: Mode) -> QueryResult<WalSize> {
    let pragma = match mode {
        Mode::Noop => "PRAGMA wal_checkpoint(NOOP)",
        Mode::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
    };
    diesel::sql_query(pragma).get_result(db)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use diesel::connection::SimpleConnection;

    use super::*;
    use crate::db::engine::sqlite;
    use crate::db::limits::{self, Limits};

    const LIMITS: Limits = Limits {
        readers: 1,
        writers: 1,
        acquire_within: Duration::from_secs(1),
        lock_within: Duration::from_secs(1),
        idle_within: Duration::from_secs(1),
        statement_within: Duration::ZERO,
        cache_kib: 2048,
    };
    const THRESHOLDS: Thresholds = Thresholds { start: 50, writer_max: 5 };

    fn open(file: &Path, mode: limits::Mode) -> SqliteConnection {
        sqlite::open(file, mode, LIMITS).unwrap()
    }

    /// Commits one page of data.
    fn write(db: &mut SqliteConnection) {
        db.batch_execute("INSERT INTO t VALUES (randomblob(3000))").unwrap();
    }

    fn store(folder: &Path) -> [SqliteConnection; 2] {
        let file = folder.join("t.db");
        open(&file, limits::Mode::Migrator).batch_execute("CREATE TABLE t (b BLOB)").unwrap();
        [open(&file, limits::Mode::Writer), open(&file, limits::Mode::Reader)]
    }

    #[test]
    fn background_checkpoints_restart_the_wal_repeatedly() {
        let folder = tempfile::tempdir().unwrap();
        let [mut writer, mut background] = store(folder.path());
        let checkpointer = Checkpointer::new(THRESHOLDS);
        let mut checkpoints = 0;
        for _ in 0..1_000 {
            write(&mut writer);
            if checkpointer.is_due(&mut writer).unwrap() {
                write(&mut writer);
                assert!(!checkpointer.is_due(&mut writer).unwrap(), "one at a time");
                checkpointer.run(&mut background, &folder.path().join("t.db")).unwrap();
                // Leaves a page for the writer to checkpoint.
                write(&mut writer);
                checkpoints += 1;
            }
        }
        let longest = checkpoint(&mut writer, Mode::Noop).unwrap().log.max(THRESHOLDS.start);
        assert!(checkpoints > 10 && longest < 2 * THRESHOLDS.start, "{checkpoints} checkpoints, {longest} pages");
        let pages = std::fs::metadata(folder.path().join("t.db-wal")).unwrap().len() / 4_096;
        assert!(pages < 100, "the log had {pages} pages after a thousand commits");
    }

    #[test]
    fn a_checkpoint_blocked_by_a_reader_is_delayed_and_succeeds_once_the_reader_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let [mut writer, mut background] = store(folder.path());
        let checkpointer = Checkpointer::new(THRESHOLDS);
        let mut reader = open(&folder.path().join("t.db"), limits::Mode::Reader);
        write(&mut writer);
        reader.batch_execute("BEGIN; SELECT count(*) FROM t").unwrap();
        (0..THRESHOLDS.start).for_each(|_| write(&mut writer));
        assert!(checkpointer.is_due(&mut writer).unwrap());
        checkpointer.run(&mut background, &folder.path().join("t.db")).unwrap();
        assert!(!checkpointer.is_due(&mut writer).unwrap(), "retried before RETRY_AFTER");

        reader.batch_execute("COMMIT").unwrap();
        std::thread::sleep(RETRY_AFTER);
        assert!(checkpointer.is_due(&mut writer).unwrap());
        checkpointer.run(&mut background, &folder.path().join("t.db")).unwrap();
        assert_eq!(checkpoint(&mut writer, Mode::Noop).unwrap().pending(), 0);
    }
}
