//! Requests of clients that have traces of their own.

use awc::http::Method;

use super::collector::{Collector, trace_of};
use crate::support::{Answer, OrderBody, TestApp};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

async fn place(app: &TestApp, zs: &str, traceparent: &str) -> Answer {
    let headers = [("idempotency-key", "order"), ("traceparent", traceparent)];
    app.send(Method::POST, "/v1/orders", zs, &headers, Some(&OrderBody::golden().0)).await
}

#[actix_web::test]
async fn a_request_with_a_traceparent_stays_in_the_trace_of_its_client_and_is_linked_with_the_order_both_ways() {
    let collector = Collector::open().await;
    let app = collector.app(&[]).await;
    let zs = app.zs().await;
    let order_id = place(&app, &zs, &format!("00-{TRACE}-{SPAN}-01")).await.expect(201).text_of("order_id");
    app.pay(&zs, "pay", &order_id).await.expect(201);
    app.finish().await;

    let (client, order) = (collector.spans().of_trace(TRACE), collector.spans().of_order(&order_id));
    let request = client.one("POST /v1/orders");
    assert_eq!(request.parent, SPAN);
    for hop in ["goods Reserve", "coupon Bind", "user Take", "order Confirm"] {
        assert!(client.names().contains(hop), "{hop}");
    }
    let linked = order.one("request of another trace");
    assert_eq!(request.links, [(trace_of(&order_id), linked.id.clone())]);
    assert_eq!(linked.links, [(TRACE.to_owned(), request.id.clone())]);
    assert_eq!(order.way_up("request of another trace"), ["order"]);
    assert_eq!(order.way_up("POST /v1/payments"), ["order"]);
}

#[actix_web::test]
async fn a_client_that_does_not_record_its_trace_is_not_recorded_here() {
    let collector = Collector::open().await;
    let app = collector.app(&[]).await;
    let zs = app.zs().await;
    let order_id = place(&app, &zs, &format!("00-{TRACE}-{SPAN}-00")).await.expect(201).text_of("order_id");
    app.finish().await;
    assert_eq!(collector.spans().of_trace(TRACE).0, []);
    assert_eq!(collector.spans().of_order(&order_id).names().into_iter().collect::<Vec<_>>(), ["order"]);
}

#[actix_web::test]
async fn a_malformed_traceparent_is_ignored() {
    let collector = Collector::open().await;
    let app = collector.app(&[]).await;
    let zs = app.zs().await;
    let order_id = place(&app, &zs, &format!("00-{TRACE}-{SPAN}")).await.expect(201).text_of("order_id");
    app.finish().await;
    assert_eq!(collector.spans().of_trace(TRACE).0, []);
    assert_eq!(collector.spans().of_order(&order_id).way_up("POST /v1/orders"), ["order"]);
}
