//! The relay's work with one consumer group: claim, deliver, settle, claim.

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

/// When messages are tried, tried again, given up and forgotten.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// How often to look for messages nobody told of.
    pub poll: PositiveSpan,
    /// How long a claimed message is held: after that it is due again.
    pub lease: PositiveSpan,
    /// Messages of one group delivered at once.
    pub batch_max: NonZeroU16,
    /// After so many attempts a message is dead.
    pub attempts: NonZeroU32,
    /// The delays between attempts.
    pub backoff: Backoff,
    /// Delivered messages are kept this long; a consumer remembers them twice as long.
    pub retention: Span,
}

/// The way from one outbox to one consumer group.
#[derive(Debug, Clone)]
pub struct Route {
    /// Whose outbox.
    pub producer: &'static str,
    /// Which consumer group.
    pub group: &'static str,
    /// Where to claim and settle.
    pub ack_and_claim: Recipient<AckAndClaim>,
    /// Where to deliver.
    pub deliver: Recipient<Delivery>,
}

/// Works one route until nothing is due: each task settles the last deliveries and claims the next in one transaction.
pub async fn deliver_due(route: Route, policy: Policy, faults: Faults, health: Arc<Health>) {
    let mut outcomes = Vec::new();
    let mut refused = 0;
    loop {
        let task = AckAndClaim {
            group: route.group,
            outcomes: outcomes.clone(),
            limit: i64::from(policy.batch_max.get()),
            lease: policy.lease.get(),
        };
        let claimed = match route.ack_and_claim.send(task).await {
            Ok(Ok(claimed)) => claimed,
            // What is not outcomes is delivered again after its lease; the inbox knows it.
            _ if refused >= 5 => return,
            _ => {
                refused += 1;
                tokio::time::sleep(policy.backoff.delay(refused)).await;
                continue;
            }
        };
        if claimed.is_empty() {
            return;
        }
        if faults.hit(NAME, "deliver").is_err() {
            return;
        }
        refused = 0;
        health.in_flight.fetch_add(claimed.len(), Relaxed);
        let count = claimed.len();
        outcomes = join_all(claimed.into_iter().map(|message| deliver(&route, policy, message))).await;
        health.in_flight.fetch_sub(count, Relaxed);
        let done = outcomes.iter().filter(|(_, ended)| matches!(ended, DeliveryOutcome::Delivered)).count();
        let again = outcomes.iter().filter(|(_, ended)| matches!(ended, DeliveryOutcome::Retry(..))).count();
        health.record_replies(number(done), number(count - done - again), number(again));
    }
}

async fn deliver(route: &Route, policy: Policy, message: outbox::Message) -> (String, DeliveryOutcome) {
    let (id, attempt) = (message.id.clone(), message.attempt);
    let delivery = route.deliver.send(Delivery(message));
    let again = || policy.backoff.delay(u32::try_from(attempt).unwrap_or(1));
    let why = match tokio::time::timeout(policy.lease.get() / 2, delivery).await {
        Ok(Ok(Ok(Ok(())))) => return (id, DeliveryOutcome::Delivered),
        // Nothing happened: a consumer that is full, or whose store is away, never saw it.
        Ok(Ok(Err(Failure::Busy))) => return (id, DeliveryOutcome::Retry(again(), Failure::Busy.to_string())),
        Ok(Ok(Ok(Err(reason)))) => reason,
        Ok(Ok(Err(failure))) => failure.to_string(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer in time".to_owned(),
    };
    if u32::try_from(attempt).unwrap_or(0) >= policy.attempts.get() {
        tracing::error!(message_id = id, group = route.group, attempt, reason = why, "message is dead");
        return (id, DeliveryOutcome::DeadLetter(why));
    }
    (id, DeliveryOutcome::Retry(again(), why))
}

fn number(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
