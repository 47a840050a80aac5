//! What a database error means. Diesel names few of them: busy, locked, deadlock, time-outs, gone away, full, I/O and
//! damage come as `Unknown` on one engine or another and are told apart by the engine's own words.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Somebody else was faster (a deadlock, a serialization failure, a guard that no longer held): nothing was written,
    /// and the same again at once will most likely succeed.
    Conflict,
    /// It took too long to get a lock, a connection, or the answer: nothing was written, try again later.
    Busy,
    /// The database does not answer or the connection is lost: the outcome may be unknown.
    Unreachable,
    /// No space: writes are refused until there is some, reads go on.
    Full,
    /// The file or the disk under it is damaged: reopen and verify before anything is acknowledged.
    Damaged,
    /// A constraint refused the row: this item is wrong, its neighbours are not.
    Constraint,
    /// Our own code panicked in the middle of the work.
    Panic,
    /// A statement the database does not understand, a row we do not: a bug.
    Bug,
}

/// A database error and what it means.
#[derive(Debug, thiserror::Error)]
#[error("{class:?}: {source}")]
pub struct Error {
    /// What to do about it.
    pub class: Class,
    /// What diesel says.
    pub source: Diesel,
}

impl Error {
    /// A stored value that no type of ours can be.
    #[must_use]
    pub fn bug(what: impl Into<String>) -> Self {
        Self { class: Class::Bug, source: Diesel::DeserializationError(what.into().into()) }
    }

    /// A guarded write that met other rows than were read.
    #[must_use]
    pub fn conflict(what: impl Into<String>) -> Self {
        Self { class: Class::Conflict, source: Diesel::QueryBuilderError(what.into().into()) }
    }

    /// All connections are in use.
    #[must_use]
    pub fn busy(what: impl Into<String>) -> Self {
        Self { class: Class::Busy, source: Diesel::QueryBuilderError(what.into().into()) }
    }

    /// A panic, with what it said.
    #[must_use]
    pub fn panicked(what: impl Into<String>) -> Self {
        Self { class: Class::Panic, source: Diesel::QueryBuilderError(what.into().into()) }
    }

    /// A store that cannot be opened.
    #[must_use]
    pub fn unreachable(what: impl Into<String>) -> Self {
        Self { class: Class::Unreachable, source: Diesel::QueryBuilderError(what.into().into()) }
    }
}

impl From<Diesel> for Error {
    fn from(source: Diesel) -> Self {
        Self { class: classify(&source), source }
    }
}

/// What an error of diesel means.
fn classify(error: &Diesel) -> Class {
    match error {
        Diesel::DatabaseError(kind, info) => match kind {
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation => Class::Constraint,
            DatabaseErrorKind::SerializationFailure => Class::Conflict,
            // A server that only reads has become somebody's replica: another connection may find the primary.
            DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::ReadOnlyTransaction => Class::Unreachable,
            _ => by_message(info.message()),
        },
        Diesel::BrokenTransactionManager => Class::Unreachable,
        Diesel::RollbackErrorOnCommit { commit_error, .. } => classify(commit_error),
        _ => Class::Bug,
    }
}

/// Words of the engines where diesel's kind does not tell, and what they mean; the first that is found counts. All were
/// heard in tests except where it says why not. PostgreSQL must speak English (checked when a connection is opened).
const WORDS: [(&str, Class); 44] = [
    // SQLite
    ("is locked", Class::Busy),
    // Needs a broken disk.
    ("disk I/O error", Class::Damaged),
    ("malformed", Class::Damaged),
    ("not a database", Class::Damaged),
    ("unable to open", Class::Unreachable),
    ("readonly database", Class::Damaged),
    ("no such table", Class::Damaged),
    // PostgreSQL
    ("deadlock detected", Class::Conflict),
    ("due to lock timeout", Class::Busy),
    ("due to statement timeout", Class::Busy),
    ("due to user request", Class::Busy),
    ("too many clients", Class::Busy),
    ("too many connections for", Class::Busy),
    ("remaining connection slots", Class::Busy),
    // Too many locks.
    ("out of shared memory", Class::Busy),
    // Needs a machine that is at its end.
    ("out of memory", Class::Busy),
    ("cached plan must not change", Class::Unreachable),
    // A connection that is reset while it is used.
    ("could not receive data from server", Class::Unreachable),
    ("could not send data to server", Class::Unreachable),
    ("SSL SYSCALL error", Class::Unreachable),
    ("SSL connection has been closed", Class::Unreachable),
    ("invalid page", Class::Damaged),
    ("could not read block", Class::Damaged),
    ("could not open file", Class::Damaged),
    ("value too long for type", Class::Constraint),
    // Of a relation or not: the relation is there.
    ("column \"", Class::Bug),
    ("relation \"", Class::Damaged),
    // MySQL and MariaDB
    ("Deadlock found", Class::Conflict),
    ("Record has changed since last read", Class::Conflict),
    // A deadlock takes the savepoints with it.
    ("SAVEPOINT", Class::Conflict),
    ("Lock wait timeout exceeded", Class::Busy),
    // By its limit of time, or by an administrator.
    ("execution was interrupted", Class::Busy),
    ("Too many connections", Class::Busy),
    ("has exceeded the '", Class::Busy),
    ("gone away", Class::Unreachable),
    ("Lost connection", Class::Unreachable),
    // Only where the server could still say so, which is a race.
    ("Connection was killed", Class::Unreachable),
    ("read-only option", Class::Unreachable),
    ("doesn't exist", Class::Damaged),
    ("Tablespace is missing", Class::Damaged),
    ("is corrupted", Class::Damaged),
    ("failed for `", Class::Constraint),
    ("Data too long", Class::Constraint),
    // Both
    ("ut of range", Class::Constraint),
];

/// The same on all engines. A quota and MySQL's own message of a full disk take an administrator of the machine to provoke.
const NO_SPACE: [&str; 4] = ["is full", "No space left on device", "Disk full", "Disk quota exceeded"];

fn by_message(message: &str) -> Class {
    if NO_SPACE.iter().any(|words| message.contains(words)) {
        return Class::Full;
    }
    WORDS.into_iter().find(|(words, _)| message.contains(words)).map_or(Class::Bug, |(_, class)| class)
}

/// What an engine's words mean where a connection could not be opened: the server may be there and have no place left.
#[must_use]
pub fn of_opening(message: &str) -> Class {
    if by_message(message) == Class::Busy { Class::Busy } else { Class::Unreachable }
}
