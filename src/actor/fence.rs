//! The fence of a node that shares its stores with other nodes: it may commit only while it holds its lease.
//!
//! The fence is checked when a batch starts and again right before COMMIT, against the monotonic clock, which keeps
//! running while the process is stopped (SIGSTOP). Only a process that is stopped between that check and its COMMIT, and
//! continues after its lease has ended, commits late. That is harmless: its transaction has held the locks of the rows
//! it decided on all the time, so what it commits is still true, and the ids in it carry the time before the stop, when
//! no other process had the node's number. A check of the lease inside every transaction would add a round trip to each
//! commit, and cannot be made for owners whose stores are on another server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::db;

/// Until when this process may commit. All clones share it. The default has no limit: the stores are files, which one
/// process at a time can open.
#[derive(Debug, Clone)]
pub struct Fence {
    origin: Instant,
    /// Milliseconds since `origin`.
    until_ms: Arc<AtomicU64>,
}

impl Default for Fence {
    fn default() -> Self {
        Self { origin: Instant::now(), until_ms: Arc::new(AtomicU64::new(u64::MAX)) }
    }
}

impl Fence {
    /// Allows commits until `instant`. Never allows them again after [`Fence::close`].
    pub fn open_until(&self, instant: Instant) {
        let until_ms = millis(instant.saturating_duration_since(self.origin)).max(1);
        let _ = self.until_ms.fetch_update(Ordering::AcqRel, Ordering::Acquire, |old| (old > 0).then_some(until_ms));
    }

    /// Forbids commits for ever: another node has the number of this one.
    pub fn close(&self) {
        self.until_ms.store(0, Ordering::Release);
    }

    /// Whether this process may commit now.
    #[must_use]
    pub fn is_open(&self) -> bool {
        millis(self.origin.elapsed()) < self.until_ms.load(Ordering::Acquire)
    }

    /// Fails if this process must not commit now.
    ///
    /// # Errors
    /// [`db::Class::Busy`]: nothing is written; it can be tried again after the lease is renewed.
    pub fn check(&self) -> db::Result<()> {
        if self.is_open() { Ok(()) } else { Err(db::Error::busy("the lease of this node has ended (node.lease)")) }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_allowed_until_the_lease_ends_and_never_after_it_was_lost() {
        let fence = Fence::default();
        assert!(fence.is_open(), "without a lease");
        fence.open_until(Instant::now());
        // The fence counts whole milliseconds.
        while fence.origin.elapsed() < Duration::from_millis(1) {}
        assert!(!fence.is_open());
        assert_eq!(fence.check().map_err(|error| error.class), Err(db::Class::Busy));
        fence.open_until(Instant::now() + Duration::from_secs(60));
        assert!(fence.is_open(), "renewed");
        fence.close();
        fence.open_until(Instant::now() + Duration::from_secs(60));
        assert!(!fence.is_open(), "lost");
    }
}
