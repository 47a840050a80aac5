//! Measures the contestants in turns and computes medians.

use super::harness::generator::Kind;
use super::harness::statistics;
use super::sample::{Contestant, Engine, Sample};
use super::stage::Stage;
use super::table::{Row, Table};

/// All samples of all contestants.
#[derive(Debug, Default)]
pub struct Results(pub Vec<(Contestant, Vec<Sample>)>);

impl Results {
    /// The median of `of` over the samples of `contestant`; `None` if it was not measured.
    pub fn median(&self, contestant: Contestant, of: impl Fn(&Sample) -> f64) -> Option<f64> {
        let (_, samples) = self.0.iter().find(|(each, _)| *each == contestant)?;
        Some(statistics::median(samples.iter().map(of)))
    }

    /// Median orders per second of `contestant`.
    pub fn rate(&self, contestant: Contestant) -> Option<f64> {
        self.median(contestant, |sample| sample.per_second)
    }

    /// The fastest of the contestants that `filter` selects, with its rate.
    pub fn best(&self, filter: impl Fn(&Contestant) -> bool) -> Option<(Contestant, f64)> {
        let selected = self.0.iter().map(|(contestant, _)| *contestant).filter(filter);
        let rates = selected.filter_map(|contestant| Some((contestant, self.rate(contestant)?)));
        rates.max_by(|one, other| one.1.total_cmp(&other.1))
    }

    /// The pgbench contestants with the best number of clients: one on all goods, one on a single product.
    pub fn best_clients(&self) -> Vec<Contestant> {
        let of = |hot| move |it: &Contestant| matches!(it, Contestant::Pgbench { is_hot, .. } if *is_hot == hot);
        [false, true].into_iter().filter_map(|hot| self.best(of(hot))).map(|(contestant, _)| contestant).collect()
    }

    /// The highest rate of Tradepost over HTTP, on SQLite with orders spread over all goods.
    pub fn peak(&self) -> Option<f64> {
        let spread =
            |it: &Contestant| matches!(it, Contestant::Shop { engine: Engine::Sqlite, kind: Kind::Spread, .. });
        self.best(spread).map(|(_, rate)| rate)
    }

    /// The ratios of `contestant` to the contestants it is compared with, as text.
    pub fn ratio(&self, contestant: Contestant) -> String {
        let Some(rate) = self.rate(contestant) else { return String::new() };
        let baselines = match contestant {
            Contestant::Shop { engine: Engine::Postgres, kind, .. } => {
                let same_goods = |it: &Contestant| matches!(it, Contestant::Pgbench { is_hot, .. } if *is_hot == (kind == Kind::Hot));
                vec![("pgbench at its best", self.best(same_goods).map(|(_, rate)| rate))]
            }
            Contestant::Pgbench { .. } => vec![],
            _ => vec![("a", self.rate(Contestant::Raw { batch: 100 })), ("b", self.rate(Contestant::Raw { batch: 1 }))],
        };
        let ratios =
            baselines.into_iter().filter_map(|(name, baseline)| Some(format!("{:.2} x {name}", rate / baseline?)));
        ratios.collect::<Vec<_>>().join(", ")
    }
}

/// Measures each contestant once per round.
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

/// Adds a row for each contestant. Of the pgbench contestants only the best are shown.
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
