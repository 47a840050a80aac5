//! The threads that run batches. Where the database is embedded, its work is the processor's: a thread for each core and
//! one more, since one or the other waits for the disk, take turns with all owners, instead of a thread for each owner that
//! gets in the way of the others.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A piece of work, one batch long.
pub type Job = Box<dyn FnOnce() + Send>;

/// Where nothing has moved for so long, all threads are held up (a lock, a disk), and one more is taken on.
pub const HELD_UP: Duration = Duration::from_millis(50);

/// Some threads and what waits for them.
#[derive(Clone)]
pub struct Crew {
    size: usize,
    state: Arc<Mutex<State>>,
}

struct State {
    jobs: VecDeque<Job>,
    at_work: usize,
    /// When a job was last begun.
    moved: Instant,
}

impl Default for Crew {
    /// A thread for each core, and one while another waits for the disk.
    fn default() -> Self {
        Self::new(std::thread::available_parallelism().map_or(1, std::num::NonZero::get) + 1)
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Crew {
    /// A crew of `size` threads; they are there only while there is work.
    fn new(size: usize) -> Self {
        let state = State { jobs: VecDeque::new(), at_work: 0, moved: Instant::now() };
        Self { size, state: Arc::new(Mutex::new(state)) }
    }

    /// As many threads as there is work: for a server, whose answers are waited for.
    #[must_use]
    pub fn boundless() -> Self {
        Self::new(usize::MAX)
    }

    /// Has a job done after those that wait. Call it inside a runtime.
    pub fn call(&self, job: Job) {
        let mut state = self.lock();
        state.jobs.push_back(job);
        if state.at_work < self.size {
            self.take_on(&mut state);
        }
    }

    /// Has a job done after those that wait, from within a job: the thread that asks goes on with them.
    pub fn call_again(&self, job: Job) {
        self.lock().jobs.push_back(job);
    }

    /// Takes on one more thread where all are held up. Call it inside a runtime.
    pub fn relieve(&self) {
        let mut state = self.lock();
        if !state.jobs.is_empty() && state.moved.elapsed() >= HELD_UP {
            self.take_on(&mut state);
        }
    }

    fn take_on(&self, state: &mut State) {
        state.at_work += 1;
        let crew = self.clone();
        drop(tokio::task::spawn_blocking(move || crew.work()));
    }

    fn work(&self) {
        while let Some(job) = self.next() {
            // A job tells of its panic itself.
            drop(catch_unwind(AssertUnwindSafe(job)));
        }
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        let job = state.jobs.pop_front();
        match job {
            Some(_) => state.moved = Instant::now(),
            None => state.at_work -= 1,
        }
        job
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    #[actix::test]
    async fn there_are_never_more_threads_than_its_size_and_jobs_are_done_in_their_order() {
        let (crew, (done, all)) = (Crew::new(1), mpsc::channel());
        for n in 0..100 {
            let (done, me) = (done.clone(), std::thread::current().id());
            crew.call(Box::new(move || done.send((n, std::thread::current().id() != me)).unwrap()));
            assert!(crew.lock().at_work <= 1);
        }
        for n in 0..100 {
            assert_eq!(all.recv_timeout(SOON), Ok((n, true)));
        }
    }

    #[actix::test]
    async fn a_job_that_panics_takes_no_thread_with_it() {
        let (crew, (done, all)) = (Crew::new(1), mpsc::channel());
        crew.call(Box::new(|| panic!("on purpose")));
        crew.call(Box::new(move || done.send(()).unwrap()));
        assert_eq!(all.recv_timeout(SOON), Ok(()));
    }

    #[actix::test]
    async fn where_all_are_held_up_one_more_is_taken_on() {
        let crew = Crew::new(1);
        let ((lock, held), (done, all)) = (mpsc::channel::<()>(), mpsc::channel());
        crew.call(Box::new(move || assert!(held.recv_timeout(SOON).is_err())));
        crew.call(Box::new(move || done.send(()).unwrap()));
        crew.relieve();
        assert!(all.recv_timeout(HELD_UP / 5).is_err(), "it was not held up long enough");
        std::thread::sleep(HELD_UP);
        crew.relieve();
        assert_eq!(all.recv_timeout(SOON), Ok(()));
        drop(lock);
    }
}
