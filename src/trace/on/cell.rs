//! Finished spans, and the trace that they share, whose id may be decided after some of them have ended.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;

use super::queue;
use crate::domain::id::OrderId;
use crate::trace::{Kind, SpanId, TraceId, Traceparent};

/// The queue of finished spans.
pub type Queue = queue::Queue<Record>;

/// A finished span.
#[derive(Debug)]
pub struct Record {
    pub trace: Arc<Trace>,
    pub id: SpanId,
    pub above: Above,
    pub name: String,
    pub kind: Kind,
    /// Its start and end, since 1970. Not by the clock of the tests: a collector compares the times of many programs.
    pub start: Duration,
    pub end: Duration,
    pub attributes: Vec<(&'static str, Value)>,
    pub links: Vec<Target>,
    /// Why the work has failed.
    pub error: Option<String>,
}

/// The present time, since 1970.
pub fn now() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}

/// The span above a span.
#[derive(Debug, Clone, Copy)]
pub enum Above {
    /// This one.
    Span(SpanId),
    /// The one above the topmost span of its part of the trace.
    Top,
}

/// The value of an attribute.
#[derive(Debug, Clone)]
pub enum Value {
    Text(String),
    Number(i64),
}

/// A span that another one links to.
#[derive(Debug, Clone)]
pub struct Target {
    pub trace: Arc<Trace>,
    pub span: SpanId,
}

/// A trace, or the part of it that one request or one job contributes.
#[derive(Debug)]
pub struct Trace {
    queue: Queue,
    decided: OnceLock<Decision>,
    /// The id of the trace if it turns out to concern no order.
    own: TraceId,
    /// The topmost span of this part.
    top: SpanId,
    /// Links of that span to the traces of other orders.
    links: Mutex<Vec<Target>>,
}

/// The trace that a part belongs to.
#[derive(Debug, Clone, Copy)]
enum Decision {
    Client(Traceparent),
    Order(OrderId),
    /// A trace of its own.
    Own(TraceId),
    /// The trace of a batch, which is sent with the tasks that it links to.
    Batch(TraceId),
}

impl Trace {
    fn new(queue: &Queue, own: TraceId, top: SpanId) -> Self {
        Self { queue: queue.clone(), decided: OnceLock::new(), own, top, links: Mutex::default() }
    }

    fn decided(queue: &Queue, decision: Decision, top: SpanId) -> Arc<Self> {
        let trace = Self::new(queue, TraceId([1; 16]), top);
        let _ = trace.decided.set(decision);
        Arc::new(trace)
    }

    /// The trace of an order, for a part whose topmost span is `top`.
    pub fn of_order(queue: &Queue, order_id: OrderId, top: SpanId) -> Arc<Self> {
        Self::decided(queue, Decision::Order(order_id), top)
    }

    /// The trace of a batch.
    pub fn of_batch(queue: &Queue, top: SpanId) -> Arc<Self> {
        Self::decided(queue, Decision::Batch(TraceId(fastrand::u128(1..).to_be_bytes())), top)
    }

    /// The trace of a request: that of its client, or one that is decided later.
    pub fn of_request(queue: &Queue, client: Option<Traceparent>, own: TraceId, top: SpanId) -> Arc<Self> {
        match client {
            Some(client) => Self::decided(queue, Decision::Client(client), top),
            None => Arc::new(Self::new(queue, own, top)),
        }
    }

    /// The queue of finished spans.
    pub const fn queue(&self) -> &Queue {
        &self.queue
    }

    /// The topmost span of this part.
    pub const fn top(&self) -> SpanId {
        self.top
    }

    /// Takes the links of the topmost span.
    pub fn take_links(&self) -> Vec<Target> {
        std::mem::take(&mut self.links.lock())
    }

    /// Whether the id is decided.
    pub fn is_decided(&self) -> bool {
        self.decided.get().is_some()
    }

    /// The id, which is decided now if it was not before.
    pub fn id(&self) -> TraceId {
        match self.decided.get_or_init(|| Decision::Own(self.own)) {
            Decision::Client(client) => client.trace,
            Decision::Order(order_id) => TraceId::of_order(*order_id),
            Decision::Own(id) | Decision::Batch(id) => *id,
        }
    }

    /// The span above the topmost one.
    pub fn above_top(&self) -> Option<SpanId> {
        match self.decided.get()? {
            Decision::Client(client) => Some(client.span),
            // The root has none above it.
            Decision::Order(order_id) => Some(SpanId::of_order(*order_id)).filter(|root| *root != self.top),
            Decision::Own(_) | Decision::Batch(_) => None,
        }
    }

    /// Whether the trace is sent: the client decides about its own, and the id about all others.
    pub fn is_sampled(&self) -> bool {
        let id = self.id();
        match self.decided.get() {
            Some(Decision::Client(client)) => client.is_sampled,
            Some(Decision::Batch(_)) => true,
            _ => self.queue.share().contains(id),
        }
    }

    /// Whether the trace is that of a batch, which is only sent if the trace of one of its tasks is.
    pub fn is_of_batch(&self) -> bool {
        matches!(self.decided.get(), Some(Decision::Batch(_)))
    }

    /// Notes that this part is about an order. It joins the order's trace if it is not decided yet. Otherwise the two
    /// traces are linked both ways: the order's trace gets a span for it that has no duration.
    pub fn join(self: &Arc<Self>, order_id: OrderId) {
        match self.decided.get_or_init(|| Decision::Order(order_id)) {
            Decision::Order(own) if *own == order_id => return,
            Decision::Batch(_) => return,
            _ => {}
        }
        let mut links = self.links.lock();
        let id = TraceId::of_order(order_id);
        if !self.is_sampled() || !self.queue.share().contains(id) || links.iter().any(|link| link.trace.id() == id) {
            return;
        }
        let (span, now) = (SpanId::random(), now());
        let order = Self::of_order(&self.queue, order_id, span);
        links.push(Target { trace: Arc::clone(&order), span });
        drop(links);
        self.queue.push(Record {
            trace: order,
            id: span,
            above: Above::Top,
            name: "request of another trace".to_owned(),
            kind: Kind::Internal,
            start: now,
            end: now,
            attributes: Vec::new(),
            links: vec![Target { trace: Arc::clone(self), span: self.top }],
            error: None,
        });
    }
}
