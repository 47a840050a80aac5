//! The thread that renews the lease, reads which nodes are alive, and measures the database's clock. It has a connection
//! of its own, so that work that waits for a lock or a free connection cannot hold up the heartbeat.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::measure::measure;
use super::{Identity, Node, Row, store};
use crate::db::{self, Db, Store};
use crate::domain::clock::Clock;
use crate::domain::id::NodeId;

/// Heartbeats in the time of one lease.
const BEATS_PER_LEASE: u32 = 5;
/// A heartbeat that failed is repeated after this time, and the system clock is looked at this often.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// This part of a lease is not used, so that a commit that is on its way arrives in time.
const MARGIN_PER_LEASE: u32 = 10;
/// A difference of the clocks that is worth a warning, and a change of it that is worth another.
const DIFFERENCE_WARNED_MS: u64 = 1_000;
/// A step of the system clock that is measured at once.
const STEP_MS: u64 = 500;

/// The state of the thread.
pub struct Heartbeat {
    store: Store,
    db: Option<Db>,
    node: Node,
    identity: Identity,
    lease: Duration,
    clock: Clock,
    /// An instant not later than the last heartbeat.
    renewed: Instant,
    /// The leases of all nodes, as read with the last heartbeat.
    leases: Vec<Row>,
    /// The difference of the clocks at the last heartbeat.
    difference_ms: i64,
    /// The difference that the last log line about it names.
    reported_ms: i64,
    /// Whether the end of the lease has been logged.
    has_lapsed: bool,
}

impl Heartbeat {
    /// A heartbeat for the lease that was taken on the connection `db`, not before `renewed`.
    pub fn new(
        store: Store,
        db: Db,
        node: Node,
        identity: Identity,
        lease: Duration,
        clock: Clock,
        renewed: Instant,
    ) -> Self {
        Self {
            store,
            db: Some(db),
            node,
            identity,
            lease,
            clock,
            renewed,
            leases: Vec::new(),
            difference_ms: 0,
            reported_ms: 0,
            has_lapsed: false,
        }
    }

    /// Renews the lease until `stop` is closed, then gives the number back. Returns early, with the reason, if another
    /// node has the number.
    pub fn run(mut self, stop: &Receiver<()>) -> Option<String> {
        let interval = self.lease / BEATS_PER_LEASE;
        loop {
            match stop.recv_timeout(interval.min(RETRY_AFTER)) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                    self.release();
                    return None;
                }
            }
            self.log_lapse();
            if self.renewed.elapsed() < interval && !self.has_clock_stepped() {
                // A lease that ends is noticed before the next heartbeat.
                self.node.set_live(&self.leases, self.clock.now());
                continue;
            }
            match self.beat() {
                Ok(true) => self.log_lapse(),
                Ok(false) => {
                    self.node.fence.close();
                    return Some(self.reason_of_loss());
                }
                Err(error) => tracing::debug!(%error, "the lease of this node was not renewed"),
            }
        }
    }

    /// Renews the lease once. Returns whether this node still has its number.
    ///
    /// # Errors
    /// The database does not answer. The connection is opened again the next time.
    pub fn beat(&mut self) -> db::Result<bool> {
        let mut db = self.db.take().map_or_else(|| self.store.connect(), Ok)?;
        let before = Instant::now();
        let now = measure(&mut db, &self.clock)?;
        self.report_difference();
        if !store::renew(&mut db, self.node.number, &self.identity, now, self.difference_ms)? {
            return Ok(false);
        }
        self.renewed = before;
        self.node.fence.open_until(before + self.lease - self.lease / MARGIN_PER_LEASE);
        self.leases = store::read_all(&mut db)?;
        self.node.set_live(&self.leases, now);
        self.db = Some(db);
        Ok(true)
    }

    fn has_clock_stepped(&self) -> bool {
        self.clock.system_difference_ms().abs_diff(self.difference_ms) > STEP_MS
    }

    fn report_difference(&mut self) {
        self.difference_ms = self.clock.system_difference_ms();
        let difference_ms = self.difference_ms;
        if difference_ms.abs_diff(self.reported_ms) <= DIFFERENCE_WARNED_MS {
            return;
        }
        self.reported_ms = difference_ms;
        if difference_ms.unsigned_abs() > DIFFERENCE_WARNED_MS {
            tracing::warn!(
                difference_ms,
                "the clock of this machine differs from the database's clock, which is used instead: set it right (NTP)"
            );
        } else {
            tracing::info!(difference_ms, "the clock of this machine is right again");
        }
    }

    fn log_lapse(&mut self) {
        let has_lapsed = !self.node.fence.is_open();
        if std::mem::replace(&mut self.has_lapsed, has_lapsed) == has_lapsed {
            return;
        }
        let number = self.node.number.get();
        if has_lapsed {
            let heartbeat_age = self.renewed.elapsed();
            tracing::error!(
                number,
                ?heartbeat_age,
                "the lease of this node has ended: nothing is written until it is renewed"
            );
        } else {
            tracing::info!(number, "the lease of this node is renewed");
        }
    }

    fn reason_of_loss(&mut self) -> String {
        let number = self.node.number;
        let holder = self.holder(number).unwrap_or_else(|| "another process, which removed its row".to_owned());
        format!(
            "node {}: another process has taken the number while this one did not renew its lease (node.lease): {holder}. \
             Nothing more was written. Start this node again, with node.id empty or another number",
            number.get()
        )
    }

    fn holder(&mut self, number: NodeId) -> Option<String> {
        let rows = self.store.connect().and_then(|mut db| store::read_all(&mut db)).ok()?;
        rows.into_iter().find(|row| row.node_number == number.get()).map(|row| row.to_string())
    }

    fn release(mut self) {
        self.node.fence.close();
        let db = self.db.take().map_or_else(|| self.store.connect(), Ok);
        let released = db.and_then(|mut db| store::release(&mut db, self.node.number, &self.identity));
        if let Err(error) = released {
            tracing::warn!(%error, "the number of this node is not given back: its lease will end");
        }
    }
}
