//! The pool of blocking threads that runs batches.
//!
//! With an embedded database, batches are bound by the CPU. All owners therefore share one pool with a thread per core
//! and one more, because usually some thread waits for the disk. A thread per owner would only add contention.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use tokio::runtime::Handle;

/// A unit of work: one batch.
pub type Job = Box<dyn FnOnce() + Send>;

/// If jobs are queued and none has started for this long, all threads are assumed to be blocked (on a lock or on the
/// disk) and the pool grows by one thread.
pub const STALL_AFTER: Duration = Duration::from_millis(50);

/// A bounded pool of blocking threads with a queue of jobs. Cheap to clone; clones share the pool.
#[derive(Clone)]
pub struct BlockingExecutor {
    size: usize,
    /// Has the threads, whichever thread submits a job.
    runtime: Handle,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    jobs: VecDeque<Job>,
    threads: usize,
    /// Time of the most recent start of a job.
    last_start: Instant,
}

impl Default for BlockingExecutor {
    /// A pool of one thread per core, plus one to cover a thread that waits for the disk. Must be called inside a Tokio
    /// runtime, to which the threads belong.
    fn default() -> Self {
        Self::new(std::thread::available_parallelism().map_or(1, std::num::NonZero::get) + 1)
    }
}

impl fmt::Debug for BlockingExecutor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingExecutor").field("size", &self.size).finish_non_exhaustive()
    }
}

impl BlockingExecutor {
    /// A pool of at most `size` threads. Threads are spawned on demand and end when the queue is empty.
    fn new(size: usize) -> Self {
        let inner = Inner { jobs: VecDeque::new(), threads: 0, last_start: Instant::now() };
        Self { size, runtime: Handle::current(), inner: Arc::new(Mutex::new(inner)) }
    }

    /// A pool with one thread per pending job. Suits a database server, where threads mostly wait for its replies. Must be
    /// called inside a Tokio runtime.
    #[must_use]
    pub fn unbounded() -> Self {
        Self::new(usize::MAX)
    }

    /// Queues `job`, and spawns a thread if the pool is below its size.
    pub fn submit(&self, job: Job) {
        let mut inner = self.lock();
        inner.jobs.push_back(job);
        if inner.threads < self.size {
            self.spawn_thread(&mut inner);
        }
    }

    /// Queues `job` from within a running job. Spawns no thread, because the calling thread continues with the queue.
    pub fn resubmit(&self, job: Job) {
        self.lock().jobs.push_back(job);
    }

    /// Runs `job` at once, on a thread beside the pool.
    pub fn run_beside(&self, job: Job) {
        drop(self.runtime.spawn_blocking(job));
    }

    /// Spawns one more thread, even beyond the pool's size, if all threads are stalled (see [`STALL_AFTER`]).
    pub fn grow_if_stalled(&self) {
        let mut inner = self.lock();
        if !inner.jobs.is_empty() && inner.last_start.elapsed() >= STALL_AFTER {
            self.spawn_thread(&mut inner);
        }
    }

    fn spawn_thread(&self, inner: &mut Inner) {
        inner.threads += 1;
        let executor = self.clone();
        drop(self.runtime.spawn_blocking(move || executor.run_jobs()));
    }

    fn run_jobs(&self) {
        while let Some(job) = self.next_job() {
            // The job reports its own panic; here it must only not end the thread.
            drop(catch_unwind(AssertUnwindSafe(job)));
        }
    }

    /// Takes the next job; `None` retires the calling thread.
    fn next_job(&self) -> Option<Job> {
        let mut inner = self.lock();
        let job = inner.jobs.pop_front();
        match job {
            Some(_) => inner.last_start = Instant::now(),
            None => inner.threads -= 1,
        }
        job
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    #[actix::test]
    async fn the_pool_never_exceeds_its_size_and_runs_jobs_in_order() {
        let (executor, (sender, receiver)) = (BlockingExecutor::new(1), mpsc::channel());
        for n in 0..100 {
            let (sender, caller) = (sender.clone(), std::thread::current().id());
            executor.submit(Box::new(move || sender.send((n, std::thread::current().id() != caller)).unwrap()));
            assert!(executor.lock().threads <= 1);
        }
        for n in 0..100 {
            assert_eq!(receiver.recv_timeout(SOON), Ok((n, true)));
        }
    }

    #[actix::test]
    async fn a_panicking_job_does_not_end_its_thread() {
        let (executor, (sender, receiver)) = (BlockingExecutor::new(1), mpsc::channel());
        executor.submit(Box::new(|| panic!("on purpose")));
        executor.submit(Box::new(move || sender.send(()).unwrap()));
        assert_eq!(receiver.recv_timeout(SOON), Ok(()));
    }

    #[actix::test]
    async fn the_pool_grows_by_one_thread_when_all_are_stalled() {
        let executor = BlockingExecutor::new(1);
        let ((release, blocked), (sender, receiver)) = (mpsc::channel::<()>(), mpsc::channel());
        executor.submit(Box::new(move || assert!(blocked.recv_timeout(SOON).is_err())));
        executor.submit(Box::new(move || sender.send(()).unwrap()));
        executor.grow_if_stalled();
        assert!(receiver.recv_timeout(STALL_AFTER / 5).is_err(), "the pool grew before STALL_AFTER");
        std::thread::sleep(STALL_AFTER);
        executor.grow_if_stalled();
        assert_eq!(receiver.recv_timeout(SOON), Ok(()));
        drop(release);
    }
}
