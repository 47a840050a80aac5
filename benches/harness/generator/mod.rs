//! The load generator: the bench itself, started a second time as a process of its own. It is told a plan on its standard
//! input and tells what it measured on its output, both as JSON. One thread, a socket per connection, HTTP by hand, so that
//! it takes little of the machine it shares with the server.

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

/// The first argument of a bench that is to be the generator.
const ASKED: &str = "generate";
/// What is written down is settled within this time, or something is wrong.
const DRAINED_WITHIN: Duration = Duration::from_secs(600);
const PROBE_EVERY: Duration = Duration::from_millis(20);

/// What the generator is to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    pub address: String,
    pub session_secret: String,
    pub sandbox_secret: String,
    pub shop: Shop,
    pub kind: Kind,
    /// One after the other.
    pub phases: Vec<Phase>,
    /// Callbacks a second, all the time; 0 for none.
    pub callbacks: u32,
    /// Where to go on with what is used up.
    pub first: Used,
}

/// The coupons and the payments that are used up: orders and callbacks have been sent for them on the same data.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Used {
    pub coupons: u64,
    pub payments: u64,
}

/// What is done for one order. All of them are full orders: one line, a coupon, some balance, a key of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// All goods alike.
    Spread,
    /// Everybody orders the same goods.
    Hot,
    /// Everybody orders the same goods, of which there are few.
    Scarce,
    /// The order is paid at the sandbox, which calls back.
    Paid,
}

/// A part of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Phase {
    /// Each connection sends the next order when the last is answered; the time to get warm is not measured.
    Closed { connections: usize, warm_up_s: f64, seconds: f64 },
    /// Orders come at a steady rate, `factor` times that of the first phase, whether or not they are answered.
    Open { connections: usize, factor: f64, seconds: f64 },
    /// Until every message has had its effect.
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

    /// How long it lasts, where that is known.
    fn length(self) -> Option<Duration> {
        match self {
            Self::Closed { seconds, .. } | Self::Open { seconds, .. } => Some(Duration::from_secs_f64(seconds)),
            Self::Drain => None,
        }
    }
}

/// What was measured in a phase.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Stretch {
    /// When it began, in seconds since the generator did, the time to get warm not counted.
    pub began: f64,
    pub seconds: f64,
    /// The rate at which orders were meant to come, where there was one.
    pub offered: f64,
    pub orders: Measured,
    pub callbacks: Measured,
}

/// What was measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    pub stretches: Vec<Stretch>,
    /// Orders that were made, in and outside of what is measured.
    pub made: u64,
    /// What is used up now.
    pub used: Used,
    /// How long the processor worked for the generator.
    pub cpu_s: f64,
    /// The server's status page at the end.
    pub status: Value,
}

/// Whether this process is to be the generator.
pub fn is_asked() -> bool {
    std::env::args().nth(1).is_some_and(|argument| argument == ASKED)
}

/// Is the generator.
pub fn main() {
    let plan: Plan = serde_json::from_reader(std::io::stdin()).unwrap();
    let outcome = System::new().block_on(work(plan));
    println!("{}", serde_json::to_string(&outcome).unwrap());
}

/// Has a plan carried out by a generator in a process of its own.
pub fn run(plan: &Plan) -> Outcome {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let mut child = command.arg(ASKED).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), plan).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the generator failed: {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn work(plan: Plan) -> Outcome {
    let began = Instant::now();
    let phases = plan.phases.clone();
    let world = World::new(plan);
    let mut calls = None;
    let (mut stretches, mut under_way): (Vec<Stretch>, Vec<_>) = (Vec::new(), Vec::new());
    for phase in phases {
        let customers = Customer::connect(&world, phase.connections()).await;
        let from = Instant::now() + phase.warm_up();
        world.begin(from, phase.length());
        calls.get_or_insert_with(|| callback::start(&world));
        let to = from + phase.length().unwrap_or(DRAINED_WITHIN);
        let mut offered = 0.0;
        match phase {
            Phase::Closed { .. } => closed::load(&world, customers, to).await,
            Phase::Open { factor, .. } => {
                offered = factor * world.orders_measured(0, stretches[0].seconds).per_second();
                under_way.extend(open::load(&world, customers, offered, to).await);
            }
            Phase::Drain => drain(&world, to).await,
        }
        let seconds = phase.length().unwrap_or_else(|| from.elapsed()).as_secs_f64();
        let began = from.duration_since(began).as_secs_f64();
        stretches.push(Stretch { began, seconds, offered, ..Stretch::default() });
    }
    let payments = calls.unwrap().stop().await;
    for customer in under_way {
        customer.await.unwrap();
    }
    for (at, stretch) in stretches.iter_mut().enumerate() {
        stretch.orders = world.orders_measured(at, stretch.seconds);
        stretch.callbacks = world.callbacks_measured(at, stretch.seconds);
    }
    let status = world.status().await;
    let used = Used { coupons: world.numbers.borrow().next_new(), payments };
    Outcome { stretches, made: world.made.get(), used, cpu_s: machine::cpu_time().as_secs_f64(), status }
}

/// Waits until no message is on its way, and no payment is open but those that were before.
async fn drain(world: &World, until: Instant) {
    loop {
        let status = world.status().await;
        let (messages, payments) = (&status["outbox"], &status["payments"]["open"]);
        if messages["pending"] == 0 && *payments == world.plan.shop.payments {
            return assert_eq!(messages["dead"], 0, "a message is dead");
        }
        assert!(Instant::now() < until, "not settled: {messages}, {payments} payments");
        rt::time::sleep(PROBE_EVERY).await;
    }
}
