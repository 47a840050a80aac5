//! A collector: a server that keeps the spans it is sent, as OTLP over HTTP.

use std::collections::BTreeSet;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span as Wire;
use prost::Message as _;
use tradepost::domain::id::OrderId;
use tradepost::trace::TraceId;

use crate::support::{RecordingServer, TestApp};

/// Kinds of spans, as OTLP numbers them.
pub const SERVER: i32 = 2;
pub const CLIENT: i32 = 3;
pub const CONSUMER: i32 = 5;

/// A span that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub trace: String,
    pub id: String,
    /// Empty for the root of a trace.
    pub parent: String,
    pub name: String,
    pub kind: i32,
    /// The traces and spans that it links to.
    pub links: Vec<(String, String)>,
    /// How long it took, in nanoseconds.
    pub took: u64,
    pub has_failed: bool,
}

impl From<Wire> for Span {
    fn from(wire: Wire) -> Self {
        let links = wire.links.iter().map(|link| (hex::encode(&link.trace_id), hex::encode(&link.span_id)));
        Self {
            trace: hex::encode(&wire.trace_id),
            id: hex::encode(&wire.span_id),
            parent: hex::encode(&wire.parent_span_id),
            name: wire.name,
            kind: wire.kind,
            links: links.collect(),
            took: wire.end_time_unix_nano.checked_sub(wire.start_time_unix_nano).expect("it ends before it begins"),
            has_failed: wire.status.is_some_and(|status| status.code == 2),
        }
    }
}

/// The collector.
pub struct Collector(pub RecordingServer);

impl Collector {
    pub async fn open() -> Self {
        Self(RecordingServer::open().await)
    }

    /// The value of `trace.endpoint` for it.
    pub fn endpoint(&self) -> String {
        format!("{}/v1/traces", self.0.url)
    }

    /// The application, which sends its spans here.
    pub async fn app(&self, settings: &[(&str, &str)]) -> TestApp {
        // On a slow machine, a query would otherwise be due before the callback.
        let base = [("TRACE__ENDPOINT", self.endpoint()), ("PAYMENTS__ASK__FIRST", "60s".to_owned())];
        let base: Vec<_> = base.iter().map(|(name, text)| (*name, text.as_str())).collect();
        TestApp::with(&[&base, settings].concat()).await
    }

    /// All spans received so far. An application that has stopped has sent all of its spans.
    pub fn spans(&self) -> Spans {
        let mut spans = Vec::new();
        for request in self.0.requests() {
            assert_eq!(request.path, "/v1/traces");
            assert!(request.headers.contains(&("content-type".to_owned(), "application/x-protobuf".to_owned())));
            let request = ExportTraceServiceRequest::decode(request.body.as_slice()).unwrap();
            for resource in request.resource_spans {
                let service = &resource.resource.as_ref().unwrap().attributes[0];
                assert_eq!(service.key, "service.name");
                spans.extend(resource.scope_spans.into_iter().flat_map(|scope| scope.spans).map(Span::from));
            }
        }
        Spans(spans)
    }
}

/// Spans that were received.
#[derive(Debug, Clone)]
pub struct Spans(pub Vec<Span>);

impl Spans {
    /// Those of one trace.
    pub fn of_trace(&self, trace: &str) -> Self {
        Self(self.0.iter().filter(|span| span.trace == trace).cloned().collect())
    }

    /// Those of an order's trace.
    pub fn of_order(&self, order_id: &str) -> Self {
        self.of_trace(&trace_of(order_id))
    }

    /// The names, each once.
    pub fn names(&self) -> BTreeSet<&str> {
        self.0.iter().map(|span| span.name.as_str()).collect()
    }

    /// The one span with this name.
    #[track_caller]
    pub fn one(&self, name: &str) -> &Span {
        let mut found = self.0.iter().filter(|span| span.name == name);
        match (found.next(), found.next()) {
            (Some(span), None) => span,
            (first, _) => panic!("{} spans are named {name}: {:?}", first.map_or("no", |_| "several"), self.names()),
        }
    }

    pub fn find(&self, id: &str) -> Option<&Span> {
        self.0.iter().find(|span| span.id == id)
    }

    /// The names on the way from a span up to the root.
    #[track_caller]
    pub fn way_up(&self, name: &str) -> Vec<&str> {
        let mut span = self.one(name);
        let mut way = Vec::new();
        while !span.parent.is_empty() {
            span = self.find(&span.parent).unwrap_or_else(|| panic!("the parent of {span:?} is missing"));
            way.push(span.name.as_str());
        }
        way
    }
}

/// The trace of an order.
pub fn trace_of(order_id: &str) -> String {
    TraceId::of_order(order_id.parse::<OrderId>().unwrap()).to_string()
}
