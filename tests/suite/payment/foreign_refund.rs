//! Refunds that a platform makes by itself, and orders whose refund is under way or cannot be made.

use std::time::Duration;

use awc::http::Method;
use serde_json::{Value, json};
use tradepost::actor::fault::Fault;

use crate::support::{GOODS, OrderBody, TestApp};

impl TestApp {
    /// Staff of the shop gives back `amount` in the platform's console, under a number of the platform.
    pub async fn refund_in_console(&self, pay_id: &str, amount: &str, number: &str) {
        let body = json!({"amount": amount, "out_request_no": number});
        self.post(&format!("/sandbox/trades/{pay_id}/refund"), "", body).await.expect(200);
        self.settle().await;
    }

    /// Like [`Self::refund_in_console`], and the notice of it is lost. `amount` is in minor units.
    pub fn refund_in_console_unnoticed(&self, pay_id: &str, amount: i64, number: &str) {
        self.tamper(
            "sandbox",
            &format!("UPDATE sandbox_trade SET refunded = refunded + {amount} WHERE out_trade_no = '{pay_id}'"),
        );
        self.tamper(
            "sandbox",
            &format!(
                "INSERT INTO sandbox_refund (out_trade_no, out_request_no, amount, create_time) \
                 VALUES ('{pay_id}', '{number}', {amount}, 1)"
            ),
        );
    }

    pub async fn order_of(&self, token: &str, order_id: &str) -> Value {
        self.get(&format!("/v1/orders/{order_id}"), token).await.expect(200).body
    }

    async fn points(&self, token: &str) -> Value {
        self.get("/v1/users/me", token).await.expect(200).body["user_score"].clone()
    }
}

#[actix_web::test]
async fn a_refund_in_the_platforms_console_is_booked_once_and_counts() {
    let mut app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    let admin = app.admin().await;
    app.refund_in_console(&pay_id, "300.00", "console-1").await;
    // The platform repeats its notice under another number of the event.
    app.tamper("pay", "UPDATE pay_notice SET event_id = 'forgotten' WHERE event_id LIKE '%console-1'");
    app.tamper("sandbox", "UPDATE mq_producer SET msg_status = 0, due_time = 1 WHERE msg_body LIKE '%console-1%'");
    app.restart().await;
    app.settle().await;
    let order = app.order_of(&zs, &order_id).await;
    assert_eq!((&order["order_status"], &order["refunded_amount"]), (&json!("confirmed"), &json!("300.00")));
    let refunds = order["refunds"].as_array().unwrap();
    assert_eq!(refunds.len(), 1, "{order}");
    assert_eq!((&refunds[0]["status"], &refunds[0]["by_platform"]), (&json!("done"), &json!(true)));
    let payment = app.get(&format!("/v1/payments/{pay_id}"), &zs).await.expect(200).body;
    assert_eq!((&payment["status"], &payment["refunded_amount"]), (&json!("paid"), &json!("300.00")));
    assert_eq!(payment["refunds"][0]["reason"], "made at the platform");
    let refused = app.admin_refund(&admin, &order_id, Some("580.01")).await.expect_problem(422, "invalid_request");
    assert_eq!(refused.body["errors"][0]["detail"], "must be at most 580.00");
    app.refund(&zs, "rest", &order_id).await.expect(202);
    app.settle().await;
    let trade = app.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200).body;
    assert_eq!(
        (trade["refunded"].clone(), app.order_of(&zs, &order_id).await["order_status"].clone()),
        (json!("880.00"), json!("refunded"))
    );
    assert_eq!((app.stock(GOODS).await, app.points(&zs).await), (1000, json!(100)));
    app.finish().await;
}

#[actix_web::test]
async fn an_order_whose_money_is_back_by_the_console_is_refunded_and_not_shipped() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    let admin = app.admin().await;
    app.refund_in_console(&pay_id, "800.00", "console-1").await;
    app.refund_in_console(&pay_id, "80.00", "console-2").await;
    let order = app.order_of(&zs, &order_id).await;
    assert_eq!((&order["order_status"], &order["refunded_amount"]), (&json!("refunded"), &json!("880.00")));
    app.post(&format!("/admin/orders/{order_id}/ship"), &admin, json!({}))
        .await
        .expect_problem(409, "order_not_shippable");
    app.refund(&zs, "refund", &order_id).await.expect_problem(409, "order_not_refundable");
    let me = app.get("/v1/users/me", &zs).await.expect(200).body;
    assert_eq!((&me["user_money"], &me["user_score"]), (&json!("1000.00"), &json!(100)));
    assert_eq!(
        (app.stock(GOODS).await, app.number("coupon", "SELECT count(*) AS n FROM coupon WHERE is_used = 1")),
        (1000, 0)
    );
    app.finish().await;
}

#[actix_web::test]
async fn an_order_is_refunded_when_its_money_is_back_and_not_before() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    let admin = app.admin().await;
    app.fail_at("sandbox.apply");
    let asked = app.refund(&zs, "refund", &order_id).await.expect(202).body;
    app.settle().await;
    for order in [asked, app.order_of(&zs, &order_id).await] {
        assert_eq!((&order["order_status"], &order["refunded_amount"]), (&json!("confirmed"), &json!("0.00")));
        assert_eq!(
            (&order["refunds"][0]["status"], &order["refunds"][0]["amount"]),
            (&json!("pending"), &json!("880.00"))
        );
    }
    app.post(&format!("/admin/orders/{order_id}/ship"), &admin, json!({}))
        .await
        .expect_problem(409, "order_not_shippable");
    app.refund(&zs, "again", &order_id).await.expect_problem(409, "order_not_refundable");
    app.admin_refund(&admin, &order_id, Some("1.00")).await.expect_problem(409, "order_not_refundable");
    assert_eq!((app.stock(GOODS).await, app.points(&zs).await), (999, json!(980)), "nothing is released before");
    app.clear_fault("sandbox.apply");
    app.advance(Duration::from_secs(600)).await;
    let order = app.order_of(&zs, &order_id).await;
    assert_eq!((&order["order_status"], &order["refunds"][0]["status"]), (&json!("refunded"), &json!("done")));
    assert_eq!(app.get(&format!("/sandbox/trades/{pay_id}"), "").await.body["refunded"], "880.00");
    assert_eq!((app.stock(GOODS).await, app.points(&zs).await), (1000, json!(100)));
    app.finish().await;
}

#[actix_web::test]
async fn a_refund_that_two_attempts_send_at_once_is_not_taken_for_one_that_the_platform_has_made_by_itself() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    let admin = app.admin().await;
    // The first attempt is held up before it asks the platform for the sum. Meanwhile the other one makes the refund.
    app.faults.plan("sandbox.call", Fault::Delay(Duration::from_millis(500)), 0, 1);
    app.refund(&zs, "refund", &order_id).await.expect(202);
    let other = async {
        app.until(|| app.faults.fired("sandbox.call") > 0).await;
        app.post(&format!("/admin/payments/{pay_id}/query"), &admin, json!({})).await.expect(200);
        assert_eq!(app.get(&format!("/sandbox/trades/{pay_id}"), "").await.body["refunded"], "880.00");
    };
    futures_util::future::join(app.settle(), other).await;
    app.settle().await;
    let order = app.order_of(&zs, &order_id).await;
    assert_eq!((&order["order_status"], &order["refunded_amount"]), (&json!("refunded"), &json!("880.00")));
    assert_eq!(order["refunds"].as_array().unwrap().len(), 1, "{order:#}");
    app.finish().await;
}

#[actix_web::test]
async fn points_go_back_in_proportion_with_each_part() {
    let app = TestApp::start().await;
    let (zs, order_id, _) = app.paid().await;
    let admin = app.admin().await;
    // 880 points for 880.00, on top of 100.
    for (amount, points) in [("0.01", 980), ("0.99", 979), ("333.33", 646), ("545.66", 101)] {
        let preview = json!({"amount": amount});
        let preview = app.post(&format!("/admin/orders/{order_id}/refund/preview"), &admin, preview).await.expect(200);
        let before = app.points(&zs).await.as_i64().unwrap();
        assert_eq!((&preview.body["platform"], &preview.body["balance"]), (&json!(amount), &json!("0.00")));
        assert_eq!(
            (before - preview.body["points"].as_i64().unwrap(), &preview.body["goods"]),
            (points, &json!(false))
        );
        app.admin_refund(&admin, &order_id, Some(amount)).await.expect(202);
        app.settle().await;
        assert_eq!(app.points(&zs).await, json!(points), "after {amount}");
    }
    let rest = app.post(&format!("/admin/orders/{order_id}/refund/preview"), &admin, json!({})).await.expect(200).body;
    let stock = json!([{"goods_id": GOODS, "goods_number": 1}]);
    let expected = json!({"platform": "0.01", "balance": "100.00", "points": 1, "coupon": true, "goods": true,
        "stock": stock, "left": "0.00"});
    assert_eq!(rest, expected);
    let log = app.get("/v1/users/me/score-log", &zs).await.expect(200).body;
    let back = log["items"].as_array().unwrap().iter().filter(|entry| entry["score_log_type"] == "refunded");
    assert_eq!(back.map(|entry| entry["score"].as_i64().unwrap()).sum::<i64>(), 879, "{log}");
    app.admin_refund(&admin, &order_id, None).await.expect(202);
    app.settle().await;
    assert_eq!(
        (app.points(&zs).await, app.order_of(&zs, &order_id).await["order_status"].clone()),
        (json!(100), json!("refunded"))
    );
    app.finish().await;
}

#[actix_web::test]
async fn a_part_refund_before_the_points_were_added_waits_for_them() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    let admin = app.admin().await;
    app.fail_at("user.apply");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.admin_refund(&admin, &order_id, Some("440.00")).await.expect(202);
    app.settle().await;
    app.clear_fault("user.apply");
    // Both messages are due now. If that of the refund is delivered first, it is refused, and due again a little later.
    for _ in 0..2 {
        app.advance(Duration::from_secs(600)).await;
    }
    assert_eq!(app.points(&zs).await, json!(540));
    app.finish().await;
}

#[actix_web::test]
async fn console_refunds_in_a_statement_are_booked_with_apply() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    app.refund_in_console_unnoticed(&pay_id, 30_000, "console-1");
    let statement = app.get("/sandbox/statement", "").await.expect(200).text;
    for (apply, repaired, differences) in [(false, 0, 1), (true, 1, 0), (true, 0, 0)] {
        let report = super::reconciliation::compare(&app, &statement, apply).await.unwrap();
        assert_eq!((report.repaired, report.differences.len()), (repaired, differences), "{:?}", report.differences);
    }
    app.settle().await;
    assert_eq!(app.order_of(&zs, &order_id).await["refunded_amount"], "300.00");
    app.finish().await;
}

#[actix_web::test]
async fn shipping_and_a_console_refund_at_once_leave_the_books_in_agreement() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    for round in 0..10 {
        let order_body = OrderBody::of(GOODS, 1);
        let order_id = app.order(&zs, &format!("order-{round}"), &order_body).await.expect(201).text_of("order_id");
        let pay_id = app.pay(&zs, &format!("pay-{round}"), &order_id).await.expect(201).text_of("pay_id");
        app.pay_at_platform(&pay_id, json!({})).await.expect(200);
        let (ship, give_back) = (format!("/admin/orders/{order_id}/ship"), format!("/sandbox/trades/{pay_id}/refund"));
        let body = json!({"amount": "1000.00", "out_request_no": "console"});
        let (shipped, _) =
            tokio::join!(app.post(&ship, &admin, json!({})), app.send(Method::POST, &give_back, "", &[], Some(&body)));
        app.settle().await;
        let order = app.order_of(&zs, &order_id).await;
        let expected = if shipped.status == 200 { "shipped" } else { "unshipped" };
        assert_eq!((&order["order_status"], &order["shipping_status"]), (&json!("refunded"), &json!(expected)));
    }
    app.finish().await;
}
