//! The bounded queue of finished spans, with the numbers of those that were sent and lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::sync::{mpsc, oneshot};

use crate::trace::{Counts, Share};

/// A message to the thread that sends spans.
pub enum Message<T> {
    Span(Box<T>),
    /// Send everything, reply and end.
    Stop(oneshot::Sender<()>),
}

/// The queue to the thread that sends spans. Clones share it.
#[derive(Debug)]
pub struct Queue<T>(Arc<Inner<T>>);

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[derive(Debug)]
struct Inner<T> {
    sender: mpsc::Sender<Message<T>>,
    share: Share,
    exported: AtomicU64,
    dropped: AtomicU64,
}

impl<T> Queue<T> {
    /// A queue for at most `capacity` spans, of which `share` is sent.
    pub fn new(capacity: usize, share: Share) -> (Self, mpsc::Receiver<Message<T>>) {
        let (sender, receiver) = mpsc::channel(capacity);
        (Self(Arc::new(Inner { sender, share, exported: AtomicU64::new(0), dropped: AtomicU64::new(0) })), receiver)
    }

    /// Adds a span, or counts it as dropped if the queue is full.
    pub fn push(&self, record: T) {
        if self.0.sender.try_send(Message::Span(Box::new(record))).is_err() {
            self.count_dropped(1);
        }
    }

    /// Ends the thread that sends spans once it has sent all; returns when that is done.
    pub async fn stop(&self) {
        let (sender, stopped) = oneshot::channel();
        if self.0.sender.send(Message::Stop(sender)).await.is_ok() {
            let _ = stopped.await;
        }
    }

    /// The share of traces that is sent.
    pub fn share(&self) -> Share {
        self.0.share
    }

    /// Counts spans that the collector has accepted.
    pub fn count_exported(&self, spans: u64) {
        self.0.exported.fetch_add(spans, Relaxed);
    }

    /// Counts spans that are lost.
    pub fn count_dropped(&self, spans: u64) {
        self.0.dropped.fetch_add(spans, Relaxed);
    }

    /// The numbers of spans since the start.
    pub fn counts(&self) -> Counts {
        Counts { exported: self.0.exported.load(Relaxed), dropped: self.0.dropped.load(Relaxed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_that_does_not_fit_into_the_queue_is_dropped_and_counted() {
        let (queue, _receiver) = Queue::new(2, Share::default());
        (0..5).for_each(|span| queue.push(span));
        assert_eq!(queue.counts(), Counts { exported: 0, dropped: 3 });
    }
}
