//! `pay_status`: an order is `paying` while one of its payments is open, and `unpaid` again when the last one has ended.

use std::time::Duration;

use serde_json::json;
use tradepost::actor::fault::Fault;

use crate::support::{GOODS, OrderBody, TestApp};

const TWO_PLATFORMS: (&str, &str) = ("GATEWAY__SANDBOX__SECOND", "sandbox_b");

impl TestApp {
    /// An order that is to be paid: the customer's token and the order's id.
    async fn unpaid(&self) -> (String, String) {
        let zs = self.zs().await;
        let order_id = self.order(&zs, "order", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
        (zs, order_id)
    }

    async fn assert_pay_status(&self, token: &str, order_id: &str, pay_status: &str) {
        let order = self.get(&format!("/v1/orders/{order_id}"), token).await.expect(200);
        assert_eq!(order.text_of("pay_status"), pay_status, "{}", order.text);
    }

    /// The customer declines at the platform.
    async fn decline(&self, pay_id: &str) {
        self.post(&format!("/sandbox/trades/{pay_id}/decline"), "", json!({})).await.expect(200);
        self.settle().await;
    }
}

#[actix_web::test]
async fn an_order_is_unpaid_again_after_its_payment_was_declined_or_closed() {
    let app = TestApp::start().await;
    let (zs, order_id) = app.unpaid().await;
    let declined = app.pay(&zs, "declined", &order_id).await.expect(201).text_of("pay_id");
    app.assert_pay_status(&zs, &order_id, "paying").await;
    app.decline(&declined).await;
    app.assert_pay_status(&zs, &order_id, "unpaid").await;
    let closed = app.pay(&zs, "closed", &order_id).await.expect(201).text_of("pay_id");
    app.assert_pay_status(&zs, &order_id, "paying").await;
    for _ in 0..2 {
        app.post(&format!("/v1/payments/{closed}/close"), &zs, json!({})).await.expect(200);
        app.settle().await;
        app.assert_pay_status(&zs, &order_id, "unpaid").await;
    }
    // The same key leads to the payment that has ended, and starts nothing.
    assert_eq!(app.pay(&zs, "closed", &order_id).await.expect(201).body["status"], "closed");
    app.assert_pay_status(&zs, &order_id, "unpaid").await;
    let paid = app.pay(&zs, "paid", &order_id).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&paid, json!({})).await.expect(200);
    app.assert_pay_status(&zs, &order_id, "paid").await;
    app.finish().await;
}

#[actix_web::test]
async fn an_order_is_being_paid_until_the_last_of_its_payments_has_ended() {
    let app = TestApp::with(&[TWO_PLATFORMS]).await;
    let (zs, order_id) = app.unpaid().await;
    let one = app.pay(&zs, "one", &order_id).await.expect(201).text_of("pay_id");
    let two = app.pay_through("sandbox_b", &zs, "two", &order_id).await.expect(201).text_of("pay_id");
    app.decline(&one).await;
    app.assert_pay_status(&zs, &order_id, "paying").await;
    // A second start of the payment that is open counts, too.
    app.pay_through("sandbox_b", &zs, "three", &order_id).await.expect(200);
    app.decline(&two).await;
    app.assert_pay_status(&zs, &order_id, "unpaid").await;
    app.finish().await;
}

#[actix_web::test]
async fn payments_that_are_closed_at_the_same_time_leave_the_order_unpaid() {
    let app = TestApp::with(&[TWO_PLATFORMS]).await;
    let (zs, order_id) = app.unpaid().await;
    for round in 0..5 {
        let one = app.pay(&zs, &format!("one-{round}"), &order_id).await.expect(201).text_of("pay_id");
        let key = format!("two-{round}");
        let two = app.pay_through("sandbox_b", &zs, &key, &order_id).await.expect(201).text_of("pay_id");
        let paths = [one, two].map(|pay_id| format!("/v1/payments/{pay_id}/close"));
        let closed = futures_util::future::join_all(paths.iter().map(|path| app.post(path, &zs, json!({})))).await;
        closed.into_iter().for_each(|answer| drop(answer.expect(200)));
        app.settle().await;
        app.assert_pay_status(&zs, &order_id, "unpaid").await;
    }
    app.finish().await;
}

#[actix_web::test]
async fn the_late_end_of_a_payment_does_not_end_one_that_was_started_meanwhile() {
    let app = TestApp::with(&[("RELAY__BACKOFF__FIRST", "10m"), ("RELAY__BACKOFF__LONGEST", "10m")]).await;
    let (zs, order_id) = app.unpaid().await;
    let declined = app.pay(&zs, "declined", &order_id).await.expect(201).text_of("pay_id");
    // Order refuses the message for now, and a new payment is started.
    app.fail_at("order.handle");
    app.decline(&declined).await;
    app.clear_fault("order.handle");
    let next = app.pay(&zs, "next", &order_id).await.expect(201).text_of("pay_id");
    app.advance(Duration::from_secs(10 * 60)).await;
    assert_eq!(app.number("pay", "SELECT count(*) AS n FROM mq_producer WHERE msg_status <> 1"), 0);
    app.assert_pay_status(&zs, &order_id, "paying").await;
    app.decline(&next).await;
    app.assert_pay_status(&zs, &order_id, "unpaid").await;
    app.finish().await;
}

#[actix_web::test]
async fn the_end_of_a_payment_that_arrives_after_another_has_paid_changes_nothing() {
    let app = TestApp::with(&[("RELAY__BACKOFF__FIRST", "10m"), ("RELAY__BACKOFF__LONGEST", "10m")]).await;
    let (zs, order_id) = app.unpaid().await;
    let declined = app.pay(&zs, "declined", &order_id).await.expect(201).text_of("pay_id");
    app.fail_at("order.handle");
    app.decline(&declined).await;
    app.clear_fault("order.handle");
    // The platform takes the money of the declined payment after all, and its notice overtakes the message.
    app.tamper("sandbox", "UPDATE sandbox_trade SET status = 0");
    app.pay_at_platform(&declined, json!({})).await.expect(200);
    app.assert_pay_status(&zs, &order_id, "paid").await;
    app.advance(Duration::from_secs(10 * 60)).await;
    app.assert_pay_status(&zs, &order_id, "paid").await;
    app.finish().await;
}

#[actix_web::test]
async fn a_payment_that_was_declined_pays_the_order_if_its_money_comes_after_all() {
    let app = TestApp::start().await;
    let (zs, order_id) = app.unpaid().await;
    let pay_id = app.pay(&zs, "pay", &order_id).await.expect(201).text_of("pay_id");
    app.decline(&pay_id).await;
    app.assert_pay_status(&zs, &order_id, "unpaid").await;
    app.tamper("sandbox", "UPDATE sandbox_trade SET status = 0");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.assert_pay_status(&zs, &order_id, "paid").await;
    app.finish().await;
}

#[actix_web::test]
async fn an_order_is_not_being_paid_by_a_start_that_was_refused() {
    let app = TestApp::start().await;
    let (zs, order_id) = app.unpaid().await;
    // Pay finds no earlier request, and cannot record this one.
    app.faults.plan("pay.handle", Fault::Error, 1, 1);
    app.pay(&zs, "pay", &order_id).await.expect_problem(503, "busy");
    app.assert_pay_status(&zs, &order_id, "unpaid").await;
    app.pay(&zs, "pay", &order_id).await.expect(201);
    app.assert_pay_status(&zs, &order_id, "paying").await;
    app.finish().await;
}

#[actix_web::test]
async fn a_start_that_was_refused_does_not_hide_a_payment_that_is_open() {
    let app = TestApp::with(&[TWO_PLATFORMS]).await;
    let (zs, order_id) = app.unpaid().await;
    app.pay(&zs, "one", &order_id).await.expect(201);
    app.faults.plan("pay.handle", Fault::Error, 1, 1);
    app.pay_through("sandbox_b", &zs, "two", &order_id).await.expect_problem(503, "busy");
    app.assert_pay_status(&zs, &order_id, "paying").await;
    app.finish().await;
}

#[actix_web::test]
async fn an_order_that_expires_is_not_being_paid() {
    let app = TestApp::start().await;
    let (zs, order_id) = app.unpaid().await;
    app.pay(&zs, "pay", &order_id).await.expect(201);
    app.advance(Duration::from_secs(31 * 60)).await;
    let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.expect(200).body;
    assert_eq!((&order["order_status"], &order["pay_status"]), (&json!("cancelled"), &json!("unpaid")));
    app.finish().await;
}
