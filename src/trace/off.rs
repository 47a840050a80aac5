//! The types of a build without the cargo feature `traces`: they are empty and do nothing.

use std::fmt::Display;
use std::future::Future;
use std::time::Instant;

use super::{Counts, Kind, Policy, TraceId, Traceparent};
use crate::domain::id::OrderId;

/// Records spans; here, none.
#[derive(Debug, Clone, Default)]
pub struct Tracer(());

impl Tracer {
    /// A tracer that records nothing.
    #[must_use]
    pub const fn start(_: &Policy, _: i64) -> Self {
        Self(())
    }

    /// The span of a request.
    #[must_use]
    pub const fn request(&self, _: Option<Traceparent>, _: &str) -> Span {
        Span(())
    }

    /// A span of work for an order.
    #[must_use]
    pub fn in_order(&self, _: OrderId, _: impl FnOnce() -> String, _: Kind) -> Span {
        Span(())
    }

    /// The root span of an order that was begun at an earlier time.
    pub const fn root(&self, _: OrderId, _: Instant) {}

    /// Whether spans are recorded.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        false
    }

    /// Numbers of spans.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::default()
    }

    /// Sends what is recorded.
    pub async fn stop(&self) {}
}

/// The span under which work is done; here, none.
#[derive(Debug, Clone, Default)]
pub struct Parent(());

impl Parent {
    /// The span of the work in progress.
    #[must_use]
    pub const fn current() -> Self {
        Self(())
    }

    /// Notes that the work is about an order.
    pub const fn join(&self, _: OrderId) {}

    /// A span under this one.
    #[must_use]
    pub fn child(&self, _: impl FnOnce() -> String, _: Kind) -> Span {
        Span(())
    }

    /// Runs `work` under this span.
    pub fn enter<F: Future>(self, work: F) -> F {
        work
    }
}

/// A piece of work; here, it is not recorded.
#[derive(Debug, Default)]
pub struct Span(());

impl Span {
    /// Whether it is recorded.
    #[must_use]
    pub const fn is_recorded(&self) -> bool {
        false
    }

    /// The id of its trace, if it is recorded.
    #[must_use]
    pub const fn trace_id(&self) -> Option<TraceId> {
        None
    }

    /// Sets the name.
    pub fn rename(&mut self, _: String) {}

    /// Adds a number.
    pub const fn set_number(&mut self, _: &'static str, _: i64) {}

    /// Adds a text.
    pub fn set_text(&mut self, _: &'static str, _: impl Display) {}

    /// Marks the work as failed.
    pub fn fail(&mut self, _: impl Display) {}

    /// Notes that the work is about an order.
    pub const fn join(&self, _: OrderId) {}

    /// Ends it.
    pub const fn end(self) {}

    /// Runs `work` under this span, which does not end with it.
    pub fn enter<F: Future>(&self, work: F) -> F {
        work
    }

    /// Runs `work` under this span, which ends with it.
    pub fn run<F: Future>(self, work: F) -> F {
        work
    }
}

/// The span of a batch; here, it is not recorded.
#[derive(Debug, Default)]
pub struct BatchSpan(());

impl BatchSpan {
    /// Begins a batch.
    #[must_use]
    pub const fn begin(_: &'static str, _: &'static str) -> Self {
        Self(())
    }

    /// The span of a task of the batch that has arrived earlier.
    #[must_use]
    pub const fn task<M>(&mut self, _: &Parent, _: Instant) -> Span {
        Span(())
    }
}
