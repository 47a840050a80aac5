//! The sources of the figures, and how they are read.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::at_risk;
use super::figures::{DeliveryFigures, EdgeFigures, Figures, NodeFigures, Serving, StoreFigures};
use super::{LastAudit, Traffic};
use crate::actor::task::ask;
use crate::actor::{Edges, Health, Link, OwnerAddr};
use crate::coordinator::counts::Counts;
use crate::coordinator::message::ReadSagas;
use crate::coordinator::recovery::Recovery;
use crate::db::Store;
use crate::domain::clock::{Clock, Timestamp};
use crate::messaging::outbox::ReadBacklog;
use crate::messaging::relay::{self, Outbox, Route};
use crate::node::Node;
use crate::order::Order;
use crate::pay::Pay;
use crate::pay::message::{CountByPlatform, CountPending};
use crate::payments::platform::all::Platforms;
use crate::trace::{Traced, Tracer};
use crate::user::User;
use crate::webhook::counts::Counts as WebhookCounts;
use crate::webhook::message::{ListWebhooks, WEBHOOKS_MAX};

/// Time limit for each part. The figures have none of a part that exceeds it.
const PART_WITHIN: Duration = Duration::from_secs(2);

/// The counters and the actors that are asked. One per process.
pub struct Sources {
    /// Counters of all actors.
    pub health: Vec<Arc<Health>>,
    /// Owner of the orders.
    pub order: OwnerAddr<Order>,
    /// Owner of the payments.
    pub pay: OwnerAddr<Pay>,
    /// Keeps the webhooks.
    pub user: OwnerAddr<User>,
    /// Counters of attempts to send events to webhooks.
    pub webhook_counts: Arc<WebhookCounts>,
    /// Places orders.
    pub recovery: Link<Recovery>,
    /// Counters of placed orders.
    pub order_counts: Arc<Counts>,
    /// Outboxes of all producers.
    pub outboxes: Vec<Outbox>,
    /// Routes from the outboxes to the consumer groups.
    pub routes: Vec<Route>,
    /// The links between the actors.
    pub edges: Edges,
    /// The payment platforms.
    pub platforms: Platforms,
    /// This node.
    pub node: Node,
    /// Source of the current time.
    pub clock: Clock,
    /// Start time of this process.
    pub started: Timestamp,
    /// Counters of HTTP requests.
    pub traffic: Arc<Traffic>,
    /// The stores, by the name of their owner.
    pub stores: Vec<(&'static str, Store)>,
    /// Reads the number of log lines that were dropped.
    pub log_lines_dropped: fn() -> u64,
    /// Counts the spans of traces.
    pub tracer: Tracer,
    /// The last audit.
    pub last_audit: LastAudit,
}

impl Sources {
    /// Reads all figures. `serving` is that of the HTTP servers.
    pub async fn read(&self, serving: Serving) -> Figures {
        let backlogs = self.outboxes.iter().map(|outbox| async {
            (
                outbox.producer,
                in_time(outbox.backlog.send(Traced::new(ReadBacklog(outbox.bound)))).await.and_then(Result::ok),
            )
        });
        let list = ListWebhooks { webhook_id: None, before: None, limit: WEBHOOKS_MAX };
        let (backlogs, sagas, pending, by_platform, at_risk, stores, webhooks) = tokio::join!(
            join_all(backlogs),
            in_time(self.recovery.send(ReadSagas)),
            in_time(ask(&self.pay, CountPending)),
            in_time(ask(&self.pay, CountByPlatform)),
            in_time(at_risk::read(&self.order, &self.pay)),
            in_time(self.store_figures()),
            in_time(ask(&self.user, list)),
        );
        let occurrences = self.health.iter().map(|actor| actor.occurrences());
        Figures {
            now: self.clock.now(),
            started: self.started,
            actors: self.health.iter().map(|actor| actor.report()).collect(),
            occurrences: occurrences.flatten().collect(),
            edges: self.edges(),
            orders: self.order_counts.orders().into(),
            sagas_ended: self.order_counts.sagas().into(),
            refusals: self.order_counts.refusals().collect(),
            sagas,
            backlogs,
            deliveries: self.deliveries(),
            at_risk,
            pending,
            platforms: self.platforms.report(by_platform),
            webhooks,
            webhook_attempts: self.webhook_counts.by_outcome().into(),
            requests: self.traffic.report(),
            serving,
            stores,
            node: NodeFigures {
                has_lease: self.node.fence.is_open(),
                alive: self.node.live().len().max(1),
                clock_difference_ms: self.clock.system_difference_ms(),
            },
            log_lines_dropped: (self.log_lines_dropped)(),
            trace_spans: self.tracer.counts(),
            audit: self.last_audit.get(),
        }
    }

    /// The numbers of messages between actors. The order is always the same.
    #[must_use]
    pub fn edges(&self) -> Vec<EdgeFigures> {
        let links = self.edges.all().iter().map(|edge| EdgeFigures { from: edge.from, to: edge.to, sent: edge.sent() });
        let mut relayed: BTreeMap<(&'static str, &'static str), u64> = BTreeMap::new();
        for route in &self.routes {
            let sent = route.deliveries.total();
            *relayed.entry((route.producer, relay::NAME)).or_default() += sent;
            *relayed.entry((relay::NAME, route.consumer)).or_default() += sent;
        }
        links.chain(relayed.into_iter().map(|((from, to), sent)| EdgeFigures { from, to, sent })).collect()
    }

    fn deliveries(&self) -> Vec<DeliveryFigures> {
        let of_route = |route: &Route| DeliveryFigures {
            producer: route.producer,
            group: route.group,
            by_outcome: route.deliveries.by_outcome(),
        };
        self.routes.iter().map(of_route).collect()
    }

    /// Reads the sizes of the files. A disk may not answer, so a blocking thread reads.
    async fn store_figures(&self) -> Result<Vec<StoreFigures>, tokio::task::JoinError> {
        let stores = self.stores.clone();
        tokio::task::spawn_blocking(move || {
            let sizes = stores.into_iter().filter_map(|(owner, store)| Some((owner, store.size()?)));
            sizes.map(|(owner, size)| StoreFigures { owner, size }).collect()
        })
        .await
    }
}

/// The reply, if it succeeds within [`PART_WITHIN`].
async fn in_time<T, E>(reply: impl Future<Output = Result<T, E>>) -> Option<T> {
    tokio::time::timeout(PART_WITHIN, reply).await.ok()?.ok()
}

#[cfg(test)]
impl Sources {
    /// Sources in which no actor runs.
    pub fn without_actors(clock: &Clock) -> Self {
        use crate::domain::id::NodeId;
        use crate::gateway::Gateways;

        fn dead<A: actix::Actor<Context = actix::Context<A>>>() -> actix::Addr<A> {
            actix::AsyncContext::address(&actix::Context::new())
        }
        Self {
            health: vec![Arc::new(Health::new("goods", clock.clone(), 1, None))],
            order: dead().into(),
            pay: dead().into(),
            user: dead().into(),
            webhook_counts: Arc::default(),
            recovery: dead().into(),
            order_counts: Arc::default(),
            outboxes: Vec::new(),
            routes: Vec::new(),
            edges: Edges::default(),
            platforms: Platforms::new(Gateways::default(), clock),
            node: Node::alone(NodeId::default()),
            clock: clock.clone(),
            started: clock.now(),
            traffic: Arc::default(),
            stores: Vec::new(),
            log_lines_dropped: || 0,
            tracer: Tracer::default(),
            last_audit: LastAudit::default(),
        }
    }
}
