//! The threads of the actors, each with an arbiter. Actors only dispatch messages; batches run on the threads of the
//! executor.

use actix::{Arbiter, ArbiterHandle};

use crate::config::Owners;

/// The number of owners, with that of the sandbox platform.
pub const OWNERS: usize = 6;

/// The number of cores that this process may use.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The threads of the actors, except those that serve HTTP, where the coordinators are.
pub struct Threads {
    /// The arbiter of the relay, the payments and the recovery of unfinished orders.
    main: Arbiter,
    /// The arbiters of the owners.
    owners: Vec<Arbiter>,
}

impl Threads {
    /// Starts as many threads as the settings ask for. If they leave it open, each owner has one if there are as many
    /// cores, and they share one otherwise.
    pub fn start(settings: &Owners) -> Self {
        let number = match settings.threads.size() {
            0 if cores() >= OWNERS => OWNERS,
            0 => 1,
            number => number.min(OWNERS),
        };
        Self { main: Arbiter::new(), owners: (0..number).map(|_| Arbiter::new()).collect() }
    }

    /// The thread of all actors but the owners and coordinators.
    pub const fn main(&self) -> &Arbiter {
        &self.main
    }

    /// The thread of each owner.
    pub fn of_owners(&self) -> [ArbiterHandle; OWNERS] {
        let mut threads = self.owners.iter().cycle();
        std::array::from_fn(|_| threads.next().unwrap_or(&self.main).handle())
    }

    /// All threads.
    pub fn all(&self) -> Vec<ArbiterHandle> {
        std::iter::once(&self.main).chain(&self.owners).map(Arbiter::handle).collect()
    }

    /// Asks all threads to end.
    pub fn stop(&self) {
        for arbiter in self.all() {
            arbiter.stop();
        }
    }

    /// Waits for the end of all threads. It blocks.
    pub fn join(self) {
        // The main one last: it waits for the batches that still run.
        for arbiter in self.owners.into_iter().chain([self.main]) {
            drop(arbiter.join());
        }
    }
}
