//! Reports a write-ahead log (WAL) that grows because a reader holds it.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Number of pages that are not checkpointed from which on the log counts as held. Checkpoints begin much earlier.
const HELD_FROM: i64 = 8_000;
const PAGES_PER_MIB: i64 = 256;
const REPORT_EVERY: Duration = Duration::from_secs(60);
/// The bytes of the index of the log that readers lock. Source: <https://www.sqlite.org/walformat.html#wal_locks>.
const READ_LOCKS: std::ops::RangeInclusive<u64> = 123..=127;

/// Whether the log of one store is held, and since when.
#[derive(Debug, Default)]
pub struct HeldLog(Mutex<Option<Held>>);

#[derive(Debug)]
struct Held {
    since: Instant,
    reported: Instant,
}

impl HeldLog {
    /// Called after each checkpoint of `file` with the number of pages in the log, and of those that were not
    /// checkpointed. Reports at once that the log is held, and then once a minute.
    pub fn observe(&self, file: &Path, pages: i64, pending: i64) {
        let (mut held, now) = (self.0.lock(), Instant::now());
        if pending < HELD_FROM {
            if let Some(held) = held.take() {
                tracing::info!(file = %file.display(), held_for = ?held.since.elapsed(), "the log is checkpointed again");
            }
            return;
        }
        let since = match &*held {
            Some(held) if now.saturating_duration_since(held.reported) < REPORT_EVERY => return,
            Some(held) => held.since,
            None => now,
        };
        *held = Some(Held { since, reported: now });
        drop(held);
        let readers = std::fs::read_to_string("/proc/locks").unwrap_or_default();
        let index = std::fs::metadata(format!("{}-shm", file.display())).map_or(0, |index| index.ino());
        tracing::warn!(
            file = %file.display(),
            log_mib = pages / PAGES_PER_MIB,
            held_for = ?since.elapsed(),
            readers = ?other_readers(&readers, index, std::process::id()),
            "the log cannot be checkpointed, because a reader holds it: end the processes in `readers`"
        );
    }
}

/// The processes other than `own` that lock a read mark in the file with the number `inode`. `locks` is the text of
/// `/proc/locks`, with lines such as `5: POSIX  ADVISORY  READ 4711 08:01:1234 124 124`.
fn other_readers(locks: &str, inode: u64, own: u32) -> BTreeSet<u32> {
    let process = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [.., process, file, first, _last] = fields.as_slice() else { return None };
        let is_index = file.rsplit(':').next()?.parse::<u64>().ok()? == inode;
        let process = process.parse().ok()?;
        (is_index && READ_LOCKS.contains(&first.parse::<u64>().ok()?) && process != own).then_some(process)
    };
    locks.lines().filter_map(process).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_processes_that_read_a_file_are_found_by_their_locks() {
        let locks = "1: POSIX  ADVISORY  READ  10 08:01:77 124 124\n\
                     2: POSIX  ADVISORY  READ  11 08:01:77 124 124\n\
                     3: POSIX  ADVISORY  READ  12 08:01:77 128 128\n\
                     4: POSIX  ADVISORY  READ  13 08:01:78 124 124\n\
                     5: FLOCK  ADVISORY  WRITE 14 08:01:77 0 EOF\n\
                     6: -> POSIX ADVISORY WRITE 15 08:01:77 123 123\n";
        assert_eq!(other_readers(locks, 77, 10), BTreeSet::from([11, 15]));
        assert_eq!(other_readers(locks, 0, 10), BTreeSet::new());
    }
}
