//! The queue of one kind of access to an owner's tables, with its workers. A worker keeps taking batches until the
//! queue is empty.

use std::any::TypeId;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::oneshot;

use super::batch::{AnyBatch, Responder, TypedBatch};
use super::commit::Batch;
use super::executor::STALL_AFTER;
use super::{Failure, Health, Priority, Reply, Task};
use crate::trace::Traced;

/// Minimum number of waiting tasks for a second batch to run in parallel with a running one, unless the running one is
/// stalled. A few large batches are cheaper than many small ones, above all on a database server: four small batches in
/// parallel reached 0.6 of the throughput there.
const PARALLEL_BATCH_MIN: usize = 256;

/// A batch that was taken longer ago says nothing about the tasks to come.
const RECENT: Duration = Duration::from_millis(20);

/// Limits of a [`TaskQueue`].
#[derive(Debug, Clone, Copy)]
pub struct QueueLimits {
    /// Maximum number of waiting tasks for a task of [`Priority::New`] to be accepted.
    pub new: usize,
    /// Additional capacity for tasks of [`Priority::Accepted`].
    pub accepted: usize,
    /// Maximum number of tasks in one batch.
    pub batch_max: usize,
    /// How long a worker waits for more tasks, see [`TaskQueue::pause`].
    pub batch_wait: Duration,
    /// Maximum number of workers.
    pub workers: usize,
}

impl QueueLimits {
    const fn room(&self, priority: Priority) -> usize {
        match priority {
            Priority::New => self.new,
            Priority::Accepted => self.new.saturating_add(self.accepted),
        }
    }
}

/// The outcome of a task that waits in a queue. Its sender is lost if the batch panics.
pub type Waiting<T> = oneshot::Receiver<Reply<T>>;

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
    /// When the most recent batch was taken, and its number of tasks.
    last_batch: Option<(Instant, usize)>,
}

impl<O: 'static> TaskQueue<O> {
    pub fn new(limits: QueueLimits, health: Arc<Health>) -> Self {
        let inner = Inner { batches: Vec::new(), waiting: 0, workers: 0, last_start: Instant::now(), last_batch: None };
        Self { limits, health, inner: Mutex::new(inner) }
    }

    pub fn has_room(&self, priority: Priority) -> bool {
        self.lock().waiting < self.limits.room(priority)
    }

    /// Adds a task. Does not check the limits; see [`TaskQueue::has_room`].
    pub fn push<M: Task<O>>(&self, task: M, responder: Responder<M::Outcome>) {
        self.push_locked(&mut self.lock(), task, responder);
    }

    /// Whether a worker runs that will take a further task, and no other worker is due.
    pub fn is_served(&self) -> bool {
        self.lock().is_served()
    }

    /// Adds a task and returns what will be its outcome; [`Failure::Busy`] if there is no room.
    ///
    /// # Errors
    /// Returns the task if the queue is not served.
    pub fn join<M: Task<O>>(&self, task: Traced<M>) -> Result<Reply<Waiting<M::Outcome>>, Traced<M>> {
        let mut inner = self.lock();
        if !inner.is_served() {
            return Err(task);
        }
        if inner.waiting >= self.limits.room(M::PRIORITY) {
            return Ok(Err(Failure::Busy));
        }
        let (sender, outcome) = oneshot::channel();
        self.push_locked(&mut inner, task.message, Responder::new(Some(sender), task.parent));
        Ok(Ok(outcome))
    }

    fn push_locked<M: Task<O>>(&self, inner: &mut Inner<O>, task: M, responder: Responder<M::Outcome>) {
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

    /// Whether a worker runs, or tasks wait for one.
    pub fn is_busy(&self) -> bool {
        let inner = self.lock();
        inner.waiting > 0 || inner.workers > 0
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

    /// How long a worker should wait before it takes the next batch, so that more tasks share its transaction. Callers
    /// who were answered together tend to send their next tasks together. Zero for a task without company.
    pub fn pause(&self, now: Instant) -> Duration {
        let inner = self.lock();
        match inner.last_batch {
            Some((taken_at, size))
                if (1..size).contains(&inner.waiting) && now.saturating_duration_since(taken_at) < RECENT =>
            {
                self.limits.batch_wait
            }
            _ => Duration::ZERO,
        }
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
        self.waiting > 0 && (running == 0 || self.may_run_in_parallel())
    }

    /// Whether a worker runs, and no other one is due.
    fn is_served(&self) -> bool {
        self.workers > 0 && !self.may_run_in_parallel()
    }

    /// Whether many tasks wait, or the running batches are stalled.
    fn may_run_in_parallel(&self) -> bool {
        self.waiting >= PARALLEL_BATCH_MIN || self.last_start.elapsed() >= STALL_AFTER
    }

    /// Takes at most `batch_max` tasks, in the order of `batches`.
    fn take(&mut self, batch_max: usize) -> Batch<O> {
        self.last_start = Instant::now();
        let mut room = batch_max;
        let mut batch = Vec::new();
        for (_, waiting) in &mut self.batches {
            let n = waiting.len().min(room);
            if n == 0 {
                continue;
            }
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
        self.last_batch = Some((self.last_start, batch_max - room));
        batch
    }
}

#[cfg(test)]
mod tests {
    use actix::Message;

    use super::*;
    use crate::actor::{Access, Reply};
    use crate::db::{self, Db};
    use crate::domain::clock::Clock;
    use crate::trace::Parent;

    const WAIT: Duration = Duration::from_micros(300);

    struct Nothing;

    impl Message for Nothing {
        type Result = Reply<()>;
    }

    impl Task<()> for Nothing {
        type Outcome = ();
        const ACCESS: Access = Access::Write;

        fn run((): &(), batch: &[Self], _: &mut Db) -> db::Result<Vec<()>> {
            Ok(batch.iter().map(|_| ()).collect())
        }
    }

    fn push(queue: &TaskQueue<()>, tasks: usize) {
        (0..tasks).for_each(|_| queue.push(Nothing, Responder::new(None, Parent::default())));
    }

    fn empty() -> TaskQueue<()> {
        let limits = QueueLimits { new: 100, accepted: 100, batch_max: 100, batch_wait: WAIT, workers: 1 };
        TaskQueue::new(limits, Arc::new(Health::new("owner", Clock::default(), 100, None)))
    }

    /// A queue with a worker that has taken a batch of `size` tasks.
    fn after_a_batch_of(size: usize) -> TaskQueue<()> {
        let queue = empty();
        push(&queue, size);
        assert!(queue.try_start_worker());
        assert_eq!(queue.next_batch().unwrap().iter().map(|batch| batch.len()).sum::<usize>(), size);
        queue
    }

    #[test]
    fn a_worker_waits_until_as_many_tasks_are_there_as_ran_together_just_before() {
        let before = Instant::now();
        for (size, waiting, expected) in
            [(8, 0, Duration::ZERO), (8, 1, WAIT), (8, 7, WAIT), (8, 8, Duration::ZERO), (1, 1, Duration::ZERO)]
        {
            let queue = after_a_batch_of(size);
            push(&queue, waiting);
            assert_eq!(queue.pause(before), expected, "{waiting} after {size}");
            assert_eq!(queue.pause(Instant::now() + RECENT), Duration::ZERO, "{waiting} long after {size}");
        }
    }

    #[test]
    fn a_task_joins_the_queue_of_a_running_worker_and_no_other() {
        let queue = empty();
        let task = || Traced { message: Nothing, parent: Parent::default() };
        assert!(queue.join(task()).is_err(), "no worker runs");
        let queue = after_a_batch_of(8);
        let outcome = queue.join(task()).ok().and_then(Result::ok);
        assert!(outcome.is_some(), "a worker runs");
        assert_eq!(queue.next_batch().unwrap().iter().map(|batch| batch.len()).sum::<usize>(), 1);
        assert!(queue.next_batch().is_none());
        assert!(queue.join(task()).is_err(), "the worker has ended");
    }

    #[test]
    fn a_full_queue_is_busy_and_an_overdue_worker_is_left_to_the_actor() {
        let queue = after_a_batch_of(8);
        push(&queue, 100);
        let task = || Traced { message: Nothing, parent: Parent::default() };
        assert_eq!(queue.join(task()).ok().map(|joined| joined.err()), Some(Some(Failure::Busy)));
        let queue = after_a_batch_of(8);
        std::thread::sleep(STALL_AFTER);
        assert!(queue.join(task()).is_err());
    }

    #[test]
    fn the_first_task_does_not_wait() {
        let queue = empty();
        push(&queue, 1);
        assert_eq!(queue.pause(Instant::now()), Duration::ZERO);
    }
}
