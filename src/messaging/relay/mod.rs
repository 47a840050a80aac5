//! Carries messages from the outboxes to their consumers: claim, deliver, settle, one consumer group apart from the
//! others. Woken after each commit that wrote messages; polling is the safety net.

mod delivery;

use std::sync::Arc;
use std::time::Duration;

use actix::{
    Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message, Recipient, ResponseFuture, Supervised,
};

use super::inbox;
use super::outbox::{self, ReadBacklog, Reclaim};
use crate::actor::supervisor::supervise;
use crate::actor::waker::Wake;
use crate::actor::{Faults, Health};
use crate::domain::clock::{Clock, Timestamp};
use delivery::{NAME, deliver_due};
pub use delivery::{Policy, Route};

/// An outbox.
#[derive(Debug, Clone)]
pub struct Outbox {
    /// Whose.
    pub producer: &'static str,
    /// What waits in it.
    pub backlog: Recipient<ReadBacklog>,
    /// Frees what an earlier life had claimed.
    pub reclaim: Recipient<Reclaim>,
    /// Forgets what is done.
    pub prune: Recipient<outbox::Prune>,
    /// What is not delivered, for an operator.
    pub list: Recipient<outbox::List>,
    /// Tries again.
    pub replay: Recipient<outbox::Replay>,
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
    pruned: Timestamp,
    faults: Faults,
    health: Arc<Health>,
}

/// Whether a route is being worked, and whether there may be more for it.
#[derive(Debug, Clone, Copy, Default)]
struct Work {
    running: bool,
    again: bool,
}

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
            pruned: clock.now(),
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
        let deliver_due = deliver_due(route.clone(), self.policy, self.faults.clone(), Arc::clone(&self.health));
        let (addr, health) = (ctx.address(), Arc::clone(&self.health));
        actix::spawn(async move {
            let panicked = match actix::spawn(deliver_due).await {
                Ok(()) => false,
                Err(error) => {
                    health.record_error(&format!("{error}"));
                    true
                }
            };
            let _ = addr.send(RouteDone { at, panicked }).await;
        });
    }

    fn start_routes(&mut self, ctx: &Context<Self>, wanted: impl Fn(&Route) -> bool) {
        let network = Arc::clone(&self.network);
        for (at, _) in network.routes.iter().enumerate().filter(|(_, route)| wanted(route)) {
            self.start_route(ctx, at);
        }
    }
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
        ctx.run_interval(self.policy.poll.get(), |me, ctx| {
            let (network, addr) = (Arc::clone(&me.network), ctx.address());
            actix::spawn(async move { poll(&network, &addr).await });
            let now = me.clock.now();
            if now.since(me.pruned) >= PRUNE_EVERY {
                me.pruned = now;
                actix::spawn(prune(Arc::clone(&me.network), now, me.policy.retention.0));
            }
        });
    }
}

impl Supervised for Relay {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.work.fill(Work::default());
    }
}

/// Forgets what was delivered long ago. Consumers remember twice as long as producers, so that a message that is still in
/// an outbox is never taken for a new one.
async fn prune(network: Arc<Network>, now: Timestamp, retention: Duration) {
    for outbox in &network.outboxes {
        let _ = outbox.prune.send(outbox::Prune { before: now.minus(retention) }).await;
    }
    for inbox in &network.inboxes {
        let _ = inbox.send(inbox::Prune { before: now.minus(retention * 2) }).await;
    }
}

/// Starts the routes that have messages due; returns how many those are.
async fn poll(network: &Network, relay: &Addr<Relay>) -> usize {
    let mut due = 0;
    for outbox in &network.outboxes {
        if let Ok(Ok(backlog)) = outbox.backlog.send(ReadBacklog).await {
            due += backlog.due.len();
            for group in backlog.due {
                let _ = relay.send(Start { producer: outbox.producer, group }).await;
            }
        }
    }
    due
}

impl Handler<Wake> for Relay {
    type Result = ();

    fn handle(&mut self, wake: Wake, ctx: &mut Self::Context) {
        if self.faults.hit(NAME, "handle").is_ok() {
            self.start_routes(ctx, |route| route.producer == wake.producer);
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
        self.start_routes(ctx, |route| route.producer == start.producer && route.group == start.group);
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
pub struct Poll;

impl Handler<Poll> for Relay {
    type Result = ResponseFuture<usize>;

    fn handle(&mut self, _: Poll, ctx: &mut Self::Context) -> Self::Result {
        let running = self.work.iter().filter(|work| work.running).count();
        let (network, addr) = (Arc::clone(&self.network), ctx.address());
        Box::pin(async move { running + poll(&network, &addr).await })
    }
}
