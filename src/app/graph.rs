//! Builds the actors and connects them. Each runs on one of the [`Threads`]; the coordinators are started later, on the
//! threads that serve HTTP.

use std::sync::Arc;

use actix::{Addr, ArbiterHandle};
use anyhow::Context as _;

use super::sandbox::{self, MerchantAccount, Platform};
use super::stores::Stores;
use super::threads::{OWNERS, Threads};
use crate::actor::task::ask;
use crate::actor::waker::Handover;
use crate::actor::{
    BlockingExecutor, Chain, Context, Edges, Faults, Health, Link, Owner, OwnerActor, OwnerAddr, Peers, RelayWaker,
};
use crate::audit::OwnerStores;
use crate::config::Settings;
use crate::coordinator::actor;
use crate::coordinator::counts::Counts;
use crate::coordinator::recovery::Recovery;
use crate::coordinator::runner::SagaRunner;
use crate::coordinator::{self, Owners};
use crate::coupon::Coupon;
use crate::domain::clock::Clock;
use crate::domain::horizon::Horizon;
use crate::domain::id::IdGenerator;
use crate::gateway::{Gateway, Gateways};
use crate::goods::Goods;
use crate::messaging::inbox::Consumer;
use crate::messaging::outbox::Bound;
use crate::messaging::relay::{self, LastBacklog, Network, Outbox, Relay, Route};
use crate::node::Node;
use crate::order::Order;
use crate::pay::Pay;
use crate::pay::message::turn::EndTurnsOfEarlierRun;
use crate::payments;
use crate::payments::actor::Payments;
use crate::payments::platform::all::Platforms;
use crate::payments::platform::single::CALLS_MAX;
use crate::trace::Tracer;
use crate::user::User;
use crate::webhook;
use crate::webhook::handle::Webhooks;
use crate::webhook::secret::Secrets;
use crate::webhook::sender::{self, WebhookSender};

/// Inputs of the actor graph.
pub struct Parts {
    pub settings: Settings,
    pub stores: Stores,
    pub clock: Clock,
    pub faults: Faults,
    /// The largest id in the stores.
    pub largest_id: Option<i64>,
    pub sandbox: Option<MerchantAccount>,
    pub platforms: Vec<Arc<dyn Gateway>>,
    pub node: Node,
    pub tracer: Tracer,
    /// The secrets of the webhooks.
    pub secrets: Secrets,
}

/// The addresses of all actors, their health counters, and what the HTTP handlers need besides.
pub struct Graph {
    /// The owners as the HTTP handlers ask them.
    pub owners: Owners,
    /// Runs the sagas of the coordinators, which are started on the threads that serve HTTP.
    pub runner: SagaRunner,
    /// Its number is that of all messages to the coordinators.
    pub recovery: Link<Recovery>,
    pub payments: Link<Payments>,
    pub messaging: Messaging,
    pub gateways: Gateways,
    pub platforms: Platforms,
    pub platform: Option<Platform>,
    pub node: Node,
    pub ids: Arc<IdGenerator>,
    pub health: Vec<Arc<Health>>,
    pub edges: Edges,
    pub order_counts: Arc<Counts>,
    pub tracer: Tracer,
    pub webhooks: Webhooks,
}

/// The relay, and the outboxes and routes that it works on.
pub struct Messaging {
    pub relay: Addr<Relay>,
    pub outboxes: Vec<Outbox>,
    pub routes: Vec<Route>,
}

/// The addresses of the owners.
struct Addresses {
    coupon: OwnerAddr<Coupon>,
    goods: OwnerAddr<Goods>,
    user: OwnerAddr<User>,
    order: OwnerAddr<Order>,
    pay: OwnerAddr<Pay>,
}

impl Addresses {
    /// The owners as the sender `from` asks them.
    fn links(&self, from: &'static str, edges: &mut Edges) -> Owners {
        Owners {
            coupon: edges.owner(from, &self.coupon),
            goods: edges.owner(from, &self.goods),
            user: edges.owner(from, &self.user),
            order: edges.owner(from, &self.order),
            pay: edges.owner(from, &self.pay),
        }
    }
}

/// The name of the HTTP handlers as a sender of messages.
const HTTP: &str = "http";

/// Starts all actors on `threads`.
///
/// # Errors
/// Fails if the main thread ends first.
pub async fn build_on(threads: &Threads, parts: Parts) -> anyhow::Result<Graph> {
    let (sender, graph) = tokio::sync::oneshot::channel();
    let of_owners = threads.of_owners();
    threads.main().spawn_fn(move || drop(sender.send(build(parts, of_owners))));
    graph.await.context("the actors' thread ended while they were started")
}

fn build(parts: Parts, of_owners: [ArbiterHandle; OWNERS]) -> Graph {
    let Parts { settings, stores, clock, faults, largest_id, sandbox, platforms, node, tracer, secrets } = parts;
    let ids = Arc::new(id_generator(&clock, &node, largest_id));
    let executor = BlockingExecutor::default();
    let context = |arbiter| Context {
        arbiter,
        executor: executor.clone(),
        clock: clock.clone(),
        ids: Arc::clone(&ids),
        node: node.number,
        fence: node.fence.clone(),
        faults: faults.clone(),
        relay_waker: RelayWaker::default(),
        chain: Chain::new(settings.audit.seal_every()),
    };
    let (limits, horizons) = (settings.owners.limits(), settings.horizons());
    let [coupon, goods, user, order, pay, sandbox_context] = of_owners.map(context);
    let wakers = [&order, &pay, &sandbox_context].map(|context| context.relay_waker.clone());
    let (owners, mut health) = start_owners(&settings, stores.owners, [coupon, goods, user, order, pay]);

    let mut network = network(&owners, horizons.message, node.peers.clone());
    let started = sandbox
        .zip(stores.sandbox)
        .map(|(account, store)| sandbox::start(sandbox_context, store, limits, account, horizons.message));
    let (mut gateways, mut platform) = (platforms, None);
    if let Some(started) = started {
        health.extend(started.health);
        network.outboxes.push(started.outbox);
        network.routes.push(started.route);
        gateways.extend(started.gateways);
        platform = Some(started.platform);
    }
    let (outboxes, routes) = (network.outboxes.clone(), network.routes.clone());
    let (relay, relay_health) = Relay::start(network, settings.relay, clock.clone(), faults.clone(), tracer.clone());
    relay::connect(wakers.iter().zip(outboxes.iter().map(|outbox| outbox.producer)), &routes, &relay, &settings.relay);

    let gateways = Gateways::new(gateways);
    let platforms = Platforms::new(gateways.clone(), &clock);
    let mut edges = Edges::default();
    let of_coordinator = coordinator::Context {
        owners: owners.links(actor::NAME, &mut edges),
        ids: Arc::clone(&ids),
        clock: clock.clone(),
        stock_shown: settings.stock_shown(),
        orders: settings.orders,
        node: node.clone(),
        faults: faults.clone(),
        health: Arc::new(Health::new(actor::NAME, clock.clone(), settings.orders.in_flight_max.size(), None)),
        counts: Arc::default(),
        tracer: tracer.clone(),
    };
    let (coordinator_health, order_counts) = (Arc::clone(&of_coordinator.health), Arc::clone(&of_coordinator.counts));
    let (recovery, runner) = Recovery::start(of_coordinator);
    let recovery = edges.link(HTTP, actor::NAME, &recovery);
    let asked_by_payments =
        (edges.owner(payments::actor::NAME, &owners.order), edges.owner(payments::actor::NAME, &owners.pay));
    let of_webhooks = (clock.clone(), faults.clone(), Arc::new(secrets));
    let (webhooks, webhooks_health) = webhooks(&settings, &owners, &mut edges, of_webhooks);
    let of_payments = payments_context(&settings, asked_by_payments, &platforms, clock, faults, tracer.clone());
    let (payments_health, payments) = start_payments(&mut edges, of_payments);
    health.extend([coordinator_health, payments_health, relay_health, webhooks_health]);
    let owners = owners.links(HTTP, &mut edges);
    Graph {
        owners,
        runner,
        recovery,
        payments,
        messaging: Messaging { relay, outboxes, routes },
        gateways,
        platforms,
        platform,
        node,
        ids,
        health,
        edges,
        order_counts,
        tracer,
        webhooks,
    }
}

/// The dependencies of payments, which asks these two owners.
fn payments_context(
    settings: &Settings,
    (order, pay): (OwnerAddr<Order>, OwnerAddr<Pay>),
    platforms: &Platforms,
    clock: Clock,
    faults: Faults,
    tracer: Tracer,
) -> payments::Context {
    payments::Context {
        order,
        pay,
        platforms: platforms.clone(),
        health: Arc::new(Health::new(payments::actor::NAME, clock.clone(), CALLS_MAX, None)),
        clock,
        payments: settings.payments.clone(),
        pay_within: settings.orders.pay_within.get(),
        horizons: settings.horizons(),
        faults,
        tracer,
    }
}

/// Starts payments; returns its health and its address.
fn start_payments(edges: &mut Edges, context: payments::Context) -> (Arc<Health>, Link<Payments>) {
    let health = Arc::clone(&context.health);
    (health, edges.link(HTTP, payments::actor::NAME, &Payments::start(context)))
}

/// Starts the webhook sender, which asks the owners of events, and User, which keeps the endpoints.
fn webhooks(
    settings: &Settings,
    owners: &Addresses,
    edges: &mut Edges,
    (clock, faults, secrets): (Clock, Faults, Arc<Secrets>),
) -> (Webhooks, Arc<Health>) {
    let in_flight_max = settings.webhooks.in_flight_max.size();
    let health = Arc::new(Health::new(sender::NAME, clock.clone(), in_flight_max, None));
    let context = webhook::Context {
        user: edges.owner(sender::NAME, &owners.user),
        order: edges.owner(sender::NAME, &owners.order),
        goods: edges.owner(sender::NAME, &owners.goods),
        coupon: edges.owner(sender::NAME, &owners.coupon),
        settings: settings.webhooks.clone(),
        health: Arc::clone(&health),
        clock,
        secrets: Arc::clone(&secrets),
        public_url: settings.http.public_url.as_str().to_owned(),
        faults,
        counts: Arc::default(),
    };
    let counts = Arc::clone(&context.counts);
    let (rules, old_secret_for) = (settings.webhooks.rules(), settings.webhooks.old_secret_for.0);
    (Webhooks { secrets, rules, old_secret_for, counts, sender: WebhookSender::start(context) }, health)
}

/// The generator of this node's ids, which continue after the largest stored one.
fn id_generator(clock: &Clock, node: &Node, largest_id: Option<i64>) -> IdGenerator {
    let ids = IdGenerator::new(clock.clone(), node.number);
    if let Some(largest) = largest_id {
        ids.continue_after(largest);
    }
    ids
}

/// Starts the owners, in the order coupon, goods, user, order, pay, with their contexts in `contexts`.
fn start_owners(settings: &Settings, stores: OwnerStores, contexts: [Context; 5]) -> (Addresses, Vec<Arc<Health>>) {
    let limits = settings.owners.limits();
    let [of_coupon, of_goods, of_user, of_order, of_pay] = contexts;
    let (coupon, coupon_health) = OwnerActor::start(Arc::new(Coupon { context: of_coupon }), stores.coupon, limits);
    let (goods, goods_health) = OwnerActor::start(Arc::new(Goods { context: of_goods }), stores.goods, limits);
    let user = User { context: of_user, points_per_unit: settings.points.per_unit };
    let (user, user_health) = OwnerActor::start(Arc::new(user), stores.user, limits);
    let (pay_within, caps) = (settings.orders.pay_within.get(), settings.orders.caps());
    let order = Order { context: of_order, pay_within, caps };
    let (order, order_health) = OwnerActor::start(Arc::new(order), stores.order, limits);
    let pay = Pay { context: of_pay, first_sync_after: settings.payments.ask.first.0 };
    let (pay, pay_health) = OwnerActor::start(Arc::new(pay), stores.pay, limits);
    // A process that was killed while it started payments has left its turns. If they are not ended here, their leases
    // end.
    let with_turns = pay.clone();
    actix::spawn(async move {
        let _ = ask(&with_turns, EndTurnsOfEarlierRun).await;
    });
    let health = vec![coupon_health, goods_health, user_health, order_health, pay_health];
    (Addresses { coupon, goods, user, order, pay }, health)
}

/// The messaging network: the outboxes, the route from each producer to each consumer group, and the inboxes.
fn network(owners: &Addresses, horizon: Horizon, peers: Peers) -> Network {
    let Addresses { coupon, goods, user, order, pay } = owners;
    Network {
        outboxes: vec![outbox_of(order, horizon), outbox_of(pay, horizon)],
        routes: vec![
            route(order, "goods", goods),
            route(order, "coupon", coupon),
            route(order, "user", user),
            route(order, "points", user),
            route(order, "pay", pay),
            route(pay, "order", order),
            // Legacy: older versions wrote these messages before Order decided which payment counts. Those that are
            // still pending are delivered.
            route(pay, "points", user),
            // Legacy: older versions logged a payment as an effect of this message.
            route(pay, "pay_log", pay),
        ],
        inboxes: vec![
            coupon.mailbox().clone().recipient(),
            goods.mailbox().clone().recipient(),
            user.mailbox().clone().recipient(),
            order.mailbox().clone().recipient(),
            pay.mailbox().clone().recipient(),
        ],
        peers,
    }
}

fn outbox_of<O: Owner>(owner: &OwnerAddr<O>, horizon: Horizon) -> Outbox {
    Outbox {
        producer: O::NAME,
        backlog: owner.mailbox().clone().recipient(),
        last: LastBacklog::default(),
        bound: Bound { horizon, is_delayable: false },
        bring_forward: owner.mailbox().clone().recipient(),
        reclaim: owner.mailbox().clone().recipient(),
        prune: owner.mailbox().clone().recipient(),
        list: owner.mailbox().clone().recipient(),
        replay: owner.mailbox().clone().recipient(),
    }
}

fn route<P: Owner, C: Consumer>(producer: &OwnerAddr<P>, group: &'static str, consumer: &OwnerAddr<C>) -> Route {
    Route {
        producer: P::NAME,
        group,
        ack_and_claim: producer.mailbox().clone().recipient(),
        deliver: consumer.mailbox().clone().recipient(),
        consumer: C::NAME,
        handover: Handover::default(),
        deliveries: Arc::default(),
    }
}
