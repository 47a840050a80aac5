//! Finished spans in the form of OTLP.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Wire;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
pub use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message as _;

use super::cell::{Above, Record, Target, Value};
use crate::trace::Kind;

/// The name of this program in traces.
const SERVICE: &str = "tradepost";

/// The description of this process, with the number of its node.
pub fn resource(node: i64) -> Resource {
    let text = |text: &str| Wire::StringValue(text.to_owned());
    let attributes = vec![
        attribute("service.name", text(SERVICE)),
        attribute("service.version", text(env!("CARGO_PKG_VERSION"))),
        attribute("service.instance.id", text(&node.to_string())),
    ];
    Resource { attributes, ..Resource::default() }
}

/// The body of a request that sends `spans`.
pub fn request(resource: &Resource, spans: Vec<Span>) -> Vec<u8> {
    let scope = InstrumentationScope { name: SERVICE.to_owned(), ..InstrumentationScope::default() };
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, schema_url: String::new() }];
    let resource_spans =
        vec![ResourceSpans { resource: Some(resource.clone()), scope_spans, schema_url: String::new() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

/// A finished span; `None` if its trace is not sent.
pub fn span(record: &Record) -> Option<Span> {
    let trace = &record.trace;
    let links: Vec<Link> = record.links.iter().filter_map(link).collect();
    if !trace.is_sampled() || (trace.is_of_batch() && links.is_empty()) {
        return None;
    }
    let above = match record.above {
        Above::Span(id) => Some(id),
        Above::Top => trace.above_top(),
    };
    let kind = match record.kind {
        Kind::Internal => SpanKind::Internal,
        Kind::Server => SpanKind::Server,
        Kind::Client => SpanKind::Client,
        Kind::Consumer => SpanKind::Consumer,
    };
    let value = |value: &Value| match value {
        Value::Text(text) => Wire::StringValue(text.clone()),
        Value::Number(number) => Wire::IntValue(*number),
    };
    Some(Span {
        trace_id: trace.id().0.to_vec(),
        span_id: record.id.0.to_vec(),
        parent_span_id: above.map(|id| id.0.to_vec()).unwrap_or_default(),
        name: record.name.clone(),
        kind: kind.into(),
        start_time_unix_nano: nanos(record.start),
        end_time_unix_nano: nanos(record.end),
        attributes: record.attributes.iter().map(|(name, of)| attribute(name, value(of))).collect(),
        links,
        status: record.error.as_ref().map(|why| Status { message: why.clone(), code: StatusCode::Error.into() }),
        ..Span::default()
    })
}

/// A link to another span; `None` if that one is not sent. The link of a task to its batch is always sent, since the
/// batch is.
fn link(target: &Target) -> Option<Link> {
    let link = || Link { trace_id: target.trace.id().0.to_vec(), span_id: target.span.0.to_vec(), ..Link::default() };
    target.trace.is_sampled().then(link)
}

fn attribute(name: &str, value: Wire) -> KeyValue {
    KeyValue { key: name.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
