//! Traces: which spans of work belong to one order, from the request through mailboxes, batches, platform calls and
//! messages to the last consumer, also after a restart.
//!
//! The trace of an order is a pure function of its id ([`TraceId::of_order`]), so nothing is stored for it, and whatever
//! knows the order's id can join its trace: a message, a due refund, a saga that is resumed. A request often learns the
//! order's id late, for example a callback from the row of its payment. The spans of a request therefore share a cell
//! with their trace, which is decided when the order is known or the request has been answered. A request with a
//! `traceparent` of its client stays in the client's trace; it and the order's trace are then linked both ways.
//!
//! [`Tracer`], [`Span`], [`Parent`] and [`BatchSpan`] record only with the cargo feature `traces`. Without it they are empty
//! types, and the compiler removes their calls. The ids are the same in both builds.

mod id;
mod policy;
mod request;
mod traced;
mod traceparent;

#[cfg(not(feature = "traces"))]
mod off;
#[cfg(feature = "traces")]
mod on;

#[cfg(not(feature = "traces"))]
pub use off::{BatchSpan, Parent, Span, Tracer};
#[cfg(feature = "traces")]
pub use on::{BatchSpan, Parent, Span, Tracer};

pub use id::{SpanId, TraceId};
pub use policy::{Endpoint, Policy, Share};
pub use request::{Request, about};
pub use traced::Traced;
pub use traceparent::{TRACEPARENT, Traceparent};

/// The role of a span, in the terms of OpenTelemetry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Work within this process.
    Internal,
    /// A request of a client that is served here.
    Server,
    /// A call to a payment platform.
    Client,
    /// The delivery of a message.
    Consumer,
}

/// Numbers of spans since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Spans that the collector has accepted.
    pub exported: u64,
    /// Spans that were lost: the queue was full, or the collector did not answer or refused them.
    pub dropped: u64,
}
