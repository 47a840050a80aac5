//! What is compared, and what one measurement gives.

use std::fmt;

use super::harness::generator::Kind;
use super::harness::run::Report;

/// What an application runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// One of those that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contestant {
    /// A bare loop on SQLite, so many orders a transaction.
    Raw { batch: u64 },
    /// Tradepost over HTTP.
    Shop { engine: Engine, kind: Kind, connections: usize },
    /// The statements of an order in one transaction, from clients of PostgreSQL.
    Pgbench { is_hot: bool, clients: usize },
}

impl fmt::Display for Contestant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raw { batch: 1 } => write!(f, "b. a transaction per order, bare loop"),
            Self::Raw { batch } => write!(f, "a. bare loop, {batch} orders a transaction"),
            Self::Pgbench { is_hot, clients } => {
                let goods = if *is_hot { "one product" } else { "all goods" };
                write!(f, "e. pgbench, {goods}, {clients} clients")
            }
            Self::Shop { engine, kind, connections } => {
                let part = match (engine, kind) {
                    (Engine::Postgres, _) => "e. Tradepost on PostgreSQL",
                    (Engine::Sqlite, Kind::Spread) => "c. Tradepost",
                    (Engine::Sqlite, _) => "d. Tradepost",
                };
                let what = match kind {
                    Kind::Spread if *engine == Engine::Sqlite => "",
                    Kind::Spread => ", all goods",
                    Kind::Hot | Kind::Scarce => ", one product",
                    Kind::Paid => ", paid end to end",
                };
                let s = if *connections == 1 { "" } else { "s" };
                write!(f, "{part}{what}, {connections} connection{s}")
            }
        }
    }
}

/// What one measurement gave.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// Orders.
    pub per_second: f64,
    /// p50 and p99.
    pub latency_ms: Option<[f64; 2]>,
    /// Answers that were not the good one.
    pub errors: u64,
    /// What Tradepost took: its memory at most, the time to start.
    pub memory_kib: Option<u64>,
    pub started_ms: Option<f64>,
    /// The processor's work for an order: that of the server, and that of the generator.
    pub cpu_us: Option<[f64; 2]>,
}

impl Sample {
    /// Of a run whose first phase is what counts; where it was drained, the time until then counts too.
    pub fn of(report: &Report) -> Self {
        let outcome = &report.outcome;
        let first = &outcome.stretches[0];
        let drained = outcome.stretches.get(1).map(|drain| drain.began + drain.seconds - first.began);
        let orders = &first.orders;
        Self {
            per_second: drained.map_or_else(|| orders.per_second(), |seconds| outcome.made as f64 / seconds),
            latency_ms: Some([orders.latency.p50, orders.latency.p99]),
            errors: orders.busy + orders.failed(),
            memory_kib: Some(report.memory_peak),
            started_ms: Some(report.started_in.as_secs_f64() * 1_000.0),
            cpu_us: Some([report.cpu.as_secs_f64(), outcome.cpu_s].map(|seconds| seconds * 1e6 / outcome.made as f64)),
        }
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} orders/s", self.per_second)?;
        if let Some([p50, p99]) = self.latency_ms {
            write!(f, ", p50 {p50:.2} ms, p99 {p99:.2} ms")?;
        }
        if let Some([server, generator]) = self.cpu_us {
            write!(f, ", {server:.0} µs of a core each, and {generator:.0} µs of the generator's")?;
        }
        if self.errors > 0 { write!(f, ", {} errors", self.errors) } else { Ok(()) }
    }
}
