//! What connections are for, how many there are, and how long they wait.

use std::time::Duration;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Reads only: a write is an error.
    Reader,
    /// Reads and writes.
    Writer,
    /// Makes the tables, and what they are in, where they are missing.
    Migrator,
}

/// How many connections a store has, and how long they wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections that read.
    pub readers: u32,
    /// Connections that write; SQLite always has one.
    pub writers: u32,
    /// A wait for a free connection.
    pub acquire_within: Duration,
    /// A wait for somebody else's lock.
    pub lock_within: Duration,
    /// A statement, where the engine can be told.
    pub statement_within: Duration,
}
