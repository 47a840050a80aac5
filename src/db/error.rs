//! What a database error means. Diesel names few of them: busy, locked, full, I/O and damage all come as `Unknown`
//! and are told apart by SQLite's own messages.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Somebody else holds the lock: nothing was written, try again.
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
            DatabaseErrorKind::SerializationFailure => Class::Busy,
            DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection => Class::Unreachable,
            _ => by_message(info.message()),
        },
        Diesel::BrokenTransactionManager => Class::Unreachable,
        Diesel::RollbackErrorOnCommit { commit_error, .. } => classify(commit_error),
        _ => Class::Bug,
    }
}

fn by_message(message: &str) -> Class {
    const TABLE: [(&str, Class); 8] = [
        ("is locked", Class::Busy),
        ("is full", Class::Full),
        ("disk I/O error", Class::Damaged),
        ("malformed", Class::Damaged),
        ("not a database", Class::Damaged),
        ("unable to open", Class::Unreachable),
        ("readonly database", Class::Damaged),
        ("no such table", Class::Damaged),
    ];
    TABLE.into_iter().find(|(text, _)| message.contains(text)).map_or(Class::Bug, |(_, class)| class)
}
