//! What the status page shows of an actor.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::domain::clock::Timestamp;

/// What an actor is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorState {
    /// It answers.
    Running,
    /// It failed and comes back.
    Restarting,
    /// Nobody holds its address any more.
    Stopped,
}

/// The last thing that went wrong.
#[derive(Debug, Clone, Serialize)]
pub struct LastError {
    /// When.
    pub at: Timestamp,
    /// What.
    pub message: String,
}

/// One actor in `GET /admin/status`.
#[derive(Debug, Clone, Serialize)]
pub struct ActorReport {
    /// The actor's name.
    pub name: &'static str,
    /// What it is doing.
    pub state: ActorState,
    /// How often it came back.
    pub restarts: u64,
    /// What waits at its door.
    pub mailbox: MailboxReport,
    /// Tasks that run now.
    pub in_flight: usize,
    /// Tasks answered with an outcome since the start.
    pub processed: u64,
    /// Tasks without an outcome since the start.
    pub failed: u64,
    /// Tasks run a second time because their batch failed.
    pub retried: u64,
    /// The groups that were committed.
    pub batch: BatchReport,
    /// From arrival to answer of writes, over the last minutes.
    pub latency_ms: LatencyMs,
    /// The last failure.
    pub last_error: Option<LastError>,
    /// Its database, for an owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreReport>,
}

/// What waits at an actor's door.
#[derive(Debug, Clone, Serialize)]
pub struct MailboxReport {
    /// Tasks that wait.
    pub depth: usize,
    /// More are refused.
    pub capacity: usize,
}

/// The groups an owner committed.
#[derive(Debug, Clone, Serialize)]
pub struct BatchReport {
    /// How many.
    pub count: u64,
    /// Tasks in one, on average.
    #[serde(with = "rust_decimal::serde::float")]
    pub mean: Decimal,
    /// Tasks in the largest.
    pub max: u64,
}

/// Two quantiles, in milliseconds.
#[derive(Debug, Clone, Serialize)]
pub struct LatencyMs {
    /// Half are faster.
    #[serde(with = "rust_decimal::serde::float")]
    pub p50: Decimal,
    /// One in a hundred is slower.
    #[serde(with = "rust_decimal::serde::float")]
    pub p99: Decimal,
}

/// An owner's database.
#[derive(Debug, Clone, Serialize)]
pub struct StoreReport {
    /// Its kind.
    pub engine: &'static str,
    /// Whether it answered when last asked.
    pub reachable: bool,
}
