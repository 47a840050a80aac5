//! Coupons, balances, orders and payments of another user are answered as if they did not exist.

use crate::support::{ADMIN_PASSWORD, Answer, COUPON, GOODS, OrderBody, TestApp};
use serde_json::{Value, json};

/// Returns the status and the problem without the fields that differ between requests.
fn shape(answer: Answer) -> (u16, String) {
    let mut body: Value = answer.body;
    let fields = body.as_object_mut().unwrap();
    fields.remove("instance");
    fields.remove("trace_id");
    // The id of the refused order.
    fields.remove("order_id");
    // The id in the request.
    for error in fields.get_mut("errors").and_then(Value::as_array_mut).into_iter().flatten() {
        error.as_object_mut().unwrap().remove("coupon_id");
    }
    (answer.status, serde_json::to_string(&body).unwrap())
}

#[actix_web::test]
async fn another_users_coupon_does_not_exist() {
    let app = TestApp::start().await;
    let (_, mallory) = app.customer("mallory", "1000.00").await;
    let order_body = |coupon_id: &str| OrderBody::of(GOODS, 1).with("coupon_id", json!(coupon_id));
    let theirs = app.order(&mallory, "theirs", &order_body(COUPON)).await.expect_problem(422, "coupon_not_found");
    let missing = app.order(&mallory, "missing", &order_body("1")).await;
    assert_eq!(shape(theirs), shape(missing));
    assert_eq!(app.number("coupon", "SELECT count(*) AS n FROM coupon_log"), 0);

    // The same holds after the coupon is used.
    app.order(&app.zs().await, "own", &OrderBody::golden()).await.expect(201);
    let used = app.order(&mallory, "used", &order_body(COUPON)).await;
    let missing = app.order(&mallory, "missing", &order_body("1")).await;
    assert_eq!(shape(used), shape(missing));
    app.finish().await;
}

#[actix_web::test]
async fn another_users_balance_cannot_be_named_or_taken() {
    let app = TestApp::start().await;
    let (zs, (_, mallory)) = (app.zs().await, app.customer("mallory", "0.00").await);
    let order_body = OrderBody::of(GOODS, 1).with("money_paid", json!("0.01"));
    app.order(&mallory, "balance", &order_body).await.expect_problem(409, "insufficient_balance");
    for field in ["user_id", "user_name"] {
        let named = order_body.clone().with(field, json!(crate::support::USER));
        let refused = app.order(&mallory, "named", &named).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.body["errors"][0]["field"], field);
    }
    assert_eq!(app.get("/v1/users/me", &zs).await.expect(200).body["user_money"], "1000.00");
    app.finish().await;
}

#[actix_web::test]
async fn another_users_order_and_payment_do_not_exist() {
    let app = TestApp::start().await;
    let (zs, (_, mallory)) = (app.zs().await, app.customer("mallory", "0.00").await);
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    let pay_id = app.pay(&zs, "pay", &order_id).await.expect(201).text_of("pay_id");
    for (theirs, missing) in [
        (format!("/v1/orders/{order_id}"), "/v1/orders/1"),
        (format!("/v1/payments/{pay_id}"), "/v1/payments/1"),
        // The id of a payment is not a valid id of an order.
        (format!("/v1/orders/{pay_id}"), "/v1/orders/nonsense"),
    ] {
        let (theirs, missing) = (app.get(&theirs, &mallory).await, app.get(missing, &mallory).await);
        assert_eq!(theirs.status, 404);
        assert_eq!(shape(theirs), shape(missing));
    }
    let before = app.rows();
    let theirs = app.pay(&mallory, "theirs", &order_id).await.expect_problem(404, "not_found");
    let missing = app.pay(&mallory, "missing", "1").await;
    assert_eq!(shape(theirs), shape(missing));
    assert_eq!(app.rows(), before);
    // A request for an order that does not exist does not use up its idempotency key.
    let own = app.order(&mallory, "own", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    app.pay(&mallory, "theirs", &own).await.expect(201);
    app.finish().await;
}

#[actix_web::test]
async fn a_list_shows_only_the_callers_orders() {
    let app = TestApp::start().await;
    let (zs, (_, mallory)) = (app.zs().await, app.customer("mallory", "0.00").await);
    let mut ours = Vec::new();
    for key in ["1", "2", "3"] {
        ours.insert(0, app.order(&zs, key, &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id"));
        app.order(&mallory, key, &OrderBody::of(GOODS, 1)).await.expect(201);
    }
    let mut seen = Vec::new();
    let mut path = "/v1/orders?limit=2".to_owned();
    loop {
        let page = app.get(&path, &zs).await.expect(200).body;
        seen.extend(page["items"].as_array().unwrap().iter().map(|o| o["order_id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/v1/orders?limit=2&cursor={cursor}");
    }
    assert_eq!(seen, ours);
    app.finish().await;
}

/// The setting names one administrator.
#[actix_web::test]
async fn a_former_administrator_is_a_customer_also_with_a_token_of_before() {
    let mut app = TestApp::start().await;
    let former = app.admin().await;
    app.get("/admin/status", &former).await.expect(200);
    app.set("ADMIN__USER", "successor");
    app.restart().await;
    let body = json!({"user_name": "successor", "user_password": ADMIN_PASSWORD});
    let successor = app.post("/v1/sessions", "", body).await.expect(201).text_of("access_token");
    app.get("/admin/status", &successor).await.expect(200);
    let again = app.admin().await;
    for token in [&former, &again] {
        app.get("/admin/status", token).await.expect_problem(403, "forbidden");
        app.get("/v1/orders", token).await.expect(200);
    }
    app.set("ADMIN__USER", "admin");
    app.restart().await;
    app.get("/admin/status", &former).await.expect(200);
    app.get("/admin/status", &successor).await.expect_problem(403, "forbidden");
    app.finish().await;
}
