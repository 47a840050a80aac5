//! An open loop: requests are sent at a steady rate, whether or not earlier ones are answered. Each request has a
//! scheduled time, and its latency counts from that time even if no connection was free then. This avoids coordinated
//! omission: a server that stalls is still charged for the requests that would have arrived in that time.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_web::rt;
use tokio::sync::Semaphore;

use super::customer::Customer;
use super::tally::Sent;
use super::world::World;

/// A request that is not sent within this time after its scheduled time is dropped, as by a customer who leaves.
const PATIENCE: Duration = Duration::from_secs(1);
/// Shortest sleep of the pacing thread.
const TICK: Duration = Duration::from_micros(200);

/// The scheduled times of requests. A separate thread releases them, because the timers of the runtime are up to a
/// millisecond late.
pub struct Arrivals {
    due: Arc<Semaphore>,
    from: Instant,
    rate: f64,
    taken: Cell<u64>,
    ended: Arc<AtomicBool>,
}

impl Arrivals {
    /// Releases `rate` requests per second from `from` on, until `end` or until [`Self::end`] is called.
    pub fn start(from: Instant, rate: f64, end: Option<Instant>) -> Rc<Self> {
        let (due, ended) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicBool::new(false)));
        std::thread::spawn({
            let (due, ended) = (Arc::clone(&due), Arc::clone(&ended));
            move || {
                let mut released = 0;
                while end.is_none_or(|end| Instant::now() < end) && !ended.load(Ordering::Relaxed) {
                    let due_now = (from.elapsed().as_secs_f64() * rate) as usize;
                    due.add_permits(due_now - released);
                    released = due_now;
                    let next = from + Duration::from_secs_f64((released + 1) as f64 / rate);
                    std::thread::sleep(next.saturating_duration_since(Instant::now()).clamp(TICK, TICK * 50));
                }
                due.close();
            }
        });
        Rc::new(Self { due, from, rate, taken: Cell::new(0), ended })
    }

    /// Waits for the next request. Returns its number and its scheduled time; `None` after the end.
    pub async fn next(&self) -> Option<(u64, Instant)> {
        self.due.acquire().await.ok()?.forget();
        let number = self.taken.replace(self.taken.get() + 1);
        Some((number, self.from + Duration::from_secs_f64((number + 1) as f64 / self.rate)))
    }

    /// Number of requests returned by [`Self::next`].
    pub const fn taken(&self) -> u64 {
        self.taken.get()
    }

    /// Number of requests that are due and were not returned by [`Self::next`].
    pub fn left(&self) -> u64 {
        self.due.available_permits() as u64
    }

    /// Ends the arrivals.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
        self.due.close();
    }
}

/// Sends orders of `customers` at `rate` per second until `end`. Returns the tasks of the orders still in flight then.
pub async fn load(
    world: &Rc<World>,
    customers: Vec<Customer>,
    rate: f64,
    end: Instant,
) -> Vec<rt::task::JoinHandle<()>> {
    let phase = world.phase();
    let arrivals = Arrivals::start(Instant::now(), rate, Some(end));
    let start = |mut customer: Customer| {
        let (world, arrivals) = (Rc::clone(world), Rc::clone(&arrivals));
        rt::spawn(async move {
            while let Some((_, scheduled)) = arrivals.next().await {
                if scheduled.elapsed() > PATIENCE {
                    world.add_unsent(phase, 1);
                    continue;
                }
                let (sent, number) = (Sent::scheduled(scheduled), world.numbers.borrow_mut().take());
                let answer = customer.order(number).await;
                world.ordered(phase, number, sent, answer);
            }
        })
    };
    let in_flight = customers.into_iter().map(start).collect();
    rt::time::sleep_until(end.into()).await;
    arrivals.end();
    world.add_unsent(phase, arrivals.left());
    in_flight
}
