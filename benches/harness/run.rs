//! One run: the real binary on prepared data, under the load of the generator. A run ends with a graceful stop and an
//! audit without violations.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tradepost::db::connection::identity::Found;
use tradepost::db::migrate;

use super::generator::{self, Kind, Outcome, Phase, Plan, Used};
use super::machine;
use super::process::{self, Data, Server};
use super::shop::Shop;
use super::stores;
use super::viewers::{Seen, Viewers};

/// Secret of access tokens. The generator knows it, and signs its own tokens.
pub const SESSION_SECRET: &str = "the secret of the sessions of a load run";
/// Secret of the sandbox platform. The generator knows it, and signs its own callbacks.
pub const SANDBOX_SECRET: &str = "the secret of the sandbox of a load run";
/// Settings of every run. No order expires during a run, and no limit refuses requests: all come from one address, and few
/// users send many.
pub const SETTINGS: [(&str, &str); 16] = [
    ("TRADEPOST__SESSION__SECRET", SESSION_SECRET),
    ("TRADEPOST__GATEWAY__SANDBOX__SECRET", SANDBOX_SECRET),
    ("TRADEPOST__ORDERS__PAY_WITHIN", "24h"),
    ("TRADEPOST__ORDERS__UNPAID_ORDERS_MAX", "0"),
    ("TRADEPOST__ORDERS__UNPAID_UNITS_MAX", "0"),
    ("TRADEPOST__ORDERS__UNPAID_UNITS_IN_ALL_MAX", "0"),
    ("TRADEPOST__HTTP__CONNECTIONS_PER_ADDRESS_MAX", "0"),
    ("TRADEPOST__HTTP__IN_FLIGHT_PER_USER_MAX", "0"),
    ("TRADEPOST__LIMITS__REQUESTS_PER_ADDRESS", "0"),
    ("TRADEPOST__LIMITS__SIGN_INS_PER_ADDRESS", "0"),
    ("TRADEPOST__LIMITS__REGISTRATIONS_PER_ADDRESS", "0"),
    ("TRADEPOST__LIMITS__PAYMENT_PAGES_PER_ADDRESS", "0"),
    ("TRADEPOST__LIMITS__REFUSALS_PER_ADDRESS", "0"),
    ("TRADEPOST__LIMITS__ORDERS_PER_USER", "0"),
    ("TRADEPOST__LIMITS__PAYMENTS_PER_USER", "0"),
    ("TRADEPOST__LIMITS__REQUESTS_PER_USER", "0"),
];

/// Interval of memory samples.
const SAMPLE_EVERY: Duration = Duration::from_millis(100);

/// Description of a run.
#[derive(Debug, Clone)]
pub struct Task {
    pub shop: Shop,
    pub kind: Kind,
    pub phases: Vec<Phase>,
    /// Callbacks per second, in parallel to the orders.
    pub callbacks: u32,
    /// Viewers of the console's overview, from before the first phase until after the last one.
    pub viewers: usize,
    /// Numbers used up by earlier runs on the same data.
    pub first: Used,
}

/// Measurements of a run.
#[derive(Debug)]
pub struct Report {
    pub outcome: Outcome,
    /// Time from the start of the process until it listened.
    pub started_in: Duration,
    /// Samples of the server's memory: seconds since the generator was started, and KiB.
    pub memory: Vec<(f64, u64)>,
    /// Peak memory of the server, in KiB.
    pub memory_peak: u64,
    /// Processor time of the server.
    pub cpu: Duration,
    /// Measurements of each viewer.
    pub viewers: Vec<Seen>,
}

/// Runs `task` on `data`. `settings` are added to [`SETTINGS`].
pub fn run(data: &Data, settings: &[(&str, &str)], task: &Task) -> Report {
    let settings: Vec<(&str, &str)> = SETTINGS.iter().chain(settings).copied().collect();
    let began = Instant::now();
    let server = Server::start(data, &settings);
    let started_in = began.elapsed();
    let plan = Plan {
        address: server.url.trim_start_matches("http://").to_owned(),
        session_secret: SESSION_SECRET.to_owned(),
        shop_id: shop_id(&data.url),
        admin_password: process::ADMIN_PASSWORD.to_owned(),
        sandbox_secret: SANDBOX_SECRET.to_owned(),
        shop: task.shop,
        kind: task.kind,
        phases: task.phases.clone(),
        callbacks: task.callbacks,
        first: task.first,
    };
    let viewers = Viewers::open(&plan.address, task.viewers);
    let sampler = MemorySampler::start(server.id());
    let outcome = generator::run(&plan);
    let viewers = viewers.close();
    let memory = sampler.stop();
    let (memory_peak, cpu) = (machine::memory_peak(server.id()).unwrap_or(0), server.cpu_time());
    server.stop();
    let violations = process::audit_with(data, &settings);
    assert!(violations.is_empty(), "{violations:#?}");
    Report { outcome, started_in, memory, memory_peak, cpu, viewers }
}

/// The shop whose stores are at `url`. Its access tokens are valid for it alone.
pub fn shop_id(url: &str) -> String {
    let found = stores::open(url, "user").inspect("users", &migrate::USER).unwrap();
    let Found::Tables { identity: Some(identity), .. } = found else { panic!("no shop at {url}: {found:?}") };
    identity.shop_id
}

/// Samples the memory of a process on a separate thread.
struct MemorySampler {
    ended: Arc<AtomicBool>,
    thread: thread::JoinHandle<Vec<(f64, u64)>>,
}

impl MemorySampler {
    fn start(pid: u32) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (ended, began) = (Arc::clone(&ended), Instant::now());
            move || {
                let mut samples = Vec::new();
                while !ended.load(Ordering::Relaxed) {
                    samples.extend(machine::memory(pid).map(|kib| (began.elapsed().as_secs_f64(), kib)));
                    thread::sleep(SAMPLE_EVERY);
                }
                samples
            }
        });
        Self { ended, thread }
    }

    fn stop(self) -> Vec<(f64, u64)> {
        self.ended.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}
