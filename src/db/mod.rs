//! Database access: connections and pools, error classes, the schema and its migrations. All differences between the
//! three engines are confined to this module.
//!
//! A query is written once, and [`with_conn!`] instantiates it per engine. The isolation level is READ COMMITTED on
//! PostgreSQL and MySQL. Rows that a decision depends on are therefore read with [`for_update`], in key order and
//! before the log rows that belong to them, and every write is guarded by a condition. SQLite has a single writer,
//! which takes its lock when the transaction begins.

#[cfg(not(any(feature = "sqlite", feature = "postgres", feature = "mysql")))]
compile_error!("an engine is needed: one of the features sqlite, postgres, mysql");

pub mod connection;
mod engine;
pub mod error;
pub mod halt;
pub mod ledger;
mod limits;
pub mod migrate;
pub mod query;
pub mod schema;
pub mod types;

pub use crate::{insert_all, with_conn};
pub use connection::{Pooled, Store, Target};
#[cfg(feature = "sqlite")]
pub use engine::sqlite::has_build_options as sqlite_has_build_options;
pub use error::{Class, Error};
pub use limits::Limits;
pub use query::keyed::{any_of, any_of_pairs};
pub use query::lock::{for_update, skip_locked};
pub use query::optional::when;
pub use query::transaction::{savepoint, snapshot, transaction};
pub use query::{MAX_ROWS_WITHOUT_COPY, ROWS_PER_INSERT, expect_rows, load_by, load_by_pairs};

use crate::domain::occurrence::Occurrence;

/// A connection to an owner's database.
pub struct Db {
    #[doc(hidden)]
    pub connection: Connection,
    /// The lines of the ledgers that the open transaction has written.
    recorder: ledger::Recorder,
    /// Occurrences since the last [`Db::take_counted`], also of the open transaction.
    counted: Vec<(Occurrence, String)>,
    /// Work since the last [`Db::take_after_commit`], also of the open transaction.
    after_commit: Vec<AfterCommit>,
}

/// Work that a transaction has put off until it is committed.
pub type AfterCommit = Box<dyn FnOnce() + Send>;

/// A connection of one of the engines.
#[expect(missing_docs, reason = "the variants are the engines")]
pub enum Connection {
    #[cfg(feature = "sqlite")]
    Sqlite(diesel::SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
    #[cfg(feature = "mysql")]
    Mysql(diesel::MysqlConnection),
}

impl From<Connection> for Db {
    fn from(connection: Connection) -> Self {
        Self { connection, recorder: ledger::Recorder::default(), counted: Vec::new(), after_commit: Vec::new() }
    }
}

impl Db {
    /// Whether texts are sorted by their bytes. On PostgreSQL it depends on the locale of the database.
    #[must_use]
    pub const fn compares_bytes(&self) -> bool {
        match &self.connection {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(_) => true,
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => false,
            #[cfg(feature = "mysql")]
            Connection::Mysql(_) => true,
        }
    }

    /// Name of the 64-bit integer type in a SQL `CAST`. Sums need a cast, because engines return them in different
    /// types.
    #[must_use]
    pub const fn bigint_type(&self) -> &'static str {
        match self.connection {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(_) => "BIGINT",
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => "BIGINT",
            #[cfg(feature = "mysql")]
            Connection::Mysql(_) => "SIGNED",
        }
    }

    /// Counts `what` for the payment product `provider`, unless the open transaction or savepoint is rolled back.
    pub fn count(&mut self, what: Occurrence, provider: &str) {
        self.counted.push((what, provider.to_owned()));
    }

    /// The occurrences that were counted and committed since the last call.
    pub fn take_counted(&mut self) -> Vec<(Occurrence, String)> {
        std::mem::take(&mut self.counted)
    }

    /// Puts off `work` until the open transaction is committed. If it or its savepoint is rolled back, `work` is dropped.
    pub fn after_commit(&mut self, work: impl FnOnce() + Send + 'static) {
        self.after_commit.push(Box::new(work));
    }

    /// The work that was put off by [`Db::after_commit`] since the last call, and is committed now.
    #[must_use]
    pub fn take_after_commit(&mut self) -> Vec<AfterCommit> {
        std::mem::take(&mut self.after_commit)
    }

    /// Runs `statements`, separated by semicolons, without parameters and results.
    ///
    /// # Errors
    /// The error of the first statement that fails.
    pub fn batch_execute(&mut self, statements: &str) -> diesel::QueryResult<()> {
        use diesel::connection::SimpleConnection;
        let db = self;
        with_conn!(db, db.batch_execute(statements))
    }
}

/// Result of a database operation.
pub type Result<T> = std::result::Result<T, Error>;
