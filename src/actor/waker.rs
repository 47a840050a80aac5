//! The way from an owner's commits to the relay of the same process: a wake-up, and the messages that the owner has
//! written with a claim for this relay.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix::{Message as Sendable, Recipient};
use parking_lot::Mutex;

use crate::domain::clock::Timestamp;
use crate::domain::message::Message;

/// An outbox of this producer has new messages.
#[derive(Debug, Clone, Copy, Sendable)]
#[rtype(result = "()")]
pub struct Wake {
    /// Name of the owner of the outbox.
    pub producer: &'static str,
    /// Whether some of them must be claimed. Those that were handed over need no claim.
    pub has_unclaimed: bool,
}

/// Wakes the relay when a producer has written messages, and hands messages over to it. Only a hint, because the relay
/// also polls, and because a message that was handed over is in the outbox too. Clones share one state.
#[derive(Debug, Clone, Default)]
pub struct RelayWaker {
    inner: Arc<WakerInner>,
}

#[derive(Debug, Default)]
struct WakerInner {
    has_unclaimed: AtomicBool,
    has_handed: AtomicBool,
    connection: OnceLock<Connection>,
}

/// The relay of this process, as one producer sees it.
#[derive(Debug)]
pub struct Connection {
    /// The relay to wake.
    pub relay: Recipient<Wake>,
    /// How long a message that is handed over is claimed for the relay.
    pub lease: Duration,
    /// Number of waiting messages of a consumer group from which on none is handed over.
    pub waiting_max: usize,
    /// The way to each consumer group, by its name.
    pub handovers: Vec<(&'static str, Handover)>,
}

impl Connection {
    fn handover(&self, group: &str) -> Option<&Handover> {
        self.handovers.iter().find(|(name, _)| *name == group).map(|(_, handover)| handover)
    }
}

impl RelayWaker {
    /// Sets the relay to wake. Only the first call has an effect.
    pub fn connect(&self, connection: Connection) {
        drop(self.inner.connection.set(connection));
    }

    /// Records that the open transaction wrote messages that must be claimed, or made some due again.
    pub fn mark(&self) {
        self.inner.has_unclaimed.store(true, Ordering::Relaxed);
    }

    /// How long a new message for the consumer group `group` is to be claimed for the relay of this process, to which it
    /// must be handed over after the commit. `None` if there is no relay, or if it has fallen behind. The message is
    /// then written without a claim, so that it is due at once on any node.
    #[must_use]
    pub fn lease(&self, group: &str) -> Option<Duration> {
        let connection = self.inner.connection.get()?;
        let has_room = connection.handover(group)?.waiting() < connection.waiting_max;
        has_room.then_some(connection.lease)
    }

    /// Hands a committed message over to the relay. It was written at the time `written` with a claim.
    pub fn hand_over(&self, message: Message, written: Timestamp) {
        let handover = self.inner.connection.get().and_then(|connection| connection.handover(&message.group));
        if let Some(handover) = handover {
            handover.push(message, written);
            self.inner.has_handed.store(true, Ordering::Relaxed);
        }
    }

    /// Wakes the relay if [`RelayWaker::mark`] or [`RelayWaker::hand_over`] was called since the last call. Called after
    /// COMMIT.
    pub fn wake(&self, producer: &'static str) {
        let has_unclaimed = self.inner.has_unclaimed.swap(false, Ordering::Relaxed);
        let has_handed = self.inner.has_handed.swap(false, Ordering::Relaxed);
        if (has_unclaimed || has_handed)
            && let Some(connection) = self.inner.connection.get()
        {
            connection.relay.do_send(Wake { producer, has_unclaimed });
        }
    }
}

/// The messages that wait to be delivered to one consumer group by the relay of the process that has written them.
/// Clones share them.
///
/// Each is also a row of the outbox that is claimed for this process. Whatever happens to the message here, it is due
/// again when that claim ends.
#[derive(Debug, Clone, Default)]
pub struct Handover(Arc<Mutex<VecDeque<Handed>>>);

/// A message with the time at which it was written and claimed.
#[derive(Debug)]
struct Handed {
    message: Message,
    written: Timestamp,
}

impl Handover {
    fn push(&self, message: Message, written: Timestamp) {
        self.0.lock().push_back(Handed { message, written });
    }

    /// Number of messages that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.lock().len()
    }

    /// Takes up to `limit` messages, the oldest first. One that has waited for `within` or longer is dropped instead: its
    /// claim may end before it is delivered, and the outbox still has it.
    #[must_use]
    pub fn take(&self, limit: usize, now: Timestamp, within: Duration) -> Vec<Message> {
        let mut waiting = self.0.lock();
        let mut taken = Vec::with_capacity(limit.min(waiting.len()));
        while taken.len() < limit
            && let Some(Handed { message, written }) = waiting.pop_front()
        {
            let age = now.since(written);
            if age < within {
                taken.push(Message { age, ..message });
            }
        }
        taken
    }

    /// Drops all messages that wait.
    pub fn clear(&self) {
        self.0.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WITHIN: Duration = Duration::from_millis(15);

    fn message(id: &str) -> Message {
        Message {
            id: id.to_owned(),
            group: "goods".into(),
            topic: "order".into(),
            tag: "cancel".into(),
            key: "1".into(),
            body: "{}".into(),
            attempt: 1,
            age: Duration::ZERO,
        }
    }

    fn ids(messages: &[Message]) -> Vec<&str> {
        messages.iter().map(|message| message.id.as_str()).collect()
    }

    #[test]
    fn messages_are_taken_once_in_their_order_with_their_age() {
        let handover = Handover::default();
        for (id, written) in [("a", 0), ("b", 5), ("c", 7)] {
            handover.push(message(id), Timestamp(written));
        }
        let taken = handover.take(2, Timestamp(10), WITHIN);
        assert_eq!(ids(&taken), ["a", "b"]);
        assert_eq!(taken.iter().map(|message| message.age.as_millis()).collect::<Vec<_>>(), [10, 5]);
        assert_eq!(ids(&handover.take(2, Timestamp(10), WITHIN)), ["c"]);
        assert_eq!(handover.waiting(), 0);
    }

    #[test]
    fn a_message_whose_claim_may_end_before_its_delivery_is_left_to_the_outbox() {
        let handover = Handover::default();
        for (id, written) in [("late", 0), ("in time", 1)] {
            handover.push(message(id), Timestamp(written));
        }
        assert_eq!(ids(&handover.take(1, Timestamp(15), WITHIN)), ["in time"]);
        assert_eq!(handover.waiting(), 0);
    }

    #[test]
    fn without_a_relay_no_message_is_claimed() {
        let waker = RelayWaker::default();
        assert_eq!(waker.lease("goods"), None);
        waker.hand_over(message("a"), Timestamp(0));
        waker.wake("order");
    }
}
