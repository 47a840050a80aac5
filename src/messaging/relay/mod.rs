//! The relay delivers messages from the outboxes to their consumers: it claims, delivers and acknowledges them.
//! Consumer groups are independent of each other. The relay is woken after each commit that wrote messages, and is handed
//! those that were written with a claim for it. It claims the others, which it also finds by polling.

mod delivery;
mod takeover;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use actix::{
    Actor, ActorContext, Addr, AsyncContext, Context, Handler, Message, Recipient, ResponseFuture, Supervised,
};

use tokio::sync::Mutex;

use super::inbox;
use super::outbox::{self, Backlog, Bound, ReadBacklog, Reclaim};
use crate::actor::supervisor::supervise;
use crate::actor::waker::{Connection, RelayWaker, Wake};
use crate::actor::{Faults, Health, Peers, Reply};
use crate::domain::clock::{Clock, Timestamp};
use crate::trace::{Traced, Tracer};
pub use delivery::{Deliveries, NAME, Policy, Route};
use delivery::{Unacknowledged, deliver_due};
use takeover::Takeover;

/// The backlog of an outbox as the relay has last read it. Clones share it.
pub type LastBacklog = Arc<parking_lot::Mutex<Option<Backlog>>>;

/// The tasks the outbox of one owner handles.
#[derive(Debug, Clone)]
pub struct Outbox {
    /// Name of the owner.
    pub producer: &'static str,
    /// Reads the backlog.
    pub backlog: Recipient<Traced<ReadBacklog>>,
    /// The backlog as the relay has last read it; `None` before the first time.
    pub last: LastBacklog,
    /// How far ahead the next attempt of a message can be.
    pub bound: Bound,
    /// Makes messages due that are beyond `bound`.
    pub bring_forward: Recipient<Traced<outbox::BringForward>>,
    /// Releases abandoned claims.
    pub reclaim: Recipient<Traced<Reclaim>>,
    /// Deletes delivered messages.
    pub prune: Recipient<Traced<outbox::Prune>>,
    /// Lists undelivered messages, for an operator.
    pub list: Recipient<Traced<outbox::List>>,
    /// Makes a message due again.
    pub replay: Recipient<Traced<outbox::Replay>>,
}

/// The outboxes, routes and inboxes the relay works on.
#[derive(Debug, Clone)]
pub struct Network {
    /// The outboxes.
    pub outboxes: Vec<Outbox>,
    /// The routes from the outboxes to the consumer groups.
    pub routes: Vec<Route>,
    /// The inboxes, for deleting old entries.
    pub inboxes: Vec<Recipient<Traced<inbox::Prune>>>,
    /// The nodes that share the outboxes.
    pub peers: Peers,
}

/// The supervised relay actor.
#[derive(Debug)]
pub struct Relay {
    network: Arc<Network>,
    /// One state per route, in the order of [`Network::routes`].
    route_states: Vec<RouteState>,
    /// The outcomes that each route could not acknowledge, in the same order.
    unacknowledged: Vec<Unacknowledged>,
    context: delivery::Context,
    last_prune: Timestamp,
    /// Held while old messages are deleted.
    prune_lock: Arc<Mutex<()>>,
    takeover: Takeover,
}

/// Delivery state of a route.
#[derive(Debug, Clone, Copy, Default)]
struct RouteState {
    running: bool,
    /// The route was started again while it was running, so it may have more messages.
    rerun: bool,
    /// The next run claims the messages that are due.
    claims: bool,
}

const PRUNE_EVERY: Duration = Duration::from_secs(60);
/// Number of full batches that may wait in a handover before messages are written without a claim.
const BATCHES_HANDED_MAX: usize = 2;

/// Connects `producers`, the waker and the name of each owner with an outbox, to the relay that was started with `routes`.
pub fn connect<'a>(
    producers: impl Iterator<Item = (&'a RelayWaker, &'static str)>,
    routes: &[Route],
    relay: &Addr<Relay>,
    policy: &Policy,
) {
    for (waker, producer) in producers {
        let from_producer = routes.iter().filter(|route| route.producer == producer);
        waker.connect(Connection {
            relay: relay.clone().recipient(),
            lease: policy.lease.get(),
            waiting_max: policy.batch_max.size().saturating_mul(BATCHES_HANDED_MAX),
            handovers: from_producer.map(|route| (route.group, route.handover.clone())).collect(),
        });
    }
}

impl Relay {
    /// Starts the relay on the current arbiter.
    #[must_use]
    pub fn start(
        network: Network,
        policy: Policy,
        clock: Clock,
        faults: Faults,
        tracer: Tracer,
    ) -> (Addr<Self>, Arc<Health>) {
        let health = Arc::new(Health::new(NAME, clock.clone(), network.routes.len(), None));
        let route_states = vec![RouteState::default(); network.routes.len()];
        let unacknowledged = network.routes.iter().map(|_| Unacknowledged::default()).collect();
        let addr = supervise(Arc::clone(&health), |_| Self {
            network: Arc::new(network),
            route_states,
            unacknowledged,
            last_prune: clock.now(),
            prune_lock: Arc::default(),
            takeover: Takeover::default(),
            context: delivery::Context { policy, clock, faults, tracer, health: Arc::clone(&health) },
        });
        (addr, health)
    }

    /// Starts delivery on the route `index`; if it is running, it will be run once more. If `claims`, the run also claims
    /// the messages that are due.
    fn start_route(&mut self, ctx: &Context<Self>, index: usize, claims: bool) {
        let (Some(route), Some(state), Some(unacknowledged)) =
            (self.network.routes.get(index), self.route_states.get_mut(index), self.unacknowledged.get(index))
        else {
            return;
        };
        state.rerun = state.running;
        state.claims |= claims;
        if std::mem::replace(&mut state.running, true) {
            return;
        }
        let claims = std::mem::take(&mut state.claims);
        let delivery = deliver_due(route.clone(), Arc::clone(unacknowledged), claims, self.context.clone());
        let (addr, health) = (ctx.address(), Arc::clone(&self.context.health));
        actix::spawn(async move {
            let panicked = match actix::spawn(delivery).await {
                Ok(()) => false,
                Err(error) => {
                    health.record_error(&format!("{error}"));
                    true
                }
            };
            let _ = addr.send(RouteDone { index, panicked }).await;
        });
    }

    /// Deletes old messages, unless the previous run is still at it.
    fn start_pruning(&mut self, now: Timestamp) {
        let Ok(guard) = Arc::clone(&self.prune_lock).try_lock_owned() else { return };
        self.last_prune = now;
        let (network, retention) = (Arc::clone(&self.network), self.context.policy.retention.0);
        actix::spawn(async move {
            prune(network, now, retention).await;
            drop(guard);
        });
    }

    /// Releases claims of nodes that have died, and those of an earlier run of this relay.
    fn take_over(&mut self, ctx: &Context<Self>) {
        let peers = &self.network.peers;
        let Some(serving) = self.takeover.begin(peers.own(), peers.others()) else { return };
        let (network, addr) = (Arc::clone(&self.network), ctx.address());
        actix::spawn(async move {
            let mut is_complete = true;
            for outbox in &network.outboxes {
                is_complete &= release(outbox, &serving).await;
                let _ = addr.send(Wake { producer: outbox.producer, has_unclaimed: true }).await;
            }
            let _ = addr.send(TakenOver { is_complete }).await;
        });
    }

    /// Starts delivery on the routes that match, which also claims the messages that are due.
    fn start_routes(&mut self, ctx: &Context<Self>, matches: impl Fn(&Route) -> bool) {
        let network = Arc::clone(&self.network);
        for (index, _) in network.routes.iter().enumerate().filter(|(_, route)| matches(route)) {
            self.start_route(ctx, index, true);
        }
    }

    /// Starts delivery on the routes to which messages were handed over.
    fn start_handed(&mut self, ctx: &Context<Self>) {
        let network = Arc::clone(&self.network);
        for (index, _) in network.routes.iter().enumerate().filter(|(_, route)| route.handover.waiting() > 0) {
            self.start_route(ctx, index, false);
        }
    }
}

impl Actor for Relay {
    type Context = Context<Self>;

    /// Releases the claims of an earlier run, since nothing is being delivered yet, and starts polling.
    fn started(&mut self, ctx: &mut Self::Context) {
        // Their claims are released too.
        self.network.routes.iter().for_each(|route| route.handover.clear());
        self.takeover = Takeover::default();
        self.take_over(ctx);
        ctx.run_interval(self.context.policy.poll.get(), |relay, ctx| {
            relay.start_handed(ctx);
            relay.take_over(ctx);
            let (network, addr) = (Arc::clone(&relay.network), ctx.address());
            actix::spawn(async move { poll(&network, &addr).await });
            let now = relay.context.clock.now();
            // The clock may have been set back.
            if now < relay.last_prune || now.since(relay.last_prune) >= PRUNE_EVERY {
                relay.start_pruning(now);
            }
        });
    }
}

impl Supervised for Relay {
    fn restarting(&mut self, _: &mut Self::Context) {
        self.route_states.fill(RouteState::default());
    }
}

/// Releases the claims in `outbox` of all nodes but those that serve theirs. Returns whether none is left.
async fn release(outbox: &Outbox, serving: &Arc<[i32]>) -> bool {
    loop {
        match outbox.reclaim.send(Traced::new(Reclaim { serving: Arc::clone(serving) })).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return true,
            Ok(Err(_)) | Err(_) => return false,
        }
    }
}

/// Deletes messages delivered more than `retention` before `now`. Inboxes keep them twice as long as outboxes, so that
/// a consumer never mistakes a message that is still in an outbox for a new one. If an outbox cannot be pruned, no inbox
/// is.
async fn prune(network: Arc<Network>, now: Timestamp, retention: Duration) {
    for outbox in &network.outboxes {
        let before = now.minus(retention);
        if !prune_in_steps(|from| outbox.prune.send(Traced::new(outbox::Prune { from, before }))).await {
            return;
        }
    }
    for inbox in &network.inboxes {
        let before = now.minus(retention * 2);
        prune_in_steps(|from| inbox.send(Traced::new(inbox::Prune { from, before }))).await;
    }
}

/// Pause between two steps of pruning, which leaves the writer to other work.
const PRUNE_PAUSE: Duration = Duration::from_millis(20);

/// Repeats a step of pruning, which takes the point in time to begin at, until nothing is left to delete. Returns
/// whether that was reached.
async fn prune_in_steps<F>(step: impl Fn(Timestamp) -> F) -> bool
where
    F: Future<Output = Result<Reply<Option<Timestamp>>, actix::MailboxError>>,
{
    let mut from = Timestamp(i64::MIN);
    loop {
        match step(from).await {
            Ok(Ok(Some(next))) => from = next,
            Ok(Ok(None)) => return true,
            Ok(Err(_)) | Err(_) => return false,
        }
        tokio::time::sleep(PRUNE_PAUSE).await;
    }
}

/// Starts the routes that have messages due, and returns the number of those routes and of those to which messages were
/// handed over.
async fn poll(network: &Network, relay: &Addr<Relay>) -> usize {
    let mut due = 0;
    for outbox in &network.outboxes {
        if let Ok(Ok(backlog)) = outbox.backlog.send(Traced::new(ReadBacklog(outbox.bound))).await {
            *outbox.last.lock() = Some(backlog.clone());
            if backlog.ahead > 0 {
                due += 1;
                let _ = outbox.bring_forward.send(Traced::new(outbox::BringForward(outbox.bound))).await;
            }
            due += backlog.due.len();
            for group in backlog.due {
                let _ = relay.send(Start { producer: outbox.producer, group }).await;
            }
        }
    }
    due + network.routes.iter().filter(|route| route.handover.waiting() > 0).count()
}

impl Handler<Wake> for Relay {
    type Result = ();

    fn handle(&mut self, wake: Wake, ctx: &mut Self::Context) {
        if self.context.faults.hit(NAME, "handle").is_err() {
            return;
        }
        if wake.has_unclaimed {
            self.start_routes(ctx, |route| route.producer == wake.producer);
        } else {
            self.start_handed(ctx);
        }
    }
}

/// Starts the routes from `producer` to `group`.
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

/// Sent when claims were released, unless some outbox did not answer.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct TakenOver {
    is_complete: bool,
}

impl Handler<TakenOver> for Relay {
    type Result = ();

    fn handle(&mut self, done: TakenOver, _: &mut Self::Context) {
        self.takeover.end(done.is_complete);
    }
}

/// Sent when the delivery on the route `index` has ended.
#[derive(Debug, Message)]
#[rtype(result = "()")]
struct RouteDone {
    index: usize,
    panicked: bool,
}

impl Handler<RouteDone> for Relay {
    type Result = ();

    fn handle(&mut self, done: RouteDone, ctx: &mut Self::Context) {
        if done.panicked {
            return ctx.stop();
        }
        let has_handed = self.network.routes.get(done.index).is_some_and(|route| route.handover.waiting() > 0);
        let rerun = self.route_states.get_mut(done.index).is_some_and(|state| {
            state.running = false;
            // Most often the run has taken the messages for which it was started again.
            std::mem::take(&mut state.rerun) && (state.claims || has_handed)
        });
        if rerun {
            self.start_route(ctx, done.index, false);
        }
    }
}

/// Polls the outboxes now. Replies with the number of routes that are running plus the number that have messages due.
/// Zero means that nothing is left to do until time passes or a message is written.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "usize")]
pub struct Poll;

impl Handler<Poll> for Relay {
    type Result = ResponseFuture<usize>;

    fn handle(&mut self, _: Poll, ctx: &mut Self::Context) -> Self::Result {
        self.start_handed(ctx);
        let running = self.route_states.iter().filter(|state| state.running).count();
        let (network, addr) = (Arc::clone(&self.network), ctx.address());
        Box::pin(async move { running + poll(&network, &addr).await })
    }
}
