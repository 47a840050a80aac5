//! Wakes the relay after a commit that wrote messages.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use actix::{Message, Recipient};

/// An outbox of this producer has new messages.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Wake {
    /// Whose outbox.
    pub producer: &'static str,
}

/// Tells the relay of a producer that messages were written. A hint: the relay also polls.
#[derive(Debug, Clone, Default)]
pub struct RelayWaker {
    inner: Arc<WakerInner>,
}

#[derive(Debug, Default)]
struct WakerInner {
    dirty: AtomicBool,
    relay: OnceLock<Recipient<Wake>>,
}

impl RelayWaker {
    /// From now on `relay` is woken.
    pub fn connect(&self, relay: Recipient<Wake>) {
        drop(self.inner.relay.set(relay));
    }

    /// Messages were written, or are due again.
    pub fn mark(&self) {
        self.inner.dirty.store(true, Ordering::Relaxed);
    }

    /// Wakes the relay where messages were written since the last call: for after COMMIT.
    pub fn wake(&self, producer: &'static str) {
        if self.inner.dirty.swap(false, Ordering::Relaxed)
            && let Some(relay) = self.inner.relay.get()
        {
            relay.do_send(Wake { producer });
        }
    }
}
