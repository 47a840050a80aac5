//! Payments whose platform does not answer, or is not in the settings any more. An administrator can cancel their orders
//! without its word; money that comes later goes back.

use serde_json::{Value, json};

use crate::platform::alipay::Front as Alipay;
use crate::platform::{AnswerFault, Op, PlannedFault, Sending, Stage};
use crate::support::{Answer, Case, GOODS, MINUTE, OrderBody, PAY_WITHIN, Platform, Shop, TestApp};

const CODE: &str = "alipay_qr";

/// A shop whose platform answers no query and no close call, and its golden order, whose customer has scanned the code.
async fn silent() -> (Shop<Alipay>, Case) {
    let shop = Shop::<Alipay>::with(Alipay::start().await, &[]).await;
    let case = shop.paying(CODE).await;
    for op in [Op::Query, Op::Close] {
        shop.platform.plan_fault(PlannedFault::next(op, AnswerFault::Breaks).times(10_000).without_effect());
    }
    (shop, case)
}

async fn cancel(app: &TestApp, admin: &str, order_id: &str, body: Value) -> Answer {
    app.post(&format!("/admin/orders/{order_id}/cancel"), admin, body).await
}

async fn give_up(shop: &Shop<Alipay>, case: &Case) -> Answer {
    cancel(&shop.app, &shop.admin, &case.order_id, json!({"reason": "gone", "without_platform": true})).await
}

/// Checks that the golden order is cancelled and that everything it had taken is released.
async fn assert_released(app: &TestApp, zs: &str, order_id: &str) {
    app.settle().await;
    let order = app.get(&format!("/v1/orders/{order_id}"), zs).await.expect(200).body;
    assert_eq!((&order["order_status"], &order["pay_status"]), (&json!("cancelled"), &json!("unpaid")));
    assert_eq!(app.stock(GOODS).await, 1000);
    assert_eq!(app.get("/v1/users/me", zs).await.expect(200).body["user_money"], "1000.00");
    assert_eq!(app.number("coupon", "SELECT count(*) AS n FROM coupon WHERE is_used = 1"), 0);
}

/// The verdict of the status page, and its entry of a platform; null if there is none.
async fn platform(app: &TestApp, admin: &str, provider: &str) -> (Value, Value) {
    let status = app.get("/admin/status", admin).await.expect(200).body;
    let found = status["platforms"].as_array().unwrap().iter().find(|platform| platform["provider"] == provider);
    (status["status"].clone(), found.cloned().unwrap_or_default())
}

/// The entries of the journal, the newest first.
async fn journal(app: &TestApp, admin: &str) -> Vec<(String, String)> {
    let items = app.get("/admin/journal", admin).await.expect(200).body["items"].clone();
    let entry = |entry: &Value| {
        assert!(entry["user_id"].is_string(), "no author: {entry}");
        let text = |name: &str| entry[name].as_str().unwrap().to_owned();
        (text("act"), text("detail"))
    };
    items.as_array().unwrap().iter().map(entry).collect()
}

#[actix_web::test]
async fn an_administrator_can_cancel_an_order_without_the_word_of_its_platform() {
    let (shop, case) = silent().await;
    shop.cancel(&case.order_id).await.expect_problem(503, "busy");
    let plain = cancel(&shop.app, &shop.admin, &case.order_id, json!({"reason": "gone"})).await;
    let plain = plain.expect_problem(503, "busy");
    assert!(plain.text_of("detail").contains("without_platform"), "the way out is not named: {}", plain.text);
    shop.assert_payment(&case, "unpaid").await;
    give_up(&shop, &case).await.expect(200);
    shop.assert_payment(&case, "closed").await;
    assert_released(&shop.app, &shop.zs, &case.order_id).await;
    let given_up = format!("payment {} of 880.00 at alipay_qr, without its answer", case.pay_id);
    let expected = [("given_up".to_owned(), given_up), ("cancelled".to_owned(), "gone".to_owned())];
    assert_eq!(journal(&shop.app, &shop.admin).await, expected);
    give_up(&shop, &case).await.expect_problem(409, "order_not_cancellable");
    shop.finish().await;
}

#[actix_web::test]
async fn a_platform_that_hangs_does_not_hold_up_an_administrator_who_gives_it_up() {
    let shop = Shop::<Alipay>::with(Alipay::start().await, &[]).await;
    let case = shop.paying(CODE).await;
    shop.platform.plan_fault(PlannedFault::next(Op::Close, AnswerFault::Hangs).without_effect());
    give_up(&shop, &case).await.expect(200);
    assert_released(&shop.app, &shop.zs, &case.order_id).await;
    shop.finish().await;
}

#[actix_web::test]
async fn money_for_a_payment_that_was_given_up_goes_back() {
    for is_lost in [false, true] {
        let (shop, case) = silent().await;
        give_up(&shop, &case).await.expect(200);
        if is_lost {
            shop.platform.notices_of(&case.pay_id, Sending::lost());
        }
        shop.platform.pay(&case.pay_id).await;
        shop.platform.clear_faults();
        shop.advance(MINUTE).await;
        shop.assert_paid_too_late(&case).await;
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_payment_that_was_given_up_is_closed_at_its_platform_as_soon_as_that_answers() {
    let (shop, case) = silent().await;
    give_up(&shop, &case).await.expect(200);
    shop.advance(MINUTE).await;
    assert_eq!(shop.platform.trade(&case.pay_id).stage, Stage::Waiting);
    shop.platform.clear_faults();
    shop.advance(MINUTE).await;
    assert_eq!(shop.platform.trade(&case.pay_id).stage, Stage::Closed);
    shop.finish().await;
}

#[actix_web::test]
async fn a_payment_that_the_platform_reports_as_paid_is_not_given_up() {
    let (shop, case) = silent().await;
    shop.platform.notices_of(&case.pay_id, Sending::lost());
    shop.platform.pay(&case.pay_id).await;
    shop.platform.clear_faults();
    give_up(&shop, &case).await.expect_problem(409, "order_not_cancellable");
    shop.settle().await;
    shop.assert_paid(&case).await;
    shop.finish().await;
}

#[actix_web::test]
async fn a_payment_that_has_expired_at_a_silent_platform_can_be_given_up_by_an_administrator_alone() {
    let (shop, case) = silent().await;
    shop.advance(PAY_WITHIN).await;
    shop.assert_order(&case, "confirmed", "paying").await;
    shop.cancel(&case.order_id).await.expect_problem(503, "busy");
    cancel(&shop.app, &shop.admin, &case.order_id, json!({"reason": "gone"})).await.expect(200);
    assert_released(&shop.app, &shop.zs, &case.order_id).await;
    shop.finish().await;
}

#[actix_web::test]
async fn a_notice_that_arrives_while_its_payment_is_given_up_pays_the_order_or_is_refunded() {
    let (shop, _) = silent().await;
    let mut cases = Vec::new();
    for round in 0..10 {
        cases.push(shop.another(CODE, &format!("order-{round}")).await);
    }
    for case in &cases {
        let (cancelled, ()) = tokio::join!(give_up(&shop, case), shop.platform.pay(&case.pay_id));
        assert!([200, 409].contains(&cancelled.status), "{}", cancelled.text);
    }
    // The refunds wait until a probe has found that the platform answers again.
    shop.platform.clear_faults();
    for _ in 0..2 {
        shop.advance(MINUTE * 5).await;
    }
    for case in &cases {
        let paid = shop.payment(&case.pay_id).await["status"] == "paid";
        assert_eq!(shop.ledger(case), (100_000, if paid { 0 } else { 100_000 }));
        let order = if paid { ("confirmed", "paid") } else { ("cancelled", "unpaid") };
        shop.assert_order(case, order.0, order.1).await;
    }
    shop.finish().await;
}

#[actix_web::test]
async fn without_platform_is_true_or_false_and_not_for_customers() {
    let (shop, case) = silent().await;
    for body in [json!({"reason": "x", "without_platform": "yes"}), json!({"reason": "x", "without_platform": null})] {
        cancel(&shop.app, &shop.admin, &case.order_id, body).await.expect_problem(422, "invalid_request");
    }
    let body = json!({"without_platform": true});
    cancel(&shop.app, &shop.admin, &case.order_id, body.clone()).await.expect_problem(422, "invalid_request");
    let path = format!("/v1/orders/{}/cancel", case.order_id);
    let refused = shop.app.post(&path, &shop.zs, body).await;
    assert_ne!(refused.status, 200, "{}", refused.text);
    shop.assert_order(&case, "confirmed", "paying").await;
    shop.finish().await;
}

/// An order that was paid through the bank, and a refund of 80.00 of it that was recorded before the bank was taken out
/// of the settings.
async fn refunded_and_removed() -> (TestApp, String, String) {
    let mut app = TestApp::with(&[("GATEWAY__SANDBOX__SECOND", "bank")]).await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    let pay_id = app.pay_through("bank", &zs, "pay", &order_id).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    // The platform does not answer, so the refund is pending.
    app.fail_at("sandbox.apply");
    let admin = app.admin().await;
    app.admin_refund(&admin, &order_id, Some("80.00")).await.expect(202);
    app.settle().await;
    app.set("GATEWAY__SANDBOX__SECOND", "");
    app.restart().await;
    app.clear_fault("sandbox.apply");
    (app, order_id, pay_id)
}

/// The refunds in the list of parked money: id, amount and reason.
async fn parked(app: &TestApp, admin: &str) -> Vec<(String, String, String)> {
    let items = app.get("/admin/parked", admin).await.expect(200).body["items"].clone();
    let entry = |item: &Value| {
        assert_eq!((&item["kind"], &item["provider"]), (&json!("refund"), &json!("bank")));
        ["parked_id", "amount", "reason"].map(|name| item[name].as_str().unwrap().to_owned()).into()
    };
    items.as_array().unwrap().iter().map(entry).collect()
}

async fn decide(app: &TestApp, admin: &str, parked_id: &str, decision: &str) -> Answer {
    app.post(&format!("/admin/parked/{parked_id}/{decision}"), admin, json!({"reason": "the bank is gone"})).await
}

#[actix_web::test]
async fn a_refund_at_a_removed_platform_is_parked_at_the_start_and_sent_under_its_number_when_it_is_back() {
    let (mut app, order_id, pay_id) = refunded_and_removed().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    // Nothing was polled since the start.
    let found = parked(&app, &admin).await;
    assert_eq!(found.len(), 1);
    let (refund_id, amount, reason) = &found[0];
    assert_eq!(amount, "80.00");
    assert!(
        reason.contains("bank is not in the settings any more") && reason.contains("may have been made"),
        "{reason}"
    );
    let (verdict, bank) = platform(&app, &admin, "bank").await;
    assert_eq!((verdict, &bank["state"]), (json!("degraded"), &json!("removed")));
    assert_eq!((&bank["refunds_pending"], &bank["parked"], &bank["amount"]), (&json!(0), &json!(1), &json!("80.00")));
    // A refund that is requested later is parked too, and one that is retried too early is parked again.
    app.admin_refund(&admin, &order_id, Some("1.00")).await.expect(202);
    decide(&app, &admin, refund_id, "retry").await.expect(200);
    app.settle().await;
    let reasons: Vec<String> = parked(&app, &admin).await.into_iter().map(|(.., reason)| reason).collect();
    assert!(reasons.len() == 2 && reasons[0].contains("was not sent"), "{reasons:?}");
    // The platform is back. Nothing is sent before the operator says so.
    app.set("GATEWAY__SANDBOX__SECOND", "bank");
    app.restart().await;
    app.advance(MINUTE * 5).await;
    let trade = format!("/sandbox/trades/{pay_id}");
    assert_eq!(app.get(&trade, "").await.expect(200).body["refunded"], "0.00");
    for (parked_id, ..) in parked(&app, &admin).await {
        decide(&app, &admin, &parked_id, "retry").await.expect(200);
        decide(&app, &admin, &parked_id, "retry").await.expect(200);
    }
    app.settle().await;
    assert_eq!(app.get(&trade, "").await.expect(200).body["refunded"], "81.00");
    let sent = format!("SELECT count(*) AS n FROM sandbox_refund WHERE out_request_no = '{refund_id}'");
    assert_eq!(app.number("sandbox", &sent), 1);
    let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.expect(200).body;
    assert_eq!((&order["refunded_amount"], &order["order_status"]), (&json!("81.00"), &json!("confirmed")));
    assert_eq!(platform(&app, &admin, "bank").await.0, "healthy");
    app.finish().await;
}

#[actix_web::test]
async fn an_operator_accepts_or_dismisses_a_refund_at_a_removed_platform() {
    for (decision, refunded, status) in [("accept", "80.00", "done"), ("dismiss", "0.00", "dismissed")] {
        let (app, order_id, _) = refunded_and_removed().await;
        let (zs, admin) = (app.zs().await, app.admin().await);
        let (refund_id, ..) = parked(&app, &admin).await.remove(0);
        decide(&app, &admin, &refund_id, decision).await.expect(200);
        app.settle().await;
        let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.expect(200).body;
        assert_eq!((&order["refunded_amount"], &order["refunds"][0]["status"]), (&json!(refunded), &json!(status)));
        assert_eq!(parked(&app, &admin).await, []);
        assert_eq!(platform(&app, &admin, "bank").await, (json!("healthy"), Value::Null));
        app.finish().await;
    }
}

#[actix_web::test]
async fn a_payment_of_a_platform_that_stays_removed_is_not_watched_for_ever() {
    let mut app = TestApp::with(&[("GATEWAY__SANDBOX__SECOND", "bank")]).await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    app.pay_through("bank", &zs, "pay", &order_id).await.expect(201);
    app.set("GATEWAY__SANDBOX__SECOND", "");
    app.restart().await;
    let admin = app.admin().await;
    cancel(&app, &admin, &order_id, json!({"reason": "the account was closed"})).await.expect(200);
    // A message on its way would be consumed before the leap and be done after it, and its inbox would be pruned first.
    app.settle().await;
    let watched = "SELECT count(*) AS n FROM pay_ask";
    app.advance(PAY_WITHIN + MINUTE * 60 * 24 * 29).await;
    assert_eq!(app.number("pay", watched), 1);
    app.advance(MINUTE * 60 * 24 * 2).await;
    assert_eq!(app.number("pay", watched), 0);
    app.finish().await;
}

#[actix_web::test]
async fn an_order_whose_platform_is_not_in_the_settings_any_more_can_be_cancelled_by_an_administrator() {
    let mut app = TestApp::with(&[("GATEWAY__SANDBOX__SECOND", "bank")]).await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    let pay_id = app.pay_through("bank", &zs, "pay", &order_id).await.expect(201).text_of("pay_id");
    app.set("GATEWAY__SANDBOX__SECOND", "");
    app.restart().await;
    app.advance(PAY_WITHIN).await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let (verdict, bank) = platform(&app, &admin, "bank").await;
    assert_eq!((verdict, &bank["state"], &bank["open"]), (json!("degraded"), &json!("removed"), &json!(1)));
    assert_eq!(bank["amount"], "880.00");
    app.post(&format!("/v1/orders/{order_id}/cancel"), &zs, json!({})).await.expect_problem(503, "busy");
    cancel(&app, &admin, &order_id, json!({"reason": "the account was closed"})).await.expect(200);
    assert_released(&app, &zs, &order_id).await;
    assert_eq!(app.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200).body["status"], "open");
    assert_eq!(platform(&app, &admin, "bank").await, (json!("healthy"), Value::Null));
    // The platform is back. What was given up is closed there.
    app.set("GATEWAY__SANDBOX__SECOND", "bank");
    app.restart().await;
    app.advance(MINUTE).await;
    assert_eq!(app.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200).body["status"], "closed");
    app.finish().await;
}
