//! Starts the sampler of the figures that operators see.

use std::sync::Arc;

use actix::Arbiter;

use super::graph::Graph;
use super::stores::Stores;
use super::telemetry;
use crate::domain::clock::Clock;
use crate::metrics::{LastAudit, Sampler, Sources};

/// Starts the sampler on the thread of `arbiter`.
pub fn start(graph: &Graph, stores: &Stores, clock: &Clock, arbiter: &Arbiter) -> Sampler {
    let stores = stores.all().into_iter().map(|(owner, store, _)| (owner, store.clone()));
    let sampler = Sampler::new(Arc::new(Sources {
        health: graph.health.clone(),
        // What operators see must not change what they see.
        order: graph.owners.order.uncounted(),
        pay: graph.owners.pay.uncounted(),
        user: graph.owners.user.uncounted(),
        webhook_counts: Arc::clone(&graph.webhooks.counts),
        recovery: graph.recovery.uncounted(),
        order_counts: Arc::clone(&graph.order_counts),
        outboxes: graph.messaging.outboxes.clone(),
        routes: graph.messaging.routes.clone(),
        edges: graph.edges.clone(),
        platforms: graph.platforms.clone(),
        node: graph.node.clone(),
        clock: clock.clone(),
        started: clock.now(),
        traffic: Arc::default(),
        stores: stores.collect(),
        log_lines_dropped: telemetry::lines_dropped,
        tracer: graph.tracer.clone(),
        last_audit: LastAudit::default(),
    }));
    arbiter.spawn(sampler.clone().run());
    sampler
}
