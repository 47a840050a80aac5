//! The golden case with all of its amounts.

use crate::support::{COUPON, GOODS, OrderBody, TestApp, USER};
use serde_json::json;

#[actix_web::test]
async fn the_golden_order_is_placed_and_paid_with_the_specified_amounts() {
    let app = TestApp::start().await;
    let zs = app.zs().await;

    let order = app.order(&zs, "golden", &OrderBody::golden()).await.expect(201);
    for (field, amount) in [
        ("goods_amount", "1000.00"),
        ("shipping_fee", "0.00"),
        ("order_amount", "1000.00"),
        ("coupon_paid", "20.00"),
        ("money_paid", "100.00"),
        ("pay_amount", "880.00"),
    ] {
        assert_eq!(order.body[field], amount, "{field}");
    }
    let order_id = order.text_of("order_id");
    assert_eq!(order.header("location"), format!("/v1/orders/{order_id}"));
    assert_eq!(order.body["user_id"], USER);
    assert_eq!(app.stock(GOODS).await, 999);
    let me = app.get("/v1/users/me", &zs).await.expect(200).body;
    assert_eq!((me["user_money"].as_str(), me["user_score"].as_i64()), (Some("900.00"), Some(100)));
    assert_eq!(app.number("coupon", &format!("SELECT is_used AS n FROM coupon WHERE coupon_id = {COUPON}")), 1);
    assert_eq!(app.number("goods", "SELECT count(*) AS n FROM goods_number_log WHERE direction = 1"), 1);
    assert_eq!(app.number("user", "SELECT use_money AS n FROM user_money_log WHERE money_log_type = 1"), 10_000);

    let payment = app.pay(&zs, "pay", &order_id).await.expect(201);
    assert_eq!(
        (payment.body["pay_amount"].as_str(), payment.body["status"].as_str()),
        (Some("880.00"), Some("unpaid"))
    );
    app.pay_at_platform(&payment.text_of("pay_id"), json!({})).await.expect(200);

    let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.expect(200).body;
    assert_eq!((order["order_status"].as_str(), order["pay_status"].as_str()), (Some("confirmed"), Some("paid")));
    assert_eq!(app.get("/v1/users/me", &zs).await.expect(200).body["user_score"], 980);
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_log"), 1);
    app.finish().await;
}

#[actix_web::test]
async fn a_failed_confirmation_releases_everything_and_the_logs_show_both_directions() {
    // The deadline passes before the confirmation: everything is reserved, and then Order refuses to confirm.
    let app = TestApp::with(&[("ORDERS__DEADLINE", "0s")]).await;
    let zs = app.zs().await;

    let refused = app.order(&zs, "golden", &OrderBody::golden()).await.expect_problem(409, "order_deadline_passed");
    let order_id = refused.text_of("order_id");
    app.settle().await;

    let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.expect(200).body;
    assert_eq!((&order["order_status"], &order["refusal"]), (&json!("cancelled"), &json!("order_deadline_passed")));
    assert_eq!(app.stock(GOODS).await, 1000);
    let me = app.get("/v1/users/me", &zs).await.expect(200).body;
    assert_eq!((me["user_money"].as_str(), me["user_score"].as_i64()), (Some("1000.00"), Some(100)));
    assert_eq!(app.number("coupon", &format!("SELECT is_used AS n FROM coupon WHERE coupon_id = {COUPON}")), 0);
    for (owner, query, sum) in [
        ("goods", "SELECT sum(goods_number * (3 - 2 * direction)) AS n FROM goods_number_log", 0),
        ("goods", "SELECT count(*) AS n FROM goods_number_log", 2),
        ("coupon", "SELECT count(*) AS n FROM coupon_log", 2),
        ("user", "SELECT count(*) AS n FROM user_money_log WHERE use_money = 10000", 2),
    ] {
        assert_eq!(app.number(owner, query), sum, "{query}");
    }
    app.finish().await;
}
