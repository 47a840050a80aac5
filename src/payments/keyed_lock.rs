//! Whose turn it is to start a payment at its platform. A platform tells only once where to pay, so a second request for
//! the same payment waits for what the first was told.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::domain::id::PayId;

/// The payments that are being started by this process.
#[derive(Debug, Clone, Default)]
pub struct KeyedLock {
    payments: Arc<Mutex<HashSet<PayId>>>,
    ended: Arc<Notify>,
}

/// The turn of one request; it ends when this is dropped, also by a panic.
#[derive(Debug)]
pub struct KeyGuard {
    lock: KeyedLock,
    pay_id: PayId,
    /// Whether somebody else's turn had to end first.
    pub waited: bool,
}

impl KeyedLock {
    /// Waits until nobody else lock this payment.
    pub async fn take(&self, pay_id: PayId) -> KeyGuard {
        let mut waited = false;
        loop {
            // From here on it hears of every turn that ends.
            let ended = self.ended.notified();
            if self.payments.lock().insert(pay_id) {
                return KeyGuard { lock: self.clone(), pay_id, waited };
            }
            waited = true;
            ended.await;
        }
    }
}

impl Drop for KeyGuard {
    fn drop(&mut self) {
        self.lock.payments.lock().remove(&self.pay_id);
        self.lock.ended.notify_waiters();
    }
}
