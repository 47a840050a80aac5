//! A bounded pool of connections to one owner's tables. While the database is unreachable, a request for a connection
//! fails at once instead of waiting, and r2d2 retries in the background with growing delays.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use scheduled_thread_pool::ScheduledThreadPool;

use crate::db::error::classify_open_error;
use crate::db::limits::{Limits, Mode};
use crate::db::{Class, Db, Error, Result, Target};

/// Interval at which a waiting caller checks for an outage. Each new attempt also makes r2d2 open a replacement for a
/// connection that was discarded in the meantime, which it does not do by itself.
const RECHECK_EVERY: Duration = Duration::from_millis(20);

/// A pool of connections. Cheap to clone; clones share the connections.
#[derive(Debug, Clone)]
pub struct Pool {
    inner: r2d2::Pool<Manager>,
    outage: Outage,
    acquire_within: Duration,
}

/// Shared record of whether the database is unreachable, and why. The pools of a store share one.
#[derive(Debug, Clone, Default)]
pub struct Outage(Arc<Mutex<Option<String>>>);

impl Outage {
    /// The reason why the database is unreachable; `None` if it is reachable.
    pub fn reason(&self) -> Option<String> {
        self.0.lock().clone()
    }

    fn set(&self, reason: Option<String>) {
        *self.0.lock() = reason;
    }
}

impl Pool {
    /// A pool of at most `size` connections. They are opened on demand, on the threads of `opener`.
    pub fn new(
        target: &Target,
        mode: Mode,
        limits: Limits,
        size: u32,
        (outage, opener): (&Outage, &Arc<ScheduledThreadPool>),
    ) -> Self {
        let manager = Manager { target: target.clone(), mode, limits, outage: outage.clone() };
        let inner = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(0))
            // A dead connection fails its next statement and is then discarded. Testing each checkout would cost more.
            .test_on_check_out(false)
            .connection_timeout(limits.acquire_within)
            .thread_pool(Arc::clone(opener))
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(manager);
        Self { inner, outage: outage.clone(), acquire_within: limits.acquire_within }
    }

    /// Borrows a connection.
    ///
    /// # Errors
    /// [`Class::Unreachable`] at once while the database is unreachable, [`Class::Busy`] if no connection becomes free
    /// within `acquire_within`.
    pub fn get(&self) -> Result<Pooled> {
        let deadline = Instant::now() + self.acquire_within;
        loop {
            let timeout = match self.outage.reason() {
                Some(_) => Duration::ZERO,
                None => RECHECK_EVERY.min(deadline.saturating_duration_since(Instant::now())),
            };
            if let Ok(connection) = self.inner.get_timeout(timeout) {
                return Ok(Pooled(connection));
            }
            if let Some(reason) = self.outage.reason() {
                return Err(Error::unreachable(reason));
            }
            if Instant::now() >= deadline {
                return Err(Error::busy(format!("no connection was free within {:?}", self.acquire_within)));
            }
        }
    }

    /// Maximum number of connections.
    pub fn size(&self) -> usize {
        usize::try_from(self.inner.max_size()).unwrap_or(1)
    }
}

/// A borrowed connection.
pub struct Pooled(r2d2::PooledConnection<Manager>);

impl Pooled {
    /// Closes the connection instead of returning it to the pool.
    pub fn mark_broken(mut self) {
        self.0.is_broken = true;
    }
}

impl Deref for Pooled {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.0.db
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut Db {
        &mut self.0.db
    }
}

/// Opens the pool's connections and records outages.
#[derive(Debug)]
struct Manager {
    target: Target,
    mode: Mode,
    limits: Limits,
    outage: Outage,
}

/// A connection of the pool.
struct ManagedConnection {
    db: Db,
    /// Set if the connection must not be returned to the pool.
    is_broken: bool,
}

impl r2d2::ManageConnection for Manager {
    type Connection = ManagedConnection;
    type Error = OpenError;

    fn connect(&self) -> std::result::Result<ManagedConnection, OpenError> {
        match self.target.open(self.mode, self.limits) {
            Ok(db) => {
                if self.outage.reason().is_some() {
                    tracing::info!(engine = self.target.engine(), "database reachable again");
                    self.outage.set(None);
                }
                Ok(ManagedConnection { db, is_broken: false })
            }
            Err(reason) => {
                // A server that has no free connection is not an outage, because existing connections still work.
                if classify_open_error(&reason) == Class::Unreachable && self.outage.reason().is_none() {
                    tracing::error!(engine = self.target.engine(), reason, "database unreachable");
                    self.outage.set(Some(reason.clone()));
                }
                Err(OpenError(reason))
            }
        }
    }

    fn is_valid(&self, connection: &mut ManagedConnection) -> std::result::Result<(), OpenError> {
        connection.db.batch_execute("SELECT 1").map_err(|error| OpenError(error.to_string()))
    }

    fn has_broken(&self, connection: &mut ManagedConnection) -> bool {
        connection.is_broken || std::thread::panicking()
    }
}

/// Error while opening a connection.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct OpenError(String);
