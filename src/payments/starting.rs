//! The payments that this node is starting. A start runs in a task of its own, and requests for the same payment share
//! it: a request that has waited long enough is answered without the checkout while the start continues.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::actor::{Failure, Reply};
use crate::domain::id::PayId;
use crate::pay::message::Payment;
use crate::trace::Parent;

type Outcome = Option<Reply<Payment>>;

/// The starts in progress, by payment. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Starting(Arc<Mutex<HashMap<PayId, Entry>>>);

#[derive(Debug)]
struct Entry {
    start: Start,
    turn: OwnTurn,
}

/// Whether a request of this node has the turn of a payment. Clones share it, because the request that has the turn may
/// join the start of another one.
#[derive(Debug, Clone, Default)]
pub struct OwnTurn(Arc<AtomicBool>);

impl OwnTurn {
    /// Whether a request of this node has the turn.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.0.load(Relaxed)
    }
}

/// A start in progress.
#[derive(Debug, Clone)]
pub struct Start(watch::Receiver<Outcome>);

/// Removes a start from those in progress when it is dropped, also during a panic.
struct InProgress {
    starting: Starting,
    pay_id: PayId,
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.starting.0.lock().remove(&self.pay_id);
    }
}

impl Starting {
    /// Joins the start of `pay_id` that is in progress; otherwise begins `start`. `has_turn` says whether this request has
    /// the turn of the payment.
    pub fn join<F>(&self, pay_id: PayId, has_turn: bool, start: impl FnOnce(OwnTurn) -> F) -> Start
    where
        F: Future<Output = Reply<Payment>> + 'static,
    {
        let mut all = self.0.lock();
        if let Some(entry) = all.get(&pay_id) {
            entry.turn.0.fetch_or(has_turn, Relaxed);
            return entry.start.clone();
        }
        let (sender, outcome) = watch::channel(None);
        let turn = OwnTurn(Arc::new(AtomicBool::new(has_turn)));
        all.insert(pay_id, Entry { start: Start(outcome.clone()), turn: turn.clone() });
        // Requests that join later see the start in the trace of the first one.
        let start = Parent::current().enter(start(turn));
        let in_progress = InProgress { starting: self.clone(), pay_id };
        actix::spawn(async move {
            let outcome = start.await;
            // A request that finds the outcome and comes again must not join this start.
            drop(in_progress);
            // All requests may be answered already.
            let _ = sender.send(Some(outcome));
        });
        Start(outcome)
    }
}

impl Start {
    /// The outcome; `None` if the start has not ended within `limit`. It continues then.
    pub async fn within(mut self, limit: Duration) -> Option<Reply<Payment>> {
        match tokio::time::timeout(limit, self.0.wait_for(Option::is_some)).await {
            Ok(Ok(outcome)) => outcome.clone(),
            // The start has panicked.
            Ok(Err(_)) => Some(Err(Failure::Unknown)),
            Err(_) => None,
        }
    }
}
