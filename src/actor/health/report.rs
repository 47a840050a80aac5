//! The report of one actor, as serialised for the status page.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::domain::clock::Timestamp;

/// The lifecycle state of an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorState {
    /// It handles tasks.
    Running,
    /// It failed and waits for its restart.
    Restarting,
    /// Its address was dropped everywhere, so it has stopped for good.
    Stopped,
}

/// The most recent failure of an actor.
#[derive(Debug, Clone, Serialize)]
pub struct LastError {
    /// Time of the failure.
    pub at: Timestamp,
    /// Text of the error.
    pub message: String,
}

/// One actor in `GET /admin/status`.
#[derive(Debug, Clone, Serialize)]
pub struct ActorReport {
    /// The actor's name.
    pub name: &'static str,
    /// Its lifecycle state.
    pub state: ActorState,
    /// Number of restarts since the process started.
    pub restarts: u64,
    /// Its queue.
    pub mailbox: MailboxReport,
    /// Number of tasks that are running.
    pub in_flight: usize,
    /// Number of tasks answered with an outcome since the start.
    pub processed: u64,
    /// Number of tasks without an outcome since the start.
    pub failed: u64,
    /// Number of repeated runs of tasks because their batch failed.
    pub retried: u64,
    /// The batches that were committed.
    pub batch: BatchReport,
    /// Time from arrival to reply, over the last one to two minutes.
    pub latency_ms: LatencyMs,
    /// The most recent failure; `None` if there was none.
    pub last_error: Option<LastError>,
    /// Its database; `None` if the actor is not an owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreReport>,
}

/// The queue of an actor.
#[derive(Debug, Clone, Serialize)]
pub struct MailboxReport {
    /// Number of tasks in the queue.
    pub depth: usize,
    /// Size of the queue; new tasks beyond it are refused.
    pub capacity: usize,
}

/// The batches committed by an owner.
#[derive(Debug, Clone, Serialize)]
pub struct BatchReport {
    /// Number of batches.
    pub count: u64,
    /// Number of tasks in all batches.
    #[serde(skip)]
    pub tasks: u64,
    /// Average number of tasks per batch.
    #[serde(with = "rust_decimal::serde::float")]
    pub mean: Decimal,
    /// Number of tasks in the largest batch.
    pub max: u64,
}

/// Two quantiles of the latency, in milliseconds.
#[derive(Debug, Clone, Serialize)]
pub struct LatencyMs {
    /// The median.
    #[serde(with = "rust_decimal::serde::float")]
    pub p50: Decimal,
    /// The 99th percentile.
    #[serde(with = "rust_decimal::serde::float")]
    pub p99: Decimal,
}

/// An owner's database.
#[derive(Debug, Clone, Serialize)]
pub struct StoreReport {
    /// The engine: `sqlite`, `postgres` or `mysql`.
    pub engine: &'static str,
    /// Whether it responded to the most recent access.
    pub reachable: bool,
    /// Whether it accepts writes: a write probe succeeded, and no write was refused since.
    pub writable: bool,
}
