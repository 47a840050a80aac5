//! A platform that does not answer is named in the status, holds up no other platform, is hardly called while it does
//! not answer, and catches up without a storm. `ten_minutes` has more of it, with more payments.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::on_each_platform;
use crate::platform::{AnswerFault, Op, PlannedFault};
use crate::support::{GOODS, MINUTE, OrderBody, PAY_WITHIN, Platform, Shop, eventually};

pub const SECOND: Duration = Duration::from_secs(1);
/// The polls run by themselves here, as they do in a shop.
pub const POLLS: [(&str, &str); 3] =
    [("PAYMENTS__SWEEP_EVERY", "100ms"), ("PAYMENTS__ASK__FIRST", "10s"), ("HTTP__REQUEST_WITHIN", "30s")];
/// More than are called at once.
const OPEN: usize = 40;
pub const ALL_OPS: [Op; 5] = [Op::Create, Op::Query, Op::Close, Op::Refund, Op::RefundQuery];
/// Limit for work that waits for no call, also on a slow machine. A call that hangs ends after 10 s.
pub const PROMPT: Duration = Duration::from_secs(6);
/// Limit of concurrent calls: 16 each of status queries, refunds, closings and requests.
pub const CALLS_MAX: usize = 64;

on_each_platform!(
    a_platform_that_cuts_connections_for_an_hour_is_probed_once_a_minute_and_then_catches_up,
    a_platform_that_hangs_holds_up_nothing_elsewhere,
    a_start_that_waits_for_its_platform_holds_no_place_and_is_answered_before_it_ends,
    no_payment_is_started_at_a_platform_that_does_not_answer,
    refusals_are_answers_of_a_platform_that_is_well,
);

impl<P: Platform> Shop<P> {
    /// Every call of the platform fails like this from now on.
    pub fn break_platform(&self, how: AnswerFault) {
        for op in ALL_OPS {
            self.platform.plan_fault(PlannedFault::next(op, how).times(1_000_000).without_effect());
        }
    }

    /// Places orders with an open payment each; returns the ids of the orders.
    async fn open_payments(&self, product: &str, count: usize) -> Vec<String> {
        let mut orders = Vec::new();
        for n in 0..count {
            let order_id = self.order(&format!("open-{n}")).await;
            self.start(product, &format!("open-{n}"), &order_id).await.expect(201);
            orders.push(order_id);
        }
        orders
    }

    /// The verdict of the status page, and the state of the platform.
    pub async fn health(&self) -> (String, String) {
        let status = self.app.get("/admin/status", &self.admin).await.expect(200).body;
        let platforms = status["platforms"].as_array().unwrap();
        let platform = platforms.iter().find(|platform| platform["provider"] == P::PRODUCTS[0]).unwrap();
        (status["status"].as_str().unwrap().to_owned(), platform["state"].as_str().unwrap().to_owned())
    }

    /// Waits until the status page shows this state of the platform.
    async fn until_state(&self, states: &[&str], within: Duration) {
        let is_reached = || async { Some(self.health().await).filter(|(_, state)| states.contains(&state.as_str())) };
        let (verdict, state) = eventually(within, "the state of the platform", is_reached).await;
        assert_eq!(verdict == "healthy", state == "up", "{verdict} {state}");
    }

    /// Waits until the order has this status.
    pub async fn until_order(&self, order_id: &str, field: &str, value: &str, within: Duration) {
        let path = format!("/v1/orders/{order_id}");
        let is_reached =
            || async { (self.app.get(&path, &self.zs).await.expect(200).body[field] == value).then_some(()) };
        eventually(within, &format!("{field} {value}"), is_reached).await;
    }

    /// A payment at the sandbox is paid and refunded, a lost callback is found, and orders expire, all in time.
    async fn assert_all_well_elsewhere(&self, key: &str) {
        let (app, zs) = (&self.app, &self.zs);
        let place = async |name: &str| {
            let body = OrderBody::of(GOODS, 1);
            app.order(zs, &format!("{key}-{name}"), &body).await.expect(201).text_of("order_id")
        };
        let (paid, lost, open, unpaid) =
            (place("paid").await, place("lost").await, place("open").await, place("unpaid").await);
        let pay = async |order_id: &str| app.pay(zs, order_id, order_id).await.expect(201).text_of("pay_id");
        let (paid_id, lost_id) = (pay(&paid).await, pay(&lost).await);
        pay(&open).await;
        app.post(&format!("/sandbox/trades/{paid_id}/pay"), "", json!({})).await.expect(200);
        app.post(&format!("/sandbox/trades/{lost_id}/pay"), "", json!({"lose": true})).await.expect(200);
        self.until_order(&paid, "pay_status", "paid", 10 * SECOND).await;
        let began = Instant::now();
        app.refund(zs, &paid, &paid).await.expect(202);
        let is_refunded = || async { (self.payment(&paid_id).await["status"] == "refunded").then_some(()) };
        eventually(10 * SECOND, "the refund", is_refunded).await;
        assert!(began.elapsed() < PROMPT, "the refund took {:?}", began.elapsed());
        app.clock.advance(10 * SECOND);
        self.until_order(&lost, "pay_status", "paid", PROMPT).await;
        app.clock.advance(PAY_WITHIN);
        for order_id in [open, unpaid] {
            self.until_order(&order_id, "order_status", "cancelled", PROMPT).await;
        }
    }

    /// The platform works again: all orders are cancelled and closed there, with few calls at once.
    async fn assert_catches_up(&self, orders: &[String]) {
        self.platform.clear_faults();
        for op in ALL_OPS {
            self.platform.plan_fault(PlannedFault::next(op, AnswerFault::Late(Duration::from_millis(20))).times(9_999));
        }
        self.platform.take_most_requests();
        let is_up = || async {
            self.app.clock.advance(Duration::from_millis(200));
            (self.health().await == ("healthy".to_owned(), "up".to_owned())).then_some(())
        };
        eventually(60 * SECOND, "the platform is up again", is_up).await;
        self.app.clock.advance(MINUTE);
        for order_id in orders {
            self.until_order(order_id, "order_status", "cancelled", 20 * SECOND).await;
        }
        let most = self.platform.take_most_requests();
        assert!(most <= CALLS_MAX, "{most} calls at once");
        self.platform.clear_faults();
    }
}

async fn a_platform_that_hangs_holds_up_nothing_elsewhere<P: Platform>() {
    let shop = Shop::<P>::with(P::start().await, &POLLS).await;
    let orders = shop.open_payments(P::PRODUCTS[0], OPEN).await;
    shop.break_platform(AnswerFault::Hangs);
    shop.app.clock.advance(10 * SECOND);
    shop.app.until(|| shop.call_count(Op::Query) >= 16).await;
    shop.assert_all_well_elsewhere("hangs").await;
    shop.until_state(&["slow", "down"], 20 * SECOND).await;
    let began = Instant::now();
    let pay_id = shop.platform.calls().pop().unwrap().out_trade_no;
    shop.query(&pay_id).await.expect_problem(503, "busy");
    assert!(began.elapsed() < 7 * SECOND, "the administrator waited for {:?}", began.elapsed());
    shop.until_state(&["down"], 20 * SECOND).await;
    shop.assert_catches_up(&orders).await;
    shop.finish().await;
}

async fn a_platform_that_cuts_connections_for_an_hour_is_probed_once_a_minute_and_then_catches_up<P: Platform>() {
    for how in [AnswerFault::Breaks, AnswerFault::Garbage, AnswerFault::Status(502)] {
        let shop = Shop::<P>::with(P::start().await, &[]).await;
        let orders = shop.open_payments(P::PRODUCTS[0], 10).await;
        let paid = shop.another(P::PRODUCTS[0], "paid").await;
        shop.pay_and_settle(&paid.pay_id).await;
        shop.break_platform(how);
        shop.advance(10 * SECOND).await;
        assert_eq!(shop.health().await, ("degraded".to_owned(), "down".to_owned()));
        shop.app.admin_refund(&shop.admin, &paid.order_id, None).await.expect(202);
        let calls = shop.platform.calls().len();
        for _ in 0..360 {
            shop.app.advance(10 * SECOND).await;
        }
        let calls = shop.platform.calls().len() - calls;
        assert!((55..=65).contains(&calls), "{how:?}: {calls} calls in an hour");
        assert_eq!(shop.pending_counts().await, [10, 1, 0]);
        let report = shop.app.audit();
        assert!(report.ok, "what waits for a platform is not forgotten: {report:?}");
        shop.platform.clear_faults();
        for _ in 0..3 {
            shop.advance(MINUTE).await;
        }
        assert_eq!(shop.health().await, ("healthy".to_owned(), "up".to_owned()));
        assert_eq!((shop.pending_counts().await, shop.ledger(&paid)), ([0, 0, 0], (100_000, 100_000)));
        for order_id in orders {
            let order = shop.app.get(&format!("/v1/orders/{order_id}"), &shop.zs).await.expect(200).body;
            assert_eq!(order["order_status"], "cancelled");
        }
        shop.finish().await;
    }
}

async fn refusals_are_answers_of_a_platform_that_is_well<P: Platform>() {
    let shop = Shop::<P>::open().await;
    let case = shop.paid(P::PRODUCTS[0]).await;
    let no_funds = PlannedFault::next(Op::Refund, AnswerFault::Error(P::NO_FUNDS));
    shop.platform.plan_fault(no_funds.without_effect().times(10));
    shop.app.admin_refund(&shop.admin, &case.order_id, None).await.expect(202);
    for _ in 0..10 {
        shop.settle().await;
        assert_eq!(shop.health().await, ("healthy".to_owned(), "up".to_owned()));
        shop.app.clock.advance(MINUTE * 5);
    }
    shop.settle().await;
    shop.assert_refunded(&case).await;
    shop.finish().await;
}

async fn a_start_that_waits_for_its_platform_holds_no_place_and_is_answered_before_it_ends<P: Platform>() {
    let settings = [("PAYMENTS__ANSWER_WITHIN", "1s"), ("HTTP__IN_FLIGHT_MAX", "1"), ("HTTP__ADMIT_WITHIN", "100ms")];
    let shop = Shop::<P>::with(P::start().await, &settings).await;
    let product = *P::CREATED_BY_CALL.last().unwrap();
    let order_id = shop.order("order").await;
    shop.platform.plan_fault(PlannedFault::next(Op::Create, AnswerFault::Late(4 * SECOND)));
    let place_another = async {
        shop.app.until(|| shop.call_count(Op::Create) == 1).await;
        shop.order("another").await
    };
    let began = Instant::now();
    let (started, _) = tokio::join!(shop.start(product, "pay", &order_id), place_another);
    assert!(began.elapsed() < 4 * SECOND, "answered after {:?}", began.elapsed());
    let started = started.expect(202);
    let pay_id = started.text_of("pay_id");
    assert_eq!((&started.body["status"], &started.body["checkout"]), (&json!("unpaid"), &Value::Null));
    assert_eq!(started.header("location"), format!("/v1/payments/{pay_id}"));
    // Another click joins the start that is in progress.
    assert_eq!(shop.start(product, "click", &order_id).await.expect(202).text_of("pay_id"), pay_id);
    let has_checkout = || async { shop.payment(&pay_id).await["checkout"].is_object().then_some(()) };
    eventually(10 * SECOND, "the checkout", has_checkout).await;
    for key in ["pay", "click"] {
        let again = shop.start(product, key, &order_id).await.expect_started();
        assert!(again.body["checkout"].is_object());
    }
    assert_eq!(shop.call_count(Op::Create), 1);
    shop.finish().await;
}

async fn no_payment_is_started_at_a_platform_that_does_not_answer<P: Platform>() {
    let shop = Shop::<P>::without_queries().await;
    let product = *P::CREATED_BY_CALL.last().unwrap();
    let (order_id, other) = (shop.order("order").await, shop.order("other").await);
    shop.break_platform(AnswerFault::Breaks);
    for _ in 0..5 {
        shop.start(product, "pay", &order_id).await.expect_problem(503, "busy");
    }
    let (before, calls) = (shop.app.rows(), shop.platform.calls().len());
    for key in ["pay", "new"] {
        let refused = shop.start(product, key, &order_id).await.expect_problem(503, "platform_unavailable");
        let wait: u64 = refused.header("retry-after").parse().unwrap();
        assert!((1..=5).contains(&wait), "{wait}");
    }
    shop.start(product, "other", &other).await.expect_problem(503, "platform_unavailable");
    assert_eq!((shop.app.rows(), shop.platform.calls().len()), (before, calls));
    // A product whose checkout is made here is offered, and so are other platforms.
    if !P::CREATED_BY_CALL.contains(&P::PRODUCTS[0]) {
        shop.start(P::PRODUCTS[0], "page", &other).await.expect(201);
    }
    shop.app.pay(&shop.zs, "sandbox", &other).await.expect(201);
    shop.platform.clear_faults();
    shop.advance(5 * SECOND).await;
    let started = shop.start(product, "pay", &order_id).await.expect(201);
    assert!(started.body["checkout"].is_object());
    shop.finish().await;
}
