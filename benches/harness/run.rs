//! One run: the real binary on prepared data, the generator beside it. It ends with a stop in order and a clean audit.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::generator::{self, Kind, Outcome, Phase, Plan, Used};
use super::machine;
use super::process::{self, Data, Server};
use super::shop::Shop;

/// Known to the generator, which signs tokens and callbacks itself; and nobody waits so long for a payment.
pub const SESSION_SECRET: &str = "the secret of the sessions of a load run";
pub const SANDBOX_SECRET: &str = "the secret of the sandbox of a load run";
pub const SETTINGS: [(&str, &str); 3] = [
    ("TRADEPOST__SESSION__SECRET", SESSION_SECRET),
    ("TRADEPOST__GATEWAY__SANDBOX__SECRET", SANDBOX_SECRET),
    ("TRADEPOST__ORDERS__PAY_WITHIN", "24h"),
];

const PROBE_EVERY: Duration = Duration::from_millis(100);

/// What is done in a run.
#[derive(Debug, Clone)]
pub struct Task {
    pub shop: Shop,
    pub kind: Kind,
    pub phases: Vec<Phase>,
    /// Callbacks a second, beside the orders.
    pub callbacks: u32,
    /// Where to go on, on data that have been used.
    pub first: Used,
}

/// What a run measured.
#[derive(Debug)]
pub struct Report {
    pub outcome: Outcome,
    /// From the start of the process until it listened.
    pub started_in: Duration,
    /// The server's memory in KiB, by seconds since the generator was started.
    pub memory: Vec<(f64, u64)>,
    pub memory_peak: u64,
    /// The processor's work for the server.
    pub cpu: Duration,
}

/// Runs a task on data; `settings` come to the usual ones.
pub fn run(data: &Data, settings: &[(&str, &str)], task: &Task) -> Report {
    let settings: Vec<(&str, &str)> = SETTINGS.iter().chain(settings).copied().collect();
    let began = Instant::now();
    let server = Server::start(data, &settings);
    let started_in = began.elapsed();
    let plan = Plan {
        address: server.url.trim_start_matches("http://").to_owned(),
        session_secret: SESSION_SECRET.to_owned(),
        sandbox_secret: SANDBOX_SECRET.to_owned(),
        shop: task.shop,
        kind: task.kind,
        phases: task.phases.clone(),
        callbacks: task.callbacks,
        first: task.first,
    };
    let watch = Watch::start(server.id());
    let outcome = generator::run(&plan);
    let memory = watch.stop();
    let (memory_peak, cpu) = (machine::memory_peak(server.id()).unwrap_or(0), server.cpu_time());
    server.stop();
    let violations = process::audit(data);
    assert!(violations.is_empty(), "{violations:#?}");
    Report { outcome, started_in, memory, memory_peak, cpu }
}

/// Looks at the memory of a process while something else is done.
struct Watch {
    ended: Arc<AtomicBool>,
    thread: thread::JoinHandle<Vec<(f64, u64)>>,
}

impl Watch {
    fn start(pid: u32) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (ended, began) = (Arc::clone(&ended), Instant::now());
            move || {
                let mut seen = Vec::new();
                while !ended.load(Ordering::Relaxed) {
                    seen.extend(machine::memory(pid).map(|kib| (began.elapsed().as_secs_f64(), kib)));
                    thread::sleep(PROBE_EVERY);
                }
                seen
            }
        });
        Self { ended, thread }
    }

    fn stop(self) -> Vec<(f64, u64)> {
        self.ended.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}
