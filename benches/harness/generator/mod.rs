//! The load generator: the bench's own binary, started again as a separate process. It reads a [`Plan`] from standard
//! input and writes an [`Outcome`] to standard output, both as JSON. It uses one thread, a socket per connection and
//! hand-written HTTP, so that it takes little processor time from the server on the same machine.

mod callback;
mod closed;
mod customer;
mod numbers;
mod open;
mod request;
mod socket;
mod tally;
mod world;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use actix_web::rt::{self, System};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::machine;
use super::shop::Shop;
use customer::Customer;
pub use tally::Measured;
use world::World;

/// First argument of the generator process.
const GENERATE: &str = "generate";
/// Time limit for [`Phase::Drain`]. Exceeding it fails the run.
const DRAIN_WITHIN: Duration = Duration::from_secs(600);
const PROBE_EVERY: Duration = Duration::from_millis(20);

/// Instructions for the generator.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    pub address: String,
    pub session_secret: String,
    pub sandbox_secret: String,
    pub shop: Shop,
    pub kind: Kind,
    /// The phases, in order.
    pub phases: Vec<Phase>,
    /// Callbacks per second in all phases; 0 for none.
    pub callbacks: u32,
    /// Numbers used up by earlier runs on the same data.
    pub first: Used,
}

/// The numbers of coupons and payments that are used up, because orders and callbacks were sent for them.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Used {
    pub coupons: u64,
    pub payments: u64,
}

/// The kind of order that is sent. Each order has one line, a coupon, some balance and its own idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Orders are spread evenly over all goods.
    Spread,
    /// All orders are for the same goods.
    Hot,
    /// All orders are for the same goods, which have a small stock.
    Scarce,
    /// Each order is also paid on the sandbox platform, which sends a callback.
    Paid,
}

/// A part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Phase {
    /// Each connection sends its next order when the previous one is answered. The first `warm_up_s` are not measured.
    Closed { connections: usize, warm_up_s: f64, seconds: f64 },
    /// Orders are sent at a steady rate, whether or not earlier ones are answered: `factor` times the rate that was
    /// measured in the first phase.
    Open { connections: usize, factor: f64, seconds: f64 },
    /// Waits until every message is delivered.
    Drain,
}

impl Phase {
    fn connections(self) -> usize {
        match self {
            Self::Closed { connections, .. } | Self::Open { connections, .. } => connections,
            Self::Drain => 0,
        }
    }

    fn warm_up(self) -> Duration {
        match self {
            Self::Closed { warm_up_s, .. } => Duration::from_secs_f64(warm_up_s),
            Self::Open { .. } | Self::Drain => Duration::ZERO,
        }
    }

    /// The planned duration; `None` for [`Phase::Drain`].
    fn length(self) -> Option<Duration> {
        match self {
            Self::Closed { seconds, .. } | Self::Open { seconds, .. } => Some(Duration::from_secs_f64(seconds)),
            Self::Drain => None,
        }
    }
}

/// Measurements of a phase.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct PhaseResult {
    /// Start of the measured part, in seconds since the generator started.
    pub began: f64,
    /// Duration of the measured part.
    pub seconds: f64,
    /// Scheduled rate of an open loop, in orders per second; otherwise 0.
    pub offered: f64,
    pub orders: Measured,
    pub callbacks: Measured,
}

/// Measurements of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// One entry per phase.
    pub phases: Vec<PhaseResult>,
    /// Orders created in the whole run, including the parts that are not measured.
    pub made: u64,
    /// Numbers used up so far, including by this run.
    pub used: Used,
    /// Processor time of the generator, in seconds.
    pub cpu_s: f64,
    /// The server's status page at the end.
    pub status: Value,
}

/// Whether this process was started as the generator.
pub fn is_generator() -> bool {
    std::env::args().nth(1).is_some_and(|argument| argument == GENERATE)
}

/// Entry point of the generator process.
pub fn main() {
    let plan: Plan = serde_json::from_reader(std::io::stdin()).unwrap();
    let outcome = System::new().block_on(execute(plan));
    println!("{}", serde_json::to_string(&outcome).unwrap());
}

/// Runs `plan` in a generator process and returns its measurements.
pub fn run(plan: &Plan) -> Outcome {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let mut child = command.arg(GENERATE).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), plan).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the generator failed: {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs the phases of `plan`, with callbacks in parallel.
async fn execute(plan: Plan) -> Outcome {
    let began = Instant::now();
    let phases = plan.phases.clone();
    let world = World::new(plan);
    let mut callbacks = None;
    let (mut results, mut in_flight): (Vec<PhaseResult>, Vec<_>) = (Vec::new(), Vec::new());
    for phase in phases {
        let customers = Customer::connect(&world, phase.connections()).await;
        let from = Instant::now() + phase.warm_up();
        world.begin(from, phase.length());
        callbacks.get_or_insert_with(|| callback::start(&world));
        let end = from + phase.length().unwrap_or(DRAIN_WITHIN);
        let mut offered = 0.0;
        match phase {
            Phase::Closed { .. } => closed::load(&world, customers, end).await,
            Phase::Open { factor, .. } => {
                offered = factor * world.orders_measured(0, results[0].seconds).per_second();
                in_flight.extend(open::load(&world, customers, offered, end).await);
            }
            Phase::Drain => drain(&world, end).await,
        }
        let seconds = phase.length().unwrap_or_else(|| from.elapsed()).as_secs_f64();
        let began = from.duration_since(began).as_secs_f64();
        results.push(PhaseResult { began, seconds, offered, ..PhaseResult::default() });
    }
    let payments = callbacks.unwrap().stop().await;
    for customer in in_flight {
        customer.await.unwrap();
    }
    for (at, result) in results.iter_mut().enumerate() {
        result.orders = world.orders_measured(at, result.seconds);
        result.callbacks = world.callbacks_measured(at, result.seconds);
    }
    let status = world.status().await;
    let used = Used { coupons: world.numbers.borrow().next_new(), payments };
    Outcome { phases: results, made: world.made.get(), used, cpu_s: machine::cpu_time().as_secs_f64(), status }
}

/// Waits until no message is pending and the only open payments are those that were prepared. Panics after `deadline`.
async fn drain(world: &World, deadline: Instant) {
    loop {
        let status = world.status().await;
        let (messages, payments) = (&status["outbox"], &status["payments"]["open"]);
        if messages["pending"] == 0 && *payments == world.plan.shop.payments {
            return assert_eq!(messages["dead"], 0, "a message is dead");
        }
        assert!(Instant::now() < deadline, "not drained: {messages}, {payments} payments");
        rt::time::sleep(PROBE_EVERY).await;
    }
}
