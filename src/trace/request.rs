//! The trace of one request, in builds with and without the recording of spans.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;

use super::{Parent, Span, TraceId, Traceparent, Tracer};
use crate::domain::id::OrderId;

tokio::task_local! {
    /// Facts about the request in progress.
    static NOTED: Noted;
}

/// Facts about a request in progress, as far as they are known.
#[derive(Debug, Default)]
struct Noted {
    /// Whether it is in the trace of its client.
    is_of_client: bool,
    /// The order that it is about.
    order: Cell<Option<OrderId>>,
}

/// Notes that the request in progress is about an order. The first one counts. Does nothing outside of a request.
pub fn about(order_id: OrderId) {
    let is_new = |noted: &Noted| {
        let is_first = noted.order.replace(Some(noted.order.get().unwrap_or(order_id))).is_none();
        is_first && !noted.is_of_client
    };
    if NOTED.try_with(is_new) == Ok(true) {
        tracing::Span::current().record("trace_id", tracing::field::display(TraceId::of_order(order_id)));
    }
    Parent::current().join(order_id);
}

/// The trace of a request.
#[derive(Debug)]
pub struct Request {
    client: Option<Traceparent>,
    span: Span,
    order: Option<OrderId>,
}

impl Request {
    /// Begins the trace of a request. `traceparent` is the client's header, which is ignored if it is malformed.
    #[must_use]
    pub fn begin(tracer: &Tracer, traceparent: Option<&str>, request_id: &str) -> Self {
        let client = traceparent.and_then(Traceparent::parse);
        Self { client, span: tracer.request(client, request_id), order: None }
    }

    /// Runs `serve` as the work of this request.
    pub async fn run<F: Future>(mut self, serve: F) -> (F::Output, Self) {
        let noted = Noted { is_of_client: self.client.is_some(), order: Cell::default() };
        let mut serve = pin!(NOTED.scope(noted, self.span.enter(serve)));
        let output = serve.as_mut().await;
        self.order = serve.take_value().and_then(|noted| noted.order.get());
        (output, self)
    }

    /// The id of the trace: that of the client, else that of the order that the request is about, else one of its own.
    #[must_use]
    pub fn id(&self, request_id: &str) -> TraceId {
        let id = || match (self.client, self.order) {
            (Some(client), _) => client.trace,
            (None, Some(order_id)) => TraceId::of_order(order_id),
            (None, None) => TraceId::of_request(request_id),
        };
        self.span.trace_id().unwrap_or_else(id)
    }

    /// The id of the client's trace, if the request is in it.
    #[must_use]
    pub fn id_of_client(&self) -> Option<TraceId> {
        self.client.map(|client| client.trace)
    }

    /// Whether the trace is that of the client or of an order, which the log has then.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.client.is_some() || self.order.is_some()
    }

    /// Ends the trace with the status of the answer. `name` gives the method and the route.
    pub fn end(mut self, status: u16, name: impl FnOnce() -> String) {
        if self.span.is_recorded() {
            // What is not decided by now is a trace of its own.
            let _ = self.span.trace_id();
            self.span.rename(name());
            self.span.set_number("http.response.status_code", status.into());
            if status >= 500 {
                self.span.fail(format!("status {status}"));
            }
        }
    }
}
