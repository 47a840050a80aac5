//! The tasks of one kind of access to an owner's tables: those that wait, and the workers that take them. A worker goes on
//! with what has come meanwhile until nothing waits.

use std::any::TypeId;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::batch::{AnyLane, Caller, Lane};
use super::commit::Batch;
use super::executor::HELD_UP;
use super::{Door, Health, Task};

/// A batch goes beside one that runs only where so many wait: few large batches are cheaper than many small ones, most of
/// all on a server (measured there: 0.6 of the throughput with four small ones at once); or where the one that runs is held
/// up.
const WORTH_ANOTHER: usize = 256;

/// How much a desk takes.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    /// Tasks that may wait at the public door.
    pub public: usize,
    /// Further places for tasks that were promised.
    pub reserved: usize,
    /// Tasks in one batch at most.
    pub batch_max: usize,
    /// Workers at most.
    pub workers: usize,
}

/// The tasks that wait, and how many workers there are.
pub struct Desk<O> {
    places: Places,
    health: Arc<Health>,
    state: Mutex<State<O>>,
}

struct State<O> {
    lanes: Vec<(TypeId, Box<dyn AnyLane<O>>)>,
    waiting: usize,
    workers: usize,
    /// When the last batch was started.
    started: Instant,
}

impl<O: 'static> Desk<O> {
    pub fn new(places: Places, health: Arc<Health>) -> Self {
        let state = State { lanes: Vec::new(), waiting: 0, workers: 0, started: Instant::now() };
        Self { places, health, state: Mutex::new(state) }
    }

    pub fn has_room(&self, door: Door) -> bool {
        let places = match door {
            Door::Public => self.places.public,
            Door::Reserved => self.places.public.saturating_add(self.places.reserved),
        };
        self.lock().waiting < places
    }

    pub fn push<M: Task<O>>(&self, task: M, caller: Caller<M::Outcome>) {
        let mut state = self.lock();
        let kind = TypeId::of::<M>();
        let at = state.lanes.iter().position(|(of, _)| *of == kind).unwrap_or_else(|| {
            state.lanes.push((kind, Box::new(Lane::<O, M>::new())));
            state.lanes.len() - 1
        });
        let lane = state.lanes.get_mut(at).and_then(|(_, lane)| lane.as_any().downcast_mut::<Lane<O, M>>());
        if let Some(lane) = lane {
            lane.push(task, caller);
            state.waiting += 1;
            self.health.depth.fetch_add(1, Relaxed);
        }
    }

    pub fn waiting(&self) -> usize {
        self.lock().waiting
    }

    /// Whether one more worker is to begin: it is counted.
    pub fn hire(&self) -> bool {
        let mut state = self.lock();
        let is_wanted = state.workers < self.places.workers && state.is_due(state.workers);
        if is_wanted && state.workers == 0 {
            // It is not held up before it has begun: the last batch may be long ago.
            state.started = Instant::now();
        }
        state.workers += usize::from(is_wanted);
        is_wanted
    }

    /// The next batch for a worker, the lanes taking turns in being first. Where there is none the worker has left.
    pub fn next(&self) -> Option<Batch<O>> {
        let mut state = self.lock();
        if !state.is_due(state.workers.saturating_sub(1)) {
            state.workers -= 1;
            return None;
        }
        let waited = state.waiting;
        let batch = state.take(self.places.batch_max);
        self.health.depth.fetch_sub(waited - state.waiting, Relaxed);
        Some(batch)
    }

    /// A worker has left without having asked for more.
    pub fn leave(&self) {
        self.lock().workers -= 1;
    }

    fn lock(&self) -> MutexGuard<'_, State<O>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<O> State<O> {
    /// Whether a batch is to be started while so many others run.
    fn is_due(&self, others: usize) -> bool {
        let beside = || self.waiting >= WORTH_ANOTHER || self.started.elapsed() >= HELD_UP;
        self.waiting > 0 && (others == 0 || beside())
    }

    fn take(&mut self, batch_max: usize) -> Batch<O> {
        self.started = Instant::now();
        let mut room = batch_max;
        let mut batch = Vec::new();
        for (_, lane) in &mut self.lanes {
            let n = lane.len().min(room);
            let taken = lane.take(n);
            if taken.len() > 0 {
                batch.push(taken);
            }
            room -= n;
        }
        if room == 0 {
            self.lanes.rotate_left(1);
        }
        self.waiting -= batch_max - room;
        batch
    }
}
