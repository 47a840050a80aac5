//! The printed report.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::harness::run::Report;
use super::harness::statistics;
use super::harness::viewers::Seen;

/// Measurements of one run.
pub struct Round {
    per_second: f64,
    /// p50, p99, p99.9.
    latency_ms: [f64; 3],
    errors: BTreeMap<String, u64>,
    /// Name of each owner, with its mean and largest batch.
    batches: Vec<(String, f64, f64)>,
    /// Processor time of the server for each order, in microseconds.
    cpu_us: f64,
    viewers: Vec<Seen>,
}

impl Round {
    pub fn new(report: &Report) -> Self {
        let outcome = &report.outcome;
        let orders = &outcome.phases[0].orders;
        let number = |value: &Value| value.as_str().map_or_else(|| value.as_f64(), |text| text.parse().ok());
        let actors = outcome.status["actors"].as_array().unwrap();
        let batch = |actor: &Value| {
            let (mean, max) = (number(&actor["batch"]["mean"]), number(&actor["batch"]["max"]));
            (actor["name"].as_str().unwrap().to_owned(), mean.unwrap(), max.unwrap())
        };
        let mut errors = orders.errors.clone();
        if orders.busy > 0 {
            errors.insert("503 busy".to_owned(), orders.busy);
        }
        Self {
            per_second: orders.per_second(),
            latency_ms: [orders.latency.p50, orders.latency.p99, orders.latency.p999],
            errors,
            batches: actors.iter().filter(|actor| actor["batch"]["count"] != 0).map(batch).collect(),
            cpu_us: report.cpu.as_secs_f64() * 1e6 / outcome.made as f64,
            viewers: report.viewers.clone(),
        }
    }
}

impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, p999] = self.latency_ms;
        write!(f, "{:.0} orders/s, p50 {p50:.1} ms, p99 {p99:.1} ms, p99.9 {p999:.1} ms", self.per_second)?;
        write!(f, "\n    batches, mean and largest:")?;
        for (name, mean, max) in &self.batches {
            write!(f, "  {name} {mean:.1} / {max:.0}")?;
        }
        if let Some(gap) = self.viewers.iter().map(|seen| seen.longest_gap).max() {
            let [frames, bytes] = [|seen: &Seen| seen.frames, |seen: &Seen| seen.bytes]
                .map(|of| self.viewers.iter().map(of).min().unwrap());
            write!(f, "\n    each viewer: at least {frames} frames and {bytes} bytes, longest gap {gap:.1?}")?;
        }
        if self.errors.is_empty() { Ok(()) } else { write!(f, "\n    errors: {:?}", self.errors) }
    }
}

/// Prints the medians of both modes side by side, with their ratio.
pub fn compare(names: [&str; 2], measured: &[Vec<Round>; 2]) {
    println!("\nmedians          {:>28} {:>28}      ratio", names[0], names[1]);
    line("orders/s", measured, |round| round.per_second);
    line("p50 ms", measured, |round| round.latency_ms[0]);
    line("p99 ms", measured, |round| round.latency_ms[1]);
    line("p99.9 ms", measured, |round| round.latency_ms[2]);
    line("CPU µs/order", measured, |round| round.cpu_us);
    let errors = |rounds: &[Round]| rounds.iter().flat_map(|round| round.errors.values()).sum::<u64>();
    println!("{:16} {:>28} {:>28}", "errors", errors(&measured[0]), errors(&measured[1]));
    let Some(first) = measured[0].first() else { return };
    for (at, (owner, ..)) in first.batches.iter().enumerate() {
        line(&format!("{owner} batch"), measured, |round| round.batches[at].1);
    }
    println!("every run ended with exit code 0 and a clean audit");
}

/// Prints the medians of one quantity, and their ratio.
fn line(name: &str, measured: &[Vec<Round>; 2], of: impl Fn(&Round) -> f64) {
    let [a, b] = measured.each_ref().map(|rounds| statistics::median(rounds.iter().map(&of)));
    println!("{name:16} {a:>28.1} {b:>28.1} {:>10.2}", a / b);
}
