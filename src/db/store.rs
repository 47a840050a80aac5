//! Where an owner's tables are and how to get at them.

use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::time::Duration;

use super::sqlite::{self, Mode, OpenError, Readers};
use super::{Db, Error, Result};

/// A reader connection borrowed from the pool.
pub struct Reader(r2d2::PooledConnection<Readers>);

impl Reader {
    /// The connection is not to be used again: the next is a new one.
    pub fn condemn(mut self) {
        self.0.is_condemned = true;
    }
}

impl Deref for Reader {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.0.db
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut Db {
        &mut self.0.db
    }
}

/// One owner's database: a file, opened for writing by its owner, and a pool of readers.
#[derive(Debug, Clone)]
pub struct Store {
    file: PathBuf,
    readers: r2d2::Pool<Readers>,
}

/// Why a store's URL cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UrlError {
    /// Another scheme than the engines that are compiled in.
    #[error("{0:?} is no kind of store this build knows: it must be sqlite://<directory>")]
    Scheme(String),
    /// The directory cannot be made.
    #[error("cannot use the directory {0}: {1}")]
    Directory(PathBuf, std::io::Error),
}

/// The directory of a `sqlite://` URL, made where it is missing.
///
/// # Errors
/// [`UrlError`] where the URL is of another kind or the directory cannot be made.
pub fn directory(url: &str) -> std::result::Result<PathBuf, UrlError> {
    let path = match url.strip_prefix("sqlite://") {
        Some(path) if !path.is_empty() => PathBuf::from(path),
        // Not all of the URL: it may hold a password.
        _ => return Err(UrlError::Scheme(url.split_once("://").map_or("", |(scheme, _)| scheme).to_owned())),
    };
    match std::fs::create_dir_all(&path) {
        Ok(()) => Ok(path),
        Err(error) => Err(UrlError::Directory(path, error)),
    }
}

impl Store {
    /// The store of `owner` at `url`, with at most `readers` reader connections. Nothing is opened yet.
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn new(url: &str, owner: &str, readers: u32) -> std::result::Result<Self, UrlError> {
        let file = directory(url)?.join(format!("{owner}.db"));
        let pool = r2d2::Pool::builder()
            .max_size(readers)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(Duration::from_secs(5))
            .error_handler(Box::new(LogPoolErrors))
            .build_unchecked(Readers { file: file.clone() });
        Ok(Self { file, readers: pool })
    }

    /// Whether there is anything; opening a connection would make it.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.file.exists()
    }

    /// The engine's name, for the status page.
    #[must_use]
    pub const fn engine(&self) -> &'static str {
        "sqlite"
    }

    /// Opens a connection that may write.
    ///
    /// # Errors
    /// [`super::Class::Unreachable`] where it cannot be opened or is not what we asked for.
    pub fn writer(&self) -> Result<Db> {
        sqlite::open(&self.file, Mode::Writer).map_err(Error::unreachable)
    }

    /// Borrows a connection that may only read; waits at most 5 s for one.
    ///
    /// # Errors
    /// [`super::Class::Unreachable`] where none can be had.
    pub fn reader(&self) -> Result<Reader> {
        self.readers.get().map(Reader).map_err(|error| Error::unreachable(error.to_string()))
    }

    /// How many readers may work at once.
    #[must_use]
    pub fn reader_limit(&self) -> usize {
        usize::try_from(self.readers.max_size()).unwrap_or(1)
    }

    /// Folds what was written into the main file, before a clean stop.
    ///
    /// # Errors
    /// Where the store cannot be written.
    pub fn checkpoint(&self) -> Result<()> {
        Ok(sqlite::checkpoint(&mut self.writer()?)?)
    }
}

#[derive(Debug)]
struct LogPoolErrors;

impl r2d2::HandleError<OpenError> for LogPoolErrors {
    fn handle_error(&self, error: OpenError) {
        tracing::error!(%error, "a reader connection cannot be opened");
    }
}
