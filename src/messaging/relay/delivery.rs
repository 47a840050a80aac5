//! Delivery to one consumer group: claim, deliver, then acknowledge and claim again.

use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use actix::Recipient;
use futures_util::future::join_all;
use serde::Deserialize;

use crate::actor::retry::Backoff;
use crate::actor::{Failure, Faults, Health};
use crate::domain::span::{PositiveSpan, Span};
use crate::messaging::inbox::Delivery;
use crate::messaging::outbox::{self, AckAndClaim, DeliveryOutcome};

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
    pub batch_max: NonZeroU16,
    /// Number of attempts after which a message becomes a dead letter.
    pub attempts: NonZeroU32,
    /// Delays between attempts.
    pub backoff: Backoff,
    /// Retention of delivered messages in the outbox. The inbox keeps them twice as long.
    pub retention: Span,
}

/// The route from one outbox to one consumer group.
#[derive(Debug, Clone)]
pub struct Route {
    /// Name of the owner of the outbox.
    pub producer: &'static str,
    /// Name of the consumer group.
    pub group: &'static str,
    /// The producer, which acknowledges and claims messages.
    pub ack_and_claim: Recipient<AckAndClaim>,
    /// The consumer, which receives the messages.
    pub deliver: Recipient<Delivery>,
}

/// Number of consecutive failures of [`AckAndClaim`] after which a route stops until the next wake-up or poll.
const MAX_FAILURES: u32 = 5;

/// Delivers the messages of one route until none is due. Each [`AckAndClaim`] acknowledges the previous deliveries and
/// claims the next messages in one transaction.
pub async fn deliver_due(route: Route, policy: Policy, faults: Faults, health: Arc<Health>) {
    let mut outcomes = Vec::new();
    let mut failures = 0;
    loop {
        let task = AckAndClaim {
            group: route.group,
            outcomes: outcomes.clone(),
            limit: i64::from(policy.batch_max.get()),
            lease: policy.lease.get(),
        };
        let claimed = match route.ack_and_claim.send(task).await {
            Ok(Ok(claimed)) => claimed,
            // An unacknowledged message is delivered again after its lease; the inbox recognises it.
            _ if failures >= MAX_FAILURES => return,
            _ => {
                failures += 1;
                tokio::time::sleep(policy.backoff.delay(failures)).await;
                continue;
            }
        };
        if claimed.is_empty() {
            return;
        }
        if faults.hit(NAME, "deliver").is_err() {
            return;
        }
        failures = 0;
        health.in_flight.fetch_add(claimed.len(), Relaxed);
        let count = claimed.len();
        outcomes = join_all(claimed.into_iter().map(|message| deliver(&route, policy, message))).await;
        health.in_flight.fetch_sub(count, Relaxed);
        let delivered = outcomes.iter().filter(|(_, outcome)| matches!(outcome, DeliveryOutcome::Delivered)).count();
        let retried = outcomes.iter().filter(|(_, outcome)| matches!(outcome, DeliveryOutcome::Retry(..))).count();
        health.record_replies(to_u64(delivered), to_u64(count - delivered - retried), to_u64(retried));
    }
}

async fn deliver(route: &Route, policy: Policy, message: outbox::Message) -> (String, DeliveryOutcome) {
    let (id, attempt) = (message.id.clone(), message.attempt);
    let delivery = route.deliver.send(Delivery(message));
    let retry_delay = || policy.backoff.delay(u32::try_from(attempt).unwrap_or(1));
    let reason = match tokio::time::timeout(policy.lease.get() / 2, delivery).await {
        Ok(Ok(Ok(Ok(())))) => return (id, DeliveryOutcome::Delivered),
        // `Busy` is always retried and never makes a dead letter, because the consumer has not run the message.
        Ok(Ok(Err(Failure::Busy))) => return (id, DeliveryOutcome::Retry(retry_delay(), Failure::Busy.to_string())),
        Ok(Ok(Ok(Err(reason)))) => reason,
        Ok(Ok(Err(failure))) => failure.to_string(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer in time".to_owned(),
    };
    if u32::try_from(attempt).unwrap_or(0) >= policy.attempts.get() {
        tracing::error!(message_id = id, group = route.group, attempt, reason, "message is dead");
        return (id, DeliveryOutcome::DeadLetter(reason));
    }
    (id, DeliveryOutcome::Retry(retry_delay(), reason))
}

fn to_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
