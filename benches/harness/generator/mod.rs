//! The load generator: the bench's own binary, started again as a separate process. It reads a [`Plan`] from standard
//! input and writes an [`Outcome`] to standard output, both as JSON. It uses one thread, a socket per connection and
//! hand-written HTTP, so that it takes little processor time from the server on the same machine.

mod callback;
mod closed;
mod customer;
mod numbers;
mod open;
mod plan;
mod request;
mod socket;
mod tally;
mod world;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use actix_web::rt::{self, System};

use super::machine;
use customer::Customer;
pub use plan::{Kind, Outcome, Phase, PhaseResult, Plan, Used};
use world::World;

/// First argument of the generator process.
const GENERATE: &str = "generate";
/// Time limit for [`Phase::Drain`]. Exceeding it fails the run.
const DRAIN_WITHIN: Duration = Duration::from_secs(600);
const PROBE_EVERY: Duration = Duration::from_millis(20);

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
