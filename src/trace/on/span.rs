//! Spans of work in progress.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use super::cell::{Above, Record, Target, Trace, Value, now};
use crate::domain::id::OrderId;
use crate::trace::{Kind, SpanId, TraceId};

tokio::task_local! {
    /// The span of the work in progress.
    static CURRENT: Parent;
}

/// The span under which work is done, if that is recorded.
#[derive(Debug, Clone, Default)]
pub struct Parent(Option<Target>);

impl Parent {
    /// The span of the work in progress.
    #[must_use]
    pub fn current() -> Self {
        CURRENT.try_with(Self::clone).unwrap_or_default()
    }

    /// Notes that the work is about an order, whose trace it joins or is linked with.
    pub fn join(&self, order_id: OrderId) {
        if let Some(target) = &self.0 {
            target.trace.join(order_id);
        }
    }

    /// A span under this one; `name` is only called if it is recorded.
    #[must_use]
    pub fn child(&self, name: impl FnOnce() -> String, kind: Kind) -> Span {
        let open = |Target { trace, span }: &Target| {
            Open::new(Arc::clone(trace), SpanId::random(), Above::Span(*span), name(), kind)
        };
        Span(self.0.as_ref().map(open).map(Box::new))
    }

    /// Runs `work` under this span.
    pub fn enter<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, work)
    }

    /// The span, if it is recorded.
    pub(super) const fn target(&self) -> Option<&Target> {
        self.0.as_ref()
    }
}

/// A piece of work, if it is recorded. It ends when it is dropped.
#[derive(Debug, Default)]
pub struct Span(Option<Box<Open>>);

/// A span that has not ended.
#[derive(Debug)]
struct Open(Option<Record>);

impl Open {
    fn new(trace: Arc<Trace>, id: SpanId, above: Above, name: String, kind: Kind) -> Self {
        let start = now();
        let (attributes, links) = (Vec::new(), Vec::new());
        Self(Some(Record { trace, id, above, name, kind, start, end: start, attributes, links, error: None }))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Some(mut record) = self.0.take() else { return };
        record.end = now();
        if record.id == record.trace.top() {
            record.links.extend(record.trace.take_links());
        }
        let queue = record.trace.queue().clone();
        queue.push(record);
    }
}

impl Span {
    /// The topmost span of its part of a trace.
    pub(super) fn top(trace: Arc<Trace>, name: String, kind: Kind) -> Self {
        let top = trace.top();
        Self(Some(Box::new(Open::new(trace, top, Above::Top, name, kind))))
    }

    fn record(&self) -> Option<&Record> {
        self.0.as_ref()?.0.as_ref()
    }

    fn record_mut(&mut self) -> Option<&mut Record> {
        self.0.as_mut()?.0.as_mut()
    }

    /// This span as the one under which work is done.
    pub(super) fn parent(&self) -> Parent {
        Parent(self.record().map(|record| Target { trace: Arc::clone(&record.trace), span: record.id }))
    }

    /// Whether it is recorded.
    #[must_use]
    pub const fn is_recorded(&self) -> bool {
        self.0.is_some()
    }

    /// The id of its trace, if it is recorded; decided now if it was not before.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.record().map(|record| record.trace.id())
    }

    /// Sets the name.
    pub fn rename(&mut self, name: String) {
        if let Some(record) = self.record_mut() {
            record.name = name;
        }
    }

    /// Adds a number.
    pub fn set_number(&mut self, name: &'static str, number: i64) {
        self.set(name, || Value::Number(number));
    }

    /// Adds a text.
    pub fn set_text(&mut self, name: &'static str, text: impl Display) {
        self.set(name, || Value::Text(text.to_string()));
    }

    fn set(&mut self, name: &'static str, value: impl FnOnce() -> Value) {
        if let Some(record) = self.record_mut() {
            record.attributes.push((name, value()));
        }
    }

    /// Adds a link to another span.
    pub(super) fn link(&mut self, target: Target) {
        if let Some(record) = self.record_mut() {
            record.links.push(target);
        }
    }

    /// Sets the start to an earlier time.
    pub(super) fn began_at(&mut self, began: Instant) {
        if let Some(record) = self.record_mut() {
            record.start = record.start.saturating_sub(began.elapsed());
        }
    }

    /// Marks the work as failed.
    pub fn fail(&mut self, why: impl Display) {
        if let Some(record) = self.record_mut() {
            record.error = Some(why.to_string());
        }
    }

    /// Notes that the work is about an order, whose trace it joins or is linked with.
    pub fn join(&self, order_id: OrderId) {
        if let Some(record) = self.record() {
            record.trace.join(order_id);
        }
    }

    /// Ends it, as dropping it does.
    pub fn end(self) {}

    /// Runs `work` under this span, which does not end with it.
    pub fn enter<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        self.parent().enter(work)
    }

    /// Runs `work` under this span, which ends with it.
    pub async fn run<F: Future>(self, work: F) -> F::Output {
        self.enter(work).await
    }
}
