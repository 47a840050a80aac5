//! Wake-up of the relay after a commit that wrote messages.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use actix::{Message, Recipient};

/// An outbox of this producer has new messages.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Wake {
    /// Name of the owner of the outbox.
    pub producer: &'static str,
}

/// Wakes the relay when a producer has written messages. Only a hint, because the relay also polls. Clones share one
/// state.
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
    /// Sets the relay to wake. Only the first call has an effect.
    pub fn connect(&self, relay: Recipient<Wake>) {
        drop(self.inner.relay.set(relay));
    }

    /// Records that the open transaction wrote messages or made some due again.
    pub fn mark(&self) {
        self.inner.dirty.store(true, Ordering::Relaxed);
    }

    /// Wakes the relay if [`RelayWaker::mark`] was called since the last call. Called after COMMIT.
    pub fn wake(&self, producer: &'static str) {
        if self.inner.dirty.swap(false, Ordering::Relaxed)
            && let Some(relay) = self.inner.relay.get()
        {
            relay.do_send(Wake { producer });
        }
    }
}
