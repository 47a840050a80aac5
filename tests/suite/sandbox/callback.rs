//! Callbacks of the sandbox platform: checked against the stored payment, applied once, and applied as a whole or not.

use std::time::Duration;

use crate::support::{GOODS, NO_QUERIES, OrderBody, SLOW, TestApp, eventually};
use awc::http::Method;
use serde_json::{Value, json};
use tradepost::actor::fault::Fault;
use tradepost::sandbox::Key;

const SECRET: &str = "a secret of the tests, of no use elsewhere";
const CALLBACKS: &str = "/v1/payments/callbacks/sandbox";
const HOUR: Duration = Duration::from_secs(3600);

/// An application that does not retry a failed message within two hours.
async fn start() -> TestApp {
    TestApp::with(&[SLOW[0], SLOW[1], ("GATEWAY__SANDBOX__SECRET", SECRET)]).await
}

fn notice(pay_id: &str) -> Value {
    let data = json!({"out_trade_no": pay_id, "trade_no": "sb1", "amount": "880.00", "currency": "CNY",
        "merchant_id": "tradepost-demo"});
    json!({"id": "evt_by_hand", "type": "payment.succeeded", "created": 1_760_000_000, "data": data})
}

/// Posts a body signed with the right secret.
async fn signed(app: &TestApp, body: &Value) -> crate::support::Answer {
    let body = body.to_string().into_bytes();
    let signature = Key::new(SECRET).unwrap().sign(&body, app.clock.now());
    app.send_bytes(CALLBACKS, &[("sandbox-signature", &signature)], body).await
}

#[actix_web::test]
async fn a_tampered_callback_changes_nothing() {
    // No query finds out meanwhile what was charged.
    let settings = [SLOW[0], SLOW[1], NO_QUERIES[0], NO_QUERIES[1], ("GATEWAY__SANDBOX__SECRET", SECRET)];
    let app = TestApp::with(&settings).await;
    let (zs, order_id, pay_id) = app.paying().await;
    let mut expected = Vec::new();
    for (part, status) in [("signature", 401), ("timestamp", 401), ("amount", 422), ("order", 422), ("merchant", 422)] {
        let trade = app.pay_at_platform(&pay_id, json!({"tamper": part})).await.expect(200);
        assert_eq!(trade.body["charged"], "880.00");
        expected.push(status);
        assert_eq!(app.callback_statuses(&pay_id).await, expected, "{part}");
        app.assert_unpaid().await;
    }
    // The valid callback is accepted all the same, and the tampered ones are refused again when they are repeated.
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    assert_eq!(app.callback_statuses(&pay_id).await.last(), Some(&200));
    app.advance(HOUR * 2).await;
    assert_eq!(app.callback_statuses(&pay_id).await.len(), 11);
    app.assert_paid_once(&zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn a_callback_without_a_valid_signature_is_refused() {
    let app = start().await;
    let (_, _, pay_id) = app.paying().await;
    let before = app.rows();
    let body = notice(&pay_id).to_string().into_bytes();
    let now = app.clock.now();
    let right = Key::new(SECRET).unwrap().sign(&body, now);
    let (stamp, v1) = right.split_once(',').unwrap();
    let with_another_key = Key::new("another secret").unwrap().sign(&body, now);
    let of_another_body = Key::new(SECRET).unwrap().sign(b"{}", now);
    let old = Key::new(SECRET).unwrap().sign(&body, now.minus(Duration::from_secs(400)));
    let future = Key::new(SECRET).unwrap().sign(&body, now.plus(Duration::from_secs(400)));
    let another_time = format!("t={},{v1}", now.unix_seconds() + 1);
    let uppercase = right.to_uppercase();
    let wrong = ["", "v1=", stamp, v1, &uppercase, &with_another_key, &of_another_body, &old, &future, &another_time];
    for signature in wrong {
        let headers = [("sandbox-signature", signature)];
        let answer = app.send_bytes(CALLBACKS, &headers, body.clone()).await;
        answer.expect_problem(401, "invalid_signature");
    }
    app.send_bytes(CALLBACKS, &[], body.clone()).await.expect_problem(401, "invalid_signature");
    let twice = [("sandbox-signature", right.as_str()), ("sandbox-signature", right.as_str())];
    app.send_bytes(CALLBACKS, &twice, body.clone()).await.expect_problem(401, "invalid_signature");
    let bearer = format!("Bearer {}", app.admin().await);
    app.send_bytes(CALLBACKS, &[("authorization", &bearer)], body).await.expect_problem(401, "invalid_signature");
    assert_eq!(app.rows(), before);
    app.assert_unpaid().await;
    app.finish().await;
}

#[actix_web::test]
async fn a_signed_notice_that_differs_from_the_stored_payment_changes_nothing() {
    let app = start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    let other = app.order(&zs, "other", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let other = app.pay(&zs, "other", &other).await.expect(201).text_of("pay_id");
    for (field, value) in [
        ("amount", json!("880.01")),
        ("amount", json!("879.99")),
        ("amount", json!("0.00")),
        ("amount", json!("-880.00")),
        ("amount", json!("88000")),
        ("amount", json!(880)),
        ("currency", json!("USD")),
        ("currency", json!("cny")),
        ("merchant_id", json!("another")),
        ("merchant_id", json!("")),
        ("out_trade_no", json!("1")),
        ("out_trade_no", json!(other)),
        ("out_trade_no", json!(order_id)),
        ("out_trade_no", json!(format!(" {pay_id}"))),
        ("out_trade_no", json!("' OR 1 = 1 --")),
        ("trade_no", Value::Null),
    ] {
        let mut body = notice(&pay_id);
        body["data"][field] = value;
        signed(&app, &body).await.expect_problem(422, "invalid_notice");
    }
    for body in [json!(null), json!([]), json!({}), json!("success")] {
        signed(&app, &body).await.expect_problem(422, "invalid_notice");
    }
    let mut body = notice(&pay_id);
    body["type"] = json!("payment.exploded");
    signed(&app, &body).await.expect_problem(422, "invalid_notice");
    app.assert_unpaid().await;

    let right = signed(&app, &notice(&pay_id)).await.expect(200);
    assert_eq!(right.text, "success");
    app.settle().await;
    app.assert_paid_once(&zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn a_notice_cannot_choose_the_order_it_pays() {
    let app = start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    let other = app.order(&zs, "other", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let (_, mallory) = app.customer("mallory", "0.00").await;
    let mut body = notice(&pay_id);
    body["data"]["order_id"] = json!(other);
    body["data"]["user_id"] = json!("1");
    body["order_id"] = json!(other);
    assert_eq!(signed(&app, &body).await.expect(200).text, "success");
    app.settle().await;
    app.assert_paid_once(&zs, &order_id).await;
    let other = app.get(&format!("/v1/orders/{other}"), &zs).await.expect(200).body;
    assert_eq!(other["pay_status"], "unpaid");
    assert_eq!(app.get("/v1/users/me", &mallory).await.expect(200).body["user_score"], 0);

    // A second trade for a paid payment does not replace the trade that paid it.
    let mut second = notice(&pay_id);
    (second["id"], second["data"]["trade_no"]) = (json!("evt_second"), json!("sb2"));
    signed(&app, &second).await.expect_problem(422, "invalid_notice");
    app.finish().await;
}

#[actix_web::test]
async fn a_repeated_callback_pays_once_and_is_accepted_every_time() {
    let mut app = start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({"callbacks": 50, "concurrent": true})).await.expect(200);
    app.assert_paid_once(&zs, &order_id).await;
    app.pay_at_platform(&pay_id, json!({"callbacks": 20})).await.expect(200);
    app.restart().await;
    app.pay_at_platform(&pay_id, json!({"callbacks": 2})).await.expect(200);
    app.pay_at_platform(&pay_id, json!({"callbacks": 50, "concurrent": true})).await.expect(200);
    assert_eq!(app.callback_statuses(&pay_id).await, vec![200; 122]);
    assert_eq!(app.number("sandbox", "SELECT sum(attempts) AS n FROM mq_producer WHERE msg_status = 1"), 4);
    assert_eq!(app.number("pay", "SELECT sum(times) AS n FROM pay_notice"), 122);
    app.assert_paid_once(&zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn fifty_copies_of_a_callback_in_sequence_pay_once() {
    let app = start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    for copies in [2, 48] {
        app.pay_at_platform(&pay_id, json!({"callbacks": copies})).await.expect(200);
        app.assert_paid_once(&zs, &order_id).await;
    }
    assert_eq!(app.callback_statuses(&pay_id).await, vec![200; 50]);
    app.finish().await;
}

#[actix_web::test]
async fn a_second_trade_for_a_paid_payment_is_parked() {
    let app = start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let mut second = notice(&pay_id);
    second["data"]["trade_no"] = json!("sb2");
    assert_eq!(signed(&app, &second).await.status, 422);
    let parked = "SELECT count(*) AS n FROM pay_notice WHERE reason = 'the payment is paid by another trade'";
    assert_eq!(app.number("pay", parked), 1);
    app.assert_paid_once(&zs, &order_id).await;
    app.finish().await;
}

fn event(id: &str, kind: &str, pay_id: &str, trade_no: &str) -> Value {
    let mut event = notice(pay_id);
    event["id"] = json!(id);
    event["type"] = json!(format!("payment.{kind}"));
    event["data"]["trade_no"] = json!(trade_no);
    event
}

#[actix_web::test]
async fn a_payment_that_is_declined_and_paid_in_one_batch_is_paid_and_disturbs_no_other() {
    let app = TestApp::with(&[("STORE__WRITERS", "1"), ("GATEWAY__SANDBOX__SECRET", SECRET)]).await;
    let zs = app.zs().await;
    let mut payments = Vec::new();
    for number in 0..3 {
        let body = OrderBody::of(GOODS, 1);
        let order_id = app.order(&zs, &format!("order-{number}"), &body).await.expect(201).text_of("order_id");
        payments
            .push((app.pay(&zs, &format!("pay-{number}"), &order_id).await.expect(201).text_of("pay_id"), order_id));
    }
    let amount = "1000.00";
    let send = async |id: &str, kind: &str, number: usize| {
        let mut event = event(id, kind, &payments[number].0, &format!("trade-{number}"));
        event["data"]["amount"] = json!(amount);
        signed(&app, &event).await.expect(200);
    };
    // The first callback's batch takes so long that the others form the next batch.
    app.faults.plan("pay.apply", Fault::Delay(Duration::from_millis(500)), 0, 1);
    let others = async {
        let is_running = || async { (app.faults.fired("pay.apply") == 1).then_some(()) };
        eventually(Duration::from_secs(5), "the first batch", is_running).await;
        let (declined, paid) = (send("evt_declined", "declined", 1), send("evt_paid", "succeeded", 1));
        tokio::join!(declined, paid, send("evt_other", "succeeded", 2));
    };
    tokio::join!(send("evt_first", "succeeded", 0), others);
    app.settle().await;
    for (_, order_id) in &payments {
        let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.expect(200).body;
        assert_eq!(order["pay_status"], "paid");
    }
    assert_eq!(app.actor("pay").await["failed"], 0);
    app.finish().await;
}

#[actix_web::test]
async fn a_trade_pays_one_payment_and_is_parked_if_it_names_another() {
    let app = start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    signed(&app, &event("evt_1", "succeeded", &pay_id, "one")).await.expect(200);
    let other = app.order(&zs, "other", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let other = app.pay(&zs, "other", &other).await.expect(201).text_of("pay_id");
    let mut again = event("evt_2", "succeeded", &other, "one");
    again["data"]["amount"] = json!("1000.00");
    for _ in 0..2 {
        let refused = signed(&app, &again).await.expect_problem(422, "invalid_notice");
        assert_eq!(refused.body["detail"], "the trade has paid another payment");
    }
    app.settle().await;
    app.assert_paid_once(&zs, &order_id).await;
    assert_eq!(app.number("pay", "SELECT times AS n FROM pay_notice WHERE verdict = 2"), 2);
    app.finish().await;
}

#[actix_web::test]
async fn the_secret_is_replaced_while_payments_are_under_way() {
    const NEW: &str = "the new secret of the tests, of no use elsewhere";
    let mut app = TestApp::with(&[("GATEWAY__SANDBOX__SECRET", SECRET), NO_QUERIES[0], NO_QUERIES[1]]).await;
    let (zs, order_id, pay_id) = app.paying().await;
    let other = app.order(&zs, "other", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let started = app.pay(&zs, "other", &other).await.expect(201);
    let page = started.body["checkout"]["url"].as_str().unwrap().replace(&app.url(), "");
    let notice = notice(&pay_id).to_string().into_bytes();
    let send = async |app: &TestApp, secret: &str, body: Vec<u8>| {
        let signature = Key::new(secret).unwrap().sign(&body, app.clock.now());
        app.send_bytes(CALLBACKS, &[("sandbox-signature", &signature)], body).await
    };
    send(&app, NEW, notice.clone()).await.expect_problem(401, "invalid_signature");
    app.set("GATEWAY__SANDBOX__SECRET", NEW);
    app.set("GATEWAY__SANDBOX__OLD_SECRET", SECRET);
    app.restart().await;
    // A callback that was signed before, a page that was opened before, and the callback of a payment that began before.
    send(&app, SECRET, notice.clone()).await.expect(200);
    app.settle().await;
    app.assert_paid_once(&zs, &order_id).await;
    app.fetch(Method::GET, &page, &[], Vec::new()).await.expect(200);
    app.pay_at_platform(&started.text_of("pay_id"), json!({})).await.expect(200);
    app.settle().await;
    assert_eq!(app.callback_statuses(&started.text_of("pay_id")).await, [200]);
    assert_eq!(app.get(&format!("/v1/orders/{other}"), &zs).await.expect(200).body["pay_status"], "paid");
    // When the old secret is gone, only the new one counts.
    app.set("GATEWAY__SANDBOX__OLD_SECRET", "");
    app.restart().await;
    send(&app, SECRET, notice.clone()).await.expect_problem(401, "invalid_signature");
    send(&app, NEW, notice).await.expect(200);
    app.fetch(Method::GET, &page, &[], Vec::new()).await.expect(404);
    app.finish().await;
}
