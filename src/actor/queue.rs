//! The queue of one kind of access to an owner's tables, with its workers. A worker keeps taking batches until the
//! queue is empty.

use std::any::TypeId;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

use parking_lot::{Mutex, MutexGuard};

use super::batch::{AnyBatch, Responder, TypedBatch};
use super::commit::Batch;
use super::executor::STALL_AFTER;
use super::{Health, Priority, Task};

/// Minimum number of waiting tasks for a second batch to run in parallel with a running one, unless the running one is
/// stalled. A few large batches are cheaper than many small ones, above all on a database server: four small batches in
/// parallel reached 0.6 of the throughput there.
const PARALLEL_BATCH_MIN: usize = 256;

/// Limits of a [`TaskQueue`].
#[derive(Debug, Clone, Copy)]
pub struct QueueLimits {
    /// Maximum number of waiting tasks for a task of [`Priority::New`] to be accepted.
    pub new: usize,
    /// Additional capacity for tasks of [`Priority::Accepted`].
    pub accepted: usize,
    /// Maximum number of tasks in one batch.
    pub batch_max: usize,
    /// Maximum number of workers.
    pub workers: usize,
}

/// The waiting tasks and the number of workers that run.
pub struct TaskQueue<O> {
    limits: QueueLimits,
    health: Arc<Health>,
    inner: Mutex<Inner<O>>,
}

struct Inner<O> {
    /// One batch per type of task.
    batches: Vec<(TypeId, Box<dyn AnyBatch<O>>)>,
    waiting: usize,
    workers: usize,
    /// Time of the most recent start of a batch.
    last_start: Instant,
}

impl<O: 'static> TaskQueue<O> {
    pub fn new(limits: QueueLimits, health: Arc<Health>) -> Self {
        let inner = Inner { batches: Vec::new(), waiting: 0, workers: 0, last_start: Instant::now() };
        Self { limits, health, inner: Mutex::new(inner) }
    }

    pub fn has_room(&self, priority: Priority) -> bool {
        let limit = match priority {
            Priority::New => self.limits.new,
            Priority::Accepted => self.limits.new.saturating_add(self.limits.accepted),
        };
        self.lock().waiting < limit
    }

    /// Adds a task. Does not check the limits; see [`TaskQueue::has_room`].
    pub fn push<M: Task<O>>(&self, task: M, responder: Responder<M::Outcome>) {
        let mut inner = self.lock();
        let task_type = TypeId::of::<M>();
        let index = inner.batches.iter().position(|(id, _)| *id == task_type).unwrap_or_else(|| {
            inner.batches.push((task_type, Box::new(TypedBatch::<O, M>::new())));
            inner.batches.len() - 1
        });
        let batch =
            inner.batches.get_mut(index).and_then(|(_, batch)| batch.as_any().downcast_mut::<TypedBatch<O, M>>());
        if let Some(batch) = batch {
            batch.push(task, responder);
            inner.waiting += 1;
            self.health.depth.fetch_add(1, Relaxed);
        }
    }

    pub fn waiting(&self) -> usize {
        self.lock().waiting
    }

    /// Reserves a slot for one more worker. Returns true if the caller must start that worker.
    pub fn try_start_worker(&self) -> bool {
        let mut inner = self.lock();
        let can_start = inner.workers < self.limits.workers && inner.is_batch_due(inner.workers);
        if can_start && inner.workers == 0 {
            // After an idle period `last_start` is old, which would make the new worker look stalled at once.
            inner.last_start = Instant::now();
        }
        inner.workers += usize::from(can_start);
        can_start
    }

    /// The next batch for a worker. The types of tasks take turns in being first, so that none starves when a batch is
    /// full. `None` ends the worker and frees its slot.
    pub fn next_batch(&self) -> Option<Batch<O>> {
        let mut inner = self.lock();
        if !inner.is_batch_due(inner.workers.saturating_sub(1)) {
            inner.workers -= 1;
            return None;
        }
        let before = inner.waiting;
        let batch = inner.take(self.limits.batch_max);
        self.health.depth.fetch_sub(before - inner.waiting, Relaxed);
        Some(batch)
    }

    /// Frees the slot of a worker that ends because of a panic.
    pub fn worker_done(&self) {
        self.lock().workers -= 1;
    }

    fn lock(&self) -> MutexGuard<'_, Inner<O>> {
        self.inner.lock()
    }
}

impl<O> Inner<O> {
    /// Whether to start a batch while `running` batches are running.
    fn is_batch_due(&self, running: usize) -> bool {
        let may_run_in_parallel = || self.waiting >= PARALLEL_BATCH_MIN || self.last_start.elapsed() >= STALL_AFTER;
        self.waiting > 0 && (running == 0 || may_run_in_parallel())
    }

    /// Takes at most `batch_max` tasks, in the order of `batches`.
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
