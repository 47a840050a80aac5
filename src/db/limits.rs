//! Access mode, number and timeouts of connections.

use std::time::Duration;

/// Access mode of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Read-only: the database rejects writes.
    Reader,
    /// Reads and writes.
    Writer,
    /// Creates the database or schema and the tables if they are missing.
    Migrator,
}

/// Limits of a store's connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Maximum number of reader connections.
    pub readers: u32,
    /// Maximum number of writer connections. Ignored for SQLite, which always has one.
    pub writers: u32,
    /// Maximum wait for a free connection.
    pub acquire_within: Duration,
    /// Maximum wait for a lock held by another transaction.
    pub lock_within: Duration,
    /// Maximum duration of a statement; zero means no limit. Ignored for SQLite; on MySQL it bounds queries only.
    pub statement_within: Duration,
    /// Maximum pause of a writer's transaction between two statements, after which a server rolls it back: its process is
    /// stopped, or cut off, and others wait for its locks. At least a second, which is what MariaDB counts in. Ignored for
    /// SQLite, and by MySQL, which has no such limit.
    pub idle_within: Duration,
    /// Maximum size of a writer's page cache in KiB, on SQLite. A reader has the default of SQLite, 2 MiB.
    pub cache_kib: u32,
}
