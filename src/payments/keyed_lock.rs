//! A lock per payment. A platform returns the checkout of a payment only once, so a second request to start the same
//! payment waits until the first has stored it.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::domain::id::PayId;

/// The locks of this process, keyed by payment. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct KeyedLock {
    locked: Arc<Mutex<HashSet<PayId>>>,
    released: Arc<Notify>,
}

/// Holds the lock of one payment. Dropping it releases the lock, also during a panic.
#[derive(Debug)]
pub struct KeyGuard {
    lock: KeyedLock,
    pay_id: PayId,
    /// Whether another holder had to release the lock first.
    pub waited: bool,
}

impl KeyedLock {
    /// Acquires the lock of `pay_id`, waiting until no other task holds it.
    pub async fn lock(&self, pay_id: PayId) -> KeyGuard {
        let mut waited = false;
        loop {
            // Created before the check, so that a release between the check and the wait is not missed.
            let released = self.released.notified();
            if self.locked.lock().insert(pay_id) {
                return KeyGuard { lock: self.clone(), pay_id, waited };
            }
            waited = true;
            released.await;
        }
    }
}

impl Drop for KeyGuard {
    fn drop(&mut self) {
        self.lock.locked.lock().remove(&self.pay_id);
        self.lock.released.notify_waiters();
    }
}
