//! Measures the effect of a setting. Closed loops send full orders over HTTP to the real binary, with the default
//! settings and with one setting changed (by default to one transaction per message). The two take turns, because the
//! speed of the machine varies, and medians are reported. The bench `throughput` compares Tradepost with other systems.
//! With `--viewers 20`, the second mode has so many viewers of the console's overview in place of a setting.
//!
//! `cargo bench --bench load -- --seconds 10 --rounds 2`. Server and generator share the machine. A bench is built with
//! the cargo feature `faults`, like tests. A fault point without a plan costs one atomic load.
#![expect(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "an unexpected result must fail the load run"
)]

#[expect(dead_code, reason = "the other benches use the rest of it")]
#[path = "../harness/mod.rs"]
mod harness;
mod report;

use std::path::Path;

use clap::Parser;

use harness::generator::{self, Kind, Phase, Used};
use harness::process::Data;
use harness::run::{Task, run};
use harness::shop::Shop;
use harness::template::Template;
use harness::{machine, seed};
use report::Round;

/// Upper bound of the orders per second, for the number of prepared coupons.
const FASTEST: u64 = 25_000;

/// Compares two settings under a closed loop of orders.
#[derive(Debug, Clone, Parser)]
struct Args {
    /// Number of connections. Each sends its next order when the previous one is answered.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Seconds to measure, after a warm-up of one second.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Number of different goods.
    #[arg(long, default_value_t = 10_000)]
    goods: u64,
    /// Number of different users.
    #[arg(long, default_value_t = 10_000)]
    users: u64,
    /// A `store.url` to measure on: an empty database on a server with production settings. All runs use the same data.
    /// Default: embedded SQLite, a fresh copy for every run.
    #[arg(long)]
    url: Option<String>,
    /// The setting to compare with the default, as an environment variable without the prefix.
    #[arg(long, default_value = "OWNERS__BATCH_MAX=1")]
    against: String,
    /// In place of a setting: so many viewers of the overview of the console, compared with none.
    #[arg(long, conflicts_with = "against")]
    viewers: Option<usize>,
    /// Number of measurements of each setting.
    #[arg(long, default_value_t = 2)]
    rounds: u64,
    /// Passed by `cargo bench`; without it nothing runs.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    if generator::is_generator() {
        return generator::main();
    }
    let args = Args::parse();
    if !args.bench {
        return println!("this is a load run: cargo bench --bench load");
    }
    let home = tempfile::tempdir().unwrap();
    let engine = args.url.as_ref().map_or("SQLite, WAL, synchronous=FULL", |url| url.split(':').next().unwrap());
    let file_system = machine::file_system(home.path());
    println!("{} cores for server and generator; {engine}; data on {file_system}", machine::cores());
    println!("{} connections, {} goods, {} users", args.connections, args.goods, args.users);
    let mut stores = Stores::prepare(&args, home.path());
    let (setting, value) = args.against.split_once('=').unwrap();
    let changed = [(format!("TRADEPOST__{setting}"), value)];
    let changed = changed.each_ref().map(|(name, value)| (name.as_str(), *value));
    let mode = |name: &str, settings, viewers| Mode { name: name.to_owned(), settings, viewers };
    let modes: [Mode<'_>; 2] = match args.viewers {
        Some(viewers) => [mode("no viewer", &[], 0), mode(&format!("{viewers} viewers"), &[], viewers)],
        None => [mode("default", &[], 0), mode(&args.against, &changed, 0)],
    };
    let mut measured = [Vec::new(), Vec::new()];
    for round in 1..=args.rounds {
        for (mode, rounds) in modes.iter().zip(&mut measured) {
            let result = stores.run(mode, &args);
            println!("round {round}, {}: {result}", mode.name);
            rounds.push(result);
        }
    }
    report::compare(modes.each_ref().map(|mode| mode.name.as_str()), &measured);
}

/// One of the two sides of the comparison.
struct Mode<'a> {
    name: String,
    /// Settings beside the defaults.
    settings: &'a [(&'a str, &'a str)],
    /// Number of viewers of the console.
    viewers: usize,
}

/// The stores of the runs.
enum Stores {
    /// Each run uses a fresh copy of the template, in this folder.
    Embedded(Template, std::path::PathBuf),
    /// All runs share a database. Each starts after the numbers that the previous one used.
    Server(Data, Shop, Used),
}

impl Stores {
    fn prepare(args: &Args, home: &Path) -> Self {
        let (users, goods, orders) = (args.users, args.goods, FASTEST * (args.seconds + 1));
        let shop = Shop { users, goods, coupons: orders, payments: 0 };
        match &args.url {
            None => Self::Embedded(Template::new(home.join("template"), shop), home.join("data")),
            Some(url) => {
                let shop = Shop { coupons: orders * args.rounds, ..shop };
                seed::write(url, &shop);
                Self::Server(Data { folder: home.join("data"), url: url.clone() }, shop, Used::default())
            }
        }
    }

    fn run(&mut self, mode: &Mode<'_>, args: &Args) -> Round {
        let &Mode { settings, viewers, .. } = mode;
        let phase = Phase::Closed { connections: args.connections, warm_up_s: 1.0, seconds: args.seconds as f64 };
        let task = |shop, first| Task { shop, kind: Kind::Spread, phases: vec![phase], callbacks: 0, viewers, first };
        let report = match self {
            Self::Embedded(template, folder) => {
                let report = run(&template.copy(folder), settings, &task(template.shop, Used::default()));
                std::fs::remove_dir_all(folder).unwrap();
                report
            }
            Self::Server(data, shop, first) => {
                let report = run(data, settings, &task(*shop, *first));
                *first = report.outcome.used;
                report
            }
        };
        Round::new(&report)
    }
}
