//! Lists for customers and operators: pages, filters, and access to own items only.

use serde_json::{Value, json};

use crate::support::{GOODS, OrderBody, TestApp, USER};

/// Reads all items of a list, in pages of two.
async fn all(app: &TestApp, path: &str, token: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    let sign = if path.contains('?') { '&' } else { '?' };
    loop {
        let page = app.get(&format!("{path}{sign}limit=2{cursor}"), token).await.expect(200).body;
        let found = page["items"].as_array().unwrap();
        assert!(found.len() <= 2);
        items.extend(found.clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

/// Returns the text field `field` of each item.
fn each(items: &[Value], field: &str) -> Vec<String> {
    items.iter().map(|item| item[field].as_str().unwrap_or_else(|| panic!("{item}")).to_owned()).collect()
}

/// Places five orders of the demo user, pays the last one and cancels the others. Returns the user's token and the
/// order ids, the newest first.
async fn place_orders(app: &TestApp) -> (String, Vec<String>) {
    let zs = app.zs().await;
    let mut orders = Vec::new();
    for n in 0..5 {
        let order_body = OrderBody::of(GOODS, 1).with("money_paid", json!("10.00"));
        orders.push(app.order(&zs, &format!("order-{n}"), &order_body).await.expect(201).text_of("order_id"));
    }
    for order_id in &orders[..4] {
        app.post(&format!("/v1/orders/{order_id}/cancel"), &zs, json!({})).await.expect(200);
    }
    let pay_id = app.pay(&zs, "pay", &orders[4]).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    orders.reverse();
    (zs, orders)
}

#[actix_web::test]
async fn a_customer_sees_coupons_and_every_change_of_balance_and_points() {
    let app = TestApp::start().await;
    let (zs, orders) = place_orders(&app).await;
    let (_, mallory) = app.customer("mallory", "0.00").await;
    for n in 1..4 {
        app.coupon(USER, &format!("{n}.00")).await;
    }
    let coupons = all(&app, "/v1/users/me/coupons", &zs).await;
    assert_eq!(each(&coupons, "coupon_price"), ["3.00", "2.00", "1.00", "20.00"]);
    let mut log = all(&app, "/v1/users/me/money-log", &zs).await;
    let opening = log.pop().unwrap();
    assert_eq!((&opening["money_log_type"], &opening["delta"]), (&json!("adjusted"), &json!("1000.00")));
    let changes: Vec<_> = log.iter().map(|row| (row["order_id"].clone(), row["money_log_type"].clone())).collect();
    // Each change once, the latest first.
    let times = each(&log, "create_time");
    assert!(times.is_sorted_by(|one, next| one >= next), "{times:?}");
    let mut expected = vec![(json!(orders[0]), json!("paid"))];
    for order_id in &orders[1..] {
        expected.extend([(json!(order_id), json!("refunded")), (json!(order_id), json!("paid"))]);
    }
    let sorted = |mut changes: Vec<(Value, Value)>| {
        changes.sort_by_key(|(order_id, what)| format!("{order_id} {what}"));
        changes
    };
    assert_eq!(sorted(changes), sorted(expected));
    assert!(log.iter().all(|row| row["use_money"] == "10.00"));
    let log = all(&app, "/v1/users/me/score-log", &zs).await;
    assert_eq!((log.len(), &log[1]["score_log_type"]), (2, &json!("adjusted")), "{log:?}");
    assert_eq!((&log[0]["score"], &log[0]["score_log_type"]), (&json!(990), &json!("paid")));
    for path in ["coupons", "money-log", "score-log"] {
        assert_eq!(all(&app, &format!("/v1/users/me/{path}"), &mallory).await, Vec::<Value>::new());
    }
    app.finish().await;
}

#[actix_web::test]
async fn an_operator_finds_orders_payments_and_users() {
    let app = TestApp::start().await;
    let (zs, orders) = place_orders(&app).await;
    let admin = app.admin().await;
    let (mallory, token) = app.customer("mallory", "0.00").await;
    let other_order = app.order(&token, "other", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    for (query, expected) in [
        ("", [vec![other_order.clone()], orders.clone()].concat()),
        ("?user_id=345963634385633280", orders.clone()),
        (&format!("?user_id={mallory}"), vec![other_order.clone()]),
        ("?order_status=cancelled", orders[1..].to_vec()),
        ("?order_status=confirmed&pay_status=paid", vec![orders[0].clone()]),
        ("?shipping_status=shipped", Vec::new()),
    ] {
        assert_eq!(each(&all(&app, &format!("/admin/orders{query}"), &admin).await, "order_id"), expected, "{query}");
    }
    app.get("/admin/orders?order_status=lost", &admin).await.expect_problem(422, "invalid_request");
    app.get("/admin/orders?colour=red", &admin).await.expect_problem(422, "invalid_request");
    app.get("/admin/orders", &zs).await.expect_problem(403, "forbidden");
    assert_eq!(each(&all(&app, "/admin/payments?status=paid", &admin).await, "order_id"), [orders[0].clone()]);
    assert_eq!(all(&app, "/admin/payments?status=refunded", &admin).await.len(), 0);
    app.admin_refund(&admin, &orders[0], None).await.expect(202);
    app.settle().await;
    assert_eq!(all(&app, "/admin/payments?status=refunded", &admin).await.len(), 1);
    assert_eq!(all(&app, "/admin/payments?status=paid", &admin).await.len(), 0);
    assert_eq!(each(&all(&app, "/admin/users?user_name=mallory", &admin).await, "user_id"), [mallory]);
    assert_eq!(all(&app, "/admin/users", &admin).await.len(), 3);
    let order = app.get(&format!("/admin/orders/{}", orders[0]), &admin).await.expect(200).body;
    assert_eq!((&order["order_status"], &order["payments"][0]["status"]), (&json!("refunded"), &json!("refunded")));
    assert_eq!(each(order["journal"].as_array().unwrap(), "act"), ["refunded", "refund_requested"]);
    app.get("/admin/orders/1", &admin).await.expect_problem(404, "not_found");
    app.finish().await;
}

#[actix_web::test]
async fn refunds_are_resources_for_the_customer_and_the_operator() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    let (_, mallory) = app.customer("mallory", "0.00").await;
    let admin = app.admin().await;
    for amount in ["1.00", "2.00"] {
        app.admin_refund(&admin, &order_id, Some(amount)).await.expect(202);
    }
    app.settle().await;
    let path = format!("/v1/orders/{order_id}/refunds");
    let of_order = app.get(&path, &zs).await.expect(200).body;
    assert_eq!(each(of_order["items"].as_array().unwrap(), "amount"), ["1.00", "2.00"]);
    app.get(&path, &mallory).await.expect_problem(404, "not_found");
    let refunds = all(&app, "/admin/refunds?status=done", &admin).await;
    assert_eq!(each(&refunds, "amount"), ["2.00", "1.00"]);
    assert_eq!(all(&app, "/admin/refunds", &admin).await, refunds);
    for status in ["pending", "parked", "dismissed"] {
        assert_eq!(all(&app, &format!("/admin/refunds?status={status}"), &admin).await, Vec::<Value>::new());
    }
    let refund_id = refunds[0]["refund_id"].as_str().unwrap();
    assert_eq!(app.get(&format!("/admin/refunds/{refund_id}"), &admin).await.expect(200).body, refunds[0]);
    assert_eq!((&refunds[0]["order_id"], &refunds[0]["pay_id"]), (&json!(order_id), &json!(pay_id)));
    app.get("/admin/refunds/1", &admin).await.expect_problem(404, "not_found");
    app.get("/admin/refunds?status=gone", &admin).await.expect_problem(422, "invalid_request");
    app.finish().await;
}

#[actix_web::test]
async fn the_journal_lists_the_actions_of_operators_by_order() {
    let app = TestApp::start().await;
    let (zs, orders) = place_orders(&app).await;
    let admin = app.admin().await;
    app.post(&format!("/admin/orders/{}/ship", orders[0]), &admin, json!({})).await.expect(200);
    app.post(&format!("/v1/orders/{}/receive", orders[0]), &zs, json!({})).await.expect(200);
    app.admin_refund(&admin, &orders[0], Some("1.00")).await.expect(202);
    app.settle().await;
    let journal = all(&app, "/admin/journal", &admin).await;
    assert_eq!(each(&journal, "act"), ["refunded_part", "shipped"], "actions of customers are not in the journal");
    assert_eq!(journal[0]["detail"], "1.00: damaged");
    let admin_id = "SELECT user_id AS n FROM users WHERE user_role = 1";
    assert!(each(&journal, "user_id").iter().all(|id| *id == app.number("user", admin_id).to_string()));
    assert_eq!(all(&app, &format!("/admin/journal?order_id={}", orders[1]), &admin).await.len(), 0);
    app.finish().await;
}

#[actix_web::test]
async fn a_parked_notice_is_listed_with_its_reason_and_body() {
    let app = TestApp::start().await;
    let (_, _, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({"tamper": "amount"})).await.expect(200);
    let admin = app.admin().await;
    let notices = all(&app, "/admin/notices", &admin).await;
    assert_eq!((notices.len(), &notices[0]["reason"]), (1, &json!("the amount differs")));
    assert_eq!(notices[0]["pay_id"], json!(pay_id));
    assert!(notices[0]["body"].as_str().unwrap().contains("880.01"));
    app.finish().await;
}

/// Reads the timeline of an order, as the customer and as the operator see it.
async fn timelines(app: &TestApp, zs: &str, order_id: &str) -> (Vec<Value>, Vec<Value>) {
    let read = |answer: crate::support::Answer| answer.expect(200).body["items"].as_array().unwrap().clone();
    let admin = app.admin().await;
    (
        read(app.get(&format!("/v1/orders/{order_id}/events"), zs).await),
        read(app.get(&format!("/admin/orders/{order_id}/events"), &admin).await),
    )
}

#[actix_web::test]
async fn the_timeline_of_an_order_lists_its_events_from_the_request_to_the_refund() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    let admin = app.admin().await;
    app.clock.advance(std::time::Duration::from_secs(60));
    app.admin_refund(&admin, &order_id, None).await.expect(202);
    app.settle().await;
    let (own, full) = timelines(&app, &zs, &order_id).await;
    let what = each(&own, "what");
    assert_eq!(what[0], "ordered");
    assert!(own[0]["detail"].as_str().unwrap().contains("to pay 880.00"), "{}", own[0]);
    for (earlier, later) in [
        ("ordered", "stock_taken"),
        ("stock_taken", "confirmed"),
        ("coupon_bound", "confirmed"),
        ("balance_taken", "confirmed"),
        ("confirmed", "payment_started"),
        ("payment_started", "payment_paid"),
        ("payment_paid", "points_added"),
        ("points_added", "refund_requested"),
        ("refund_requested", "refund_started"),
        ("refund_started", "refund_done"),
        ("refund_done", "refunded"),
        ("refunded", "stock_given_back"),
        ("refunded", "coupon_freed"),
        ("refunded", "balance_given_back"),
        ("refunded", "points_taken_back"),
    ] {
        let at = |name: &str| what.iter().position(|what| what == name).unwrap_or_else(|| panic!("{name}: {what:?}"));
        assert!(at(earlier) < at(later), "{earlier} before {later}: {what:?}");
    }
    assert!(
        own.iter().all(|event| event.get("by").is_none() && event["what"] != "message"),
        "a customer does not see operators or messages"
    );
    let by = full.iter().find(|event| event["what"] == "refunded").unwrap()["by"].as_str().unwrap();
    assert!(by.starts_with("administrator "), "{by}");
    let messages: Vec<&Value> = full.iter().filter(|event| event["what"] == "message").collect();
    assert_eq!(
        messages.len(),
        1 + 1 + 4 + 1 + 1,
        "payment/paid, order/paid, order/refund, order/repay, payment/refund"
    );
    assert!(messages.iter().all(|event| event["detail"].as_str().unwrap().contains("1 attempts, delivered at")));
    let notice = full.iter().find(|event| event["what"] == "notice").unwrap();
    assert!(notice["detail"].as_str().unwrap().ends_with("believed"), "{notice}");
    let data =
        |events: &[Value], what: &str| events.iter().find(|event| event["what"] == what).unwrap()["data"].clone();
    let refund_id = data(&own, "refund_requested")["refund_id"].clone();
    assert_eq!(data(&own, "ordered")["pay_amount"], "880.00");
    assert_eq!(data(&own, "stock_taken"), json!({"goods_id": GOODS, "goods_number": 1}));
    assert_eq!(data(&own, "balance_taken"), json!({"amount": "100.00"}));
    assert_eq!(data(&own, "payment_started"), json!({"pay_id": pay_id, "amount": "880.00", "provider": "sandbox"}));
    assert_eq!(data(&own, "refund_requested"), json!({"refund_id": refund_id, "amount": "880.00"}));
    assert_eq!(data(&own, "refund_started"), json!({"refund_id": refund_id, "pay_id": pay_id, "amount": "880.00"}));
    assert_eq!(data(&own, "refunded"), json!({"amount": "880.00"}));
    for what in ["confirmed", "paid", "payment_paid", "refund_done"] {
        assert!(data(&own, what)["duration_ms"].as_i64().is_some_and(|ms| ms >= 0), "{what}");
    }
    assert_eq!(data(&full, "message")["state"], "done");
    assert_eq!(
        (&data(&full, "notice")["pay_id"], &data(&full, "notice")["state"]),
        (&json!(pay_id), &json!("accepted"))
    );
    assert!(full.iter().any(|event| event["detail"].as_str().unwrap().contains(&pay_id)));
    let (_, mallory) = app.customer("mallory", "0.00").await;
    app.get(&format!("/v1/orders/{order_id}/events"), &mallory).await.expect_problem(404, "not_found");
    app.get("/admin/orders/1/events", &admin).await.expect_problem(404, "not_found");
    app.finish().await;
}

#[actix_web::test]
async fn the_timeline_of_a_failed_order_lists_the_reason_and_the_released_stock() {
    let app = TestApp::with(&[("ORDERS__DEADLINE", "0s")]).await;
    let zs = app.zs().await;
    let refused = app.order(&zs, "order", &OrderBody::golden()).await.expect_problem(409, "order_deadline_passed");
    app.settle().await;
    let (own, _) = timelines(&app, &zs, &refused.text_of("order_id")).await;
    let failed = own.iter().find(|event| event["what"] == "failed").unwrap();
    assert_eq!(failed["detail"], "order_deadline_passed");
    let what = each(&own, "what");
    assert!(what.contains(&"stock_given_back".to_owned()) && !what.contains(&"confirmed".to_owned()), "{what:?}");
    app.finish().await;
}

#[actix_web::test]
async fn the_administrator_sees_the_coupons_of_one_user_or_of_all() {
    let app = TestApp::start().await;
    let (user_id, _) = app.customer("mallory", "0.00").await;
    for price in ["1.00", "2.00"] {
        app.coupon(&user_id, price).await;
    }
    app.coupon(USER, "3.00").await;
    let admin = app.admin().await;
    let coupons = all(&app, "/admin/coupons", &admin).await;
    assert_eq!(each(&coupons, "coupon_price"), ["3.00", "2.00", "1.00", "20.00"]);
    let path = format!("/admin/coupons?user_id={user_id}");
    let page = app.get(&path, &admin).await.expect(200).body;
    assert_eq!(each(page["items"].as_array().unwrap(), "coupon_price"), ["2.00", "1.00"]);
    assert!(page["items"].as_array().unwrap().iter().all(|coupon| coupon["user_id"] == user_id.as_str()));
    app.get("/admin/coupons?user_id=x", &admin).await.expect_problem(422, "invalid_request");
    app.finish().await;
}
