//! The store of one owner: its location, its pools and its checkpoints.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use scheduled_thread_pool::ScheduledThreadPool;

#[cfg(feature = "sqlite")]
use super::checkpoint::Checkpointer;
use super::failure;
use super::pool::{Outage, Pool, Pooled};
use super::replaced::{FileId, end_process, wal_of};
use super::scarcity;
use super::target::{Target, UrlError};
#[cfg(feature = "sqlite")]
use super::verify::{self, Verification};
use crate::db::error::is_file_damaged;
#[cfg(feature = "sqlite")]
use crate::db::halt;
use crate::db::limits::{Limits, Mode};
use crate::db::{Class, Connection, Db, Error, Result};

const RECONNECT_AFTER: Duration = Duration::from_millis(50);

/// One owner's database: a pool of writers, a pool of readers, and a reader for reports.
#[derive(Debug, Clone)]
pub struct Store {
    target: Target,
    limits: Limits,
    readers: Pool,
    report_reader: Pool,
    writers: Pool,
    outage: Outage,
    pinned: Arc<OnceLock<FileId>>,
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
            report_reader: Pool::new(&target, Mode::Reader, limits, 1, shared),
            writers: Pool::new(&target, Mode::Writer, limits, writers, shared),
            target,
            limits,
            outage,
            pinned: Arc::default(),
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

    /// Engine and location of the data of all owners there, for people; see [`Target::location`].
    #[must_use]
    pub fn location(&self) -> String {
        self.target.location()
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

    /// Borrows the connection for reports, which may only read. There is one.
    ///
    /// # Errors
    /// See [`Store::writer`].
    pub fn report_reader(&self) -> Result<Pooled> {
        self.report_reader.get()
    }

    /// Opens a connection for migrations, outside the pools and without a statement timeout. Creates the database or
    /// schema if it is missing.
    ///
    /// # Errors
    /// [`crate::db::Class::Unreachable`] if the connection cannot be opened or its settings are not as required.
    pub fn migrator(&self) -> Result<Db> {
        self.open(Mode::Migrator)
    }

    /// Opens a connection that may write, outside the pools, so that it never waits behind the owner's work.
    ///
    /// # Errors
    /// [`crate::db::Class::Unreachable`] if it cannot be opened.
    pub fn connect(&self) -> Result<Db> {
        self.target.open(Mode::Writer, self.limits).map_err(Error::unreachable)
    }

    /// Opens a connection outside the pools, which only reads. If the server has no free connection, tries again for at
    /// most `acquire_within`: a connection that was just closed takes the server a moment.
    ///
    /// # Errors
    /// See [`Store::writer`].
    pub fn spare_connection(&self) -> Result<Db> {
        let until = Instant::now() + self.limits.acquire_within;
        loop {
            match self.target.open(Mode::Reader, self.limits).map_err(Error::open) {
                Err(error) if error.class == Class::Busy && Instant::now() < until => {
                    std::thread::sleep(RECONNECT_AFTER);
                }
                result => return result,
            }
        }
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

    /// Closes the connections that are not in use, if the server has too few for all pools of this process.
    pub fn release_if_scarce(&self) {
        if scarcity::is_scarce(&self.target) {
            self.readers.release_idle();
            self.report_reader.release_idle();
            self.writers.release_idle();
        }
    }

    /// Limits of its connections.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether the last attempt to open a connection failed because the database is unreachable.
    #[must_use]
    pub fn has_outage(&self) -> bool {
        self.outage.reason().is_some()
    }

    /// Records which file the store is. From then on, [`Self::expect_in_place`] compares.
    ///
    /// # Errors
    /// The file cannot be found.
    pub fn pin(&self) -> std::io::Result<()> {
        if let Some(file) = self.file() {
            let _ = self.pinned.set(FileId::of(file)?);
        }
        Ok(())
    }

    /// Ends the process if the file of a pinned store was moved, deleted or replaced. What this process has written since
    /// then is in the old file, which the next start does not open, so it must not be acknowledged.
    pub fn expect_in_place(&self) {
        if let (Some(file), Some(pinned)) = (self.file(), self.pinned.get())
            && FileId::of(file).ok() != Some(*pinned)
        {
            end_process(file);
        }
    }

    /// Like [`Self::expect_in_place`], for the thread that has just committed. Its connection keeps the write-ahead log
    /// open, so that must be there too.
    pub fn expect_commit_in_place(&self) {
        self.expect_in_place();
        if let (Some(file), true) = (self.file(), self.pinned.get().is_some())
            && !wal_of(file).exists()
        {
            end_process(&wal_of(file));
        }
    }

    /// Place of the tables, for error messages.
    #[must_use]
    pub fn place(&self) -> String {
        match &self.target {
            Target::Sqlite(file) => file.display().to_string(),
            Target::Postgres { schema, .. } => format!("schema {schema}"),
            Target::Mysql { database, .. } => format!("database {database}"),
        }
    }

    pub(super) const fn target(&self) -> &Target {
        &self.target
    }

    /// Opens a connection outside the pools.
    pub(super) fn open(&self, mode: Mode) -> Result<Db> {
        self.target.open(mode, self.limits).map_err(Error::open)
    }

    /// Like [`Self::open`]; `None` if there is no SQLite file or MySQL database.
    pub(super) fn open_existing(&self, mode: Mode) -> Result<Option<Db>> {
        if self.file().is_some_and(|file| !file.exists()) {
            return Ok(None);
        }
        match self.target.open(mode, self.limits) {
            Ok(db) => Ok(Some(db)),
            Err(reason) if reason.contains("Unknown database") => Ok(None),
            Err(reason) => Err(Error::open(reason)),
        }
    }

    /// Whether another thread must now call [`Store::checkpoint_log`], because SQLite's WAL has grown too long. Called
    /// with the `writer` between two batches. Always false for a database server, which checkpoints by itself.
    #[must_use]
    pub fn is_checkpoint_due(&self, writer: &mut Db) -> bool {
        match &mut writer.connection {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(db) => self.checkpointer.is_due(db).unwrap_or_else(|error| {
                self.checkpoint_failed(&error.into());
                false
            }),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => false,
        }
    }

    /// Checkpoints SQLite's WAL in the background, concurrently with the writer. Retries later if the disk is full or the
    /// store is locked. Ends the process after an I/O error.
    pub fn checkpoint_log(&self) {
        #[cfg(feature = "sqlite")]
        {
            let _turn = self.checkpointer.turn();
            if let Err(error) = self.try_checkpoint_log() {
                self.checkpoint_failed(&error);
                self.checkpointer.postpone();
            }
        }
    }

    #[cfg(feature = "sqlite")]
    fn try_checkpoint_log(&self) -> Result<()> {
        let mut reader = self.reader()?;
        let result = match (&mut reader.connection, &self.target) {
            (Connection::Sqlite(db), Target::Sqlite(file)) => self.checkpointer.run(db, file),
            _ => Ok(()),
        };
        if let Err(error) = &result {
            if error.class == Class::Damaged {
                halt::halt();
            }
            // A connection that was opened while the file was read-only stays so.
            reader.mark_broken();
        }
        result
    }

    #[cfg(feature = "sqlite")]
    fn checkpoint_failed(&self, error: &Error) {
        if let (Class::Damaged, Some(file)) = (error.class, self.file()) {
            failure::end_process_for(file, &error.source.to_string());
        }
        tracing::warn!(%error, "checkpoint failed, will be retried");
    }

    /// Checkpoints SQLite's WAL completely, before a clean shutdown. Does nothing on a database server. Ends the process
    /// after an I/O error.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn checkpoint(&self) -> Result<()> {
        #[cfg(feature = "sqlite")]
        let _turn = self.checkpointer.turn();
        match &mut self.writer()?.connection {
            #[cfg(feature = "sqlite")]
            Connection::Sqlite(db) => {
                let result = crate::db::engine::sqlite::checkpoint(db).map_err(Error::from);
                if let Err(error) = &result {
                    self.checkpoint_failed(error);
                }
                result
            }
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => Ok(()),
        }
    }

    /// Ends the process after an error of [`Class::Damaged`] in a read or a write of a SQLite store, if it concerns the file
    /// and the disk is not full. Does nothing for a database server, which has its own ways. `reason` is the message of the error.
    pub fn expect_intact(&self, reason: &str) {
        if let Some(file) = self.file()
            && is_file_damaged(reason)
            && !failure::is_disk_full(file)
        {
            failure::end_process_for(file, reason);
        }
    }

    /// The problems in the file of a SQLite store; `None` on a database server, which verifies its own files.
    ///
    /// # Errors
    /// The file cannot be read, or another process prevents its recovery.
    #[cfg(feature = "sqlite")]
    pub fn problems(&self, extent: Verification) -> Result<Option<Vec<String>>> {
        match &self.target {
            Target::Sqlite(file) => verify::problems(file, extent, self.limits).map(Some),
            Target::Postgres { .. } | Target::Mysql { .. } => Ok(None),
        }
    }
}
