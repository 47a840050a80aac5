//! A bounded pool of connections to one owner's tables. While the database is unreachable, a request for a connection
//! fails at once instead of waiting, and r2d2 retries in the background with growing delays.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use scheduled_thread_pool::ScheduledThreadPool;

use super::scarcity;
use crate::db::error::classify_open_error;
use crate::db::limits::{Limits, Mode};
use crate::db::{Class, Db, Error, Result, Target};

/// Interval at which a waiting caller checks for an outage. Each new attempt also makes r2d2 open a replacement for a
/// connection that was discarded in the meantime, which it does not do by itself.
const RECHECK_EVERY: Duration = Duration::from_millis(20);

/// A connection that is not used for this long is closed, within half a minute.
const IDLE_FOR: Duration = Duration::from_secs(60);
/// How long a connection of a server is trusted after its last use.
const TRUSTED_FOR: Duration = Duration::from_millis(250);

/// A pool of connections. Cheap to clone; clones share the connections.
#[derive(Debug, Clone)]
pub struct Pool {
    inner: r2d2::Pool<Manager>,
    target: Target,
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
            // Cheap for a connection that was just used; see `Manager::is_valid`.
            .test_on_check_out(true)
            .connection_timeout(limits.acquire_within)
            .idle_timeout(Some(IDLE_FOR))
            .thread_pool(Arc::clone(opener))
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(manager);
        Self { inner, target: target.clone(), outage: outage.clone(), acquire_within: limits.acquire_within }
    }

    /// Borrows a connection.
    ///
    /// # Errors
    /// [`Class::Unreachable`] or [`Class::Damaged`] at once while the database is unreachable, [`Class::Busy`] if no connection becomes free
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
                return Err(Error::open(reason));
            }
            if Instant::now() >= deadline {
                let reason = scarcity::reason(&self.target).map(|reason| format!(": {reason}")).unwrap_or_default();
                return Err(Error::busy(format!("no connection was free within {:?}{reason}", self.acquire_within)));
            }
        }
    }

    /// Closes the connections that are not in use.
    pub fn release_idle(&self) {
        while self.inner.state().idle_connections > 0
            && let Some(connection) = self.inner.try_get()
        {
            Pooled(connection).mark_broken();
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
    /// Time of its last use.
    used: Instant,
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
                Ok(ManagedConnection { db, is_broken: false, used: Instant::now() })
            }
            Err(reason) => {
                if classify_open_error(&reason) == Class::Busy {
                    scarcity::record(&self.target, &reason);
                }
                // A server that has no free connection is not an outage, because existing connections still work.
                if classify_open_error(&reason) != Class::Busy && self.outage.reason().is_none() {
                    tracing::error!(engine = self.target.engine(), reason, "database unreachable");
                    self.outage.set(Some(reason.clone()));
                }
                Err(OpenError(reason))
            }
        }
    }

    /// Tests a connection before it is used again. The server, or a firewall, may have closed it while it was idle. A file
    /// is not closed by anyone.
    fn is_valid(&self, connection: &mut ManagedConnection) -> std::result::Result<(), OpenError> {
        if matches!(self.target, Target::Sqlite(_)) || connection.used.elapsed() < TRUSTED_FOR {
            return Ok(());
        }
        connection.db.batch_execute("SELECT 1").map_err(|error| OpenError(error.to_string()))
    }

    fn has_broken(&self, connection: &mut ManagedConnection) -> bool {
        connection.used = Instant::now();
        connection.is_broken || std::thread::panicking() || scarcity::is_scarce(&self.target)
    }
}

/// Error while opening a connection.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct OpenError(String);
