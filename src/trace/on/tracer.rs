//! Begins traces.

use std::time::Instant;

use super::cell::{Queue, Trace};
use super::export;
use super::span::Span;
use crate::domain::id::OrderId;
use crate::trace::{Counts, Kind, Policy, SpanId, TraceId, Traceparent};

/// Capacity of the queue of finished spans. They take about 400 bytes each.
const QUEUED_MAX: usize = 16_384;

/// Records spans if an endpoint is set. Clones share the queue of finished spans.
#[derive(Debug, Clone, Default)]
pub struct Tracer(Option<Queue>);

impl Tracer {
    /// Starts the thread that sends spans, if an endpoint is set. `node` is the number of this node.
    #[must_use]
    pub fn start(policy: &Policy, node: i64) -> Self {
        let start = |endpoint: &String| {
            let (queue, receiver) = Queue::new(QUEUED_MAX, policy.sample);
            export::start(endpoint.clone(), node, queue.clone(), receiver);
            queue
        };
        Self(policy.endpoint.0.as_ref().map(start))
    }

    /// The span of a request: in the trace of its client, or in one that is decided later.
    #[must_use]
    pub fn request(&self, client: Option<Traceparent>, request_id: &str) -> Span {
        let Some(queue) = &self.0 else { return Span::default() };
        let trace = Trace::of_request(queue, client, TraceId::of_request(request_id), SpanId::random());
        Span::top(trace, String::new(), Kind::Server)
    }

    /// A span of work for an order, in the order's trace; `name` is only called if it is recorded.
    #[must_use]
    pub fn in_order(&self, order_id: OrderId, name: impl FnOnce() -> String, kind: Kind) -> Span {
        let Some(queue) = self.sampled(order_id) else { return Span::default() };
        Span::top(Trace::of_order(queue, order_id, SpanId::random()), name(), kind)
    }

    /// Records the root span of an order that was begun at `began` and ends now.
    pub fn root(&self, order_id: OrderId, began: Instant) {
        let Some(queue) = self.sampled(order_id) else { return };
        let trace = Trace::of_order(queue, order_id, SpanId::of_order(order_id));
        let mut span = Span::top(trace, "order".to_owned(), Kind::Internal);
        span.began_at(began);
        span.set_text("tradepost.order_id", order_id);
    }

    fn sampled(&self, order_id: OrderId) -> Option<&Queue> {
        self.0.as_ref().filter(|queue| queue.share().contains(TraceId::of_order(order_id)))
    }

    /// Whether spans are recorded.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Numbers of spans since the start.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.0.as_ref().map(Queue::counts).unwrap_or_default()
    }

    /// Sends what is recorded, and ends. Returns when that is done, or after a few seconds.
    pub async fn stop(&self) {
        if let Some(queue) = &self.0 {
            let _ = tokio::time::timeout(export::STOP_WITHIN, queue.stop()).await;
        }
    }
}
