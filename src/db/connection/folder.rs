//! Folders of SQLite stores: only their owner can read them, and one process at a time serves them.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, chown, fchown};
use std::path::Path;
use std::time::Duration;

const LOCK_FILE: &str = "tradepost.lock";

/// Creates `folder` and missing parents, with mode 0700. Like a new file, it gets the owner of its parent; see
/// [`hand_over`].
///
/// # Errors
/// The reason, with the name of the folder.
pub fn create(folder: &Path) -> Result<(), String> {
    let is_new = !folder.exists();
    let created = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    created.map_err(|error| format!("cannot use the directory {}: {error}", folder.display()))?;
    let parent = folder.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    if let (true, Ok(parent)) = (is_new, parent.metadata()) {
        let _ = chown(folder, Some(parent.uid()), Some(parent.gid()));
    }
    Ok(())
}

/// Creates `folder`, which must not exist, like [`create`].
///
/// # Errors
/// The reason, with the name of the folder.
pub fn create_new(folder: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("cannot create the directory {}: {error}", folder.display());
    let parent = folder.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(failed)?;
    DirBuilder::new().mode(0o700).create(folder).map_err(failed)?;
    if let Ok(parent) = parent.metadata() {
        let _ = chown(folder, Some(parent.uid()), Some(parent.gid()));
    }
    Ok(())
}

/// Gives a new `file` to the owner of `folder`. Only root may do so: a command that root runs must not leave files that
/// the server's user cannot write. For other users the owner stays the same.
pub fn hand_over(file: &File, folder: &Path) {
    if let Ok(of) = folder.metadata() {
        let _ = fchown(file, Some(of.uid()), Some(of.gid()));
    }
}

/// Creates `file` and its folder if they are missing; the file with mode 0600. SQLite gives the WAL the same mode and
/// owner.
///
/// # Errors
/// The reason, with the name of the file.
pub fn create_file(file: &Path) -> Result<(), String> {
    open_or_create(file).map(drop)
}

/// Opens `file` for reading and writing. Creates it and its folder if they are missing; the file with mode 0600.
fn open_or_create(file: &Path) -> Result<File, String> {
    let folder = file.parent().unwrap_or(Path::new("."));
    create(folder)?;
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(0o600);
    let opened = match options.clone().create_new(true).open(file) {
        Ok(new) => {
            hand_over(&new, folder);
            Ok(new)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => options.open(file),
        Err(error) => Err(error),
    };
    opened.map_err(|error| format!("{}: {error}", file.display()))
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
        let path = folder.join(LOCK_FILE);
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let mut file = open_or_create(&path)?;
        match lock(&file) {
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

/// How often a held lock is tried, and the pause before the next try. A process that is ending still holds the lock for a
/// moment, as does a child process between its start and the start of its program.
const TRIES: u32 = 10;
const PAUSE: Duration = Duration::from_millis(50);

/// Locks `file`; a lock that another process holds is tried again for half a second.
fn lock(file: &File) -> Result<(), TryLockError> {
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            result => return result,
        }
    }
    file.try_lock()
}

/// Whether a process serves the stores in `folder`.
#[must_use]
pub fn is_served(folder: &Path) -> bool {
    let lock = OpenOptions::new().read(true).open(folder.join(LOCK_FILE));
    lock.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
