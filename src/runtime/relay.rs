//! Carries messages from the outboxes to their consumers: claim, deliver, settle, one consumer group apart from the
//! others. Woken after each commit that wrote messages; polling is the safety net.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use actix::{
    Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message, Recipient, ResponseFuture, Supervised,
};
use futures_util::future::join_all;
use serde::Deserialize;

use super::inbox::{self, Delivery};
use super::outbox::{self, Ended, Look, Reclaim, Turn};
use super::retry::Backoff;
use super::supervisor::supervise;
use super::{Faults, Health};
use crate::domain::clock::Clock;
use crate::domain::span::Span;

/// When messages are tried, tried again, given up and forgotten.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// How often to look for messages nobody told of.
    pub poll: Span,
    /// How long a claimed message is held: after that it is due again.
    pub lease: Span,
    /// Messages of one group delivered at once.
    pub batch_max: u16,
    /// After so many attempts a message is dead.
    pub attempts: i32,
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
    pub turn: Recipient<Turn>,
    /// Where to deliver.
    pub deliver: Recipient<Delivery>,
}

/// An outbox.
#[derive(Debug, Clone)]
pub struct Outbox {
    /// Whose.
    pub producer: &'static str,
    /// What waits in it.
    pub look: Recipient<Look>,
    /// Frees what an earlier life had claimed.
    pub reclaim: Recipient<Reclaim>,
    /// Forgets what is done.
    pub prune: Recipient<outbox::Prune>,
}

/// All the relay connects.
#[derive(Debug, Clone)]
pub struct Network {
    /// The outboxes.
    pub outboxes: Vec<Outbox>,
    /// The ways out of them.
    pub routes: Vec<Route>,
    /// The inboxes, to forget what is done.
    pub inboxes: Vec<Recipient<inbox::Prune>>,
}

/// The supervised actor.
#[derive(Debug)]
pub struct Relay {
    network: Arc<Network>,
    work: Vec<Work>,
    policy: Policy,
    clock: Clock,
    faults: Faults,
    health: Arc<Health>,
}

/// Whether a route is being worked, and whether there may be more for it.
#[derive(Debug, Clone, Copy, Default)]
struct Work {
    running: bool,
    again: bool,
}

/// The relay's name in the status page.
pub const NAME: &str = "relay";
const PRUNE_EVERY: Duration = Duration::from_secs(60);

impl Relay {
    /// Starts the relay on the current arbiter.
    #[must_use]
    pub fn start(network: Network, policy: Policy, clock: Clock, faults: Faults) -> (Addr<Self>, Arc<Health>) {
        let health = Arc::new(Health::new(NAME, clock.clone(), network.routes.len(), None));
        let work = vec![Work::default(); network.routes.len()];
        let addr = supervise(Arc::clone(&health), |_| Self {
            network: Arc::new(network),
            work,
            policy,
            clock,
            faults,
            health: Arc::clone(&health),
        });
        (addr, health)
    }

    fn start_route(&mut self, ctx: &Context<Self>, at: usize) {
        let (Some(route), Some(work)) = (self.network.routes.get(at), self.work.get_mut(at)) else { return };
        work.again = work.running;
        if std::mem::replace(&mut work.running, true) {
            return;
        }
        let rounds = rounds(route.clone(), self.policy, self.faults.clone(), Arc::clone(&self.health));
        let (addr, health) = (ctx.address(), Arc::clone(&self.health));
        actix::spawn(async move {
            let panicked = match actix::spawn(rounds).await {
                Ok(()) => false,
                Err(error) => {
                    health.failed_with(&format!("{error}"));
                    true
                }
            };
            let _ = addr.send(RouteDone { at, panicked }).await;
        });
    }

    fn start_where(&mut self, ctx: &Context<Self>, wanted: impl Fn(&Route) -> bool) {
        let network = Arc::clone(&self.network);
        for (at, _) in network.routes.iter().enumerate().filter(|(_, route)| wanted(route)) {
            self.start_route(ctx, at);
        }
    }
}

/// Works one route until nothing is due: each turn settles the last deliveries and claims the next in one transaction.
async fn rounds(route: Route, policy: Policy, faults: Faults, health: Arc<Health>) {
    let mut settled = Vec::new();
    let mut refused = 0;
    loop {
        let turn = Turn {
            group: route.group,
            settled: settled.clone(),
            limit: i64::from(policy.batch_max),
            lease: policy.lease.0,
        };
        let claimed = match route.turn.send(turn).await {
            Ok(Ok(claimed)) => claimed,
            // What is not settled is delivered again after its lease; the inbox knows it.
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
        settled = join_all(claimed.into_iter().map(|message| deliver(&route, policy, message))).await;
        health.in_flight.fetch_sub(count, Relaxed);
        let done = settled.iter().filter(|(_, ended)| matches!(ended, Ended::Done)).count();
        let again = settled.iter().filter(|(_, ended)| matches!(ended, Ended::Again(..))).count();
        health.answered(number(done), number(count - done - again), number(again));
    }
}

async fn deliver(route: &Route, policy: Policy, message: outbox::Message) -> (String, Ended) {
    let (id, attempt) = (message.id.clone(), message.attempt);
    let delivery = route.deliver.send(Delivery(message));
    let why = match tokio::time::timeout(policy.lease.0 / 2, delivery).await {
        Ok(Ok(Ok(Ok(())))) => return (id, Ended::Done),
        Ok(Ok(Ok(Err(reason)))) => reason,
        Ok(Ok(Err(failure))) => failure.to_string(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer in time".to_owned(),
    };
    if attempt >= policy.attempts {
        tracing::error!(message_id = id, group = route.group, attempt, reason = why, "message is dead");
        return (id, Ended::Dead(why));
    }
    (id, Ended::Again(policy.backoff.delay(u32::try_from(attempt).unwrap_or(1)), why))
}

fn number(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

impl Actor for Relay {
    type Context = Context<Self>;

    /// Every life starts with nothing under way: what an earlier one had claimed is free again.
    fn started(&mut self, ctx: &mut Self::Context) {
        for outbox in self.network.outboxes.clone() {
            let addr = ctx.address();
            actix::spawn(async move {
                let _ = outbox.reclaim.send(Reclaim).await;
                let _ = addr.send(Wake { producer: outbox.producer }).await;
            });
        }
        ctx.run_interval(self.policy.poll.0, |me, ctx| {
            let (network, addr) = (Arc::clone(&me.network), ctx.address());
            actix::spawn(async move { sweep(&network, &addr).await });
        });
        ctx.run_interval(PRUNE_EVERY, |me, _| {
            let (network, now, retention) = (Arc::clone(&me.network), me.clock.now(), me.policy.retention.0);
            actix::spawn(async move {
                for outbox in &network.outboxes {
                    let _ = outbox.prune.send(outbox::Prune { before: now.minus(retention) }).await;
                }
                for inbox in &network.inboxes {
                    let _ = inbox.send(inbox::Prune { before: now.minus(retention * 2) }).await;
                }
            });
        });
    }
}

impl Supervised for Relay {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.work.fill(Work::default());
    }
}

/// Starts the routes that have messages due; returns how many those are.
async fn sweep(network: &Network, relay: &Addr<Relay>) -> usize {
    let mut due = 0;
    for outbox in &network.outboxes {
        if let Ok(Ok(backlog)) = outbox.look.send(Look).await {
            due += backlog.due.len();
            for group in backlog.due {
                let _ = relay.send(Start { producer: outbox.producer, group }).await;
            }
        }
    }
    due
}

/// An outbox of this producer has new messages.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct Wake {
    /// Whose outbox.
    pub producer: &'static str,
}

impl Handler<Wake> for Relay {
    type Result = ();

    fn handle(&mut self, wake: Wake, ctx: &mut Self::Context) {
        if self.faults.hit(NAME, "handle").is_ok() {
            self.start_where(ctx, |route| route.producer == wake.producer);
        }
    }
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
struct Start {
    producer: &'static str,
    group: String,
}

impl Handler<Start> for Relay {
    type Result = ();

    fn handle(&mut self, start: Start, ctx: &mut Self::Context) {
        self.start_where(ctx, |route| route.producer == start.producer && route.group == start.group);
    }
}

#[derive(Debug, Message)]
#[rtype(result = "()")]
struct RouteDone {
    at: usize,
    panicked: bool,
}

impl Handler<RouteDone> for Relay {
    type Result = ();

    fn handle(&mut self, done: RouteDone, ctx: &mut Self::Context) {
        if done.panicked {
            return ctx.stop();
        }
        let again = self.work.get_mut(done.at).is_some_and(|work| {
            work.running = false;
            std::mem::take(&mut work.again)
        });
        if again {
            self.start_route(ctx, done.at);
        }
    }
}

/// Looks for due messages now; answers how many routes have some or are being worked. Zero: nothing is left to do
/// until time passes or a message is written.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "usize")]
pub struct Sweep;

impl Handler<Sweep> for Relay {
    type Result = ResponseFuture<usize>;

    fn handle(&mut self, _: Sweep, ctx: &mut Self::Context) -> Self::Result {
        let running = self.work.iter().filter(|work| work.running).count();
        let (network, addr) = (Arc::clone(&self.network), ctx.address());
        Box::pin(async move { running + sweep(&network, &addr).await })
    }
}
