//! What a platform tells: believed only as far as our own row goes, acted on once, and never half.

use std::time::Duration;

use crate::support::{GOODS, TestApp, Wish};
use serde_json::{Value, json};
use tradepost::gateway::sandbox::Key;
use tradepost::runtime::fault::Fault;

const SECRET: &str = "a secret of the tests, of no use elsewhere";
const CALLBACKS: &str = "/v1/payments/callbacks/sandbox";
const HOUR: Duration = Duration::from_secs(3600);

/// An application whose messages are not tried again before an hour has passed.
async fn start() -> TestApp {
    let slow = [("RELAY__BACKOFF__FIRST", "2h"), ("RELAY__BACKOFF__LONGEST", "2h")];
    TestApp::with(&[slow[0], slow[1], ("GATEWAY__SANDBOX__SECRET", SECRET)]).await
}

/// The golden order with an open payment: a token, the order's id and the payment's.
async fn paying(app: &TestApp) -> (String, String, String) {
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &Wish::golden()).await.expect(201).text_of("order_id");
    let pay_id = app.pay(&zs, "pay", &order_id).await.expect(201).text_of("pay_id");
    (zs, order_id, pay_id)
}

async fn assert_unpaid(app: &TestApp) {
    app.settle().await;
    for (owner, query) in [
        ("pay", "SELECT count(*) AS n FROM pay WHERE is_paid = 2 OR close_time IS NOT NULL"),
        ("pay", "SELECT count(*) AS n FROM mq_producer"),
        ("pay", "SELECT count(*) AS n FROM pay_log"),
        ("pay", "SELECT count(*) AS n FROM pay_notice WHERE verdict = 1"),
        ("order", "SELECT count(*) AS n FROM orders WHERE pay_status = 2"),
        ("user", "SELECT count(*) AS n FROM user_score_log"),
    ] {
        assert_eq!(app.number(owner, query), 0, "{query}");
    }
}

async fn assert_paid_once(app: &TestApp, token: &str, order_id: &str) {
    let order = app.get(&format!("/v1/orders/{order_id}"), token).await.expect(200).body;
    assert_eq!(order["pay_status"], "paid");
    assert_eq!(app.get("/v1/users/me", token).await.expect(200).body["user_score"], 980);
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_log"), 1);
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM mq_producer"), 3);
    assert_eq!(app.number("user", "SELECT count(*) AS n FROM user_score_log"), 1);
}

/// What the shop answered to every callback so far.
async fn answers(app: &TestApp, pay_id: &str) -> Vec<i64> {
    let trade = app.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200).body;
    trade["deliveries"].as_array().unwrap().iter().map(|sent| sent["status_code"].as_i64().unwrap()).collect()
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
async fn p1_a_platforms_callback_with_anything_wrong_in_it_changes_nothing() {
    let app = start().await;
    let (zs, order_id, pay_id) = paying(&app).await;
    let mut told = Vec::new();
    for (what, answer) in [("signature", 401), ("timestamp", 401), ("amount", 422), ("order", 422), ("merchant", 422)] {
        let trade = app.pay_at_platform(&pay_id, json!({"tamper": what})).await.expect(200);
        assert_eq!(trade.body["charged"], "880.00");
        told.push(answer);
        assert_eq!(answers(&app, &pay_id).await, told, "{what}");
        assert_unpaid(&app).await;
    }
    // The right one is believed all the same, and the wrong ones are wrong also when they come again.
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    assert_eq!(answers(&app, &pay_id).await.last(), Some(&200));
    app.advance(HOUR * 2).await;
    assert_eq!(answers(&app, &pay_id).await.len(), 11);
    let zs_again = app.zs().await;
    assert_paid_once(&app, &zs_again, &order_id).await;
    drop(zs);
    app.finish().await;
}

#[actix_web::test]
async fn p1_nobody_without_the_secret_is_believed() {
    let app = start().await;
    let (_, _, pay_id) = paying(&app).await;
    let before = app.rows();
    let body = notice(&pay_id).to_string().into_bytes();
    let now = app.clock.now();
    let right = Key::new(SECRET).unwrap().sign(&body, now);
    let (stamp, v1) = right.split_once(',').unwrap();
    let foreign = Key::new("another secret").unwrap().sign(&body, now);
    let of_another_body = Key::new(SECRET).unwrap().sign(b"{}", now);
    let old = Key::new(SECRET).unwrap().sign(&body, now.minus(Duration::from_secs(400)));
    let early = Key::new(SECRET).unwrap().sign(&body, now.plus(Duration::from_secs(400)));
    let later = format!("t={},{v1}", now.unix_seconds() + 1);
    for signature in ["", "v1=", stamp, v1, &right.to_uppercase(), &foreign, &of_another_body, &old, &early, &later] {
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
    assert_unpaid(&app).await;
    app.finish().await;
}

#[actix_web::test]
async fn p1_a_signed_notice_that_differs_from_our_row_changes_nothing() {
    let app = start().await;
    let (zs, order_id, pay_id) = paying(&app).await;
    let other = app.order(&zs, "other", &Wish::of(GOODS, 1)).await.expect(201).text_of("order_id");
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
        ("merchant_id", json!("somebody")),
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
    assert_unpaid(&app).await;

    let right = signed(&app, &notice(&pay_id)).await.expect(200);
    assert_eq!(right.text, "success");
    app.settle().await;
    assert_paid_once(&app, &zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn p2_a_notice_cannot_choose_the_order_it_pays() {
    let app = start().await;
    let (zs, order_id, pay_id) = paying(&app).await;
    let other = app.order(&zs, "other", &Wish::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let (_, mallory) = app.customer("mallory", "0.00").await;
    let mut body = notice(&pay_id);
    body["data"]["order_id"] = json!(other);
    body["data"]["user_id"] = json!("1");
    body["order_id"] = json!(other);
    assert_eq!(signed(&app, &body).await.expect(200).text, "success");
    app.settle().await;
    assert_paid_once(&app, &zs, &order_id).await;
    let other = app.get(&format!("/v1/orders/{other}"), &zs).await.expect(200).body;
    assert_eq!(other["pay_status"], "unpaid");
    assert_eq!(app.get("/v1/users/me", &mallory).await.expect(200).body["user_score"], 0);

    // Another trade for what is paid is not taken for the one that paid it.
    let mut second = notice(&pay_id);
    (second["id"], second["data"]["trade_no"]) = (json!("evt_second"), json!("sb2"));
    signed(&app, &second).await.expect_problem(422, "invalid_notice");
    app.finish().await;
}

#[actix_web::test]
async fn p4_the_same_callback_pays_once_and_is_answered_well_every_time() {
    let mut app = start().await;
    let (zs, order_id, pay_id) = paying(&app).await;
    app.pay_at_platform(&pay_id, json!({"callbacks": 50, "concurrent": true})).await.expect(200);
    assert_paid_once(&app, &zs, &order_id).await;
    app.pay_at_platform(&pay_id, json!({"callbacks": 20})).await.expect(200);
    app.restart().await;
    app.pay_at_platform(&pay_id, json!({"callbacks": 2})).await.expect(200);
    app.pay_at_platform(&pay_id, json!({"callbacks": 50, "concurrent": true})).await.expect(200);
    assert_eq!(answers(&app, &pay_id).await, vec![200; 122]);
    assert_eq!(app.number("sandbox", "SELECT sum(attempts) AS n FROM mq_producer WHERE msg_status = 1"), 4);
    assert_eq!(app.number("pay", "SELECT sum(times) AS n FROM pay_notice"), 122);
    assert_paid_once(&app, &zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn p4_the_same_callback_one_after_the_other_pays_once_too() {
    let app = start().await;
    let (zs, order_id, pay_id) = paying(&app).await;
    for copies in [2, 48] {
        app.pay_at_platform(&pay_id, json!({"callbacks": copies})).await.expect(200);
        assert_paid_once(&app, &zs, &order_id).await;
    }
    assert_eq!(answers(&app, &pay_id).await, vec![200; 50]);
    app.finish().await;
}

#[actix_web::test]
async fn a_callback_that_comes_before_the_shop_knows_where_to_pay_is_believed() {
    let app = start().await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &Wish::golden()).await.expect(201).text_of("order_id");
    // The row is written, the platform's answer is not: the first write of Pay passes, the second fails.
    app.faults.plan("pay.apply", Fault::Error, 1, 1);
    app.pay(&zs, "pay", &order_id).await.expect_problem(503, "busy");
    let pay_id = app.number("pay", "SELECT pay_id AS n FROM pay WHERE checkout_url IS NULL").to_string();
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    assert_paid_once(&app, &zs, &order_id).await;
    assert_eq!(app.pay(&zs, "pay", &order_id).await.expect(201).body["status"], "paid");
    app.finish().await;
}

#[actix_web::test]
async fn m8_paid_and_its_messages_are_one() {
    let app = start().await;
    let (_, order_id, pay_id) = paying(&app).await;
    // All is done and nothing is committed.
    app.faults.plan("pay.before_commit", Fault::Error, 0, 1);
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    assert_eq!(app.faults.struck("pay.before_commit"), 1);
    assert_eq!(answers(&app, &pay_id).await, [503]);
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_notice"), 0);
    assert_unpaid(&app).await;
    // Nothing is lost, as the platform asks again.
    app.advance(HOUR * 2).await;
    assert_eq!(answers(&app, &pay_id).await, [503, 200]);
    let zs = app.zs().await;
    assert_paid_once(&app, &zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn m8_a_callback_whose_answer_is_lost_has_done_its_work() {
    let app = start().await;
    let (zs, order_id, pay_id) = paying(&app).await;
    app.faults.plan("pay.after_commit", Fault::Error, 0, 1);
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    assert_eq!(answers(&app, &pay_id).await, [503]);
    assert_paid_once(&app, &zs, &order_id).await;
    app.advance(HOUR * 2).await;
    assert_eq!(answers(&app, &pay_id).await, [503, 200]);
    assert_paid_once(&app, &zs, &order_id).await;
    app.finish().await;
}
