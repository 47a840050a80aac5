//! The tasks of one kind of access to an owner's tables: those that wait, and the workers that take them. A worker goes on
//! with what has come meanwhile until nothing waits.

use std::any::TypeId;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use parking_lot::{Mutex, MutexGuard};

use super::batch::{AnyBatch, Responder, TypedBatch};
use super::commit::Batch;
use super::executor::STALL_AFTER;
use super::{Health, Priority, Task};

/// A batch goes beside one that runs only where so many wait: few large batches are cheaper than many small ones, most of
/// all on a server (measured there: 0.6 of the throughput with four small ones at once); or where the one that runs is held
/// up.
const PARALLEL_BATCH_MIN: usize = 256;

/// How much a desk takes.
#[derive(Debug, Clone, Copy)]
pub struct QueueLimits {
    /// Tasks that may wait at the new priority.
    pub new: usize,
    /// Further limits for tasks that were promised.
    pub accepted: usize,
    /// Tasks in one batch at most.
    pub batch_max: usize,
    /// Workers at most.
    pub workers: usize,
}

/// The tasks that wait, and how many workers there are.
pub struct TaskQueue<O> {
    limits: QueueLimits,
    health: Arc<Health>,
    inner: Mutex<Inner<O>>,
}

struct Inner<O> {
    batches: Vec<(TypeId, Box<dyn AnyBatch<O>>)>,
    waiting: usize,
    workers: usize,
    /// When the last batch was last_start.
    last_start: Instant,
}

impl<O: 'static> TaskQueue<O> {
    pub fn new(limits: QueueLimits, health: Arc<Health>) -> Self {
        let inner = Inner { batches: Vec::new(), waiting: 0, workers: 0, last_start: Instant::now() };
        Self { limits, health, inner: Mutex::new(inner) }
    }

    pub fn has_room(&self, priority: Priority) -> bool {
        let limits = match priority {
            Priority::New => self.limits.new,
            Priority::Accepted => self.limits.new.saturating_add(self.limits.accepted),
        };
        self.lock().waiting < limits
    }

    pub fn push<M: Task<O>>(&self, task: M, responder: Responder<M::Outcome>) {
        let mut inner = self.lock();
        let kind = TypeId::of::<M>();
        let at = inner.batches.iter().position(|(of, _)| *of == kind).unwrap_or_else(|| {
            inner.batches.push((kind, Box::new(TypedBatch::<O, M>::new())));
            inner.batches.len() - 1
        });
        let batch = inner.batches.get_mut(at).and_then(|(_, batch)| batch.as_any().downcast_mut::<TypedBatch<O, M>>());
        if let Some(batch) = batch {
            batch.push(task, responder);
            inner.waiting += 1;
            self.health.depth.fetch_add(1, Relaxed);
        }
    }

    pub fn waiting(&self) -> usize {
        self.lock().waiting
    }

    /// Whether one more worker is to begin: it is counted.
    pub fn try_start_worker(&self) -> bool {
        let mut inner = self.lock();
        let is_wanted = inner.workers < self.limits.workers && inner.is_due(inner.workers);
        if is_wanted && inner.workers == 0 {
            // It is not held up before it has begun: the last batch may be long ago.
            inner.last_start = Instant::now();
        }
        inner.workers += usize::from(is_wanted);
        is_wanted
    }

    /// The next_batch batch for a worker, the batches taking turns in being first. Where there is none the worker has left.
    pub fn next_batch(&self) -> Option<Batch<O>> {
        let mut inner = self.lock();
        if !inner.is_due(inner.workers.saturating_sub(1)) {
            inner.workers -= 1;
            return None;
        }
        let waited = inner.waiting;
        let batch = inner.take(self.limits.batch_max);
        self.health.depth.fetch_sub(waited - inner.waiting, Relaxed);
        Some(batch)
    }

    /// A worker has left without having asked for more.
    pub fn worker_done(&self) {
        self.lock().workers -= 1;
    }

    fn lock(&self) -> MutexGuard<'_, Inner<O>> {
        self.inner.lock()
    }
}

impl<O> Inner<O> {
    /// Whether to start a batch while `others` batches are running.
    fn is_due(&self, others: usize) -> bool {
        let beside = || self.waiting >= PARALLEL_BATCH_MIN || self.last_start.elapsed() >= STALL_AFTER;
        self.waiting > 0 && (others == 0 || beside())
    }

    fn take(&mut self, batch_max: usize) -> Batch<O> {
        self.last_start = Instant::now();
        let mut room = batch_max;
        let mut batch = Vec::new();
        for (_, waiting) in &mut self.batches {
            let n = waiting.len().min(room);
            let taken = waiting.take(n);
            if taken.len() > 0 {
                batch.push(taken);
            }
            room -= n;
        }
        if room == 0 {
            self.batches.rotate_left(1);
        }
        self.waiting -= batch_max - room;
        batch
    }
}
