//! Answers of an application in which something fails or takes long.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tradepost::actor::fault::Fault;
use tradepost::trace::TraceId;

use super::record::assert_recorded;
use super::script::Script;
use super::stored;
use crate::support::{ADMIN_PASSWORD, DEMO_PASSWORD, GOODS, OrderBody};

const ORDERS: &str = "/v1/orders";

#[actix_web::test]
async fn contract_an_order_whose_deadline_passes_answers_as_recorded() {
    let mut script = Script::start(&[("ORDERS__DEADLINE", "0s")]).await;
    let zs = script.sign_in("zs", DEMO_PASSWORD).await;
    let admin = script.sign_in("admin", ADMIN_PASSWORD).await;
    let golden = OrderBody::golden().0.to_string();
    let refused = script.keyed(&zs, ORDERS, "golden", &golden).await.expect(409);
    let order_id = refused.text_of("order_id");
    script.keyed(&zs, ORDERS, "golden", &golden).await.expect(409);
    script.get(&zs, &format!("/v1/orders/{order_id}")).await.expect(200);
    script.get(&zs, &format!("/v1/orders/{order_id}/events")).await.expect(200);
    script.get(&admin, &format!("/admin/orders/{order_id}")).await.expect(200);
    script.get(&zs, "/v1/users/me/money-log").await.expect(200);
    let messages = stored::messages(&script.app);
    script.note(&messages);
    let text = script.take();
    script.app.finish().await;
    assert_recorded("answers_deadline.txt", &text);
}

#[actix_web::test]
async fn contract_an_order_in_progress_answers_as_recorded() {
    let mut script = Script::start(&[]).await;
    let zs = script.sign_in("zs", DEMO_PASSWORD).await;
    let golden = OrderBody::golden().0.to_string();
    script.app.faults.plan("coordinator.event", Fault::Error, 0, u32::MAX);
    script.keyed(&zs, ORDERS, "key", &golden).await.expect(503);
    script.keyed(&zs, ORDERS, "key", &golden).await.expect(409);
    script.app.stop(Duration::ZERO).await;
    script.app.clear_fault("coordinator.event");
    script.restart().await;
    script.keyed(&zs, ORDERS, "key", &golden).await.expect(201);
    let text = script.take();
    script.app.finish().await;
    assert_recorded("answers_under_way.txt", &text);
}

#[actix_web::test]
async fn contract_a_slow_order_is_accepted_as_recorded() {
    let settings = [("ORDERS__ANSWER_WITHIN", "100ms"), ("ORDERS__BACKOFF__FIRST", "1s")];
    let mut script = Script::start(&settings).await;
    let zs = script.sign_in("zs", DEMO_PASSWORD).await;
    let order_body = OrderBody::of(GOODS, 1).0.to_string();
    script.app.faults.plan("goods.apply", Fault::Error, 0, 1);
    let accepted = script.keyed(&zs, ORDERS, "slow", &order_body).await;
    let order_id = accepted.expect(202).text_of("order_id");
    script
        .app
        .until(|| script.app.number("order", "SELECT count(*) AS n FROM orders WHERE order_status = 1") == 1)
        .await;
    script.get(&zs, &format!("/v1/orders/{order_id}")).await.expect(200);
    script.keyed(&zs, ORDERS, "slow", &order_body).await.expect(201);
    let text = script.take();
    script.app.finish().await;
    assert_recorded("answers_accepted.txt", &text);
}

#[actix_web::test]
async fn contract_a_component_that_does_not_answer_is_reported_as_recorded() {
    let mut script = Script::start(&[]).await;
    let anonymous = super::script::Caller::anonymous();
    let zs = script.sign_in("zs", DEMO_PASSWORD).await;
    let admin = script.sign_in("admin", ADMIN_PASSWORD).await;
    let goods = json!({"goods_name": "x", "goods_number": 1, "goods_price": "1.00"}).to_string();
    script.chapter("an owner whose store fails");
    // An owner probes its store by itself. On a slow machine the probe can come before the two requests below.
    loop {
        let begin = script.mark();
        script.app.faults.plan("goods.apply", Fault::Error, 0, 1);
        script.post(&admin, "/admin/goods", &goods).await.expect(503);
        let is_ready = script.get(&anonymous, "/readyz").await.status == 200;
        let status = script.get(&admin, "/admin/status").await.expect(200);
        if !is_ready && status.body["status"] == "unhealthy" {
            break;
        }
        script.forget(begin);
    }
    script.get(&anonymous, "/healthz").await.expect(200);
    script.post(&admin, "/admin/goods", &goods).await.expect(201);
    script.get(&anonymous, "/readyz").await.expect(200);
    script.chapter("a batch that panics is run again");
    script.app.faults.plan("goods.apply", Fault::Panic, 0, 1);
    script.post(&admin, "/admin/goods", &goods).await.expect(201);
    script.chapter("a platform that does not answer");
    let order_body = OrderBody::of(GOODS, 1).0.to_string();
    let order_id = script.keyed(&zs, ORDERS, "order", &order_body).await.expect(201).text_of("order_id");
    let body = json!({"order_id": order_id, "provider": "sandbox"}).to_string();
    script.app.fail_at("sandbox.apply");
    script.keyed(&zs, "/v1/payments", "pay", &body).await.expect(503);
    script.app.clear_fault("sandbox.apply");
    let pay_id = script.keyed(&zs, "/v1/payments", "pay", &body).await.expect(201).text_of("pay_id");
    script.app.fail_at("sandbox.apply");
    script.post(&zs, &format!("/v1/orders/{order_id}/cancel"), "").await.expect(503);
    script.post(&admin, &format!("/admin/payments/{pay_id}/query"), "").await;
    script.post(&anonymous, &format!("/sandbox/trades/{pay_id}/pay"), "").await.expect(503);
    script.post(&anonymous, &format!("{}/pay", script.app.checkout_path(&pay_id)), "").await.expect(503);
    script.app.clear_fault("sandbox.apply");
    let text = script.take();
    script.app.finish().await;
    assert_recorded("answers_faults.txt", &text);
}

#[actix_web::test]
async fn contract_a_bug_is_answered_as_recorded() {
    let mut script = Script::start(&[]).await;
    let admin = script.sign_in("admin", ADMIN_PASSWORD).await;
    // The index is stricter than the program expects, which is how a bug appears.
    script.app.alter("goods", "CREATE UNIQUE INDEX goods_goods_name_key ON goods (goods_name)");
    let goods = json!({"goods_name": "Rubber duck", "goods_number": 1, "goods_price": "1.00"}).to_string();
    script.post(&admin, "/admin/goods", &goods).await.expect(500);
    let text = script.take();
    script.app.finish_broken().await;
    assert_recorded("answers_bug.txt", &text);
}

#[actix_web::test]
async fn contract_an_incomplete_body_is_answered_as_recorded() {
    let script = Script::start(&[("HTTP__BODY_WITHIN", "50ms")]).await;
    let address = script.app.url().replace("http://", "");
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = "POST /v1/sessions HTTP/1.1\r\nhost: shop\r\nx-request-id: contract\r\n\
                content-type: application/json\r\ncontent-length: 20\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // The answer comes first, and then the connection is closed.
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<&str> = head.lines().filter(|line| !line.to_lowercase().starts_with("date:")).collect();
    lines[1..].sort_unstable();
    let request_id = lines.iter().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap();
    let text = format!("{}\n\n{body}\n", lines.join("\n"));
    let text = text.replace(&TraceId::of_request(request_id).to_string(), "<trace>").replace(request_id, "<request>");
    assert_recorded("answers_timeout.txt", &text);
    script.app.finish().await;
}

#[actix_web::test]
async fn contract_without_the_sandbox_its_routes_do_not_exist() {
    let mut script = Script::start(&[("GATEWAY__SANDBOX__ENABLED", "false"), ("ADMIN__LISTEN", "127.0.0.1:0")]).await;
    let anonymous = super::script::Caller::anonymous();
    let zs = script.sign_in("zs", DEMO_PASSWORD).await;
    for path in ["/sandbox/statement", "/sandbox/trades/1", "/sandbox/checkout/1", "/admin/status", "/admin/goods"] {
        script.get(&anonymous, path).await.expect(404);
    }
    script.post(&anonymous, "/v1/payments/callbacks/sandbox", "{}").await.expect(404);
    let order_body = OrderBody::of(GOODS, 1).0.to_string();
    let order_id = script.keyed(&zs, ORDERS, "order", &order_body).await.expect(201).text_of("order_id");
    let body = json!({"order_id": order_id, "provider": "sandbox"}).to_string();
    script.keyed(&zs, "/v1/payments", "pay", &body).await.expect(422);
    let text = script.take();
    script.app.finish().await;
    assert_recorded("answers_no_sandbox.txt", &text);
}
