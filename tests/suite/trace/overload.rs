//! A collector that does not take spans holds up nothing; what it does not take is counted.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::json;

use super::collector::Collector;
use crate::support::{TestApp, eventually};

/// The number of spans with an outcome.
async fn spans(app: &TestApp, outcome: &str) -> u64 {
    let figures = app.get("/metrics", "").await.expect(200).text;
    let sample = format!("tradepost_trace_spans_total{{outcome=\"{outcome}\"}} ");
    figures.lines().find_map(|line| line.strip_prefix(&sample)).unwrap().parse().unwrap()
}

/// The golden case with this collector.
async fn golden_case(endpoint: &str) -> TestApp {
    let app = TestApp::with(&[("TRACE__ENDPOINT", endpoint)]).await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.assert_paid_once(&zs, &order_id).await;
    app
}

async fn assert_some(app: &TestApp, outcome: &str) {
    let some = || async { (spans(app, outcome).await > 0).then_some(()) };
    eventually(Duration::from_secs(20), outcome, some).await;
}

#[actix_web::test]
async fn without_a_collector_orders_go_on_and_lost_spans_are_counted() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let app = golden_case(&format!("http://{closed}/v1/traces")).await;
    assert_some(&app, "dropped").await;
    assert_eq!(spans(&app, "exported").await, 0);
    app.finish().await;
}

#[actix_web::test]
async fn a_collector_that_never_answers_holds_up_neither_orders_nor_a_stop() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let app = golden_case(&format!("http://{}/v1/traces", silent.local_addr().unwrap())).await;
    assert_some(&app, "dropped").await;
    let stop = Instant::now();
    app.finish().await;
    assert!(stop.elapsed() < Duration::from_secs(20), "{:?}", stop.elapsed());
}

#[actix_web::test]
async fn spans_that_the_collector_refuses_are_counted_as_lost_and_the_others_as_sent() {
    let collector = Collector::open().await;
    // A refusal of all, and one of 3 spans: a message with a message whose first field is 3.
    collector.0.reply(&[(503, "later"), (200, "\n\u{2}\u{8}\u{3}")]);
    let app = golden_case(&collector.endpoint()).await;
    assert_some(&app, "exported").await;
    let lost = spans(&app, "dropped").await;
    assert!(lost > 3, "{lost}");
    app.finish().await;
}
