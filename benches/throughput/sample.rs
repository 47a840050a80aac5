//! The contestants, and the result of one measurement.

use std::fmt;

use super::harness::generator::Kind;
use super::harness::run::Report;

/// The database engine of Tradepost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A contestant: what is measured, and with which parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contestant {
    /// A bare loop on SQLite, with `batch` orders per transaction.
    Raw { batch: u64 },
    /// Tradepost over HTTP.
    Shop { engine: Engine, kind: Kind, connections: usize },
    /// pgbench on PostgreSQL: the statements of an order in one transaction.
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

/// Result of one measurement.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    /// Orders per second.
    pub per_second: f64,
    /// p50 and p99.
    pub latency_ms: Option<[f64; 2]>,
    /// Responses other than the expected one.
    pub errors: u64,
    /// Peak memory of the server.
    pub memory_kib: Option<u64>,
    /// Start time of the server.
    pub started_ms: Option<f64>,
    /// Processor time per order: of the server, and of the generator.
    pub cpu_us: Option<[f64; 2]>,
}

impl Sample {
    /// The result of a run's first phase. If a drain phase follows, its time counts for the rate too.
    pub fn of(report: &Report) -> Self {
        assert!(report.viewers.is_empty(), "no page is open while the throughput is measured");
        let outcome = &report.outcome;
        let first = &outcome.phases[0];
        let drained = outcome.phases.get(1).map(|drain| drain.began + drain.seconds - first.began);
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
