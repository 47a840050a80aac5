//! Where an owner's tables are and how to get at them.

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
    /// The store of `owner` at `url`. Nothing is opened yet.
    ///
    /// # Errors
    /// [`UrlError`].
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

    /// The engine's name, for the status page.
    #[must_use]
    pub const fn engine(&self) -> &'static str {
        self.target.engine()
    }

    /// Whether the database is a part of this process.
    #[must_use]
    pub const fn is_embedded(&self) -> bool {
        matches!(self.target, Target::Sqlite(_))
    }

    /// Its file, where it is one.
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
    /// [`crate::db::Class::Unreachable`] or [`crate::db::Class::Busy`] where none can be had; nothing was written.
    pub fn writer(&self) -> Result<Pooled> {
        self.writers.get()
    }

    /// Borrows a connection that may only read.
    ///
    /// # Errors
    /// As [`Store::writer`].
    pub fn reader(&self) -> Result<Pooled> {
        self.readers.get()
    }

    /// Opens a connection that makes tables: nothing bounds its statements.
    ///
    /// # Errors
    /// [`crate::db::Class::Unreachable`] where it cannot be opened or is not what we asked for.
    pub fn migrator(&self) -> Result<Db> {
        self.target.open(Mode::Migrator, self.limits).map_err(Error::unreachable)
    }

    /// How many readers may work at once.
    #[must_use]
    pub fn reader_limit(&self) -> usize {
        self.readers.size()
    }

    /// How many writers may work at once.
    #[must_use]
    pub fn writer_limit(&self) -> usize {
        self.writers.size()
    }

    /// Whether the database answers. Asks it.
    #[must_use]
    pub fn answers(&self) -> bool {
        match self.reader().map(|mut db| (db.batch_execute("SELECT 1"), db)) {
            Ok((Ok(()), _)) => true,
            Ok((Err(_), db)) => {
                db.mark_broken();
                false
            }
            // All readers are busy: somebody is answered.
            Err(_) => self.outage.why().is_none(),
        }
    }

    /// Whether there are tables. For SQLite, opening a connection would make the file.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub fn exists(&self) -> Result<bool> {
        let schema = match &self.target {
            Target::Sqlite(file) => return Ok(file.exists()),
            Target::Postgres { schema, .. } => schema,
            Target::Mysql { database, .. } => database,
        };
        let tables = format!("(SELECT count(*) FROM information_schema.tables WHERE table_schema = '{schema}')");
        let mut db = match self.target.open(Mode::Writer, self.limits) {
            Ok(db) => db,
            Err(why) if why.contains("Unknown database") => return Ok(false),
            Err(why) => return Err(Error::unreachable(why)),
        };
        let db = &mut db;
        let found = with_conn!(db, diesel::select(diesel::dsl::sql::<BigInt>(&tables)).get_result::<i64>(db))?;
        Ok(found > 0)
    }

    /// To be called by a writer between two batches: whether the log of what was written has grown so long that another
    /// thread is to call [`Store::checkpoint_log`]. A server does that by itself.
    #[must_use]
    pub fn is_checkpoint_due(&self, writer: &mut Db) -> bool {
        match writer {
            #[cfg(feature = "sqlite")]
            Db::Sqlite(db) => self.checkpointer.is_due(db).unwrap_or_else(|error| {
                tracing::warn!(%error, "the log could not be folded back: later");
                false
            }),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => false,
        }
    }

    /// Folds the log back into the main file, beside the writer. What is not done now is done later.
    pub fn checkpoint_log(&self) {
        #[cfg(feature = "sqlite")]
        if let Err(error) = self.fold() {
            self.checkpointer.give_up();
            tracing::warn!(%error, "the log could not be folded back: later");
        }
    }

    #[cfg(feature = "sqlite")]
    fn fold(&self) -> Result<()> {
        match (&mut *self.reader()?, &self.target) {
            (Db::Sqlite(db), Target::Sqlite(file)) => self.checkpointer.fold(db, file),
            _ => Ok(()),
        }
    }

    /// Folds what was written into the main file, before a clean stop; a server does that by itself.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn checkpoint(&self) -> Result<()> {
        match &mut *self.writer()? {
            #[cfg(feature = "sqlite")]
            Db::Sqlite(db) => Ok(crate::db::engine::sqlite::checkpoint(db)?),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => Ok(()),
        }
    }
}
