//! Money that waits for an operator: charges that match no payment, and refunds that cannot be made.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

impl TestApp {
    /// The golden order, for which the customer has paid `amount` (in minor units) instead of 880.00: the customer's
    /// token, the order's id and the payment's id.
    async fn charged(&self, amount: i64) -> (String, String, String) {
        let (zs, order_id, pay_id) = self.paying().await;
        let change = format!("UPDATE sandbox_trade SET amount = {amount} WHERE out_trade_no = '{pay_id}'");
        self.tamper("sandbox", &change);
        self.pay_at_platform(&pay_id, json!({})).await.expect(200);
        (zs, order_id, pay_id)
    }

    /// The items that wait for an operator.
    async fn parked(&self, admin: &str) -> Vec<Value> {
        let list = self.get("/admin/parked", admin).await.expect(200).body;
        list["items"].as_array().unwrap().clone()
    }

    /// The only item that waits for an operator.
    async fn parked_id(&self, admin: &str) -> String {
        let parked = self.parked(admin).await;
        assert_eq!(parked.len(), 1, "{parked:?}");
        parked[0]["parked_id"].as_str().unwrap().to_owned()
    }

    async fn decide(&self, admin: &str, parked_id: &str, decision: &str) -> Answer {
        self.post(&format!("/admin/parked/{parked_id}/{decision}"), admin, json!({"reason": "as agreed"})).await
    }

    async fn health_and_counts(&self, admin: &str) -> (Value, Value, Value) {
        let status = self.get("/admin/status", admin).await.expect(200).body;
        let payments = &status["payments"];
        (status["status"].clone(), payments["charges_parked"].clone(), payments["refunds_parked"].clone())
    }

    async fn refunded_at_platform(&self, pay_id: &str) -> Value {
        self.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200).body["refunded"].clone()
    }

    /// A full refund of the golden order that the platform has refused: token, order, payment.
    async fn refused_refund(&self) -> (String, String, String) {
        let (zs, order_id, pay_id) = self.paid().await;
        self.set_trade_status(&pay_id, 3);
        self.refund(&zs, "refund", &order_id).await.expect(202);
        self.settle().await;
        (zs, order_id, pay_id)
    }

    /// Sets the status of a trade at the sandbox: 1 is paid, and 3 is closed, which cannot be refunded.
    fn set_trade_status(&self, pay_id: &str, status: i32) {
        self.tamper("sandbox", &format!("UPDATE sandbox_trade SET status = {status} WHERE out_trade_no = '{pay_id}'"));
    }
}

#[actix_web::test]
async fn a_charge_of_another_amount_is_given_back_by_an_operator() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.charged(87_999).await;
    let admin = app.admin().await;
    assert_eq!(app.health_and_counts(&admin).await, (json!("degraded"), json!(1), json!(0)));
    let parked = app.parked(&admin).await;
    assert_eq!((&parked[0]["kind"], &parked[0]["amount"]), (&json!("charge"), &json!("879.99")));
    assert_eq!((&parked[0]["order_id"], &parked[0]["reason"]), (&json!(order_id), &json!("the amount differs")));
    let parked_id = app.parked_id(&admin).await;
    let path = format!("/admin/parked/{parked_id}/refund");
    app.post(&path, &admin, json!({})).await.expect_problem(422, "invalid_request");
    app.decide(&admin, &parked_id, "accept").await.expect_problem(409, "decision_not_possible");
    app.decide(&admin, &parked_id, "retry").await.expect_problem(409, "decision_not_possible");
    app.decide(&admin, "1", "refund").await.expect_problem(404, "not_found");
    assert_eq!(app.decide(&admin, &parked_id, "refund").await.expect(200).body["status"], "returned");
    assert_eq!(app.decide(&admin, &parked_id, "refund").await.expect(200).body["status"], "returned");
    app.decide(&admin, &parked_id, "dismiss").await.expect_problem(409, "already_decided");
    app.settle().await;
    assert_eq!(app.refunded_at_platform(&pay_id).await, "879.99");
    assert_eq!(app.number("sandbox", "SELECT count(*) AS n FROM sandbox_refund"), 1);
    assert_eq!(app.health_and_counts(&admin).await, (json!("healthy"), json!(0), json!(0)));
    let journal = app.get(&format!("/admin/journal?order_id={order_id}"), &admin).await.expect(200).body;
    assert_eq!(
        (&journal["items"][0]["act"], journal["items"].as_array().unwrap().len()),
        (&json!("parked_refunded"), 1)
    );
    assert!(journal["items"][0]["detail"].as_str().unwrap().ends_with("as agreed"), "{journal}");
    // The order is not paid. It can be paid anew, or it expires.
    app.advance(Duration::from_secs(31 * 60)).await;
    assert_eq!(app.order_of(&zs, &order_id).await["order_status"], "cancelled");
    app.finish().await;
}

#[actix_web::test]
async fn a_charge_that_matches_after_all_is_not_parked_any_more() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({"tamper": "amount"})).await.expect(200);
    let admin = app.admin().await;
    assert_eq!(app.parked(&admin).await.len(), 1);
    app.post(&format!("/admin/payments/{pay_id}/query"), &admin, json!({})).await.expect(200);
    app.settle().await;
    assert_eq!(app.order_of(&zs, &order_id).await["pay_status"], "paid");
    assert_eq!((app.parked(&admin).await.len(), app.health_and_counts(&admin).await.0), (0, json!("healthy")));
    app.finish().await;
}

#[actix_web::test]
async fn a_charge_that_is_given_back_pays_no_order_even_if_the_platform_reports_it_correctly_then() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({"tamper": "merchant"})).await.expect(200);
    let admin = app.admin().await;
    let parked_id = app.parked_id(&admin).await;
    app.decide(&admin, &parked_id, "refund").await.expect(200);
    app.post(&format!("/admin/payments/{pay_id}/query"), &admin, json!({})).await.expect(200);
    app.settle().await;
    app.post(&format!("/admin/payments/{pay_id}/query"), &admin, json!({})).await.expect(200);
    app.advance(Duration::from_secs(120)).await;
    assert_eq!(app.refunded_at_platform(&pay_id).await, "880.00");
    let order = app.order_of(&zs, &order_id).await;
    assert_eq!((&order["order_status"], &order["pay_status"]), (&json!("confirmed"), &json!("unpaid")), "{order}");
    app.advance(Duration::from_secs(31 * 60)).await;
    assert_eq!(app.order_of(&zs, &order_id).await["order_status"], "cancelled");
    app.finish().await;
}

#[actix_web::test]
async fn a_wrong_notice_of_a_trade_that_has_paid_parks_nothing_that_could_be_given_back_besides_a_refund() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({"tamper": "merchant", "delay_ms": 60_000})).await.expect(200);
    let admin = app.admin().await;
    app.post(&format!("/admin/payments/{pay_id}/query"), &admin, json!({})).await.expect(200);
    app.settle().await;
    assert_eq!(app.order_of(&zs, &order_id).await["pay_status"], "paid");
    app.advance(Duration::from_secs(120)).await;
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_notice WHERE reason IS NOT NULL"), 1, "it has arrived");
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_parked"), 0);
    app.admin_refund(&admin, &order_id, None).await.expect(202);
    // All is refunded, so a second refund finds nothing to give back.
    app.admin_refund(&admin, &order_id, None).await.expect_problem(409, "order_not_refundable");
    app.settle().await;
    assert_eq!(app.refunded_at_platform(&pay_id).await, "880.00");
    assert_eq!(app.order_of(&zs, &order_id).await["order_status"], "refunded");
    app.finish().await;
}

#[actix_web::test]
async fn a_payment_with_a_parked_charge_is_closed_and_not_asked_for_after_it_has_expired() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    app.tamper("sandbox", &format!("UPDATE sandbox_trade SET amount = 1 WHERE out_trade_no = '{pay_id}'"));
    app.pay_at_platform(&pay_id, json!({"lose": true})).await.expect(200);
    app.advance(Duration::from_secs(60)).await;
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_open"), 0);
    // The customer can pay again meanwhile.
    let again = app.pay(&zs, "again", &order_id).await.expect(201).text_of("pay_id");
    assert_ne!(again, pay_id);
    app.pay_at_platform(&again, json!({})).await.expect(200);
    assert_eq!(app.order_of(&zs, &order_id).await["pay_status"], "paid");
    // The operator returns the first charge, and the order stays paid.
    let admin = app.admin().await;
    app.decide(&admin, &app.parked_id(&admin).await, "refund").await.expect(200);
    app.settle().await;
    assert_eq!(app.refunded_at_platform(&pay_id).await, "0.01");
    let order = app.order_of(&zs, &order_id).await;
    assert_eq!((&order["order_status"], &order["refunded_amount"]), (&json!("confirmed"), &json!("0.00")));
    app.advance(Duration::from_secs(41 * 60)).await;
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_ask"), 0);
    app.finish().await;
}

#[actix_web::test]
async fn a_refund_of_a_cancelled_order_gives_its_parked_charge_back() {
    let app = TestApp::start().await;
    let (_, order_id, pay_id) = app.charged(100).await;
    app.advance(Duration::from_secs(31 * 60)).await;
    let admin = app.admin().await;
    app.admin_refund(&admin, &order_id, Some("2.00")).await.expect_problem(409, "order_not_refundable");
    let order = app.admin_refund(&admin, &order_id, None).await.expect(202).body;
    assert_eq!(order["order_status"], "cancelled");
    app.settle().await;
    assert_eq!(app.refunded_at_platform(&pay_id).await, "1.00");
    app.admin_refund(&admin, &order_id, None).await.expect_problem(409, "order_not_refundable");
    app.finish().await;
}

#[actix_web::test]
async fn more_than_was_asked_for_can_be_accepted_and_the_order_is_paid() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.charged(88_001).await;
    let admin = app.admin().await;
    let parked_id = app.parked_id(&admin).await;
    assert_eq!(app.decide(&admin, &parked_id, "accept").await.expect(200).body["status"], "accepted");
    app.settle().await;
    app.assert_order_paid(&zs, &order_id).await;
    app.admin_refund(&admin, &order_id, None).await.expect(202);
    app.settle().await;
    assert_eq!(app.refunded_at_platform(&pay_id).await, "880.00");
    assert_eq!(app.order_of(&zs, &order_id).await["order_status"], "refunded");
    app.finish().await;
}

#[actix_web::test]
async fn a_charge_of_a_payment_that_a_restore_has_lost_is_matched_to_an_order() {
    for decision in ["match", "refund"] {
        // A restore takes the chain of the ledgers back too, which deleting rows does not.
        let app = TestApp::with(&[("AUDIT__CHAIN", "false")]).await;
        let (zs, order_id, pay_id) = app.paying().await;
        for table in ["pay", "pay_open", "pay_ask", "pay_request"] {
            app.tamper("pay", &format!("DELETE FROM {table} WHERE pay_id = {pay_id}"));
        }
        app.pay_at_platform(&pay_id, json!({})).await.expect(200);
        let admin = app.admin().await;
        let parked = app.parked(&admin).await;
        assert_eq!((&parked[0]["pay_id"], &parked[0]["order_id"]), (&json!(pay_id), &Value::Null));
        let path = format!("/admin/parked/{}/match", parked[0]["parked_id"].as_str().unwrap());
        let body = |order_id: &str| json!({"order_id": order_id, "reason": "the restore has lost it"});
        app.post(&path, &admin, body("1")).await.expect_problem(422, "invalid_request");
        if decision == "match" {
            app.post(&path, &admin, body(&order_id)).await.expect(200);
            app.post(&path, &admin, body(&order_id)).await.expect(200);
            app.settle().await;
            app.assert_order_paid(&zs, &order_id).await;
            app.refund(&zs, "refund", &order_id).await.expect(202);
        } else {
            app.decide(&admin, &app.parked_id(&admin).await, "refund").await.expect(200);
        }
        app.settle().await;
        assert_eq!(app.refunded_at_platform(&pay_id).await, "880.00");
        assert_eq!(app.health_and_counts(&admin).await.0, "healthy");
        app.finish().await;
    }
}

#[actix_web::test]
async fn of_two_operators_who_decide_differently_one_is_refused() {
    let app = TestApp::start().await;
    let (_, _, pay_id) = app.charged(100).await;
    let admin = app.admin().await;
    let parked_id = app.parked_id(&admin).await;
    let (one, two) = tokio::join!(app.decide(&admin, &parked_id, "refund"), app.decide(&admin, &parked_id, "dismiss"));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", one.text, two.text);
    app.settle().await;
    let expected = if one.status == 200 { "1.00" } else { "0.00" };
    assert_eq!(app.refunded_at_platform(&pay_id).await, expected);
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM pay_act"), 1);
    app.advance(Duration::from_secs(31 * 60)).await;
    app.finish().await;
}

#[actix_web::test]
async fn a_dismissed_refund_leaves_the_order_as_it_was() {
    let app = TestApp::start().await;
    let (zs, order_id, _) = app.refused_refund().await;
    let admin = app.admin().await;
    assert_eq!(app.health_and_counts(&admin).await, (json!("degraded"), json!(0), json!(1)));
    let parked_id = app.parked_id(&admin).await;
    app.decide(&admin, &parked_id, "refund").await.expect_problem(409, "decision_not_possible");
    for _ in 0..2 {
        assert_eq!(app.decide(&admin, &parked_id, "dismiss").await.expect(200).body["status"], "dismissed");
    }
    app.decide(&admin, &parked_id, "retry").await.expect_problem(409, "already_decided");
    app.settle().await;
    let order = app.order_of(&zs, &order_id).await;
    assert_eq!((&order["order_status"], &order["refunds"][0]["status"]), (&json!("confirmed"), &json!("dismissed")));
    app.post(&format!("/admin/orders/{order_id}/ship"), &admin, json!({})).await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn a_parked_refund_is_sent_again_or_accepted_as_made_by_other_means() {
    for (decision, at_platform) in [("retry", "880.00"), ("accept", "0.00")] {
        let app = TestApp::start().await;
        let (zs, order_id, pay_id) = app.refused_refund().await;
        let admin = app.admin().await;
        app.set_trade_status(&pay_id, 1);
        // A query looks the refund up and does not send it: that is for an operator to decide.
        app.post(&format!("/admin/payments/{pay_id}/query"), &admin, json!({})).await.expect(200);
        let parked_id = app.parked_id(&admin).await;
        app.decide(&admin, &parked_id, decision).await.expect(200);
        app.settle().await;
        assert_eq!(app.refunded_at_platform(&pay_id).await, at_platform);
        assert_eq!(app.order_of(&zs, &order_id).await["order_status"], "refunded");
        assert_eq!(app.health_and_counts(&admin).await.0, "healthy");
        app.finish().await;
    }
}

#[actix_web::test]
async fn a_part_refund_that_a_restore_has_lost_is_not_made_twice() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    let admin = app.admin().await;
    // A refund of 20.00 was made after the backup. The operator requests it again, under another number.
    app.refund_in_console_unnoticed(&pay_id, 2_000, "384448126913609728");
    app.admin_refund(&admin, &order_id, Some("20.00")).await.expect(202);
    app.settle().await;
    assert_eq!(app.refunded_at_platform(&pay_id).await, "20.00");
    let order = app.order_of(&zs, &order_id).await;
    let statuses: Vec<&Value> = order["refunds"].as_array().unwrap().iter().map(|refund| &refund["status"]).collect();
    assert_eq!((&order["refunded_amount"], statuses), (&json!("20.00"), vec![&json!("parked"), &json!("done")]));
    let parked_id = app.parked_id(&admin).await;
    // It was meant besides: the operator sends it.
    app.decide(&admin, &parked_id, "retry").await.expect(200);
    app.settle().await;
    assert_eq!(app.refunded_at_platform(&pay_id).await, "40.00");
    assert_eq!(app.order_of(&zs, &order_id).await["refunded_amount"], "40.00");
    app.finish().await;
}

#[actix_web::test]
async fn a_query_books_what_the_platform_has_given_back() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paid().await;
    app.refund_in_console_unnoticed(&pay_id, 88_000, "console-1");
    let admin = app.admin().await;
    let path = format!("/admin/payments/{pay_id}/query");
    for _ in 0..2 {
        let payment = app.post(&path, &admin, json!({})).await.expect(200).body;
        assert_eq!((&payment["status"], &payment["refunded_amount"]), (&json!("refunded"), &json!("880.00")));
    }
    app.settle().await;
    assert_eq!(app.order_of(&zs, &order_id).await["order_status"], "refunded");
    app.finish().await;
}
