//! Idempotency keys: the same key and body always lead to one order, and another body under the key is refused.

use crate::support::{GOODS, OrderBody, TestApp, USER};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tradepost::actor::fault::Fault;

/// Checks that there is one order, the golden one, and that its goods and balance were taken once.
async fn assert_taken_once(app: &TestApp, token: &str) {
    assert_eq!(app.stock(GOODS).await, 999);
    assert_eq!(app.get("/v1/users/me", token).await.expect(200).body["user_money"], "900.00");
    assert_eq!(app.number("order", "SELECT count(*) AS n FROM orders"), 1);
}

#[actix_web::test]
async fn a_retried_request_is_the_same_order_even_after_a_restart() {
    let mut app = TestApp::start().await;
    let zs = app.zs().await;
    let first = app.order(&zs, "key", &OrderBody::golden()).await.expect(201);
    assert_eq!(first.header("idempotent-replayed"), "");
    for round in 0..6 {
        if round == 3 {
            app.restart().await;
        }
        let again = app.order(&zs, "key", &OrderBody::golden()).await.expect(201);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!((&again.body, again.header("location")), (&first.body, first.header("location")));
    }
    // The response shows the current state of the order.
    let pay_id = app.pay(&zs, "pay", &first.text_of("order_id")).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let again = app.order(&zs, "key", &OrderBody::golden()).await.expect(201);
    assert_eq!((&again.body["order_id"], &again.body["pay_status"]), (&first.body["order_id"], &json!("paid")));
    assert_taken_once(&app, &zs).await;
    app.finish().await;
}

#[actix_web::test]
async fn fifty_concurrent_calls_with_one_key_are_one_order() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_body = OrderBody::golden();
    let answers = join_all((0..50).map(|_| app.order(&zs, "key", &order_body))).await;
    app.settle().await;
    let order = app.order(&zs, "key", &order_body).await.expect(201);
    for answer in answers {
        match answer.status {
            201 => assert_eq!(answer.body["order_id"], order.body["order_id"]),
            _ => {
                let answer = answer.expect_problem(409, "idempotency_key_in_use");
                assert_eq!(answer.header("retry-after"), "1");
            }
        }
    }
    assert_taken_once(&app, &zs).await;
    app.finish().await;
}

#[actix_web::test]
async fn another_body_under_a_used_key_is_refused() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    app.order(&zs, "key", &OrderBody::golden()).await.expect(201);
    let before = app.rows();
    for (field, value) in [
        ("money_paid", json!("99.99")),
        ("money_paid", Value::Null),
        ("coupon_id", Value::Null),
        ("address", json!("2 Main Street")),
        ("consignee", json!("another consignee")),
        ("order_amount", json!("1000.00")),
        ("goods", json!([{"goods_id": GOODS, "goods_number": 2}])),
    ] {
        let other = OrderBody::golden().with(field, value);
        app.order(&zs, "key", &other).await.expect_problem(422, "idempotency_key_reused");
    }
    assert_eq!(app.rows(), before);
    assert_taken_once(&app, &zs).await;
    app.finish().await;
}

#[actix_web::test]
async fn the_same_request_in_another_notation_is_the_same_request() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let first = app.order(&zs, "key", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let body = format!(
        r#"{{ "consignee": " zs", "address":"1 Main Street", "coupon_id": null, "money_paid": "0",
            "goods": [{{"goods_number": 1, "goods_id": "{GOODS}"}}] }}"#
    );
    let bearer = format!("Bearer {zs}");
    let headers =
        [("authorization", bearer.as_str()), ("idempotency-key", "key"), ("content-type", "application/json")];
    let again = app.send_bytes("/v1/orders", &headers, body.into_bytes()).await.expect(201);
    assert_eq!(again.text_of("order_id"), first);
    app.finish().await;
}

#[actix_web::test]
async fn two_users_may_use_the_same_key() {
    let app = TestApp::start().await;
    let (zs, (_, other)) = (app.zs().await, app.customer("other", "0.00").await);
    let one = app.order(&zs, "key", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let two = app.order(&other, "key", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    assert_ne!(one, two);
    assert_eq!(app.stock(GOODS).await, 998);
    app.finish().await;
}

#[actix_web::test]
async fn a_refusal_stays_after_its_reason_is_gone() {
    let mut app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let goods_id = app.goods(1, "1.00").await;
    let order_body = OrderBody::of(&goods_id, 2);
    let first = app.order(&zs, "key", &order_body).await.expect_problem(409, "insufficient_stock");
    assert_eq!(first.header("idempotent-replayed"), "");
    let refused = first.text_of("order_id");
    let body = json!({"delta": 10, "reason": "refilled"});
    app.post(&format!("/admin/goods/{goods_id}/stock"), &admin, body).await.expect(200);
    for restarts in [false, true] {
        if restarts {
            app.restart().await;
        }
        let again = app.order(&zs, "key", &order_body).await.expect_problem(409, "insufficient_stock");
        assert_eq!((again.text_of("order_id"), again.header("idempotent-replayed")), (refused.clone(), "true"));
        app.order(&zs, "key", &OrderBody::of(&goods_id, 1)).await.expect_problem(422, "idempotency_key_reused");
    }
    app.order(&zs, "another", &order_body).await.expect(201);
    assert_eq!(app.stock(&goods_id).await, 9);
    app.finish().await;
}

#[actix_web::test]
async fn the_refusal_of_a_cancelled_order_stays() {
    let app = TestApp::with(&[("ORDERS__BACKOFF__LONGEST", "20ms")]).await;
    let zs = app.zs().await;
    let order_body = OrderBody::golden();
    let set_stock = |units: i64| format!("UPDATE goods SET goods_number = {units} WHERE goods_id = {GOODS}");
    let stock_is_gone = async { app.tamper("goods", &set_stock(0)) };
    let refused = app.between_quote_and_order(app.order(&zs, "key", &order_body), stock_is_gone).await;
    let order_id = refused.expect_problem(409, "insufficient_stock").text_of("order_id");
    app.tamper("goods", &set_stock(1000));
    app.settle().await;
    let again = app.order(&zs, "key", &order_body).await.expect_problem(409, "insufficient_stock");
    assert_eq!(again.text_of("order_id"), order_id);
    app.finish().await;
}

#[actix_web::test]
async fn a_step_with_a_lost_answer_is_repeated_and_has_one_effect() {
    let app = TestApp::with(&[("ORDERS__BACKOFF__LONGEST", "20ms")]).await;
    let zs = app.zs().await;
    for (n, point) in (1..).zip([
        "order.before_commit",
        "order.after_commit",
        "goods.before_commit",
        "goods.after_commit",
        "coupon.after_commit",
        "user.after_commit",
    ]) {
        // Each resource suffices for one order, so a repeated step must not count its own first effect against itself.
        let goods_id = app.goods(1, "1000.00").await;
        let coupon_id = app.coupon(USER, "20.00").await;
        app.faults.plan(point, Fault::Error, 0, 1);
        let order_body =
            OrderBody::of(&goods_id, 1).with("coupon_id", json!(coupon_id)).with("money_paid", json!("100.00"));
        let order = app.order(&zs, point, &order_body).await.expect(201);
        assert_eq!(app.faults.fired(point), 1, "{point}");
        assert_eq!(order.body["order_status"], "confirmed", "{point}");
        assert_eq!(app.stock(&goods_id).await, 0, "{point}");
        let balance = app.get("/v1/users/me", &zs).await.expect(200).text_of("user_money");
        assert_eq!(balance, crate::support::amount(100_000 - n * 10_000), "{point}");
    }
    app.finish().await;
}
