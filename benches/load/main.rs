//! A load run: full orders over HTTP from closed loops on the real binary, once with the default settings and once with
//! another (a transaction per message, if nothing else is said), in turns, since a machine has its moods; medians are
//! reported.
//!
//! `cargo bench --bench load -- --seconds 10 --rounds 2`. Server and generator share the machine. A bench is built with
//! the cargo feature `faults`, as tests are: its points, without a plan, are one atomic load each.
#![expect(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a load run that meets something unexpected is to fail"
)]

mod client;
#[expect(dead_code, reason = "the crash tests use the rest of it")]
#[path = "../../tests/crash/http.rs"]
mod http;
mod prepare;
#[expect(dead_code, reason = "the crash tests use the rest of it")]
#[path = "../../tests/crash/process.rs"]
mod process;
mod report;

use std::path::Path;
use std::time::Duration;

use actix_web::rt::System;
use clap::Parser;

use http::Http;
use prepare::Shop;
use process::{Data, Server};
use report::Round;

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
    #[arg(long, default_value_t = 1_000)]
    goods: usize,
    /// Different users; few, as each must be registered, and hashing a password is slow on purpose.
    #[arg(long, default_value_t = 32)]
    users: usize,
    /// A `store.url` to measure on, an empty database of a server that is set up as in production; the runs follow each
    /// other on the same data. Without it: embedded SQLite, every run on a fresh copy.
    #[arg(long)]
    url: Option<String>,
    /// The setting that is compared with the default, as in the environment without the prefix.
    #[arg(long, default_value = "OWNERS__BATCH_MAX=1")]
    against: String,
    /// How often each setting is measured.
    #[arg(long, default_value_t = 2)]
    rounds: usize,
    /// Given by `cargo bench`; without it nothing runs.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let args = Args::parse();
    if !args.bench {
        return println!("this is a load run: cargo bench --bench load");
    }
    let home = tempfile::tempdir().unwrap();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let engine = args.url.as_ref().map_or("SQLite, WAL, synchronous=FULL", |url| url.split(':').next().unwrap());
    println!("{cores} cores for server and generator; {engine}; data in {}", report::kind_of(&home));
    println!("{} connections, {} goods, {} users", args.connections, args.goods, args.users);
    System::new().block_on(async {
        let folder = home.path().join("template");
        let template = match &args.url {
            Some(url) => Data { folder, url: url.clone() },
            None => Data::embedded(folder),
        };
        let shop = prepare::shop(&template, args.users, args.goods).await;
        let (name, value) = args.against.split_once('=').unwrap();
        let against = [(format!("TRADEPOST__{name}"), value.to_owned())];
        let modes: [&[(String, String)]; 2] = [&[], &against];
        let names = ["default", args.against.as_str()];
        let mut measured = [Vec::new(), Vec::new()];
        for round in 1..=args.rounds {
            for ((name, settings), rounds) in names.iter().zip(modes).zip(&mut measured) {
                let one = match &args.url {
                    Some(_) => run(&template, settings, &shop, &args).await,
                    None => {
                        let data = Data::embedded(home.path().join("data"));
                        copy(&template.folder, &data.folder);
                        let one = run(&data, settings, &shop, &args).await;
                        std::fs::remove_dir_all(&data.folder).unwrap();
                        one
                    }
                };
                println!("round {round}, {name}: {one}");
                rounds.push(one);
            }
        }
        report::compare(names, &measured);
    });
}

/// One run on the prepared data; it ends with a stop in order and a clean audit.
async fn run(data: &Data, settings: &[(String, String)], shop: &Shop, args: &Args) -> Round {
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let server = Server::start(data, &settings);
    let address = server.url.trim_start_matches("http://").to_owned();
    let orders = client::load(&address, shop, args.connections, Duration::from_secs(args.seconds)).await;
    let status = Http::new(&server.url).get("/admin/status", &shop.admin).await.expect(200);
    server.stop();
    let violations = process::audit(data);
    assert!(violations.is_empty(), "{violations:#?}");
    Round::new(orders, &status)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}
