//! The id of the trace in problems. It is there in builds without traces too.

use awc::http::Method;
use tradepost::domain::id::OrderId;
use tradepost::trace::TraceId;

use crate::support::{GOODS, OrderBody, TestApp};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn trace_of(order_id: &str) -> String {
    TraceId::of_order(order_id.parse::<OrderId>().unwrap()).to_string()
}

#[actix_web::test]
async fn a_problem_about_an_order_names_the_trace_of_the_order() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let refused = app.order(&zs, "refused", &OrderBody::of(GOODS, 5_000)).await;
    let refused = refused.expect_problem(409, "insufficient_stock");
    assert_eq!(refused.text_of("trace_id"), trace_of(&refused.text_of("order_id")));
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    let receive = app.post(&format!("/v1/orders/{order_id}/receive"), &zs, serde_json::json!({})).await;
    assert_eq!(receive.expect_problem(409, "order_not_receivable").text_of("trace_id"), trace_of(&order_id));
    let unknown = app.pay(&zs, "pay", "1").await.expect_problem(404, "not_found");
    assert_eq!(unknown.text_of("trace_id"), trace_of("1"));
    app.finish().await;
}

#[actix_web::test]
async fn a_problem_about_no_order_names_a_trace_of_its_own_or_that_of_the_client() {
    let app = TestApp::start().await;
    let trace_for = async |traceparent: &str| {
        let headers = [("traceparent", traceparent), ("x-request-id", "mine")];
        let answer = app.send(Method::GET, "/v1/goods/1", "", &headers, None).await;
        let own = TraceId::of_request(answer.header("x-request-id")).to_string();
        (answer.expect_problem(404, "not_found").text_of("trace_id"), own)
    };
    let (named, _) = trace_for(&format!("00-{TRACE}-00f067aa0ba902b7-01")).await;
    assert_eq!(named, TRACE);
    let malformed = [format!("00-{TRACE}-00f067aa0ba902b7"), format!("00-{TRACE}-0-01"), "nonsense".to_owned()];
    for none in [String::new()].into_iter().chain(malformed) {
        let (named, own) = trace_for(&none).await;
        assert_eq!(named, own, "{none}");
    }
    app.finish().await;
}
