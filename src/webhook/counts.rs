//! Numbers of attempts since the start.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters of attempts by outcome.
#[derive(Debug, Default)]
pub struct Counts {
    delivered: AtomicU64,
    retried: AtomicU64,
    failed: AtomicU64,
}

impl Counts {
    /// Counts an attempt: one that has delivered, one that is followed by another, or the last one of a delivery.
    pub fn count(&self, is_delivered: bool, is_last: bool) {
        let counter = match (is_delivered, is_last) {
            (true, _) => &self.delivered,
            (false, false) => &self.retried,
            (false, true) => &self.failed,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// The numbers by the name of the outcome.
    #[must_use]
    pub fn by_outcome(&self) -> [(&'static str, u64); 3] {
        [("delivered", &self.delivered), ("retried", &self.retried), ("failed", &self.failed)]
            .map(|(name, counter)| (name, counter.load(Relaxed)))
    }
}
