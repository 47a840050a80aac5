//! Builds the actors and connects them. All actors run on one thread: they only dispatch messages, and the work is done
//! on the executor's threads.

use std::sync::Arc;

use actix::{Addr, Arbiter};
use anyhow::Context as _;

use super::sandbox::{self, MerchantAccount, Platform};
use super::stores::Stores;
use crate::actor::{BlockingExecutor, Context, Faults, Health, Owner, OwnerActor, RelayWaker};
use crate::config::Settings;
use crate::coordinator::actor::{self, OrderCoordinator};
use crate::coordinator::{self, Owners};
use crate::coupon::Coupon;
use crate::domain::clock::Clock;
use crate::domain::id::IdGenerator;
use crate::gateway::{Gateway, Gateways};
use crate::goods::Goods;
use crate::messaging::inbox::Consumer;
use crate::messaging::relay::Route;
use crate::messaging::relay::{Network, Outbox, Relay};
use crate::order::Order;
use crate::pay::Pay;
use crate::payments;
use crate::payments::actor::Payments;
use crate::user::User;

/// Inputs of the actor graph.
pub struct Parts {
    pub settings: Settings,
    pub stores: Stores,
    pub clock: Clock,
    pub faults: Faults,
    pub sandbox: Option<MerchantAccount>,
    pub platforms: Vec<Arc<dyn Gateway>>,
}

/// The addresses of all actors, their health counters, and what the HTTP handlers need besides.
pub struct Graph {
    pub owners: Owners,
    pub coordinator: Addr<OrderCoordinator>,
    pub payments: Addr<Payments>,
    pub relay: Addr<Relay>,
    pub gateways: Gateways,
    pub platform: Option<Platform>,
    pub ids: Arc<IdGenerator>,
    pub health: Vec<Arc<Health>>,
    pub outboxes: Vec<Outbox>,
}

/// Starts all actors on the thread of `arbiter`.
///
/// # Errors
/// Fails if that thread ends first.
pub async fn build_on(arbiter: &Arbiter, parts: Parts) -> anyhow::Result<Graph> {
    let (sender, graph) = tokio::sync::oneshot::channel();
    arbiter.spawn_fn(move || drop(sender.send(build(parts))));
    graph.await.context("the actors' thread ended while they were started")
}

fn build(parts: Parts) -> Graph {
    let Parts { settings, stores, clock, faults, sandbox, platforms } = parts;
    let ids = Arc::new(IdGenerator::new(clock.clone(), settings.node.id));
    let executor = BlockingExecutor::default();
    let context = || Context {
        executor: executor.clone(),
        clock: clock.clone(),
        ids: Arc::clone(&ids),
        node: settings.node.id,
        faults: faults.clone(),
        relay_waker: RelayWaker::default(),
    };
    let limits = settings.owners.limits();
    let (order_context, pay_context, sandbox_context) = (context(), context(), context());
    let wakers =
        [order_context.relay_waker.clone(), pay_context.relay_waker.clone(), sandbox_context.relay_waker.clone()];
    let points_per_unit = settings.points.per_unit;
    let owner_stores = stores.owners;
    let (coupon, coupon_health) =
        OwnerActor::start(Arc::new(Coupon { context: context() }), owner_stores.coupon, limits);
    let (goods, goods_health) = OwnerActor::start(Arc::new(Goods { context: context() }), owner_stores.goods, limits);
    let (user, user_health) =
        OwnerActor::start(Arc::new(User { context: context(), points_per_unit }), owner_stores.user, limits);
    let (order, order_health) = OwnerActor::start(
        Arc::new(Order { context: order_context, pay_within: settings.orders.pay_within.get() }),
        owner_stores.order,
        limits,
    );
    let (pay, pay_health) = OwnerActor::start(
        Arc::new(Pay { context: pay_context, first_sync_after: settings.payments.ask.first.0 }),
        owner_stores.pay,
        limits,
    );
    let mut health = vec![coupon_health, goods_health, user_health, order_health, pay_health];

    let mut network = network(&coupon, &goods, &user, &order, &pay);
    let started =
        sandbox.zip(stores.sandbox).map(|(account, store)| sandbox::start(sandbox_context, store, limits, account));
    let (mut gateways, mut platform) = (platforms, None);
    if let Some(started) = started {
        health.extend(started.health);
        network.outboxes.push(started.outbox);
        network.routes.push(started.route);
        gateways.extend(started.gateways);
        platform = Some(started.platform);
    }
    let outboxes = network.outboxes.clone();
    let (relay, relay_health) = Relay::start(network, settings.relay, clock.clone(), faults.clone());
    wakers.iter().for_each(|waker| waker.connect(relay.clone().recipient()));

    let capacity = settings.orders.in_flight_max.get();
    let coordinator_health = Arc::new(Health::new(actor::NAME, clock.clone(), capacity, None));
    let owners = Owners { coupon, goods, user, order, pay };
    let gateways = Gateways::new(gateways);
    let coordinator = OrderCoordinator::start(coordinator::Context {
        owners: owners.clone(),
        ids: Arc::clone(&ids),
        clock: clock.clone(),
        orders: settings.orders,
        faults: faults.clone(),
        health: Arc::clone(&coordinator_health),
    });
    let payments_health =
        Arc::new(Health::new(payments::actor::NAME, clock.clone(), payments::actor::CONCURRENT_JOBS_MAX, None));
    let payments = Payments::start(payments::Context {
        order: owners.order.clone(),
        pay: owners.pay.clone(),
        gateways: gateways.clone(),
        clock,
        payments: settings.payments,
        pay_within: settings.orders.pay_within.get(),
        faults,
        health: Arc::clone(&payments_health),
    });
    health.extend([coordinator_health, payments_health, relay_health]);
    Graph { owners, coordinator, payments, relay, gateways, platform, ids, health, outboxes }
}

/// The messaging network: the outboxes, the route from each producer to each consumer group, and the inboxes.
fn network(
    coupon: &Addr<OwnerActor<Coupon>>,
    goods: &Addr<OwnerActor<Goods>>,
    user: &Addr<OwnerActor<User>>,
    order: &Addr<OwnerActor<Order>>,
    pay: &Addr<OwnerActor<Pay>>,
) -> Network {
    Network {
        outboxes: vec![outbox_of(order), outbox_of(pay)],
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
            route(pay, "pay_log", pay),
        ],
        inboxes: vec![
            coupon.clone().recipient(),
            goods.clone().recipient(),
            user.clone().recipient(),
            order.clone().recipient(),
            pay.clone().recipient(),
        ],
    }
}

fn outbox_of<O: Owner>(owner: &Addr<OwnerActor<O>>) -> Outbox {
    Outbox {
        producer: O::NAME,
        backlog: owner.clone().recipient(),
        reclaim: owner.clone().recipient(),
        prune: owner.clone().recipient(),
        list: owner.clone().recipient(),
        replay: owner.clone().recipient(),
    }
}

fn route<P: Owner, C: Consumer>(
    producer: &Addr<OwnerActor<P>>,
    group: &'static str,
    consumer: &Addr<OwnerActor<C>>,
) -> Route {
    Route {
        producer: P::NAME,
        group,
        ack_and_claim: producer.clone().recipient(),
        deliver: consumer.clone().recipient(),
    }
}
