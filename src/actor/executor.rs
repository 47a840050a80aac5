//! The threads that run batches. Where the database is embedded, its work is the processor's: a thread for each core and
//! one more, since one or the other waits for the disk, take turns with all owners, instead of a thread for each owner that
//! gets in the way of the others.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};

/// A piece of work, one batch long.
pub type Job = Box<dyn FnOnce() + Send>;

/// Where nothing has last_start for so long, all threads are held up (a lock, a disk), and one more is taken on.
pub const STALL_AFTER: Duration = Duration::from_millis(50);

/// Some threads and what waits for them.
#[derive(Clone)]
pub struct BlockingExecutor {
    size: usize,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    jobs: VecDeque<Job>,
    threads: usize,
    /// When a job was last begun.
    last_start: Instant,
}

impl Default for BlockingExecutor {
    /// A thread for each core, and one while another waits for the disk.
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
    /// A executor of `size` threads; they are there only while there is work.
    fn new(size: usize) -> Self {
        let inner = Inner { jobs: VecDeque::new(), threads: 0, last_start: Instant::now() };
        Self { size, inner: Arc::new(Mutex::new(inner)) }
    }

    /// As many threads as there is work: for a server, whose answers are waited for.
    #[must_use]
    pub fn unbounded() -> Self {
        Self::new(usize::MAX)
    }

    /// Has a job done after those that wait. Call it inside a runtime.
    pub fn submit(&self, job: Job) {
        let mut inner = self.lock();
        inner.jobs.push_back(job);
        if inner.threads < self.size {
            self.spawn_thread(&mut inner);
        }
    }

    /// Has a job done after those that wait, from within a job: the thread that asks goes on with them.
    pub fn resubmit(&self, job: Job) {
        self.lock().jobs.push_back(job);
    }

    /// Takes on one more thread where all are held up. Call it inside a runtime.
    pub fn grow_if_stalled(&self) {
        let mut inner = self.lock();
        if !inner.jobs.is_empty() && inner.last_start.elapsed() >= STALL_AFTER {
            self.spawn_thread(&mut inner);
        }
    }

    fn spawn_thread(&self, inner: &mut Inner) {
        inner.threads += 1;
        let executor = self.clone();
        drop(tokio::task::spawn_blocking(move || executor.work()));
    }

    fn work(&self) {
        while let Some(job) = self.next() {
            // A job tells of its panic itself.
            drop(catch_unwind(AssertUnwindSafe(job)));
        }
    }

    fn next(&self) -> Option<Job> {
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
    async fn there_are_never_more_threads_than_its_size_and_jobs_are_done_in_their_order() {
        let (executor, (done, all)) = (BlockingExecutor::new(1), mpsc::channel());
        for n in 0..100 {
            let (done, me) = (done.clone(), std::thread::current().id());
            executor.submit(Box::new(move || done.send((n, std::thread::current().id() != me)).unwrap()));
            assert!(executor.lock().threads <= 1);
        }
        for n in 0..100 {
            assert_eq!(all.recv_timeout(SOON), Ok((n, true)));
        }
    }

    #[actix::test]
    async fn a_job_that_panics_takes_no_thread_with_it() {
        let (executor, (done, all)) = (BlockingExecutor::new(1), mpsc::channel());
        executor.submit(Box::new(|| panic!("on purpose")));
        executor.submit(Box::new(move || done.send(()).unwrap()));
        assert_eq!(all.recv_timeout(SOON), Ok(()));
    }

    #[actix::test]
    async fn where_all_are_held_up_one_more_is_taken_on() {
        let executor = BlockingExecutor::new(1);
        let ((lock, held), (done, all)) = (mpsc::channel::<()>(), mpsc::channel());
        executor.submit(Box::new(move || assert!(held.recv_timeout(SOON).is_err())));
        executor.submit(Box::new(move || done.send(()).unwrap()));
        executor.grow_if_stalled();
        assert!(all.recv_timeout(STALL_AFTER / 5).is_err(), "it was not held up long enough");
        std::thread::sleep(STALL_AFTER);
        executor.grow_if_stalled();
        assert_eq!(all.recv_timeout(SOON), Ok(()));
        drop(lock);
    }
}
