//! The state of the service, and its audit.

use serde_json::{Value, json};
use utoipa::openapi::Schema;

use super::Resource;
use crate::http::openapi::operation::{Route, get};
use crate::http::openapi::schema::{
    Component, Fields, count, flag, integer, list, money, named, number, object, or_null, text, time, words,
};
use crate::http::openapi::word::SERVICE_STATUS;

/// The group of these routes.
pub const RESOURCE: Resource = Resource {
    tag: "Administration: operation",
    about: "The state of the service, and the audit of its stores.",
    routes,
    schemas,
};

fn routes() -> Vec<Route> {
    vec![
        get("/admin/status", "getStatus", "Shows the state of the service").for_admins().answers(
            200,
            "Status",
            "The state. A part that does not answer is `null`.",
        ),
        get("/admin/audit", "runAudit", "Checks the invariants of all stores")
            .about("The status is 200 also if an invariant is violated.")
            .for_admins()
            .answers(200, "Audit", "The result."),
    ]
}

fn schemas() -> Vec<Component> {
    vec![
        ("Node", node()),
        ("Actor", actor()),
        ("ActorError", actor_error()),
        ("Platform", platform()),
        ("Status", status()),
        ("OutboxCounts", counted("The messages to deliver.", &["pending", "oldest_age_s", "dead"])),
        ("SagaCounts", counted("The orders in progress.", &["in_flight", "unconfirmed", "without_wakeup"])),
        (
            "PaymentCounts",
            counted(
                "Payments and refunds that are not final.",
                &["open", "watched", "refunds_pending", "refunds_parked", "charges_parked"],
            ),
        ),
        ("Invariant", invariant()),
        ("Audit", audit()),
    ]
}

/// Fields that are counts, or `null` if the part does not answer.
fn counts(about: &str, names: &[&str]) -> Fields {
    names.iter().fold(object(about), |fields, name| fields.has(name, or_null(count()), ""))
}

/// The component of such counts, with all of them zero in the example.
fn counted(about: &str, names: &[&str]) -> Schema {
    counts(about, names).shown_as(names.iter().map(|name| ((*name).to_owned(), json!(0))).collect())
}

fn node_example() -> Value {
    json!({"number": 1, "boot_id": "019ac0de-8a64-7c1b-9d4f-0b6a0c1d2e3f", "address": "10.0.0.7:8080",
        "host": "shop-1", "process_id": 4711, "version": "0.1.0", "since": "2026-11-26T14:03:59.010Z",
        "heartbeat_age_ms": 812, "clock_difference_ms": 2})
}

fn node() -> Schema {
    object("A node with a valid lease.")
        .has("number", count(), "")
        .has("boot_id", text(), "Id of the start of its process.")
        .has("address", text(), "")
        .has("host", text(), "")
        .has("process_id", count(), "")
        .has("version", text(), "")
        .has("since", time(), "When it started.")
        .has("heartbeat_age_ms", count(), "The age of its last heartbeat.")
        .has("clock_difference_ms", integer(), "The time of its machine minus the time of the database.")
        .shown_as(node_example())
}

fn actor_example() -> Value {
    json!({"name": "goods", "state": "running", "restarts": 0, "mailbox": {"depth": 0, "capacity": 4096},
        "in_flight": 0, "processed": 12, "failed": 0, "retried": 0, "batch": {"count": 6, "mean": 1.0, "max": 1},
        "latency_ms": {"p50": 0.359, "p99": 3.087}, "last_error": null,
        "store": {"engine": "sqlite", "reachable": true, "writable": true}})
}

fn actor() -> Schema {
    let mailbox = object("").has("depth", count(), "").has("capacity", count(), "");
    let batch = object("").has("count", count(), "").has("mean", number(), "").has("max", count(), "");
    let latency = object("").has("p50", number(), "").has("p99", number(), "");
    let store = object("").has("engine", words(&["sqlite", "postgres", "mysql"]), "").has("reachable", flag(), "").has(
        "writable",
        flag(),
        "",
    );
    object("An actor of this process.")
        .has("name", text(), "")
        .has("state", words(&["running", "restarting", "stopped"]), "")
        .has("restarts", count(), "")
        .has("mailbox", mailbox.inside(), "The queue.")
        .has("in_flight", count(), "Tasks that are running.")
        .has("processed", count(), "Tasks with an outcome since the start.")
        .has("failed", count(), "Tasks without an outcome since the start.")
        .has("retried", count(), "Repeated runs of tasks.")
        .has("batch", batch.inside(), "The batches that were committed.")
        .has("latency_ms", latency.inside(), "The time from arrival to reply, over the last one to two minutes.")
        .has("last_error", or_null(named("ActorError")), "The last failure.")
        .may_have("store", store.inside(), "The database, if the actor has one.")
        .shown_as(actor_example())
}

fn actor_error() -> Schema {
    object("A failure of an actor.")
        .has("at", time(), "")
        .has("message", text(), "")
        .shown_as(json!({"at": "2026-11-26T14:03:59.010Z", "message": "the database is locked"}))
}

fn platform_example() -> Value {
    json!({"provider": "alipay", "state": "up", "since": null, "calls": 0, "open": 0, "refunds_pending": 0,
        "parked": 0, "amount": "0.00"})
}

fn platform() -> Schema {
    object("A payment product.")
        .has("provider", text(), "")
        .has("state", words(&["up", "slow", "down", "removed"]), "")
        .has("since", or_null(time()), "Since when it is slow or down.")
        .has("calls", count(), "Calls in progress to its platform.")
        .has("open", or_null(count()), "Open payments.")
        .has("refunds_pending", or_null(count()), "")
        .has("parked", or_null(count()), "Refunds that need an operator.")
        .has("amount", or_null(money()), "The sum of these payments and refunds.")
        .shown_as(platform_example())
}

fn status() -> Schema {
    let this_node = object("").has("number", count(), "").has("has_lease", flag(), "Whether it may write.").has(
        "clock_difference_ms",
        integer(),
        "",
    );
    let admission = counts("", &["capacity", "in_flight", "refused"]);
    let webhooks = object("")
        .has("endpoints", count(), "")
        .has("disabled", count(), "Those that the shop has disabled because they failed.")
        .has("undelivered", count(), "")
        .has("oldest_age_s", count(), "");
    object("The state of the service.")
        .has("status", words(SERVICE_STATUS), "The worst of all parts.")
        .has("version", text(), "")
        .has("uptime_s", count(), "")
        .has("node", this_node.inside(), "This node.")
        .has("nodes", list(named("Node")), "All nodes with a valid lease.")
        .has("actors", list(named("Actor")), "")
        .has("outbox", or_null(named("OutboxCounts")), "The messages to deliver.")
        .has("sagas", or_null(named("SagaCounts")), "")
        .has("payments", or_null(named("PaymentCounts")), "Payments and refunds that are not final.")
        .has("platforms", list(named("Platform")), "")
        .has(
            "ahead",
            counts("", &["orders", "messages", "payments", "refunds"]).inside(),
            "Rows that are due too late.",
        )
        .has("door", admission.inside(), "Admission control.")
        .has("webhooks", or_null(webhooks.inside()), "The webhooks, and their events that are not delivered.")
        .shown_as(json!({
            "status": "healthy", "version": "0.1.0", "uptime_s": 3,
            "node": {"number": 1, "has_lease": true, "clock_difference_ms": 2},
            "nodes": [node_example()], "actors": [actor_example()],
            "outbox": {"pending": 0, "oldest_age_s": 0, "dead": 0},
            "sagas": {"in_flight": 0, "unconfirmed": 0, "without_wakeup": 0},
            "payments": {"open": 0, "watched": 0, "refunds_pending": 0, "refunds_parked": 0, "charges_parked": 0},
            "platforms": [platform_example()],
            "ahead": {"orders": 0, "messages": 0, "payments": 0, "refunds": 0},
            "door": {"capacity": 256, "in_flight": 0, "refused": 0},
            "webhooks": {"endpoints": 0, "disabled": 0, "undelivered": 0, "oldest_age_s": 0}
        }))
}

fn invariant() -> Schema {
    object("The result for one invariant.")
        .has("name", text(), "")
        .has("ok", flag(), "Whether it holds.")
        .has("checked", count(), "The number of things that were checked.")
        .has("violations", list(text()), "The first 100 violations.")
        .has("violated", count(), "The number of violations.")
        .shown_as(json!({"name": "stock_ledger", "ok": true, "checked": 5, "violations": [], "violated": 0}))
}

fn audit() -> Schema {
    let head = object("The head of an owner's chain.")
        .has("owner", text(), "")
        .has("head", text(), "The number and the hash of the last link.")
        .has("link_time", time(), "");
    object("The result of an audit.")
        .has("ok", flag(), "Whether every invariant holds.")
        .has("checked_at", time(), "")
        .has("invariants", list(named("Invariant")), "")
        .has("heads", list(head.inside()), "The heads of the chains, to be kept outside the database.")
        .shown_as(json!({"ok": true, "checked_at": "2026-11-26T14:03:59.010Z",
            "invariants": [{"name": "stock_ledger", "ok": true, "checked": 5, "violations": [], "violated": 0}],
            "heads": [{"owner": "goods", "head": "1:9f86d081", "link_time": "2026-11-26T14:03:59.010Z"}]}))
}
