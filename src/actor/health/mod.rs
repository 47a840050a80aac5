//! Health counters of one actor. The actor and its workers update them; `GET /admin/status` reads them. Actors of one name
//! that run on several threads share them.

mod log;
mod report;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use parking_lot::Mutex;
use rust_decimal::Decimal;

use log::LogThrottle;
pub use report::{ActorReport, ActorState, BatchReport, LastError, LatencyMs, MailboxReport, StoreReport};

use crate::domain::clock::{Clock, Timestamp};
use crate::domain::occurrence::Occurrence;

/// The health counters of one actor.
#[derive(Debug)]
pub struct Health {
    /// The actor's name.
    pub name: &'static str,
    clock: Clock,
    /// Numbers of actors that have started, that have stopped for good, and that wait for a restart.
    started: AtomicUsize,
    stopped: AtomicUsize,
    restarting: AtomicUsize,
    restarts: AtomicU64,
    /// Number of tasks in the queue.
    pub depth: AtomicUsize,
    /// Number of tasks that are running.
    pub in_flight: AtomicUsize,
    capacity: usize,
    processed: AtomicU64,
    failed: AtomicU64,
    retried: AtomicU64,
    batches: AtomicU64,
    batched: AtomicU64,
    batch_max: AtomicU64,
    occurrences: Mutex<BTreeMap<(Occurrence, String), u64>>,
    latency_us: Mutex<Latency>,
    last_error: Mutex<Option<LastError>>,
    log: Mutex<LogThrottle>,
    engine: Option<&'static str>,
    reachable: AtomicBool,
    writable: AtomicBool,
    /// Time of the last write probe that succeeded. A commit proves nothing: its tasks may have found nothing to write.
    written: Mutex<Option<Instant>>,
}

/// Latencies of the last one to two minutes, in microseconds.
#[derive(Debug)]
struct Latency {
    since: Timestamp,
    current: Histogram<u32>,
    previous: Histogram<u32>,
}

const LATENCY_WINDOW: Duration = Duration::from_secs(60);

impl Latency {
    #[expect(clippy::expect_used, reason = "the bounds are valid constants")]
    fn new(now: Timestamp) -> Self {
        let empty = || Histogram::new_with_bounds(1, 60_000_000, 2).expect("1 us to 60 s in two digits");
        Self { since: now, current: empty(), previous: empty() }
    }

    fn rotate(&mut self, now: Timestamp) {
        if now.since(self.since) > LATENCY_WINDOW {
            std::mem::swap(&mut self.current, &mut self.previous);
            self.current.reset();
            self.since = now;
        }
    }
}

impl Health {
    /// Zeroed counters for the actor `name`. `capacity` is the size of its queue; `engine` is the engine of its store,
    /// or `None` if it has no store.
    #[must_use]
    pub fn new(name: &'static str, clock: Clock, capacity: usize, engine: Option<&'static str>) -> Self {
        let now = clock.now();
        Self {
            name,
            clock,
            started: AtomicUsize::new(0),
            stopped: AtomicUsize::new(0),
            restarting: AtomicUsize::new(0),
            restarts: AtomicU64::new(0),
            depth: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            capacity,
            processed: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            retried: AtomicU64::new(0),
            batches: AtomicU64::new(0),
            batched: AtomicU64::new(0),
            batch_max: AtomicU64::new(0),
            occurrences: Mutex::default(),
            latency_us: Mutex::new(Latency::new(now)),
            last_error: Mutex::new(None),
            log: Mutex::default(),
            engine,
            reachable: AtomicBool::new(true),
            writable: AtomicBool::new(true),
            written: Mutex::default(),
        }
    }

    /// Records that the actor has started, or one more of its name.
    pub fn started(&self) {
        self.started.fetch_add(1, Relaxed);
    }

    /// Records that the actor failed and will be restarted.
    pub fn restarting(&self) {
        self.restarting.fetch_add(1, Relaxed);
    }

    /// Records that an actor that was restarting has restarted.
    pub fn restarted(&self) {
        self.restarts.fetch_add(1, Relaxed);
        self.restarting.fetch_sub(1, Relaxed);
        tracing::warn!(actor = self.name, restarts = self.restarts.load(Relaxed), "actor restarted");
    }

    /// Records that the actor has stopped for good, perhaps while it was restarting.
    pub fn stopped(&self, was_restarting: bool) {
        self.stopped.fetch_add(1, Relaxed);
        self.restarting.fetch_sub(usize::from(was_restarting), Relaxed);
    }

    /// The state of the actor. Of several with one name, one that restarts counts, and one that has stopped does not.
    fn state(&self) -> ActorState {
        let started = self.started.load(Relaxed);
        match (started > 0 && started == self.stopped.load(Relaxed), self.restarting.load(Relaxed)) {
            (true, _) => ActorState::Stopped,
            (false, 0) => ActorState::Running,
            (false, _) => ActorState::Restarting,
        }
    }

    /// Records a technical failure (not a business refusal) for the status page and logs it. Repeated messages are
    /// throttled in the log.
    pub fn record_error(&self, message: &str) {
        let admitted = self.log.lock().admit(message, Instant::now());
        if let Some(suppressed) = admitted {
            tracing::error!(actor = self.name, message, suppressed, "actor failed");
        }
        let error = LastError { at: self.clock.now(), message: message.to_owned() };
        *self.last_error.lock() = Some(error);
    }

    /// Records whether the store responded to the most recent access.
    pub fn set_reachable(&self, reachable: bool) {
        self.reachable.store(reachable, Relaxed);
    }

    /// Records whether the store accepts writes: the result of a write probe, or `false` after a refused write.
    pub fn set_writable(&self, writable: bool) {
        if writable {
            *self.written.lock() = Some(Instant::now());
        }
        match (self.writable.swap(writable, Relaxed), writable) {
            (true, false) => tracing::error!(actor = self.name, "the store accepts no writes; they are refused"),
            (false, true) => tracing::info!(actor = self.name, "the store accepts writes again"),
            _ => {}
        }
    }

    /// Whether the store accepts writes, as far as known. True for an actor without a store.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.writable.load(Relaxed)
    }

    /// Whether a write must be tried to find out if the store accepts writes: the last write probe is older than
    /// `after`, or a write was refused.
    #[must_use]
    pub fn is_write_probe_due(&self, after: Duration) -> bool {
        !self.is_writable() || self.written.lock().is_none_or(|at| at.elapsed() >= after)
    }

    /// Whether the actor is running and its store is reachable and accepts writes.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.state() == ActorState::Running && self.reachable.load(Relaxed) && self.is_writable()
    }

    /// The engine of the actor's store; `None` if it has no store.
    #[must_use]
    pub const fn engine(&self) -> Option<&'static str> {
        self.engine
    }

    /// Records the commit of a batch of `size` writes.
    pub fn record_commit(&self, size: u64) {
        self.batches.fetch_add(1, Relaxed);
        self.batched.fetch_add(size, Relaxed);
        self.batch_max.fetch_max(size, Relaxed);
    }

    /// Adds to the counters of payments and refunds by payment product.
    pub fn record_occurrences(&self, counted: Vec<(Occurrence, String)>) {
        if !counted.is_empty() {
            let mut occurrences = self.occurrences.lock();
            counted.into_iter().for_each(|key| *occurrences.entry(key).or_default() += 1);
        }
    }

    /// The numbers of payments and refunds since the start, by event and payment product.
    #[must_use]
    pub fn occurrences(&self) -> BTreeMap<(Occurrence, String), u64> {
        self.occurrences.lock().clone()
    }

    /// Adds to the counters of tasks: `processed` with an outcome, `failed` without one, `retried` run again.
    pub fn record_replies(&self, processed: u64, failed: u64, retried: u64) {
        self.processed.fetch_add(processed, Relaxed);
        self.failed.fetch_add(failed, Relaxed);
        self.retried.fetch_add(retried, Relaxed);
    }

    /// Records the time from arrival to reply of each task.
    pub fn record_latencies(&self, durations: impl Iterator<Item = Duration>) {
        let mut latency = self.latency_us.lock();
        latency.rotate(self.clock.now());
        for duration in durations {
            latency.current.saturating_record(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
        }
    }

    /// A snapshot of the counters.
    #[must_use]
    pub fn report(&self) -> ActorReport {
        let (batches, batched) = (self.batches.load(Relaxed), self.batched.load(Relaxed));
        let (p50, p99) = {
            let latency = self.latency_us.lock();
            let mut merged = latency.current.clone();
            let added = merged.add(&latency.previous);
            debug_assert!(added.is_ok(), "both histograms have the same bounds");
            (merged.value_at_quantile(0.5), merged.value_at_quantile(0.99))
        };
        ActorReport {
            name: self.name,
            state: self.state(),
            restarts: self.restarts.load(Relaxed),
            mailbox: MailboxReport { depth: self.depth.load(Relaxed), capacity: self.capacity },
            in_flight: self.in_flight.load(Relaxed),
            processed: self.processed.load(Relaxed),
            failed: self.failed.load(Relaxed),
            retried: self.retried.load(Relaxed),
            batch: BatchReport {
                count: batches,
                tasks: batched,
                mean: Decimal::from(batched).checked_div(Decimal::from(batches)).unwrap_or_default().round_dp(2),
                max: self.batch_max.load(Relaxed),
            },
            latency_ms: LatencyMs { p50: to_ms(p50), p99: to_ms(p99) },
            last_error: self.last_error.lock().clone(),
            store: self.engine.map(|engine| StoreReport {
                engine,
                reachable: self.reachable.load(Relaxed),
                writable: self.is_writable(),
            }),
        }
    }
}

/// Microseconds as milliseconds.
fn to_ms(value: u64) -> Decimal {
    Decimal::from(value).checked_div(Decimal::ONE_THOUSAND).unwrap_or_default()
}
