//! Bounds: what the shop or a platform may write is what everybody can read and store, on every engine.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tradepost::sandbox::Key;

use crate::support::{Answer, GOODS, OrderBody, SLOW, TestApp};

const SECRET: &str = "a secret of the tests, of no use elsewhere";
const LARGEST: &str = "9999999999.99";

async fn start() -> TestApp {
    TestApp::with(&[SLOW[0], SLOW[1], ("GATEWAY__SANDBOX__SECRET", SECRET)]).await
}

/// A notice about a payment of an order of two units of `GOODS`.
fn notice(event_id: &str, pay_id: &str, trade_no: &str) -> Value {
    let data = json!({"out_trade_no": pay_id, "trade_no": trade_no, "amount": "2000.00", "currency": "CNY",
        "merchant_id": "tradepost-demo"});
    json!({"id": event_id, "type": "payment.succeeded", "created": 1_760_000_000, "data": data})
}

async fn send(app: &TestApp, body: &Value) -> Answer {
    let body = body.to_string().into_bytes();
    let signature = Key::new(SECRET).unwrap().sign(&body, app.clock.now());
    app.send_bytes("/v1/payments/callbacks/sandbox", &[("sandbox-signature", &signature)], body).await
}

async fn open_payment(app: &TestApp, zs: &str, key: &str) -> (String, String) {
    let order_id = app.order(zs, key, &OrderBody::of(GOODS, 2)).await.expect(201).text_of("order_id");
    let pay_id = app.pay(zs, key, &order_id).await.expect(201).text_of("pay_id");
    (order_id, pay_id)
}

#[actix_web::test]
async fn an_order_above_the_largest_amount_is_refused_and_takes_nothing() {
    let app = start().await;
    let zs = app.zs().await;
    for (key, price, number) in [("a", "2000000.00", 9_999), ("b", LARGEST, 2), ("c", LARGEST, 9_999)] {
        let goods_id = app.goods(9_999, price).await;
        let refused = app.order(&zs, key, &OrderBody::of(&goods_id, number)).await;
        let order_id = refused.expect_problem(422, "order_amount_too_high").text_of("order_id");
        let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.expect(200).body;
        assert_eq!((&order["order_status"], &order["refusal"]), (&json!("invalid"), &json!("order_amount_too_high")));
        assert_eq!(app.stock(&goods_id).await, 9_999);
    }
    app.finish().await;
}

#[actix_web::test]
async fn an_order_of_the_largest_amount_is_paid_and_refunded() {
    let app = start().await;
    let zs = app.zs().await;
    let goods_id = app.goods(1, LARGEST).await;
    let order_id = app.order(&zs, "largest", &OrderBody::of(&goods_id, 1)).await.expect(201).text_of("order_id");
    let payment = app.pay(&zs, "largest", &order_id).await.expect(201);
    assert_eq!(payment.body["pay_amount"], LARGEST);
    let pay_id = payment.text_of("pay_id");
    assert_eq!(app.pay_at_platform(&pay_id, json!({})).await.expect(200).body["charged"], LARGEST);
    app.assert_order_paid(&zs, &order_id).await;
    app.refund(&zs, "back", &order_id).await.expect(202);
    app.settle().await;
    assert_eq!(app.get(&format!("/sandbox/trades/{pay_id}"), "").await.body["refunded"], LARGEST);
    assert_eq!(app.stock(&goods_id).await, 1);
    app.finish().await;
}

#[actix_web::test]
async fn stock_and_balance_that_orders_return_above_the_limit_can_be_lowered() {
    let app = start().await;
    let (user_id, ann) = app.customer("ann", LARGEST).await;
    let (admin, goods_id) = (app.admin().await, app.goods(1_000_000_000, "100.01").await);
    let body = OrderBody::of(&goods_id, 9_999).with("money_paid", json!("50.00"));
    let order_id = app.order(&ann, "order", &body).await.expect(201).text_of("order_id");
    let stock = format!("/admin/goods/{goods_id}/stock");
    let balance = format!("/admin/users/{user_id}/balance");
    app.post(&stock, &admin, json!({"delta": 9_999, "reason": "filled up"})).await.expect(200);
    app.post(&balance, &admin, json!({"delta": "50.00", "reason": "filled up"})).await.expect(200);
    app.post(&format!("/v1/orders/{order_id}/cancel"), &ann, json!({})).await.expect(200);
    app.settle().await;
    assert_eq!(app.stock(&goods_id).await, 1_000_009_999);
    assert_eq!(app.get("/v1/users/me", &ann).await.body["user_money"], "10000000049.99");
    for (path, up, down) in [(&stock, json!(1), json!(-1)), (&balance, json!("0.01"), json!("-0.01"))] {
        let refused = app.post(path, &admin, json!({"delta": up, "reason": "up"})).await;
        assert_eq!(refused.expect_problem(422, "invalid_request").body["errors"][0]["field"], "delta");
        app.post(path, &admin, json!({"delta": down, "reason": "down"})).await.expect(200);
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_notice_whose_ids_cannot_be_stored_is_refused() {
    let app = start().await;
    let zs = app.zs().await;
    let (order_id, pay_id) = open_payment(&app, &zs, "texts").await;
    let before = app.rows();
    let (longest_event, longest_trade) = ("e".repeat(64), "t".repeat(58));
    for odd in ["", "a\0b", "\0", "a b", "a\n", "\u{1F600}", &"x".repeat(65), &"x".repeat(10_000)] {
        for body in [notice(odd, &pay_id, "sb1"), notice("evt", &pay_id, odd)] {
            send(&app, &body).await.expect_problem(422, "invalid_notice");
        }
        let mut body = notice("evt", &pay_id, "sb1");
        body["data"]["out_trade_no"] = json!(odd);
        body["data"]["currency"] = json!(odd);
        assert!(matches!(send(&app, &body).await.status, 422), "{odd:?}");
    }
    let mut raw = notice("evt_raw", &pay_id, "sb1").to_string().into_bytes();
    raw.push(0);
    let signature = Key::new(SECRET).unwrap().sign(&raw, app.clock.now());
    let answer = app.send_bytes("/v1/payments/callbacks/sandbox", &[("sandbox-signature", &signature)], raw).await;
    answer.expect_problem(422, "invalid_notice");
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay WHERE is_paid = 2"), 0);
    let notices = |rows: &BTreeMap<String, i64>| rows["pay.pay_notice"];
    assert_eq!(notices(&app.rows()), notices(&before) + 1, "only the notice about an unknown payment is stored");
    send(&app, &notice(&longest_event, &pay_id, &longest_trade)).await.expect(200);
    app.settle().await;
    app.assert_order_paid(&zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn an_event_id_that_comes_twice_with_another_content_hides_neither() {
    let app = start().await;
    let zs = app.zs().await;
    let (one, first) = open_payment(&app, &zs, "one").await;
    let (two, second) = open_payment(&app, &zs, "two").await;
    let notices = || app.number("pay", "SELECT count(*) AS n FROM pay_notice");
    send(&app, &notice("evt_same", &first, "sb1")).await.expect(200);
    send(&app, &notice("evt_same", &first, "sb1")).await.expect(200);
    assert_eq!(notices(), 1, "a repeated delivery is one notice");
    // About another payment: believed, and kept beside the first.
    send(&app, &notice("evt_same", &second, "sb2")).await.expect(200);
    send(&app, &notice("evt_same", &second, "sb2")).await.expect(200);
    assert_eq!(notices(), 2);
    app.settle().await;
    for order_id in [&one, &two] {
        app.assert_order_paid(&zs, order_id).await;
    }
    // About the same payment, with another amount: parked, although its id has been believed.
    let mut body = notice("evt_same", &first, "sb1");
    body["data"]["amount"] = json!("1.00");
    send(&app, &body).await.expect_problem(422, "invalid_notice");
    send(&app, &body).await.expect_problem(422, "invalid_notice");
    let parked = app.get("/admin/notices", &app.admin().await).await.expect(200).body;
    let parked = parked["items"].as_array().unwrap();
    assert_eq!(parked.len(), 1, "{parked:?}");
    assert_eq!((&parked[0]["reason"], &parked[0]["times"]), (&json!("the amount differs"), &json!(2)));
    assert!(parked[0]["event_id"].as_str().unwrap().starts_with("evt_same~"), "{parked:?}");
    // The trade has paid the first payment, so it cannot pay another.
    let (_, third) = open_payment(&app, &zs, "three").await;
    send(&app, &notice("evt_third", &third, "sb1")).await.expect_problem(422, "invalid_notice");
    app.finish().await;
}

#[actix_web::test]
async fn messages_that_an_earlier_release_has_left_are_delivered() {
    let mut app = start().await;
    let zs = app.zs().await;
    let (order_id, pay_id) = open_payment(&app, &zs, "in-flight").await;
    app.fail_at("order.apply");
    app.post(&format!("/sandbox/trades/{pay_id}/pay"), "", json!({})).await.expect(200);
    app.until(|| app.number("pay", "SELECT count(*) AS n FROM mq_producer") == 1).await;
    let user_id = app.get("/v1/users/me", &zs).await.text_of("user_id");
    app.stop(std::time::Duration::ZERO).await;
    let body = json!({"pay_id": pay_id, "order_id": order_id, "user_id": user_id, "pay_amount": "2000.00"});
    app.tamper("pay", &format!("UPDATE mq_producer SET msg_body = '{body}' WHERE group_name = 'order'"));
    app.clear_fault("order.apply");
    app.restart().await;
    app.settle().await;
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM mq_consumer WHERE msg_tag = 'paid'"), 1);
    app.assert_order_paid(&zs, &order_id).await;
    app.finish().await;
}

#[actix_web::test]
async fn a_trade_number_of_the_sandbox_that_no_trade_can_have_is_not_found() {
    let app = start().await;
    for number in ["%00", "1%002", "%ff", "%f0%9f%92%a9", "%20", &"x".repeat(5_000)] {
        for path in ["trades", "checkout"] {
            app.get(&format!("/sandbox/{path}/{number}"), "").await.expect(404);
            app.post(&format!("/sandbox/{path}/{number}/pay"), "", json!({})).await.expect(404);
        }
    }
    app.get("/sandbox/statement?provider=%00", "").await.expect_problem(422, "invalid_request");
    app.finish().await;
}
