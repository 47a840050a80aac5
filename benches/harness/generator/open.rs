//! An open loop: requests come at a steady rate, whether or not those before are answered. Each has a moment at which it is
//! meant to be sent, and its latency counts from that moment, also when no connection was free then: a server that stands
//! still is not spared the requests that would have come meanwhile.

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

/// A customer who has not even got through after this time has given up.
const PATIENCE: Duration = Duration::from_secs(1);
/// The pacemaker looks no more often than this.
const BEAT: Duration = Duration::from_micros(200);

/// The moments at which requests are meant to be sent. The pacemaker is a thread of its own, mostly asleep: timers of the
/// runtime are a millisecond late.
pub struct Arrivals {
    due: Arc<Semaphore>,
    from: Instant,
    rate: f64,
    taken: Cell<u64>,
    ended: Arc<AtomicBool>,
}

impl Arrivals {
    /// So many a second, until then or until told to end.
    pub fn start(from: Instant, rate: f64, to: Option<Instant>) -> Rc<Self> {
        let (due, ended) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicBool::new(false)));
        std::thread::spawn({
            let (due, ended) = (Arc::clone(&due), Arc::clone(&ended));
            move || {
                let mut given = 0;
                while to.is_none_or(|to| Instant::now() < to) && !ended.load(Ordering::Relaxed) {
                    let come = (from.elapsed().as_secs_f64() * rate) as usize;
                    due.add_permits(come - given);
                    given = come;
                    let next = from + Duration::from_secs_f64((given + 1) as f64 / rate);
                    std::thread::sleep(next.saturating_duration_since(Instant::now()).clamp(BEAT, BEAT * 50));
                }
                due.close();
            }
        });
        Rc::new(Self { due, from, rate, taken: Cell::new(0), ended })
    }

    /// Waits for the next: its number and the moment it is meant for. `None` once the time is over.
    pub async fn next(&self) -> Option<(u64, Instant)> {
        self.due.acquire().await.ok()?.forget();
        let number = self.taken.replace(self.taken.get() + 1);
        Some((number, self.from + Duration::from_secs_f64((number + 1) as f64 / self.rate)))
    }

    /// How many were taken.
    pub const fn taken(&self) -> u64 {
        self.taken.get()
    }

    /// Those that have come and were not taken.
    pub fn left(&self) -> u64 {
        self.due.available_permits() as u64
    }

    /// No more of them.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
        self.due.close();
    }
}

/// Orders of these customers at a rate until then. What is under way then goes on: it is returned.
pub async fn load(
    world: &Rc<World>,
    customers: Vec<Customer>,
    rate: f64,
    to: Instant,
) -> Vec<rt::task::JoinHandle<()>> {
    let phase = world.phase();
    let arrivals = Arrivals::start(Instant::now(), rate, Some(to));
    let start = |mut customer: Customer| {
        let (world, arrivals) = (Rc::clone(world), Rc::clone(&arrivals));
        rt::spawn(async move {
            while let Some((_, meant)) = arrivals.next().await {
                if meant.elapsed() > PATIENCE {
                    world.gave_up(phase, 1);
                    continue;
                }
                let (sent, number) = (Sent::late(meant), world.numbers.borrow_mut().take());
                let answer = customer.order(number).await;
                world.ordered(phase, number, sent, answer);
            }
        })
    };
    let under_way = customers.into_iter().map(start).collect();
    rt::time::sleep_until(to.into()).await;
    arrivals.end();
    world.gave_up(phase, arrivals.left());
    under_way
}
