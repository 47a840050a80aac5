//! Sends finished spans to the collector, from a thread of its own: OTLP over HTTP, as protobuf.
//!
//! Spans are sent about once a second. If the collector does not answer, refuses or is too slow, spans are dropped and
//! counted; nothing else waits for it.

use std::time::{Duration, Instant};

use actix::Arbiter;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;
use tokio::sync::{mpsc, oneshot};

use super::cell::{Queue, Record, now};
use super::queue::Message;
use super::wire::{self, Resource};

/// How long finished spans are collected before they are sent.
const SEND_EVERY: Duration = Duration::from_secs(1);
/// Number of spans in one request to the collector.
const SENT_AT_ONCE: usize = 512;
/// How long a span waits for the id of its trace to be decided: longer than a request may take.
const UNDECIDED_MAX: Duration = Duration::from_secs(30);
/// Maximum number of spans that wait for it.
const UNDECIDED_SPANS_MAX: usize = 16_384;
/// Time limit of one request to the collector.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Shorter than the usual keep-alive timeouts of servers, so that no connection is reused while the collector closes it.
const IDLE_MAX: Duration = Duration::from_secs(5);
/// How long a stop waits for the last spans to be sent.
pub const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Starts the thread that sends what comes from `receiver` to `endpoint`.
pub fn start(endpoint: String, node: i64, queue: Queue, receiver: mpsc::Receiver<Message<Record>>) {
    // The client is not `Send`, so it is made on the thread.
    Arbiter::new().spawn_fn(move || {
        actix::spawn(async move {
            let connector = awc::Connector::new().conn_keep_alive(IDLE_MAX);
            let client =
                awc::Client::builder().connector(connector).timeout(ANSWER_WITHIN).disable_redirects().finish();
            let resource = wire::resource(node);
            Exporter { endpoint, queue, client, resource, is_failing: false }.run(receiver).await;
            Arbiter::current().stop();
        });
    });
}

struct Exporter {
    endpoint: String,
    queue: Queue,
    client: awc::Client,
    resource: Resource,
    /// The last request to the collector has failed.
    is_failing: bool,
}

impl Exporter {
    /// Sends spans until it is stopped.
    async fn run(mut self, mut receiver: mpsc::Receiver<Message<Record>>) {
        let mut waiting = Vec::new();
        loop {
            let stop = collect(&mut receiver, &mut waiting).await;
            let is_last = stop.is_some();
            let must_go = is_last || waiting.len() > UNDECIDED_SPANS_MAX;
            let (ready, rest) = waiting.into_iter().partition(|record| must_go || is_ready(record));
            waiting = rest;
            self.send_all(ready).await;
            if let Some(stopped) = stop {
                let _ = stopped.send(());
                return;
            }
        }
    }

    async fn send_all(&mut self, records: Vec<Record>) {
        let mut spans = records.into_iter().filter_map(|record| wire::span(&record)).peekable();
        while spans.peek().is_some() {
            let some: Vec<_> = spans.by_ref().take(SENT_AT_ONCE).collect();
            let number = u64::try_from(some.len()).unwrap_or(u64::MAX);
            let outcome = self.send(wire::request(&self.resource, some)).await;
            let rejected = outcome.as_ref().map_or(number, |rejected| number.min(*rejected));
            self.queue.count_exported(number - rejected);
            self.queue.count_dropped(rejected);
            match (outcome, self.is_failing) {
                (Err(error), false) => {
                    tracing::warn!(error, "the trace collector does not take spans; they are dropped and counted");
                    self.is_failing = true;
                }
                (Ok(_), true) => {
                    tracing::info!("the trace collector takes spans again");
                    self.is_failing = false;
                }
                _ => {}
            }
        }
    }

    /// Posts one request; returns the number of spans that the collector has rejected.
    async fn send(&self, body: Vec<u8>) -> Result<u64, String> {
        let post = self.client.post(&self.endpoint).content_type("application/x-protobuf");
        let mut response = post.send_body(body).await.map_err(|error| error.to_string())?;
        if !response.status().is_success() {
            return Err(format!("status {}", response.status().as_u16()));
        }
        let body = response.body().await.map_err(|error| error.to_string())?;
        let rejected = ExportTraceServiceResponse::decode(body).ok().and_then(|answer| answer.partial_success);
        Ok(rejected.map_or(0, |partial| u64::try_from(partial.rejected_spans).unwrap_or(0)))
    }
}

/// Takes spans from the queue for [`SEND_EVERY`], or until there are enough. Returns the reply to send if it is to stop.
async fn collect(
    receiver: &mut mpsc::Receiver<Message<Record>>,
    waiting: &mut Vec<Record>,
) -> Option<oneshot::Sender<()>> {
    let until = Instant::now() + SEND_EVERY;
    for _ in 0..SENT_AT_ONCE {
        match tokio::time::timeout_at(until.into(), receiver.recv()).await {
            Ok(Some(Message::Span(record))) => waiting.push(*record),
            Ok(Some(Message::Stop(stopped))) => return Some(stopped),
            // Spans hold the other end, so it is not closed before a stop.
            Ok(None) | Err(_) => break,
        }
    }
    None
}

/// Whether the traces of a span and of the spans that it links to are decided, or will never be.
fn is_ready(record: &Record) -> bool {
    let is_decided = record.trace.is_decided() && record.links.iter().all(|link| link.trace.is_decided());
    is_decided || now().saturating_sub(record.end) > UNDECIDED_MAX
}
