//! The trace of one order, from its request to the last consumer of its payment.

use std::collections::BTreeSet;

use serde_json::json;
use tradepost::actor::fault::Fault;

use super::collector::{CLIENT, CONSUMER, Collector, SERVER, Spans};
use crate::support::{OrderBody, TestApp};

/// The spans of placing the golden order.
const PLACED: [&str; 12] = [
    "order",
    "POST /v1/orders",
    "coordinator PlaceOrder",
    "goods Find",
    "coupon Find",
    "user Find",
    "order PreOrder",
    "order saga",
    "goods Reserve",
    "coupon Bind",
    "user Take",
    "order Confirm",
];
/// The spans of starting its payment.
const STARTED: [&str; 7] = [
    "POST /v1/payments",
    "payments StartPayment",
    "pay FindRequest",
    "order StartPayment",
    "pay OpenPayment",
    "sandbox create",
    "pay SetCheckout",
];
/// The spans of the callback and its consequences.
const PAID: [&str; 6] = [
    "POST /v1/payments/callbacks/{provider}",
    "pay Notify",
    "deliver payment/paid to order",
    "order Delivery",
    "deliver order/paid to points",
    "user Delivery",
];

#[track_caller]
fn assert_has(spans: &Spans, names: &[&str]) {
    let found = spans.names();
    let missing: Vec<_> = names.iter().filter(|name| !found.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?} are missing among {found:?}");
}

/// Checks that the spans are one tree: each has its parent, except the order itself.
#[track_caller]
fn assert_tree(spans: &Spans) {
    let roots: Vec<_> = spans.0.iter().filter(|span| span.parent.is_empty()).map(|span| span.name.as_str()).collect();
    assert_eq!(roots, ["order"]);
    for span in spans.0.iter().filter(|span| !span.parent.is_empty()) {
        assert!(spans.find(&span.parent).is_some(), "the parent of {span:?} is missing");
    }
    let ids: BTreeSet<_> = spans.0.iter().map(|span| &span.id).collect();
    assert_eq!(ids.len(), spans.0.len(), "a span was sent twice");
}

#[actix_web::test]
async fn one_trace_has_every_hop_from_the_request_to_the_last_consumer() {
    let collector = Collector::open().await;
    let app = collector.app(&[]).await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.assert_paid_once(&zs, &order_id).await;
    app.finish().await;

    let spans = collector.spans().of_order(&order_id);
    assert_has(&spans, &[&PLACED[..], &STARTED, &PAID].concat());
    assert_tree(&spans);
    let placing = ["coordinator PlaceOrder", "POST /v1/orders", "order"];
    for quoted in ["goods Find", "coupon Find", "user Find", "order PreOrder", "order saga"] {
        assert_eq!(spans.way_up(quoted), placing, "{quoted}");
    }
    for step in ["goods Reserve", "coupon Bind", "user Take", "order Confirm"] {
        assert_eq!(spans.way_up(step), [&["order saga"], &placing[..]].concat(), "{step}");
    }
    assert_eq!(spans.way_up("sandbox create"), ["payments StartPayment", "POST /v1/payments", "order"]);
    assert_eq!(spans.way_up("pay Notify"), ["POST /v1/payments/callbacks/{provider}", "order"]);
    assert_eq!(spans.way_up("user Delivery"), ["deliver order/paid to points", "order"]);
    let kind = |name: &str| spans.one(name).kind;
    assert_eq!(["POST /v1/orders", "POST /v1/payments/callbacks/{provider}"].map(kind), [SERVER; 2]);
    assert_eq!(kind("sandbox create"), CLIENT);
    assert_eq!(["deliver payment/paid to order", "deliver order/paid to points"].map(kind), [CONSUMER; 2]);
    assert!(spans.0.iter().all(|span| !span.has_failed));
}

#[actix_web::test]
async fn the_trace_goes_on_after_a_restart_between_the_payment_and_its_callback() {
    let collector = Collector::open().await;
    let mut app = collector.app(&[]).await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.restart().await;
    let before = collector.spans().of_order(&order_id);
    assert_has(&before, &[&PLACED[..], &STARTED].concat());
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.assert_paid_once(&zs, &order_id).await;
    app.finish().await;

    let spans = collector.spans().of_order(&order_id);
    assert_tree(&spans);
    let after = Spans(spans.0.iter().filter(|span| before.find(&span.id).is_none()).cloned().collect());
    assert_has(&after, &PAID);
}

#[actix_web::test]
async fn an_order_that_a_restart_finds_unfinished_is_driven_on_in_its_trace() {
    let collector = Collector::open().await;
    let mut app = collector.app(&[("ORDERS__ANSWER_WITHIN", "150ms")]).await;
    let zs = app.zs().await;
    app.faults.plan("goods.apply", Fault::Error, 0, u32::MAX);
    let order_id = app.order(&zs, "stalled", &OrderBody::golden()).await.expect(202).text_of("order_id");
    app.stop(std::time::Duration::ZERO).await;
    app.faults.plan("goods.apply", Fault::Error, 0, 0);
    app.restart().await;
    app.settle().await;
    app.finish().await;

    let spans = collector.spans().of_order(&order_id);
    assert_tree(&spans);
    // The stop resumed the saga, too.
    assert_eq!(spans.way_up("order Confirm"), ["order saga, resumed", "order"]);
    let failed = spans.0.iter().filter(|span| span.name == "goods Reserve" && span.has_failed);
    assert_ne!(failed.count(), 0, "the attempts that had no outcome are in the trace");
}

#[actix_web::test]
async fn what_follows_from_a_cancelled_order_is_in_its_trace() {
    let collector = Collector::open().await;
    let app = collector.app(&[]).await;
    let (zs, order_id, _) = app.paying().await;
    app.post(&format!("/v1/orders/{order_id}/cancel"), &zs, json!({})).await.expect(200);
    app.settle().await;
    app.finish().await;

    let spans = collector.spans().of_order(&order_id);
    assert_tree(&spans);
    let consumers = ["goods", "coupon", "user"].map(|group| format!("deliver order/cancel to {group}"));
    assert_has(&spans, &consumers.each_ref().map(String::as_str));
    let request = "POST /v1/orders/{id}/cancel";
    assert_eq!(spans.way_up("sandbox close"), ["payments Cancel", request, "order"]);
    assert_eq!(spans.way_up("order Command"), ["payments Cancel", request, "order"]);
}

#[actix_web::test]
async fn a_payment_that_is_found_by_a_due_query_is_in_the_trace_of_its_order() {
    let collector = Collector::open().await;
    let app = collector.app(&[]).await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.post(&format!("/sandbox/trades/{pay_id}/pay"), "", json!({"lose": true})).await.expect(200);
    app.advance(std::time::Duration::from_secs(60)).await;
    app.assert_paid_once(&zs, &order_id).await;
    app.finish().await;

    let spans = collector.spans().of_order(&order_id);
    assert_tree(&spans);
    assert_eq!(spans.way_up("sandbox query"), ["due sync", "order"]);
    assert_eq!(spans.way_up("pay Notify"), ["due sync", "order"]);
    assert_has(&spans, &["deliver order/paid to points"]);
}

#[actix_web::test]
async fn no_order_is_sent_if_none_is_sampled() {
    let collector = Collector::open().await;
    let app = collector.app(&[("TRACE__SAMPLE", "0")]).await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.assert_paid_once(&zs, &order_id).await;
    app.finish().await;
    assert_eq!(collector.spans().0, []);
}

#[actix_web::test]
async fn nothing_is_recorded_without_an_endpoint() {
    let app = TestApp::start().await;
    let (_, order_id, _) = app.paying().await;
    let figures = app.get("/metrics", "").await.expect(200).text;
    assert!(figures.contains("tradepost_trace_spans_total{outcome=\"exported\"} 0"), "{order_id}: {figures}");
    assert!(figures.contains("tradepost_trace_spans_total{outcome=\"dropped\"} 0"), "{figures}");
    app.finish().await;
}
