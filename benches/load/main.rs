//! What a setting is worth: full orders over HTTP from closed loops on the real binary, once with the default settings and
//! once with another (a transaction per message, if nothing else is said), in turns, since a machine has its moods; medians
//! are reported. The bench `throughput` compares Tradepost with others.
//!
//! `cargo bench --bench load -- --seconds 10 --rounds 2`. Server and generator share the machine. A bench is built with
//! the cargo feature `faults`, as tests are: its points, without a plan, are one atomic load each.
#![expect(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a load run that meets something unexpected is to fail"
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

/// No machine places more orders a second.
const FASTEST: u64 = 25_000;

/// Places orders as fast as the answers come.
#[derive(Debug, Clone, Parser)]
struct Args {
    /// Connections, each of which sends the next order when the last is answered.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// How long is measured, after a second that is not.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Different goods to order.
    #[arg(long, default_value_t = 10_000)]
    goods: u64,
    /// Different users.
    #[arg(long, default_value_t = 10_000)]
    users: u64,
    /// A `store.url` to measure on, an empty database of a server that is set up as in production; the runs follow each
    /// other on the same data. Without it: embedded SQLite, every run on a fresh copy.
    #[arg(long)]
    url: Option<String>,
    /// The setting that is compared with the default, as in the environment without the prefix.
    #[arg(long, default_value = "OWNERS__BATCH_MAX=1")]
    against: String,
    /// How often each setting is measured.
    #[arg(long, default_value_t = 2)]
    rounds: u64,
    /// Given by `cargo bench`; without it nothing runs.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    if generator::is_asked() {
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
    let (name, value) = args.against.split_once('=').unwrap();
    let name = format!("TRADEPOST__{name}");
    let modes: [&[(&str, &str)]; 2] = [&[], &[(&name, value)]];
    let names = ["default", args.against.as_str()];
    let mut measured = [Vec::new(), Vec::new()];
    for round in 1..=args.rounds {
        for ((name, settings), rounds) in names.iter().zip(modes).zip(&mut measured) {
            let one = stores.run(settings, &args);
            println!("round {round}, {name}: {one}");
            rounds.push(one);
        }
    }
    report::compare(names, &measured);
}

/// The data of the runs.
enum Stores {
    /// Each run has a copy of its own, in this folder.
    Embedded(Template, std::path::PathBuf),
    /// All runs share a database, and each goes on with the numbers the last one left.
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

    fn run(&mut self, settings: &[(&str, &str)], args: &Args) -> Round {
        let phase = Phase::Closed { connections: args.connections, warm_up_s: 1.0, seconds: args.seconds as f64 };
        let task = |shop, first| Task { shop, kind: Kind::Spread, phases: vec![phase], callbacks: 0, first };
        let outcome = match self {
            Self::Embedded(template, folder) => {
                let outcome = run(&template.copy(folder), settings, &task(template.shop, Used::default())).outcome;
                std::fs::remove_dir_all(folder).unwrap();
                outcome
            }
            Self::Server(data, shop, first) => {
                let outcome = run(data, settings, &task(*shop, *first)).outcome;
                *first = outcome.used;
                outcome
            }
        };
        Round::new(&outcome)
    }
}
