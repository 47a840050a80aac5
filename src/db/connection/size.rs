//! The sizes of the files of a SQLite store.

use std::path::Path;

use super::Store;
use super::replaced::wal_of;

/// Sizes in bytes. A part that cannot be read is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// Size of the database file.
    pub file: u64,
    /// Size of the write-ahead log. A checkpoint writes it into the database file and begins it anew.
    pub log: u64,
    /// Space on the disk that is free for this process.
    pub free: u64,
}

impl Store {
    /// The sizes of the files; `None` on a database server.
    #[must_use]
    pub fn size(&self) -> Option<Size> {
        let file = self.file()?;
        let folder = file.parent().unwrap_or(Path::new("."));
        let free = rustix::fs::statvfs(folder).map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize));
        Some(Size { file: length(file), log: length(&wal_of(file)), free: free.unwrap_or_default() })
    }
}

fn length(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |metadata| metadata.len())
}
