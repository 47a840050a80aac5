//! The order saga in the real application: a fault at each step and its effect on the order, the stores and the caller.

use std::time::Duration;

use serde_json::{Value, json};
use tradepost::actor::fault::Fault;

use crate::support::{Answer, OrderBody, TestApp};

const ALWAYS: u32 = u32::MAX;

/// A running application, a customer, and goods for an order that involves every owner.
struct Case {
    app: TestApp,
    user_id: String,
    token: String,
    goods_id: String,
}

impl Case {
    async fn with(settings: &[(&str, &str)]) -> Self {
        let quick = [("ORDERS__BACKOFF__FIRST", "2ms"), ("ORDERS__BACKOFF__LONGEST", "10ms")];
        let app = TestApp::with(&[&quick[..], settings].concat()).await;
        let (user_id, token) = app.customer("ann", "1000.00").await;
        let goods_id = app.goods(100, "50.00").await;
        Self { app, user_id, token, goods_id }
    }

    /// The body of an order for one unit, paid with a coupon of its own and 10.00 of the balance, and the coupon's id.
    async fn order_body(&self) -> (String, OrderBody) {
        let coupon_id = self.app.coupon(&self.user_id, "5.00").await;
        let order_body =
            OrderBody::of(&self.goods_id, 1).with("coupon_id", json!(coupon_id)).with("money_paid", json!("10.00"));
        (coupon_id, order_body)
    }

    async fn place(&self, key: &str, order_body: &OrderBody) -> Answer {
        self.app.order(&self.token, key, order_body).await
    }

    async fn order(&self, order_id: &str) -> Value {
        self.app.get(&format!("/v1/orders/{order_id}"), &self.token).await.expect(200).body
    }

    /// Clears the fault at `point`.
    fn clear_fault(&self, point: &str) {
        self.app.faults.plan(point, Fault::Error, 0, 0);
    }

    /// Checks how many times each owner logged an effect of this order: `forward` effects and `back` compensations.
    #[track_caller]
    fn assert_effects(&self, order_id: &str, forward: i64, back: i64) {
        for (owner, table, direction) in [
            ("goods", "goods_number_log", "direction"),
            ("coupon", "coupon_log", "direction"),
            ("user", "user_money_log", "money_log_type"),
        ] {
            for (logged, expected) in [(1, forward), (2, back)] {
                let query =
                    format!("SELECT count(*) AS n FROM {table} WHERE order_id = {order_id} AND {direction} = {logged}");
                assert_eq!(self.app.number(owner, &query), expected, "{query}");
            }
        }
    }

    /// Checks the stock, the balance and the coupons after `orders` confirmed orders; there were 100 units and 1000.00.
    async fn assert_sold(&self, orders: i64) {
        assert_eq!(self.app.stock(&self.goods_id).await, 100 - orders);
        let query = format!("SELECT user_money AS n FROM users WHERE user_id = {}", self.user_id);
        assert_eq!(self.app.number("user", &query), 100_000 - 1_000 * orders);
        assert_eq!(self.app.number("coupon", "SELECT count(*) AS n FROM coupon WHERE is_used = 1"), orders);
    }
}

#[actix_web::test]
async fn a_step_with_an_unknown_outcome_is_retried_and_has_one_effect() {
    let case = Case::with(&[]).await;
    let mut orders = 0;
    for owner in ["goods", "coupon", "user", "order"] {
        // Order writes twice: the pre-order, and the pivot.
        let hits: &[(u32, u32)] =
            if owner == "order" { &[(0, 1), (1, 1), (0, 2), (1, 3)] } else { &[(0, 1), (0, 2), (0, 3)] };
        for point in ["apply", "before_commit", "after_commit"] {
            for (skip, times) in hits {
                let point = format!("{owner}.{point}");
                let key = format!("{point}-{skip}-{times}");
                let (_, order_body) = case.order_body().await;
                case.app.faults.plan(&point, Fault::Error, *skip, *times);
                let order = case.place(&key, &order_body).await.expect(201);
                assert_eq!(case.app.faults.fired(&point), *times, "{key}");
                orders += 1;
                case.assert_effects(&order.text_of("order_id"), 1, 0);
                let again = case.place(&key, &order_body).await.expect(201);
                assert_eq!(again.body, order.body, "{key}");
            }
        }
    }
    assert_eq!(case.app.number("order", "SELECT count(*) AS n FROM orders"), orders);
    case.assert_sold(orders).await;
    case.app.finish().await;
}

#[actix_web::test]
async fn a_repeated_step_has_one_effect_forward_and_back() {
    let case = Case::with(&[]).await;
    let (_, order_body) = case.order_body().await;
    for (point, times) in
        [("goods.after_commit", 1), ("coupon.after_commit", 1), ("user.after_commit", 1), ("order.after_commit", 2)]
    {
        case.app.faults.plan(point, Fault::Error, 0, times);
    }
    let order = case.place("forward", &order_body).await.expect(201);
    case.assert_effects(&order.text_of("order_id"), 1, 0);
    case.assert_sold(1).await;

    // All steps are reserved, but the confirmation fails until the deadline passes. The order is cancelled, and each
    // owner's reply to the compensating message is lost as well.
    let (_, order_body) = case.order_body().await;
    for point in ["goods.after_commit", "coupon.after_commit", "user.after_commit"] {
        case.app.faults.plan(point, Fault::Error, 1, 1);
    }
    case.app.faults.plan("order.before_commit", Fault::Error, 1, 3);
    case.app.faults.plan("order.after_commit", Fault::Error, 1, 1);
    case.app.faults.plan("order.apply", Fault::Delay(Duration::from_millis(1)), 1, 3);
    let clock = case.app.clock.clone();
    actix_web::rt::spawn({
        let faults = case.app.faults.clone();
        async move {
            while faults.fired("order.before_commit") == 0 {
                actix_web::rt::time::sleep(Duration::from_millis(1)).await;
            }
            clock.advance(Duration::from_secs(60));
        }
    });
    let refused = case.place("back", &order_body).await.expect_problem(409, "order_deadline_passed");
    case.app.settle().await;
    case.app.advance(Duration::from_secs(600)).await;
    for point in ["goods.after_commit", "coupon.after_commit", "user.after_commit", "order.after_commit"] {
        assert_eq!(case.app.faults.fired(point), 1, "{point}");
    }
    case.assert_effects(&refused.text_of("order_id"), 1, 1);
    case.assert_sold(1).await;
    case.app.finish().await;
}

#[actix_web::test]
async fn a_reservation_that_never_succeeds_is_compensated_at_the_deadline() {
    let case = Case::with(&[("ORDERS__DEADLINE", "500ms")]).await;
    for owner in ["goods", "coupon", "user"] {
        for point in ["apply", "before_commit", "after_commit"] {
            let point = format!("{owner}.{point}");
            let (_, order_body) = case.order_body().await;
            case.app.faults.plan(&point, Fault::Error, 0, ALWAYS);
            let refused = case.place(&point, &order_body).await.expect_problem(409, "order_deadline_passed");
            assert!(case.app.faults.fired(&point) > 1, "{point} was not tried again");
            case.clear_fault(&point);
            case.app.advance(Duration::from_secs(600)).await;
            let order = case.order(&refused.text_of("order_id")).await;
            assert_eq!(order["order_status"], "cancelled", "{point}");
            assert_eq!(order["refusal"], "order_deadline_passed", "{point}");
            case.place(&point, &order_body).await.expect_problem(409, "order_deadline_passed");
        }
    }
    case.assert_sold(0).await;
    case.app.finish().await;
}

#[actix_web::test]
async fn an_order_that_cannot_be_stored_is_answered_with_503_and_has_no_effect() {
    let case = Case::with(&[("ORDERS__DEADLINE", "2s")]).await;
    let (_, order_body) = case.order_body().await;
    case.app.faults.plan("order.before_commit", Fault::Error, 0, ALWAYS);
    let busy = case.place("k", &order_body).await.expect_problem(503, "busy");
    assert_eq!(busy.header("retry-after"), "1");
    assert_eq!(case.app.number("order", "SELECT count(*) AS n FROM orders"), 0);
    case.assert_sold(0).await;
    case.clear_fault("order.before_commit");
    case.place("k", &order_body).await.expect(201);
    case.assert_sold(1).await;
    case.app.finish().await;
}
