//! Measures the time and peak memory of `tradepost audit`. The real binary audits a SQLite store that was filled by SQL
//! with `--orders` orders: paid, cancelled, refunded and unpaid ones.
//!
//! `cargo bench --bench audit -- --orders 1000000`
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "an unexpected result must fail the run")]

#[expect(dead_code, reason = "the other benches use the rest of it")]
#[path = "../harness/machine.rs"]
mod machine;
#[path = "../harness/old_orders.rs"]
mod old_orders;
#[path = "../harness/stores.rs"]
mod stores;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;

#[derive(Debug, Parser)]
struct Arguments {
    /// Orders in the store.
    #[arg(long, default_value_t = 100_000)]
    orders: u64,
    /// Passed by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let Arguments { orders, .. } = Arguments::parse();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().display());
    let began = Instant::now();
    old_orders::fill(&url, orders, 1);
    println!("{orders} orders created in {:.0} s", began.elapsed().as_secs_f64());
    let began = Instant::now();
    let mut audit = Command::new(env!("CARGO_BIN_EXE_tradepost"))
        .arg("audit")
        .env("TRADEPOST__STORE__URL", &url)
        .stdout(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut peak_kib = 0;
    let status = loop {
        peak_kib = machine::memory_peak(audit.id()).unwrap_or(0).max(peak_kib);
        if let Some(status) = audit.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "the audit failed: {status}");
    let seconds = began.elapsed().as_secs_f64();
    println!("{orders} orders audited in {seconds:.1} s, {} MiB at most", peak_kib / 1024);
}
