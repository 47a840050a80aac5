//! Classification of database errors by how to react to them. Diesel distinguishes few errors. Busy, locked, deadlock,
//! timeout, lost connection, disk full, I/O error and corruption are `Unknown` on at least one engine and are
//! recognised by the text of the engine's message.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

/// Class of a database error, which decides how to react to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Another transaction won: a deadlock, a serialization failure, or a guarded write whose condition no longer held.
    /// Nothing was written, and an immediate retry will most likely succeed.
    Conflict,
    /// A lock, a connection or the response took too long. Nothing was written; retry later.
    Busy,
    /// The database is unreachable or the connection was lost. The outcome may be unknown.
    Unreachable,
    /// The disk is full. Writes fail until there is space; reads still work.
    Full,
    /// The database accepts no writes, and nothing was written. Reads still work. A new connection may accept writes.
    ReadOnly,
    /// The file or the disk is damaged. A SQLite store must be recovered and verified before anything is acknowledged.
    Damaged,
    /// A constraint rejected the row. Only this item of the batch is affected.
    Constraint,
    /// Our own code panicked during the work.
    Panic,
    /// A bug: an invalid statement, or a stored row that cannot be read.
    Bug,
}

/// A database error with its class.
#[derive(Debug, thiserror::Error)]
#[error("{class:?}: {source}")]
pub struct Error {
    /// Class of the error.
    pub class: Class,
    /// Underlying error of diesel.
    pub source: Diesel,
}

impl Error {
    /// An error of [`Class::Bug`], for example a stored value that cannot be parsed.
    #[must_use]
    pub fn bug(message: impl Into<String>) -> Self {
        Self { class: Class::Bug, source: Diesel::DeserializationError(message.into().into()) }
    }

    /// An error of [`Class::Conflict`]: a guarded write did not affect exactly the rows that were read.
    #[must_use]
    pub fn conflict(message: impl Into<String>) -> Self {
        Self { class: Class::Conflict, source: Diesel::QueryBuilderError(message.into().into()) }
    }

    /// Whether this is an error of [`Error::conflict`]. If it repeats in a transaction that runs alone, no other
    /// transaction is to blame.
    #[must_use]
    pub const fn is_mismatch(&self) -> bool {
        matches!((self.class, &self.source), (Class::Conflict, Diesel::QueryBuilderError(_)))
    }

    /// An error of [`Class::Busy`]: all connections are in use.
    #[must_use]
    pub fn busy(message: impl Into<String>) -> Self {
        Self { class: Class::Busy, source: Diesel::QueryBuilderError(message.into().into()) }
    }

    /// An error of [`Class::Panic`] with the message of the panic.
    #[must_use]
    pub fn panicked(message: impl Into<String>) -> Self {
        Self { class: Class::Panic, source: Diesel::QueryBuilderError(message.into().into()) }
    }

    /// The error of a store that cannot be opened; see [`classify_open_error`].
    #[must_use]
    pub fn open(message: String) -> Self {
        Self { class: classify_open_error(&message), ..Self::unreachable(message) }
    }

    /// An error of [`Class::Damaged`].
    #[must_use]
    pub fn damaged(message: impl Into<String>) -> Self {
        Self { class: Class::Damaged, ..Self::unreachable(message) }
    }

    /// An error of [`Class::Unreachable`].
    #[must_use]
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self { class: Class::Unreachable, source: Diesel::QueryBuilderError(message.into().into()) }
    }
}

impl From<Diesel> for Error {
    fn from(source: Diesel) -> Self {
        Self { class: classify(&source), source }
    }
}

fn classify(error: &Diesel) -> Class {
    match error {
        Diesel::DatabaseError(kind, info) => match kind {
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation => Class::Constraint,
            DatabaseErrorKind::SerializationFailure => Class::Conflict,
            DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection => Class::Unreachable,
            // The server has become a replica. A new connection may reach the primary.
            DatabaseErrorKind::ReadOnlyTransaction => Class::ReadOnly,
            _ => classify_message(info.message()),
        },
        Diesel::BrokenTransactionManager => Class::Unreachable,
        Diesel::RollbackErrorOnCommit { commit_error, .. } => classify(commit_error),
        _ => Class::Bug,
    }
}

/// Fragments of error messages with their classes; the first match wins. Used if diesel's error kind is not specific
/// enough. Each fragment is provoked by a test, except where a comment gives the reason why not. PostgreSQL must report
/// errors in English, which is checked when a connection is opened.
const MESSAGES: [(&str, Class); 44] = [
    // SQLite
    ("is locked", Class::Busy),
    // Provoked by the crash tests, with a library that makes system calls fail.
    ("disk I/O error", Class::Damaged),
    ("malformed", Class::Damaged),
    ("not a database", Class::Damaged),
    ("unable to open", Class::Unreachable),
    ("readonly database", Class::ReadOnly),
    ("no such table", Class::Damaged),
    // PostgreSQL
    ("deadlock detected", Class::Conflict),
    ("due to lock timeout", Class::Busy),
    ("due to statement timeout", Class::Busy),
    ("due to user request", Class::Busy),
    ("too many clients", Class::Busy),
    ("too many connections for", Class::Busy),
    ("remaining connection slots", Class::Busy),
    // The table of locks is full.
    ("out of shared memory", Class::Busy),
    // Not tested: needs a machine that is out of memory.
    ("out of memory", Class::Busy),
    ("cached plan must not change", Class::Unreachable),
    // The connection was reset while in use.
    ("could not receive data from server", Class::Unreachable),
    ("could not send data to server", Class::Unreachable),
    ("SSL SYSCALL error", Class::Unreachable),
    ("SSL connection has been closed", Class::Unreachable),
    ("invalid page", Class::Damaged),
    ("could not read block", Class::Damaged),
    ("could not open file", Class::Damaged),
    ("value too long for type", Class::Constraint),
    // Must precede "relation": a missing column may be reported with its relation, which exists.
    ("column \"", Class::Bug),
    ("relation \"", Class::Damaged),
    // MySQL and MariaDB
    ("Deadlock found", Class::Conflict),
    ("Record has changed since last read", Class::Conflict),
    // A deadlock rolls back the whole transaction, including its savepoints.
    ("SAVEPOINT", Class::Conflict),
    ("Lock wait timeout exceeded", Class::Busy),
    // Interrupted by the statement timeout or by an administrator.
    ("execution was interrupted", Class::Busy),
    ("Too many connections", Class::Busy),
    ("has exceeded the '", Class::Busy),
    ("gone away", Class::Unreachable),
    ("Lost connection", Class::Unreachable),
    // Not tested: the server may close the connection before it can send this message.
    ("Connection was killed", Class::Unreachable),
    ("read-only option", Class::ReadOnly),
    ("doesn't exist", Class::Damaged),
    ("Tablespace is missing", Class::Damaged),
    ("is corrupted", Class::Damaged),
    ("failed for `", Class::Constraint),
    ("Data too long", Class::Constraint),
    // PostgreSQL, MySQL and MariaDB
    ("ut of range", Class::Constraint),
];

/// Fragments of SQLite's messages about its file.
const FILE_DAMAGED: [&str; 3] = ["disk I/O error", "malformed", "not a database"];

/// Whether this message of an error of [`Class::Damaged`] says that the file of a SQLite store is damaged or cannot be
/// read or written. A table that is missing is not such an error.
#[must_use]
pub fn is_file_damaged(message: &str) -> bool {
    FILE_DAMAGED.iter().any(|fragment| message.contains(fragment))
}

/// Fragments of the messages for a full disk, on all engines. The quota and MySQL's own message are not tested, because
/// they need an administrator of the machine.
const NO_SPACE: [&str; 4] = ["is full", "No space left on device", "Disk full", "Disk quota exceeded"];

fn classify_message(message: &str) -> Class {
    if NO_SPACE.iter().any(|fragment| message.contains(fragment)) {
        return Class::Full;
    }
    MESSAGES.into_iter().find(|(fragment, _)| message.contains(fragment)).map_or(Class::Bug, |(_, class)| class)
}

/// Class of an error while opening a connection: [`Class::Busy`] if the server is reachable but has no free connection,
/// [`Class::Damaged`] if the file of a SQLite store is damaged, otherwise [`Class::Unreachable`].
#[must_use]
pub fn classify_open_error(message: &str) -> Class {
    match classify_message(message) {
        class @ (Class::Busy | Class::Damaged) => class,
        _ => Class::Unreachable,
    }
}
