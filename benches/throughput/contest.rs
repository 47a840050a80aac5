//! What is compared, in turns, and the medians.

use super::harness::generator::Kind;
use super::harness::statistics;
use super::sample::{Contestant, Engine, Sample};
use super::stage::Stage;
use super::table::{Row, Table};

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
pub fn add_rows(results: &Results, table: &mut Table) {
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
