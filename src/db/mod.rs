//! Connections, their pools, what their errors mean, the schema and its migrations. The three engines and all that differs
//! between them are here and nowhere else.
//!
//! A query is written once and typed once per engine, by [`with_conn!`]. Isolation is READ COMMITTED on
//! PostgreSQL and MySQL: what a decision rests on is read with [`for_update`], its rows in key order, before the log rows that
//! belong to it, and every write stays guarded. SQLite has one writer, which takes its lock when the transaction begins.

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
pub use query::{NOT_WORTH_A_COPY, ROWS_PER_INSERT, expect_rows, load_by, load_by_pairs};

/// A connection to an owner's database.
#[expect(missing_docs, reason = "each is what its name says")]
pub enum Db {
    #[cfg(feature = "sqlite")]
    Sqlite(diesel::SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(diesel::PgConnection),
    #[cfg(feature = "mysql")]
    Mysql(diesel::MysqlConnection),
}

impl Db {
    /// What the engine calls a 64-bit integer in a cast: sums come in types of their own.
    #[must_use]
    pub const fn integer(&self) -> &'static str {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => "BIGINT",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => "BIGINT",
            #[cfg(feature = "mysql")]
            Self::Mysql(_) => "SIGNED",
        }
    }

    /// Runs statements that have no parameters and no answer.
    ///
    /// # Errors
    /// The first that fails.
    pub fn batch_execute(&mut self, statements: &str) -> diesel::QueryResult<()> {
        use diesel::connection::SimpleConnection;
        let db = self;
        with_conn!(db, db.batch_execute(statements))
    }
}

/// What a query gives.
pub type Result<T> = std::result::Result<T, Error>;
