//! Folders of SQLite stores: only their owner can read them, and one process at a time serves them.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

const LOCK_FILE: &str = "tradepost.lock";

/// Creates `folder` and missing parents, with mode 0700.
///
/// # Errors
/// The reason, with the name of the folder.
pub fn create(folder: &Path) -> Result<(), String> {
    let created = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    created.map_err(|error| format!("cannot use the directory {}: {error}", folder.display()))
}

/// Creates `file` and its folder if they are missing; the file with mode 0600. SQLite gives the WAL the same mode.
///
/// # Errors
/// The reason, with the name of the file.
pub fn create_file(file: &Path) -> Result<(), String> {
    if let Some(folder) = file.parent() {
        create(folder)?;
    }
    let created = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(file);
    created.map(drop).map_err(|error| format!("{}: {error}", file.display()))
}

/// A lock on a folder of stores. The operating system releases it when the process ends, however it ends.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Locks `folder`.
    ///
    /// # Errors
    /// One line that names the process that holds the lock, or the reason why the folder cannot be used.
    pub fn acquire(folder: &Path) -> Result<Self, String> {
        create(folder)?;
        let path = folder.join(LOCK_FILE);
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut file = options.map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                return Err(format!(
                    "{} is in use by another process ({}): stop that process, or use another folder",
                    folder.display(),
                    holder.trim()
                ));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
        writeln!(file, "process {}", std::process::id()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}
