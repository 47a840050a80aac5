//! The footprint of the application: memory, start time, size of the binary.

use std::time::Instant;

use super::contest::Results;
use super::harness::process::{Data, Server};
use super::harness::run::SETTINGS;
use super::harness::statistics;
use super::sample::{Contestant, Engine};
use super::stage::Stage;
use super::table::Row;

/// Measures the first start and the binary. Takes the rest from the samples of the runs.
pub fn measure(stage: &Stage, results: &Results) -> Vec<Row> {
    let mut first_starts = Vec::new();
    for _ in 0..stage.args.rounds {
        let folder = stage.home.join("empty");
        let began = Instant::now();
        let server = Server::start(&Data::embedded(folder.clone()), &SETTINGS);
        first_starts.push(began.elapsed().as_secs_f64() * 1_000.0);
        server.stop();
        std::fs::remove_dir_all(folder).unwrap();
    }
    let binary = std::fs::metadata(env!("CARGO_BIN_EXE_tradepost")).unwrap().len();
    let mut rows = vec![
        Row::new("first start: creates tables, secrets and the administrator", ms(statistics::median(first_starts))),
        Row::new("the binary", format!("{:.1} MiB", binary as f64 / f64::from(1 << 20))),
    ];
    let embedded = |it: &Contestant| matches!(it, Contestant::Shop { engine: Engine::Sqlite, .. });
    let runs = results.0.iter().filter(|(contestant, _)| embedded(contestant));
    let samples: Vec<_> = runs.flat_map(|(_, samples)| samples).collect();
    if let Some(peak_kib) = samples.iter().filter_map(|sample| sample.memory_kib).max() {
        let starts = samples.iter().filter_map(|sample| sample.started_ms);
        rows.insert(1, Row::new("a later start", ms(statistics::median(starts))));
        rows.push(Row::new("memory under load, at most", format!("{} MiB", peak_kib / 1024)));
    }
    rows
}

fn ms(milliseconds: f64) -> String {
    format!("{milliseconds:.0} ms")
}
