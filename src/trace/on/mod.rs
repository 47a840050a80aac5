//! The recording of spans, in builds with the cargo feature `traces`.
//!
//! A finished span is put into a bounded queue, from which a thread of its own sends it; see [`export`]. Recording never
//! waits: a span that does not fit is counted and forgotten. The spans of a trace share a [`cell::Trace`], and the id of
//! the trace is read from it when a span is sent, because it may be decided after the span has ended.

mod batch;
mod cell;
mod export;
mod queue;
mod span;
mod tracer;
mod wire;

pub use batch::BatchSpan;
pub use span::{Parent, Span};
pub use tracer::Tracer;
