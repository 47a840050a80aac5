//! A limit of concurrent calls with a bounded queue.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Longest wait for a permit. Work that waits longer is due again later.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// Limits the concurrent calls of one kind to one platform.
#[derive(Debug)]
pub struct Bulkhead {
    permits: Semaphore,
    waiting: AtomicUsize,
    waiting_max: usize,
}

/// Counts a waiting call until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Bulkhead {
    /// Allows `capacity` calls at once, while `waiting_max` more may wait.
    #[must_use]
    pub const fn new(capacity: usize, waiting_max: usize) -> Self {
        Self { permits: Semaphore::const_new(capacity), waiting: AtomicUsize::new(0), waiting_max }
    }

    /// A permit, released when dropped; `None` if too many calls wait or none was free in time.
    pub async fn enter(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(permit) = self.permits.try_acquire() {
            return Some(permit);
        }
        let is_full = self.waiting.fetch_add(1, Relaxed) >= self.waiting_max;
        let _waiting = Waiting(&self.waiting);
        if is_full {
            return None;
        }
        tokio::time::timeout(WAIT_MAX, self.permits.acquire()).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[actix::test]
    async fn a_call_waits_for_a_permit_unless_too_many_wait() {
        let bulkhead = Bulkhead::new(1, 1);
        let held = bulkhead.enter().await;
        let waiting = bulkhead.enter();
        tokio::pin!(waiting);
        assert!(held.is_some() && (&mut waiting).now_or_never().is_none());
        assert!(bulkhead.enter().await.is_none(), "one waits already");
        drop(held);
        assert!(waiting.await.is_some());
        assert!(bulkhead.enter().await.is_some());
    }
}
