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
mod limits;
pub mod migrate;
pub mod query;
pub mod schema;
pub mod types;

pub use crate::{insert_all, with_conn};
pub use connection::{Pooled, Store, Target};
pub use error::{Class, Error};
pub use limits::Limits;
pub use query::keyed::{any_of, any_of_pairs};
pub use query::lock::{for_update, skip_locked};
pub use query::transaction::{savepoint, snapshot, transaction};
pub use query::{MAX_ROWS_WITHOUT_COPY, ROWS_PER_INSERT, expect_rows, load_by, load_by_pairs};

/// A connection to an owner's database.
#[expect(missing_docs, reason = "the variants are the engines")]
pub enum Db {
    #[cfg(feature = "sqlite")]
    Sqlite(diesel::SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
    #[cfg(feature = "mysql")]
    Mysql(diesel::MysqlConnection),
}

impl Db {
    /// Name of the 64-bit integer type in a SQL `CAST`. Sums need a cast, because engines return them in different
    /// types.
    #[must_use]
    pub const fn bigint_type(&self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => "BIGINT",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => "BIGINT",
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => "SIGNED",
        }
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
