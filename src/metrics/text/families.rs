//! The families about the process, its actors, stores, orders, messages and HTTP requests, and about the audit.

use std::time::Duration;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::writer::Writer;
use crate::actor::health::{ActorReport, ActorState, StoreReport};
use crate::domain::clock::Timestamp;
use crate::messaging::outbox::GroupBacklog;
use crate::metrics::figures::{Figures, StoreFigures};
use crate::metrics::traffic::CLASSES;

/// Seconds since the Unix epoch.
fn unix_seconds(at: Timestamp) -> f64 {
    Duration::from_millis(u64::try_from(at.0).unwrap_or_default()).as_secs_f64()
}

/// Milliseconds as seconds.
fn seconds(ms: Decimal) -> f64 {
    ms.checked_div(Decimal::ONE_THOUSAND).unwrap_or_default().to_f64().unwrap_or_default()
}

/// The process and its node.
pub fn service(figures: &Figures, out: &mut Writer<'_>) -> std::fmt::Result {
    out.info("build", "The version of the program.", &[("version", env!("CARGO_PKG_VERSION"))])?;
    out.gauge("start_time_seconds", "Start of the process, in seconds since 1970.", unix_seconds(figures.started))?;
    out.gauge("missing_parts", "Parts that did not reply in time for this scrape.", figures.missing_parts())?;
    let node = figures.node;
    out.gauge("node_has_lease", "Whether this node may write: 1, or 0 if it has lost its lease.", node.has_lease)?;
    out.gauge("nodes_alive", "Nodes with a valid lease, this one included.", node.alive)?;
    let difference = Duration::from_millis(node.clock_difference_ms.unsigned_abs()).as_secs_f64();
    out.gauge(
        "node_clock_difference_seconds",
        "Difference between the clocks of this machine and of the database.",
        difference,
    )?;
    out.counters(
        "log_lines_dropped",
        "Log lines dropped because their reader was too slow.",
        [(Vec::new(), figures.log_lines_dropped)],
    )?;
    let spans = [("exported", figures.trace_spans.exported), ("dropped", figures.trace_spans.dropped)];
    out.counters(
        "trace_spans",
        "Spans of traces by outcome: taken by the collector, or lost.",
        spans.map(|(outcome, number)| (vec![("outcome", outcome)], number)),
    )
}

/// The actors and the messages between them.
pub fn actors(figures: &Figures, out: &mut Writer<'_>) -> std::fmt::Result {
    let actors = || figures.actors.iter().map(|actor| (vec![("actor", actor.name)], actor));
    let gauge = |value: fn(&ActorReport) -> i64| actors().map(move |(labels, actor)| (labels, value(actor)));
    let counter = |value: fn(&ActorReport) -> u64| actors().map(move |(labels, actor)| (labels, value(actor)));
    let is_up = |actor: &ActorReport| i64::from(actor.state == ActorState::Running);
    out.gauges("actor_up", "Whether the actor runs: 0 while it restarts or if it has stopped.", gauge(is_up))?;
    out.counters("actor_restarts", "Restarts of the actor.", counter(|actor| actor.restarts))?;
    let depth = |actor: &ActorReport| i64::try_from(actor.mailbox.depth).unwrap_or(i64::MAX);
    out.gauges("actor_queue_depth", "Tasks that wait in the queue.", gauge(depth))?;
    let capacity = |actor: &ActorReport| i64::try_from(actor.mailbox.capacity).unwrap_or(i64::MAX);
    out.gauges("actor_queue_capacity", "Size of the queue for new tasks.", gauge(capacity))?;
    let in_flight = |actor: &ActorReport| i64::try_from(actor.in_flight).unwrap_or(i64::MAX);
    out.gauges("actor_in_flight", "Tasks that are running.", gauge(in_flight))?;
    let tasks = figures.actors.iter().flat_map(|actor| {
        let outcomes = [("processed", actor.processed), ("failed", actor.failed), ("retried", actor.retried)];
        outcomes.map(|(outcome, number)| (vec![("actor", actor.name), ("outcome", outcome)], number))
    });
    out.counters("actor_tasks", "Tasks by outcome; retried ones are run again.", tasks)?;
    out.counters("actor_batches", "Batches that were committed.", counter(|actor| actor.batch.count))?;
    out.counters("actor_batched_tasks", "Tasks in committed batches.", counter(|actor| actor.batch.tasks))?;
    let latencies = figures.actors.iter().flat_map(|actor| {
        let quantiles = [("0.5", actor.latency_ms.p50), ("0.99", actor.latency_ms.p99)];
        quantiles.map(|(quantile, ms)| (vec![("actor", actor.name), ("quantile", quantile)], seconds(ms)))
    });
    out.gauges("actor_latency_seconds", "Time from arrival to reply over the last one to two minutes.", latencies)?;
    let edges = figures.edges.iter().map(|edge| (vec![("from", edge.from), ("to", edge.to)], edge.sent));
    out.counters("edge_messages", "Messages from one actor to another.", edges)
}

/// The databases of the owners.
pub fn stores(figures: &Figures, out: &mut Writer<'_>) -> std::fmt::Result {
    let stores = |value: fn(&StoreReport) -> bool| {
        figures.actors.iter().filter_map(move |actor| {
            let store = actor.store.as_ref()?;
            Some((vec![("store", actor.name), ("engine", store.engine)], value(store)))
        })
    };
    out.gauges("store_reachable", "Whether the database answered the last access.", stores(|store| store.reachable))?;
    out.gauges("store_writable", "Whether the database accepts writes.", stores(|store| store.writable))?;
    let files = |value: fn(&StoreFigures) -> u64| {
        figures.stores.iter().flatten().map(move |store| (vec![("store", store.owner)], value(store)))
    };
    out.gauges("store_file_bytes", "Size of the database file (SQLite).", files(|store| store.size.file))?;
    out.gauges(
        "store_log_bytes",
        "Size of the write-ahead log, which a checkpoint empties (SQLite).",
        files(|store| store.size.log),
    )?;
    out.gauges("store_free_bytes", "Free space on the disk of the database file (SQLite).", files(|s| s.size.free))
}

/// Orders and their sagas.
pub fn orders(figures: &Figures, out: &mut Writer<'_>) -> std::fmt::Result {
    fn by<'a>(
        label: &'static str,
        numbers: &'a [(&'static str, u64)],
    ) -> impl Iterator<Item = (Vec<(&'static str, &'a str)>, u64)> {
        numbers.iter().map(move |(name, number)| (vec![(label, *name)], *number))
    }
    out.counters("orders", "Requests for an order by outcome.", by("outcome", &figures.orders))?;
    out.counters("order_refusals", "Refused orders by reason.", by("reason", &figures.refusals))?;
    out.counters("sagas", "Sagas that ended; interrupted ones are resumed.", by("outcome", &figures.sagas_ended))?;
    let Some(sagas) = figures.sagas else { return Ok(()) };
    out.gauge("sagas_in_flight", "Sagas that this process is running.", sagas.in_flight)?;
    let known = |number: Option<i64>| number.map(|number| (Vec::new(), number));
    out.gauges("orders_unconfirmed", "Orders in the store that are not confirmed yet.", known(sagas.unconfirmed))?;
    out.gauges(
        "sagas_without_wakeup",
        "Unconfirmed orders that nothing will resume. Any number but 0 is a fault.",
        known(sagas.without_wakeup),
    )
}

/// Messages between owners.
pub fn messages(figures: &Figures, out: &mut Writer<'_>) -> std::fmt::Result {
    let groups = || {
        figures.deliveries.iter().filter_map(|route| {
            let backlogs = figures.backlogs.iter().filter_map(|(name, backlog)| Some((name, backlog.as_ref()?)));
            let (_, backlog) = backlogs.into_iter().find(|(name, _)| **name == route.producer)?;
            let group = backlog.groups.get(route.group).copied().unwrap_or_default();
            Some((vec![("producer", route.producer), ("group", route.group)], group))
        })
    };
    let gauge = |value: fn(&GroupBacklog) -> i64| groups().map(move |(labels, group)| (labels, value(&group)));
    out.gauges("messages_pending", "Messages that are not delivered yet.", gauge(|group| group.pending))?;
    out.gauges("messages_dead", "Dead letters, which wait for an operator.", gauge(|group| group.dead))?;
    let ages = groups()
        .map(|(labels, group)| (labels, group.oldest.map_or(0.0, |oldest| figures.now.since(oldest).as_secs_f64())));
    out.gauges("messages_oldest_seconds", "Age of the oldest pending message; 0 if there is none.", ages)?;
    let deliveries = figures.deliveries.iter().flat_map(|route| {
        route.by_outcome.iter().map(|(outcome, number)| {
            (vec![("producer", route.producer), ("group", route.group), ("outcome", *outcome)], *number)
        })
    });
    out.counters("deliveries", "Deliveries of messages by outcome.", deliveries)
}

/// HTTP requests.
pub fn http(figures: &Figures, out: &mut Writer<'_>) -> std::fmt::Result {
    let requests = figures.requests.iter().flat_map(|report| {
        let classes = CLASSES.iter().zip(report.classes).filter(|(_, number)| *number > 0);
        classes.map(|(class, number)| {
            (vec![("method", report.method), ("route", report.route.as_str()), ("status", *class)], number)
        })
    });
    out.counters("http_requests", "Answered requests by route and class of status.", requests)?;
    out.durations("http_request_duration_seconds", "Time to answer a request.", &figures.requests)?;
    let admission = figures.serving.admission;
    out.gauge("admission_capacity", "Requests for new work that may be in flight.", admission.capacity)?;
    out.gauge("admission_in_flight", "Requests for new work in flight.", admission.in_flight)?;
    out.counters("admission_refused", "Requests for new work refused as busy.", [(Vec::new(), admission.refused)])?;
    let limited = figures.serving.limited.iter().map(|(limit, number)| (vec![("limit", *limit)], *number));
    out.counters("http_limited", "Requests beyond a limit of an address or a user.", limited)?;
    let connections = &figures.serving.connections;
    out.gauge("http_connections_capacity", "Connections of clients that may be open.", connections.capacity)?;
    out.gauge("http_connections", "Open connections of clients.", connections.open)?;
    let ended = connections.ended.iter().map(|(reason, number)| (vec![("reason", *reason)], *number));
    out.counters("http_connections_cut", "Connections that the server has cut or refused, by reason.", ended)
}

/// The last audit of this process.
pub fn audit(figures: &Figures, out: &mut Writer<'_>) -> std::fmt::Result {
    let audit = figures.audit.as_deref();
    let started = audit.map(|report| (Vec::new(), unix_seconds(report.checked_at)));
    out.gauges("audit_time_seconds", "Start of the last audit of this process, in seconds since 1970.", started)?;
    let invariants = audit.iter().flat_map(|report| &report.invariants);
    let violations = invariants.map(|invariant| (vec![("invariant", invariant.name)], invariant.violated));
    out.gauges("audit_violations", "Violations that the last audit of this process found.", violations)
}
