//! Notices that the file of a SQLite store is no longer the one that was opened. SQLite itself goes on with the old file
//! after another was put in its place, and the next start would not find what was written since.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::failure;

/// Identity of the file at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    /// The file at `path` now.
    ///
    /// # Errors
    /// There is no file, or its folder cannot be searched.
    pub fn of(path: &Path) -> std::io::Result<Self> {
        path.metadata().map(|metadata| Self { device: metadata.dev(), inode: metadata.ino() })
    }
}

/// The write-ahead log of the store in `file`.
pub fn wal_of(file: &Path) -> PathBuf {
    failure::beside(file, "-wal")
}

/// Ends the process at once. An orderly stop would acknowledge more, and checkpoint into the wrong file.
pub fn end_process(file: &Path) -> ! {
    failure::end_process(&format!(
        "{} was moved, deleted or replaced while it was served. The process ends, because the next start would not find \
         what it writes. Stop the server before you replace its stores",
        file.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_another_one_after_it_was_replaced_but_not_after_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let (file, other) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&file, "1").unwrap();
        let opened = FileId::of(&file).unwrap();
        std::fs::write(&file, "2").unwrap();
        assert_eq!(FileId::of(&file).unwrap(), opened);
        std::fs::copy(&file, &other).unwrap();
        std::fs::rename(&other, &file).unwrap();
        assert_ne!(FileId::of(&file).unwrap(), opened);
    }
}
