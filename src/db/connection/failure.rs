//! The end of a process that can no longer trust one of its files.
//!
//! After a failed sync, the operating system may have dropped the pages that it could not write, and the next sync
//! reports success. A store whose file failed must therefore not be checkpointed again by the same process: the log
//! would be reused although the file lacks some of its pages. Source: <https://wiki.postgresql.org/wiki/Fsync_Errors>.
//! The process ends at once, without closing the store, and the next start writes the whole log into the file again.

use std::fs::OpenOptions;
use std::io::Write;
use std::mem::ManuallyDrop;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc;
use std::time::Duration;

use crate::db::halt;

/// Exit code of the process: `EX_IOERR` of `sysexits.h`.
pub const EXIT_CODE: i32 = 74;

/// Maximum wait for the last line to be written. The reader of standard error may have stopped.
const LAST_LINE_WITHIN: Duration = Duration::from_secs(1);
/// Length of the two copies of the header at the beginning of SQLite's index of the log.
const LOG_INDEX_HEADER: usize = 96;
/// Bytes that must fit on the disk for it not to be full: more than SQLite's index of the log grows at a time.
const SPACE: usize = 128 * 1024;

static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// Ends the process with `line` on standard error and [`EXIT_CODE`]. Nothing is flushed, checkpointed or closed, and no
/// commit is acknowledged from now on.
pub fn end_process(line: &str) -> ! {
    end_process_after(|| (), line)
}

/// Ends the process because of `reason`, an I/O error or damage of the SQLite store in `file`. The next start recovers
/// the store from its log and verifies it.
pub fn end_process_for(file: &Path, reason: &str) -> ! {
    let line = format!(
        "{}: {reason}: the process ends, so that nothing is built on a damaged file; check the disk, then start again: \
         the start recovers the file from its log and verifies it",
        file.display()
    );
    end_process_after(|| record(file, reason), &line)
}

fn end_process_after(record: impl FnOnce(), line: &str) -> ! {
    halt::halt();
    if IS_ENDING.swap(true, SeqCst) {
        halt::wait_for_the_end();
    }
    record();
    let (written, wait) = mpsc::channel();
    let line = format!("tradepost: {line}\n");
    std::thread::spawn(move || {
        let _ = std::io::stderr().write_all(line.as_bytes());
        let _ = written.send(());
    });
    let _ = wait.recv_timeout(LAST_LINE_WITHIN);
    std::process::exit(EXIT_CODE)
}

/// The file beside the store in `file` that says that the store failed and must be verified.
#[must_use]
pub fn marker(file: &Path) -> PathBuf {
    beside(file, "-failed")
}

/// Whether the disk of `file` is full. SQLite then reports some failures as I/O errors.
#[must_use]
pub fn is_disk_full(file: &Path) -> bool {
    let probe = beside(file, "-space");
    let written = create(&probe).and_then(|mut file| file.write_all(&vec![0; SPACE]).and_then(|()| file.sync_data()));
    let _ = std::fs::remove_file(&probe);
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};
    written.is_err_and(|error| matches!(error.kind(), StorageFull | QuotaExceeded))
}

/// Records the failure of the store in `file` for the next start, as well as the disk allows. Another process that has
/// the store open (a backup, an audit) would keep the index of the log, which says that the lost pages are in the file.
/// An index with an empty header is built again from the log.
fn record(file: &Path, reason: &str) {
    // Not closed, because that would release the locks of this process on it.
    let index = OpenOptions::new().write(true).open(beside(file, "-shm")).map(ManuallyDrop::new);
    let _ = index.and_then(|mut index| index.write_all(&[0; LOG_INDEX_HEADER]));
    let _ = create(&marker(file)).and_then(|mut marker| {
        writeln!(marker, "{reason}")?;
        marker.sync_all()
    });
}

fn create(path: &Path) -> std::io::Result<std::fs::File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

/// The file whose name is that of `file` and `suffix`.
pub(super) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(suffix);
    PathBuf::from(path)
}
