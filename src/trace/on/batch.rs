//! The span of a batch: many traces meet in it, so it has a trace of its own, with links from and to its tasks.

use std::time::Instant;

use super::cell::Trace;
use super::span::{Parent, Span};
use crate::trace::{Kind, SpanId};

/// The span of a batch. It is recorded if one of its tasks is.
#[derive(Debug)]
pub struct BatchSpan {
    owner: &'static str,
    access: &'static str,
    began: Instant,
    span: Span,
    tasks: i64,
}

impl BatchSpan {
    /// Begins a batch of an owner; `access` is `read` or `write`.
    #[must_use]
    pub fn begin(owner: &'static str, access: &'static str) -> Self {
        Self { owner, access, began: Instant::now(), span: Span::default(), tasks: 0 }
    }

    /// The span of a task of type `M`, which has arrived at `arrived` and was sent by `parent`.
    pub fn task<M>(&mut self, parent: &Parent, arrived: Instant) -> Span {
        self.tasks += 1;
        let Some(sender) = parent.target() else { return Span::default() };
        if !self.span.is_recorded() {
            let trace = Trace::of_batch(sender.trace.queue(), SpanId::random());
            self.span = Span::top(trace, format!("{} {} batch", self.owner, self.access), Kind::Internal);
            self.span.began_at(self.began);
        }
        let mut span = parent.child(|| format!("{} {}", self.owner, type_name::<M>()), Kind::Internal);
        span.began_at(arrived);
        span.set_number("tradepost.queued_us", micros(arrived, self.began));
        if let (Some(task), Some(batch)) = (span.parent().target(), self.span.parent().target()) {
            self.span.link(task.clone());
            span.link(batch.clone());
        }
        span
    }
}

impl Drop for BatchSpan {
    fn drop(&mut self) {
        self.span.set_number("tradepost.batch.tasks", self.tasks);
    }
}

/// The name of a type without its path.
fn type_name<M>() -> &'static str {
    let name = std::any::type_name::<M>();
    name.rsplit("::").next().unwrap_or(name)
}

fn micros(from: Instant, until: Instant) -> i64 {
    i64::try_from(until.saturating_duration_since(from).as_micros()).unwrap_or(i64::MAX)
}
