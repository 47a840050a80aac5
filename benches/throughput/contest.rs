//! What is compared, in turns, and the medians.

use std::fmt;

use super::harness::generator::Kind;
use super::harness::run::Report;
use super::harness::statistics;
use super::stage::Stage;
use super::table::{Row, Table};

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

/// All samples of all contestants.
#[derive(Debug, Default)]
pub struct Results(pub Vec<(Contestant, Vec<Sample>)>);

impl Results {
    /// The median of something; `None` where nobody took part.
    pub fn median(&self, contestant: Contestant, of: impl Fn(&Sample) -> f64) -> Option<f64> {
        let (_, samples) = self.0.iter().find(|(each, _)| *each == contestant)?;
        Some(statistics::median(samples.iter().map(of)))
    }

    /// The orders a second of a contestant.
    pub fn rate(&self, contestant: Contestant) -> Option<f64> {
        self.median(contestant, |sample| sample.per_second)
    }

    /// The fastest of some.
    pub fn best(&self, among: impl Fn(&Contestant) -> bool) -> Option<(Contestant, f64)> {
        let some = self.0.iter().map(|(contestant, _)| *contestant).filter(among);
        let rates = some.filter_map(|contestant| Some((contestant, self.rate(contestant)?)));
        rates.max_by(|one, other| one.1.total_cmp(&other.1))
    }

    /// Of the clients of pgbench, how many were best: on all goods, and on one.
    pub fn best_clients(&self) -> Vec<Contestant> {
        let of = |hot| move |it: &Contestant| matches!(it, Contestant::Pgbench { is_hot, .. } if *is_hot == hot);
        [false, true].into_iter().filter_map(|hot| self.best(of(hot))).map(|(contestant, _)| contestant).collect()
    }

    /// The most that Tradepost did over HTTP.
    pub fn peak(&self) -> Option<f64> {
        let spread =
            |it: &Contestant| matches!(it, Contestant::Shop { engine: Engine::Sqlite, kind: Kind::Spread, .. });
        self.best(spread).map(|(_, rate)| rate)
    }

    /// What a contestant is beside those it is to be compared with.
    pub fn ratio(&self, contestant: Contestant) -> String {
        let Some(rate) = self.rate(contestant) else { return String::new() };
        let beside = match contestant {
            Contestant::Shop { engine: Engine::Postgres, kind, .. } => {
                let its = |it: &Contestant| matches!(it, Contestant::Pgbench { is_hot, .. } if *is_hot == (kind == Kind::Hot));
                vec![("pgbench at its best", self.best(its).map(|(_, rate)| rate))]
            }
            Contestant::Pgbench { .. } => vec![],
            _ => vec![("a", self.rate(Contestant::Raw { batch: 100 })), ("b", self.rate(Contestant::Raw { batch: 1 }))],
        };
        let ratios = beside.into_iter().filter_map(|(name, other)| Some(format!("{:.2} x {name}", rate / other?)));
        ratios.collect::<Vec<_>>().join(", ")
    }
}

/// Measures all in turns.
pub fn run(stage: &Stage, contestants: &[Contestant]) -> Results {
    let mut results = Results(contestants.iter().map(|contestant| (*contestant, Vec::new())).collect());
    for round in 1..=stage.args.rounds {
        for (contestant, samples) in &mut results.0 {
            let sample = stage.measure(*contestant);
            println!("round {round}, {contestant}: {sample}");
            samples.push(sample);
        }
    }
    results
}

/// The rows of all who took part; of the clients of pgbench, only the best.
pub fn tell(results: &Results, table: &mut Table) {
    let best = results.best_clients();
    for (contestant, samples) in &results.0 {
        if matches!(contestant, Contestant::Pgbench { .. }) && !best.contains(contestant) {
            continue;
        }
        let median = |of: &dyn Fn(&Sample) -> f64| statistics::median(samples.iter().map(of));
        let mut value = format!("{:.0} orders/s", median(&|sample| sample.per_second));
        let quantile = |at: usize| median(&|sample| sample.latency_ms.map_or(f64::NAN, |latency| latency[at]));
        if samples.iter().all(|sample| sample.latency_ms.is_some()) {
            value += &format!(", p50 {:.1} ms, p99 {:.1} ms", quantile(0), quantile(1));
        }
        let errors: u64 = samples.iter().map(|sample| sample.errors).sum();
        if errors > 0 {
            value += &format!(", {errors} errors");
        }
        table.add(Row::new(contestant.to_string(), value).ratio(results.ratio(*contestant)));
    }
}
