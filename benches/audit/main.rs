//! How long `tradepost audit` takes, and how much memory: on a SQLite store with so many orders, paid, cancelled, refunded
//! and unpaid ones, that is filled by SQL, on which the real binary is run.
//!
//! `cargo bench --bench audit -- --orders 1000000`
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a run that meets something unexpected is to fail")]

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
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let Arguments { orders, .. } = Arguments::parse();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().display());
    let began = Instant::now();
    old_orders::fill(&url, orders, 1);
    println!("{orders} orders were made in {:.0} s", began.elapsed().as_secs_f64());
    let began = Instant::now();
    let mut audit = Command::new(env!("CARGO_BIN_EXE_tradepost"))
        .arg("audit")
        .env("TRADEPOST__STORE__URL", &url)
        .stdout(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut most = 0;
    let status = loop {
        most = machine::memory_peak(audit.id()).unwrap_or(0).max(most);
        if let Some(status) = audit.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "the audit failed: {status}");
    let seconds = began.elapsed().as_secs_f64();
    println!("{orders} orders audited in {seconds:.1} s, {} MiB at most", most / 1024);
}
