//! The threads that hash passwords. Each has one work area, made at its first hash and used for all further ones: memory
//! that is allocated for each hash stays behind in the allocator's arenas, one for each thread that ever hashed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use argon2::Block;
use parking_lot::Mutex;

/// The memory that argon2 works in.
#[derive(Default)]
pub struct WorkArea(Vec<Block>);

impl WorkArea {
    /// At least `count` blocks of memory. The area grows if hashes of other parameters need more.
    pub fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.0.resize(count, Block::new());
        }
        &mut self.0
    }
}

/// A hash to compute.
pub type Job = Box<dyn FnOnce(&mut WorkArea) + Send>;

/// The threads. They end when this is dropped and their jobs are done.
pub struct Workers {
    jobs: Sender<Job>,
}

impl Workers {
    /// Starts `count` threads.
    ///
    /// # Errors
    /// Fails if the system starts no thread.
    pub fn start(count: usize) -> std::io::Result<Self> {
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..count {
            let queue = Arc::clone(&queue);
            std::thread::Builder::new().name("password".to_owned()).spawn(move || work(&queue))?;
        }
        Ok(Self { jobs })
    }

    /// Hands a job to the next free thread. The job is dropped if there is none any more.
    pub fn submit(&self, job: Job) {
        // The job answers through a channel of its own, which closes with it.
        let _ = self.jobs.send(job);
    }
}

/// How much the threads stand back behind the others where the system lets a thread do so, from 0 to 19. A hash computes
/// for tens of milliseconds, so a flood of sign-ins would make each order wait for a core.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 15;

/// Lets the other threads of the process go first.
#[cfg(target_os = "linux")]
fn stand_back() {
    // On Linux, this is the calling thread and not the process. It also works without it.
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "password hashes compete with orders");
    }
}

/// No other system has priorities of threads that any user may lower.
#[cfg(not(target_os = "linux"))]
const fn stand_back() {}

fn work(queue: &Mutex<Receiver<Job>>) {
    stand_back();
    let mut area = WorkArea::default();
    loop {
        // The lock is held while waiting: the other idle threads wait for the lock.
        let next = queue.lock().recv();
        let Ok(job) = next else { return };
        if catch_unwind(AssertUnwindSafe(|| job(&mut area))).is_err() {
            tracing::error!("a password was not hashed: the hash panicked");
        }
    }
}
