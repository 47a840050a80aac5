//! Counts the allocations of Rust code in the server per order. The server runs in this process, on prepared SQLite stores,
//! and the generator in one of its own. A first run opens the connections and fills the caches, and the second is measured.
//!
//! `cargo bench --bench allocations`, or sooner and with almost the same figures `cargo bench --profile dev --bench
//! allocations`. With `--profile-to FILE`, the places that allocate are written for <https://nnethercote.github.io/dh_view>.
#![expect(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "an unexpected result must fail the run"
)]

#[expect(dead_code, reason = "the other benches use the rest of it")]
#[path = "../harness/mod.rs"]
mod harness;

use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use actix_web::rt::System;
use clap::Parser;
use tokio::sync::oneshot;
use tradepost::actor::Faults;
use tradepost::app::App;
use tradepost::config;
use tradepost::domain::clock::Clock;

use harness::generator::{self, Kind, Outcome, Phase, Plan, Used};
use harness::process::ADMIN_PASSWORD;
use harness::run::{SANDBOX_SECRET, SESSION_SECRET, SETTINGS, shop_id};
use harness::seed;
use harness::shop::Shop;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// Number of callers that the profile has of each place that allocates.
const FRAMES: usize = 40;

/// Counts the allocations per order.
#[derive(Debug, Clone, Parser)]
struct Args {
    /// Number of connections. Each sends its next order when the previous one is answered.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Seconds of each run.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// File for the places that allocate.
    #[arg(long)]
    profile_to: Option<PathBuf>,
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
        return println!("this is a load run: cargo bench --bench allocations");
    }
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().display());
    // Few users, so that most requests are not the first one with their token, for which it is verified.
    let shop = Shop { users: 50, goods: 10_000, coupons: 400_000, payments: 1 };
    seed::write(&url, &shop);
    let server = Server::start(&url);
    let plan = |kind, first| Plan {
        address: server.address.clone(),
        session_secret: SESSION_SECRET.to_owned(),
        shop_id: shop_id(&url),
        admin_password: ADMIN_PASSWORD.to_owned(),
        sandbox_secret: SANDBOX_SECRET.to_owned(),
        shop,
        kind,
        phases: vec![
            Phase::Closed { connections: args.connections, warm_up_s: 0.0, seconds: args.seconds },
            Phase::Drain,
        ],
        callbacks: 0,
        first,
    };
    let warm = generator::run(&plan(Kind::Spread, Used::default()));
    assert!(warm.made > 0, "no order was placed: {:?}", warm.phases);
    let warm = generator::run(&plan(Kind::Paid, warm.used));
    let profiler = match &args.profile_to {
        Some(file) => dhat::Profiler::builder().file_name(file).trim_backtraces(Some(FRAMES)).build(),
        None => dhat::Profiler::builder().testing().build(),
    };
    let spread = measure("placed", &plan(Kind::Spread, warm.used));
    measure("placed and paid", &plan(Kind::Paid, spread.used));
    drop(profiler);
    server.stop();
}

/// The server on a thread of its own.
struct Server {
    address: String,
    stop: oneshot::Sender<()>,
    thread: thread::JoinHandle<()>,
}

impl Server {
    /// Starts the server.
    fn start(url: &str) -> Self {
        let own = [
            ("TRADEPOST__STORE__URL", url),
            ("TRADEPOST__SECRETS__FOLDER", url.trim_start_matches("sqlite://")),
            ("TRADEPOST__ADMIN__PASSWORD", ADMIN_PASSWORD),
            ("TRADEPOST__DEMO__SEED", "false"),
            ("TRADEPOST__HTTP__LISTEN", "127.0.0.1:0"),
        ];
        let named = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        let settings = config::read("", SETTINGS.iter().chain(&own).map(named).collect()).unwrap();
        let (sender, address) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            System::new().block_on(async move {
                let app = App::start(settings, Clock::default(), Faults::default()).await.unwrap();
                sender.send(app.address.to_string()).unwrap();
                stopped.await.unwrap();
                app.stop(Duration::from_secs(5)).await;
            });
        });
        Self { address: address.recv().unwrap(), stop, thread }
    }

    fn stop(self) {
        self.stop.send(()).unwrap();
        self.thread.join().unwrap();
    }
}

/// Runs `plan` and prints the allocations per order.
fn measure(what: &str, plan: &Plan) -> Outcome {
    let before = dhat::HeapStats::get();
    let outcome = generator::run(plan);
    let after = dhat::HeapStats::get();
    assert!(outcome.made > 0, "no order was placed: {:?}", outcome.phases);
    let (orders, blocks) = (outcome.made, after.total_blocks - before.total_blocks);
    let bytes = after.total_bytes - before.total_bytes;
    println!("{what}: {orders} orders, {} allocations and {} bytes each", blocks / orders, bytes / orders);
    outcome
}
