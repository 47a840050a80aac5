//! Folding an SQLite store's write-ahead log back into its file, beside the writer. Left to SQLite, the writer does it
//! itself, in the middle of a commit: on a store that has grown, nearly every page of the log is another one, and all who
//! wait for the owner wait for thousands of writes all over the file. On a million old orders, at 256 connections, that was
//! a p99 of 77 ms; 44 ms this way (`cargo bench --bench throughput -- --only growth`).
//!
//! Another thread folds back what there is, and once more what has come meanwhile, until little is left. That little the
//! writer folds back itself between two batches, since only a log that has nothing left in it begins anew.

use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use parking_lot::{Mutex, MutexGuard};

use crate::db::{Error, Result};

/// When what is done about a log, in pages that are not folded back.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// So many are worth it: a page that many transactions wrote is written back once.
    pub worth_it: i64,
    /// So few the writer may wait for.
    pub few: i64,
}

const SIZES: Sizes = Sizes { worth_it: 4_000, few: 400 };
/// So often it is tried to come down to few: the writer may write as fast as is folded back.
const PASSES: usize = 8;
/// How long nothing is tried where that failed: a reader that holds the log may hold it for long.
const PAUSE: Duration = Duration::from_millis(100);

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Nobody's, and not before then.
    Nobody(Instant),
    /// Another thread folds back, or is about to.
    Beside,
    /// The writer's: little is left.
    Writer,
}

/// Looks after the log of one store.
#[derive(Debug)]
pub struct Checkpointer {
    sizes: Sizes,
    turn: Mutex<Turn>,
    /// The store's file, to have it synced. It is never closed: with any of its descriptors a process gives up all its
    /// locks on a file (<https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_>).
    file: OnceLock<ManuallyDrop<File>>,
}

impl Default for Checkpointer {
    fn default() -> Self {
        Self::new(SIZES)
    }
}

impl Checkpointer {
    fn new(sizes: Sizes) -> Self {
        Self { sizes, turn: Mutex::new(Turn::Nobody(Instant::now())), file: OnceLock::new() }
    }

    /// What the writer does between two batches. Whether [`Checkpointer::fold`] is to be called now, by another thread.
    pub fn is_due(&self, writer: &mut SqliteConnection) -> QueryResult<bool> {
        let turn = *self.turn();
        match turn {
            Turn::Nobody(from) if Instant::now() >= from => {
                let is_due = checkpoint(writer, Mode::Noop)?.left() >= self.sizes.worth_it;
                if is_due {
                    *self.turn() = Turn::Beside;
                }
                Ok(is_due)
            }
            Turn::Nobody(_) | Turn::Beside => Ok(false),
            Turn::Writer => {
                *self.turn() = Turn::Nobody(Instant::now());
                checkpoint(writer, Mode::Passive).map(|_| false)
            }
        }
    }

    /// Folds back beside the writer, on a connection of its own to the store in `file`, until few pages are left.
    pub fn fold(&self, db: &mut SqliteConnection, file: &Path) -> Result<()> {
        let mut left = i64::MAX;
        for _ in 0..PASSES {
            checkpoint(db, Mode::Passive)?;
            self.sync(file).map_err(|error| Error::unreachable(error.to_string()))?;
            left = checkpoint(db, Mode::Noop)?.left();
            if left <= self.sizes.few {
                break;
            }
        }
        let is_short = left <= self.sizes.few;
        *self.turn() = if is_short { Turn::Writer } else { Turn::Nobody(Instant::now() + PAUSE) };
        Ok(())
    }

    /// Has what was folded back written to the disk. SQLite does so only where nothing is left in the log, which would be
    /// when the writer folds back the rest: all who wait for it would wait for the whole.
    fn sync(&self, file: &Path) -> std::io::Result<()> {
        match self.file.get() {
            Some(file) => file.sync_data(),
            None => {
                let file = ManuallyDrop::new(File::open(file)?);
                self.file.get_or_init(|| file).sync_data()
            }
        }
    }

    /// It could not be folded back: later.
    pub fn give_up(&self) {
        *self.turn() = Turn::Nobody(Instant::now() + PAUSE);
    }

    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock()
    }
}

/// How a checkpoint is made; <https://www.sqlite.org/pragma.html#pragma_wal_checkpoint>.
#[derive(Debug, Clone, Copy)]
enum Mode {
    /// Nothing is folded back: it only tells.
    Noop,
    /// What can be, without waiting for anybody.
    Passive,
}

/// The log, in pages.
#[derive(Debug, QueryableByName)]
struct Log {
    /// What is in it.
    #[diesel(sql_type = BigInt)]
    log: i64,
    /// What of it is folded back.
    #[diesel(sql_type = BigInt)]
    checkpointed: i64,
}

impl Log {
    const fn left(&self) -> i64 {
        self.log - self.checkpointed
    }
}

fn checkpoint(db: &mut SqliteConnection, mode: Mode) -> QueryResult<Log> {
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
        statement_within: Duration::ZERO,
    };
    const SIZES: Sizes = Sizes { worth_it: 50, few: 5 };

    fn open(file: &Path, mode: limits::Mode) -> SqliteConnection {
        sqlite::open(file, mode, LIMITS).unwrap()
    }

    /// Commits a page's worth.
    fn write(db: &mut SqliteConnection) {
        db.batch_execute("INSERT INTO t VALUES (randomblob(3000))").unwrap();
    }

    fn store(folder: &Path) -> [SqliteConnection; 2] {
        let file = folder.join("t.db");
        let mut writer = open(&file, limits::Mode::Writer);
        writer.batch_execute("CREATE TABLE t (b BLOB)").unwrap();
        [writer, open(&file, limits::Mode::Reader)]
    }

    #[test]
    fn a_log_that_is_looked_after_begins_anew_again_and_again() {
        let folder = tempfile::tempdir().unwrap();
        let [mut writer, mut beside] = store(folder.path());
        let checkpointer = Checkpointer::new(SIZES);
        let mut folded = 0;
        for _ in 0..1_000 {
            write(&mut writer);
            if checkpointer.is_due(&mut writer).unwrap() {
                write(&mut writer);
                assert!(!checkpointer.is_due(&mut writer).unwrap(), "one at a time");
                checkpointer.fold(&mut beside, &folder.path().join("t.db")).unwrap();
                // What comes before the writer looks again is what is left for it.
                write(&mut writer);
                folded += 1;
            }
        }
        let longest = checkpoint(&mut writer, Mode::Noop).unwrap().log.max(SIZES.worth_it);
        assert!(folded > 10 && longest < 2 * SIZES.worth_it, "{folded} times, {longest} pages");
        let pages = std::fs::metadata(folder.path().join("t.db-wal")).unwrap().len() / 4_096;
        assert!(pages < 100, "the log had {pages} pages after a thousand commits");
    }

    #[test]
    fn a_log_that_a_reader_holds_is_not_tried_all_the_time_and_folded_back_when_the_reader_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let [mut writer, mut beside] = store(folder.path());
        let checkpointer = Checkpointer::new(SIZES);
        let mut reader = open(&folder.path().join("t.db"), limits::Mode::Reader);
        write(&mut writer);
        reader.batch_execute("BEGIN; SELECT count(*) FROM t").unwrap();
        (0..SIZES.worth_it).for_each(|_| write(&mut writer));
        assert!(checkpointer.is_due(&mut writer).unwrap());
        checkpointer.fold(&mut beside, &folder.path().join("t.db")).unwrap();
        assert!(!checkpointer.is_due(&mut writer).unwrap(), "it could not be, a moment ago");

        reader.batch_execute("COMMIT").unwrap();
        std::thread::sleep(PAUSE);
        assert!(checkpointer.is_due(&mut writer).unwrap());
        checkpointer.fold(&mut beside, &folder.path().join("t.db")).unwrap();
        assert_eq!(checkpoint(&mut writer, Mode::Noop).unwrap().left(), 0);
    }
}
