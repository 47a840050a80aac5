//! What is printed.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use tempfile::TempDir;

use super::client::Orders;

/// What one run measured.
pub struct Round {
    per_second: f64,
    /// p50, p99, p99.9.
    latency_ms: [f64; 3],
    errors: BTreeMap<String, u64>,
    /// Each owner's mean and largest batch.
    batches: Vec<(String, f64, f64)>,
}

impl Round {
    pub fn new(orders: Orders, status: &Value) -> Self {
        let latency_ms = [0.5, 0.99, 0.999].map(|q| orders.latency_us.value_at_quantile(q) as f64 / 1_000.0);
        let number = |value: &Value| value.as_str().map_or_else(|| value.as_f64(), |text| text.parse().ok());
        let owners = status["actors"].as_array().unwrap().iter().filter(|actor| actor["batch"]["count"] != 0);
        let batch = |actor: &Value| {
            let (mean, max) = (number(&actor["batch"]["mean"]), number(&actor["batch"]["max"]));
            (actor["name"].as_str().unwrap().to_owned(), mean.unwrap(), max.unwrap())
        };
        Self {
            per_second: orders.latency_us.len() as f64 / orders.seconds,
            latency_ms,
            errors: orders.errors,
            batches: owners.map(batch).collect(),
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
        if self.errors.is_empty() { Ok(()) } else { write!(f, "\n    errors: {:?}", self.errors) }
    }
}

/// Both modes beside each other: medians over their rounds, and the ratio.
pub fn compare(names: [&str; 2], measured: &[Vec<Round>; 2]) {
    println!("\nmedians          {:>28} {:>28}      ratio", names[0], names[1]);
    line("orders/s", measured, |round| round.per_second);
    line("p50 ms", measured, |round| round.latency_ms[0]);
    line("p99 ms", measured, |round| round.latency_ms[1]);
    line("p99.9 ms", measured, |round| round.latency_ms[2]);
    let errors = |rounds: &[Round]| rounds.iter().flat_map(|round| round.errors.values()).sum::<u64>();
    println!("{:16} {:>28} {:>28}", "errors", errors(&measured[0]), errors(&measured[1]));
    let Some(first) = measured[0].first() else { return };
    for (at, (owner, ..)) in first.batches.iter().enumerate() {
        line(&format!("{owner} batch"), measured, |round| round.batches[at].1);
    }
    println!("every run ended with exit code 0 and a clean audit");
}

fn line(name: &str, measured: &[Vec<Round>; 2], of: impl Fn(&Round) -> f64) {
    let [a, b] = [median(&measured[0], &of), median(&measured[1], &of)];
    println!("{name:16} {a:>28.1} {b:>28.1} {:>10.2}", a / b);
}

fn median(rounds: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}

/// The kind of file system the data are on: what a commit costs is its doing.
pub fn kind_of(folder: &TempDir) -> String {
    let output = std::process::Command::new("stat").args(["-f", "-c", "%T"]).arg(folder.path()).output();
    let kind = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    if kind.is_empty() { "a temporary folder".to_owned() } else { format!("a temporary folder on {kind}") }
}
