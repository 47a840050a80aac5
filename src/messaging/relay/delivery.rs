//! Delivery to one consumer group: claim, deliver, then acknowledge and claim again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use actix::Recipient;
use futures_util::future::join_all;
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::actor::retry::Backoff;
use crate::actor::waker::Handover;
use crate::actor::{Failure, Faults, Health};
use crate::domain::clock::Clock;
use crate::domain::count::Count;
use crate::domain::horizon::Horizon;
use crate::domain::span::{PositiveSpan, Span};
use crate::messaging::inbox::Delivery;
use crate::messaging::outbox::{self, AckAndClaim, DeliveryOutcome};
use crate::trace::{self, Kind, Traced, Tracer};

/// The relay's name in the status page.
pub const NAME: &str = "relay";

/// Polling, leases, retries and retention of messages.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Interval of polling the outboxes, in case a wake-up is lost.
    pub poll: PositiveSpan,
    /// Lease of a claimed message. When it expires, the message is due again.
    pub lease: PositiveSpan,
    /// Maximum number of messages of one group that are delivered at once.
    pub batch_max: Count<1, 65_535>,
    /// Number of attempts after which a message becomes a dead letter.
    pub attempts: Count<1, 1_000_000>,
    /// Delays between attempts.
    pub backoff: Backoff,
    /// Retention of delivered messages in the outbox. The inbox keeps them twice as long.
    pub retention: Span,
}

impl Policy {
    /// How far ahead the next attempt of a message can be: the end of a lease, or a delay.
    #[must_use]
    pub fn horizon(&self) -> Horizon {
        Horizon::of([self.lease.get(), self.backoff.first.0, self.backoff.longest.0])
    }
}

/// The route from one outbox to one consumer group.
#[derive(Debug, Clone)]
pub struct Route {
    /// Name of the owner of the outbox.
    pub producer: &'static str,
    /// Name of the consumer group.
    pub group: &'static str,
    /// The producer, which acknowledges and claims messages.
    pub ack_and_claim: Recipient<Traced<AckAndClaim>>,
    /// The consumer, which receives the messages.
    pub deliver: Recipient<Traced<Delivery>>,
    /// Name of the consumer.
    pub consumer: &'static str,
    /// The messages that the producer has written with a claim for the relay of this process.
    pub handover: Handover,
    /// The deliveries on this route so far.
    pub deliveries: Arc<Deliveries>,
}

/// Numbers of deliveries on a route since the start, by outcome.
#[derive(Debug, Default)]
pub struct Deliveries {
    delivered: AtomicU64,
    refused: AtomicU64,
    unknown: AtomicU64,
    dead: AtomicU64,
}

impl Deliveries {
    fn record(&self, outcome: &DeliveryOutcome) {
        let counter = match outcome {
            DeliveryOutcome::Delivered => &self.delivered,
            DeliveryOutcome::Refused(..) => &self.refused,
            DeliveryOutcome::Unknown { .. } => &self.unknown,
            DeliveryOutcome::DeadLetter(_) => &self.dead,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// The numbers, each with the name of its outcome.
    #[must_use]
    pub fn by_outcome(&self) -> [(&'static str, u64); 4] {
        [
            ("delivered", self.delivered.load(Relaxed)),
            ("refused", self.refused.load(Relaxed)),
            ("unknown", self.unknown.load(Relaxed)),
            ("dead", self.dead.load(Relaxed)),
        ]
    }

    /// Number of deliveries with any outcome.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_outcome().iter().map(|(_, number)| number).sum()
    }
}

/// Number of consecutive failures of [`AckAndClaim`] after which a route stops until the next wake-up or poll.
const MAX_FAILURES: u32 = 5;

/// Outcomes of deliveries that the outbox has not recorded yet, with the ids of the messages.
pub type Unacknowledged = Arc<Mutex<Arc<Vec<(String, DeliveryOutcome)>>>>;

/// Dependencies of the relay and its deliveries.
#[derive(Debug, Clone)]
pub struct Context {
    pub policy: Policy,
    pub clock: Clock,
    pub faults: Faults,
    pub tracer: Tracer,
    pub health: Arc<Health>,
}

/// Delivers the messages of one route until none waits in its handover and, if `claims`, none is due in the outbox. Each
/// [`AckAndClaim`] acknowledges the previous deliveries and claims the next messages in one transaction. What it cannot
/// acknowledge stays in `unacknowledged` for the next run.
pub async fn deliver_due(route: Route, unacknowledged: Unacknowledged, mut claims: bool, context: Context) {
    let Context { policy, clock, faults, tracer, health } = context;
    let batch_max = policy.batch_max.size();
    let mut outcomes = unacknowledged.lock().await;
    let mut failures = 0;
    loop {
        // Half of a batch is for messages that were handed over, so that neither kind waits for the end of the other.
        let reserved = route.handover.waiting().min(batch_max / 2);
        let limit = if claims { batch_max - reserved } else { 0 };
        let mut messages = Vec::new();
        if limit > 0 || !outcomes.is_empty() {
            let task = AckAndClaim {
                group: route.group,
                outcomes: Arc::clone(&outcomes),
                limit: i64::try_from(limit).unwrap_or(i64::MAX),
                lease: policy.lease.get(),
            };
            messages = match route.ack_and_claim.send(Traced::new(task)).await {
                Ok(Ok(claimed)) => claimed,
                // An unacknowledged message is delivered again after its lease; the inbox recognises it.
                _ if failures >= MAX_FAILURES => return,
                _ => {
                    failures += 1;
                    tokio::time::sleep(policy.backoff.delay(failures)).await;
                    continue;
                }
            };
            *outcomes = Arc::default();
            claims &= !messages.is_empty();
        }
        // A delivery may take half of the lease.
        let handed = route.handover.take(batch_max.saturating_sub(messages.len()), clock.now(), policy.lease.get() / 2);
        messages.extend(handed);
        if messages.is_empty() {
            return;
        }
        if faults.hit(NAME, "deliver").is_err() {
            return;
        }
        failures = 0;
        health.in_flight.fetch_add(messages.len(), Relaxed);
        let count = messages.len();
        *outcomes =
            Arc::new(join_all(messages.into_iter().map(|message| deliver(&route, policy, &tracer, message))).await);
        health.in_flight.fetch_sub(count, Relaxed);
        outcomes.iter().for_each(|(_, outcome)| route.deliveries.record(outcome));
        let delivered = outcomes.iter().filter(|(_, outcome)| matches!(outcome, DeliveryOutcome::Delivered)).count();
        let retried = outcomes.iter().filter(|(_, outcome)| is_retry(outcome)).count();
        health.record_replies(to_u64(delivered), to_u64(count - delivered - retried), to_u64(retried));
    }
}

const fn is_retry(outcome: &DeliveryOutcome) -> bool {
    matches!(outcome, DeliveryOutcome::Refused(..) | DeliveryOutcome::Unknown { .. })
}

/// Longest delay before a message whose consumer did not respond is delivered again. It is short, because the failure
/// has nothing to do with the message: it succeeds once the consumer's database is back.
const UNKNOWN_DELAY_MAX: Duration = Duration::from_secs(15);

/// Delivers one message. Only the consumer's refusal and a failure that the message itself causes bring it closer to
/// its last attempt. Any other failure leaves the outcome unknown, and the delivery is repeated until it is known.
async fn deliver(
    route: &Route,
    policy: Policy,
    tracer: &Tracer,
    message: outbox::Message,
) -> (String, DeliveryOutcome) {
    let (id, attempt, age) = (message.id.clone(), message.attempt, message.age);
    let span = span(tracer, route, &message);
    let delivery = span.run(async { route.deliver.send(Traced::new(Delivery(message))).await });
    let unknown = |reason| DeliveryOutcome::Unknown { attempt, delay: unknown_delay(&policy.backoff, age), reason };
    let reason = match tokio::time::timeout(policy.lease.get() / 2, delivery).await {
        Ok(Ok(Ok(Ok(())))) => return (id, DeliveryOutcome::Delivered),
        Ok(Ok(Ok(Err(reason)))) => reason,
        Ok(Ok(Err(Failure::Poison))) => Failure::Poison.to_string(),
        Ok(Ok(Err(failure))) => return (id, unknown(failure.to_string())),
        Ok(Err(error)) => return (id, unknown(error.to_string())),
        Err(_) => return (id, unknown("no answer in time".to_owned())),
    };
    let attempts = u32::try_from(attempt).unwrap_or(1);
    if attempts >= policy.attempts.get() {
        tracing::error!(message_id = id, group = route.group, attempt, reason, "message is dead");
        return (id, DeliveryOutcome::DeadLetter(reason));
    }
    (id, DeliveryOutcome::Refused(policy.backoff.delay(attempts), reason))
}

/// The span of a delivery, in the trace of the order that the message is about.
fn span(tracer: &Tracer, route: &Route, message: &outbox::Message) -> trace::Span {
    if !tracer.is_on() {
        return trace::Span::default();
    }
    let name = || format!("deliver {}/{} to {}", message.topic, message.tag, route.group);
    let span = |order_id| tracer.in_order(order_id, name, Kind::Consumer);
    let mut span = message.order_id().map(span).unwrap_or_default();
    span.set_text("messaging.message.id", &message.id);
    span.set_number("tradepost.attempt", message.attempt.into());
    span
}

/// The delay after an attempt with an unknown outcome. These attempts are not counted, so the delay grows with the age
/// of the message instead: about a quarter of it, between the delays of `backoff` and at most [`UNKNOWN_DELAY_MAX`].
fn unknown_delay(backoff: &Backoff, age: Duration) -> Duration {
    let longest = backoff.longest.0.min(UNKNOWN_DELAY_MAX);
    let growing = Backoff { first: Span((age / 4).max(backoff.first.0).min(longest)), longest: Span(longest) };
    growing.delay(1)
}

fn to_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_after_an_unknown_outcome_grows_with_the_age_of_the_message_up_to_its_bound() {
        let backoff = Backoff { first: Span(Duration::from_millis(200)), longest: Span(Duration::from_secs(300)) };
        for (age_ms, full_ms) in [(0, 200), (800, 200), (4_000, 1_000), (60_000, 15_000), (u64::MAX, 15_000)] {
            let delay = unknown_delay(&backoff, Duration::from_millis(age_ms));
            let full = Duration::from_millis(full_ms);
            assert!(delay >= full / 2 && delay <= full, "{age_ms} ms: {delay:?}");
        }
        let short = Backoff { first: Span(Duration::from_secs(1)), longest: Span(Duration::from_millis(10)) };
        assert!(unknown_delay(&short, Duration::from_secs(60)) <= Duration::from_millis(10));
    }
}
