//! A bounded pool of connections to one owner's tables. While the database does not answer, nobody waits for it: a request
//! for a connection fails at once, and r2d2 tries in the background, less and less often, until it is back.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use scheduled_thread_pool::ScheduledThreadPool;

use crate::db::error::of_opening;
use crate::db::limits::{Limits, Mode};
use crate::db::{Class, Db, Error, Result, Target};

/// How long a wait for a connection lasts before it is looked whether the database still answers. It is also what makes
/// a waiter ask for a new connection when the one it waited for was thrown away, which r2d2 does not do by itself.
const PROBE_EVERY: Duration = Duration::from_millis(20);

/// A pool; cheap to clone.
#[derive(Debug, Clone)]
pub struct Pool {
    inner: r2d2::Pool<Manager>,
    outage: Outage,
    within: Duration,
}

/// Why the database does not answer, while it does not; shared by the pools of a store.
#[derive(Debug, Clone, Default)]
pub struct Outage(Arc<Mutex<Option<String>>>);

impl Outage {
    /// Why the database does not answer; `None` while it does.
    pub fn why(&self) -> Option<String> {
        self.0.lock().clone()
    }

    fn set(&self, why: Option<String>) {
        *self.0.lock() = why;
    }
}

impl Pool {
    /// A pool of at most `size` connections, opened when they are needed, on the threads of `opener`.
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
            // A connection that is dead fails its next statement and is thrown away: asking each time costs more.
            .test_on_check_out(false)
            .connection_timeout(limits.acquire_within)
            .thread_pool(Arc::clone(opener))
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(manager);
        Self { inner, outage: outage.clone(), within: limits.acquire_within }
    }

    /// Borrows a connection.
    ///
    /// # Errors
    /// [`Class::Unreachable`] at once while the database does not answer, [`Class::Busy`] where none was free in time.
    pub fn get(&self) -> Result<Pooled> {
        let until = Instant::now() + self.within;
        loop {
            let patience = match self.outage.why() {
                Some(_) => Duration::ZERO,
                None => PROBE_EVERY.min(until.saturating_duration_since(Instant::now())),
            };
            if let Ok(connection) = self.inner.get_timeout(patience) {
                return Ok(Pooled(connection));
            }
            if let Some(why) = self.outage.why() {
                return Err(Error::unreachable(why));
            }
            if Instant::now() >= until {
                return Err(Error::busy(format!("no connection was free within {:?}", self.within)));
            }
        }
    }

    /// How many connections there may be at once.
    pub fn size(&self) -> usize {
        usize::try_from(self.inner.max_size()).unwrap_or(1)
    }
}

/// A borrowed connection.
pub struct Pooled(r2d2::PooledConnection<Manager>);

impl Pooled {
    /// The connection is not to be used again: the next is a new one.
    pub fn mark_broken(mut self) {
        self.0.is_condemned = true;
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

/// Opens the pool's connections, and notes whether that works.
#[derive(Debug)]
struct Manager {
    target: Target,
    mode: Mode,
    limits: Limits,
    outage: Outage,
}

/// A connection of the pool, and whether it is to be thrown away.
struct Kept {
    db: Db,
    is_condemned: bool,
}

impl r2d2::ManageConnection for Manager {
    type Connection = Kept;
    type Error = OpenError;

    fn connect(&self) -> std::result::Result<Kept, OpenError> {
        match self.target.open(self.mode, self.limits) {
            Ok(db) => {
                if self.outage.why().is_some() {
                    tracing::info!(engine = self.target.engine(), "the database answers again");
                    self.outage.set(None);
                }
                Ok(Kept { db, is_condemned: false })
            }
            Err(why) => {
                // A server without a free place answers, and those who have a connection can use it.
                if of_opening(&why) == Class::Unreachable && self.outage.why().is_none() {
                    tracing::error!(engine = self.target.engine(), why, "the database does not answer");
                    self.outage.set(Some(why.clone()));
                }
                Err(OpenError(why))
            }
        }
    }

    fn is_valid(&self, kept: &mut Kept) -> std::result::Result<(), OpenError> {
        kept.db.batch_execute("SELECT 1").map_err(|error| OpenError(error.to_string()))
    }

    fn has_broken(&self, kept: &mut Kept) -> bool {
        kept.is_condemned || std::thread::panicking()
    }
}

/// Why a connection could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct OpenError(String);
