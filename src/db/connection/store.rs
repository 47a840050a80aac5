//! The store of one owner: its location, its pools and its checkpoints.

use std::sync::Arc;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use scheduled_thread_pool::ScheduledThreadPool;

#[cfg(feature = "sqlite")]
use super::checkpoint::Checkpointer;
use super::pool::{Outage, Pool, Pooled};
use super::target::{Target, UrlError};
use crate::db::limits::{Limits, Mode};
use crate::db::{Db, Error, Result, with_conn};

/// One owner's database: a pool of writers and a pool of readers.
#[derive(Debug, Clone)]
pub struct Store {
    target: Target,
    limits: Limits,
    readers: Pool,
    writers: Pool,
    outage: Outage,
    #[cfg(feature = "sqlite")]
    checkpointer: Arc<Checkpointer>,
}

impl Store {
    /// The store of `owner` at `url`. Opens no connection yet.
    ///
    /// # Errors
    /// `UrlError`: the URL is invalid, its engine is not compiled in, or its directory cannot be created.
    pub fn new(url: &str, owner: &str, limits: Limits) -> std::result::Result<Self, UrlError> {
        let target = Target::new(url, owner)?;
        let writers = if matches!(target, Target::Sqlite(_)) { 1 } else { limits.writers };
        let outage = Outage::default();
        let opener = Arc::new(ScheduledThreadPool::builder().num_threads(2).thread_name_pattern("connect-{}").build());
        let shared = (&outage, &opener);
        Ok(Self {
            readers: Pool::new(&target, Mode::Reader, limits, limits.readers, shared),
            writers: Pool::new(&target, Mode::Writer, limits, writers, shared),
            target,
            limits,
            outage,
            #[cfg(feature = "sqlite")]
            checkpointer: Arc::default(),
        })
    }

    /// Name of the engine, for the status page.
    #[must_use]
    pub const fn engine(&self) -> &'static str {
        self.target.engine()
    }

    /// Whether the database runs inside this process.
    #[must_use]
    pub const fn is_embedded(&self) -> bool {
        matches!(self.target, Target::Sqlite(_))
    }

    /// The database file of a SQLite store; `None` for other engines.
    #[must_use]
    pub fn file(&self) -> Option<&std::path::Path> {
        match &self.target {
            Target::Sqlite(file) => Some(file),
            Target::Postgres { .. } | Target::Mysql { .. } => None,
        }
    }

    /// Borrows a connection that may write.
    ///
    /// # Errors
    /// [`crate::db::Class::Unreachable`] or [`crate::db::Class::Busy`] if no connection is available.
    pub fn writer(&self) -> Result<Pooled> {
        self.writers.get()
    }

    /// Borrows a connection that may only read.
    ///
    /// # Errors
    /// See [`Store::writer`].
    pub fn reader(&self) -> Result<Pooled> {
        self.readers.get()
    }

    /// Opens a connection for migrations, outside the pools and without a statement timeout. Creates the database or
    /// schema if it is missing.
    ///
    /// # Errors
    /// [`crate::db::Class::Unreachable`] if the connection cannot be opened or its settings are not as required.
    pub fn migrator(&self) -> Result<Db> {
        self.target.open(Mode::Migrator, self.limits).map_err(Error::unreachable)
    }

    /// Maximum number of concurrent readers.
    #[must_use]
    pub fn reader_limit(&self) -> usize {
        self.readers.size()
    }

    /// Maximum number of concurrent writers.
    #[must_use]
    pub fn writer_limit(&self) -> usize {
        self.writers.size()
    }

    /// Whether the database is reachable. Runs a query to find out.
    #[must_use]
    pub fn is_reachable(&self) -> bool {
        match self.reader().map(|mut db| (db.batch_execute("SELECT 1"), db)) {
            Ok((Ok(()), _)) => true,
            Ok((Err(_), db)) => {
                db.mark_broken();
                false
            }
            // If no outage is recorded, all readers are busy, so the database does respond.
            Err(_) => self.outage.reason().is_none(),
        }
    }

    /// Whether the tables exist. For SQLite only the file is checked.
    ///
    /// # Errors
    /// The database is unreachable.
    pub fn exists(&self) -> Result<bool> {
        let schema = match &self.target {
            Target::Sqlite(file) => return Ok(file.exists()),
            Target::Postgres { schema, .. } => schema,
            Target::Mysql { database, .. } => database,
        };
        let tables = format!("(SELECT count(*) FROM information_schema.tables WHERE table_schema = '{schema}')");
        let mut db = match self.target.open(Mode::Writer, self.limits) {
            Ok(db) => db,
            Err(reason) if reason.contains("Unknown database") => return Ok(false),
            Err(reason) => return Err(Error::unreachable(reason)),
        };
        Ok(count(&mut db, &tables)? > 0)
    }

    /// Whether `table` exists and has rows.
    ///
    /// # Errors
    /// Fails if the database does not answer.
    pub fn has_rows(&self, table: &str) -> Result<bool> {
        let db = &mut self.target.open(Mode::Reader, self.limits).map_err(Error::unreachable)?;
        let tables = match &self.target {
            Target::Sqlite(_) => "sqlite_master WHERE type = 'table' AND name".to_owned(),
            Target::Postgres { schema: place, .. } | Target::Mysql { database: place, .. } => {
                format!("information_schema.tables WHERE table_schema = '{place}' AND table_name")
            }
        };
        // A first start that was killed can leave a store without this table.
        Ok(count(db, &format!("(SELECT count(*) FROM {tables} = '{table}')"))? > 0
            && count(db, &format!("(SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT 1) AS one)"))? > 0)
    }

    /// Whether another thread must now call [`Store::checkpoint_log`], because SQLite's WAL has grown too long. Called
    /// with the `writer` between two batches. Always false for a database server, which checkpoints by itself.
    #[must_use]
    pub fn is_checkpoint_due(&self, writer: &mut Db) -> bool {
        match writer {
            #[cfg(feature = "sqlite")]
            Db::Sqlite(db) => self.checkpointer.is_due(db).unwrap_or_else(|error| {
                tracing::warn!(%error, "checkpoint failed, will be retried");
                false
            }),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => false,
        }
    }

    /// Checkpoints SQLite's WAL in the background, concurrently with the writer. Logs a failure and retries later.
    pub fn checkpoint_log(&self) {
        #[cfg(feature = "sqlite")]
        if let Err(error) = self.try_checkpoint_log() {
            self.checkpointer.postpone();
            tracing::warn!(%error, "checkpoint failed, will be retried");
        }
    }

    #[cfg(feature = "sqlite")]
    fn try_checkpoint_log(&self) -> Result<()> {
        match (&mut *self.reader()?, &self.target) {
            (Db::Sqlite(db), Target::Sqlite(file)) => self.checkpointer.run(db, file),
            _ => Ok(()),
        }
    }

    /// Checkpoints SQLite's WAL completely, before a clean shutdown. Does nothing on a database server.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn checkpoint(&self) -> Result<()> {
        match &mut *self.writer()? {
            #[cfg(feature = "sqlite")]
            Db::Sqlite(db) => Ok(crate::db::engine::sqlite::checkpoint(db)?),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => Ok(()),
        }
    }
}

/// The number that the subquery `counting` yields.
fn count(db: &mut Db, counting: &str) -> Result<i64> {
    Ok(with_conn!(db, diesel::select(diesel::dsl::sql::<BigInt>(counting)).get_result(db))?)
}
