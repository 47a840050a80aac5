//! The real application connected to the stand-in of a payment platform, and the records of both. It is the same for
//! each platform; [`Platform`] has the differences.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, GOODS, OrderBody, TestApp};
use crate::platform::{Delivery, Front, Op, PerceivedReply, Standin, Trade};

pub const MINUTE: Duration = Duration::from_secs(60);
/// Time in which an order must be paid.
pub const PAY_WITHIN: Duration = Duration::from_secs(30 * 60);
/// Settings that delay the status queries, so that a notice arrives before the first query even on a slow machine.
pub const DELAYED_QUERIES: [(&str, &str); 2] = [("PAYMENTS__ASK__FIRST", "20s"), ("PAYMENTS__REFUND__FIRST", "20s")];
/// Settings without status queries of open payments: the shop learns of a payment only from a notice.
pub const NO_QUERIES: [(&str, &str); 2] = [("PAYMENTS__ASK__FIRST", "72h"), ("PAYMENTS__ASK__LONGEST", "72h")];

/// Properties of a payment platform that the tests need.
pub trait Platform: Front {
    /// The products through which a customer can pay.
    const PRODUCTS: [&'static str; 2];
    /// Those of the products for which the shop makes a create call.
    const CREATED_BY_CALL: &'static [&'static str];
    /// The answer to a close call for a paid payment.
    const ALREADY_PAID: &'static str;
    /// The answer to a refund call if the merchant has no money.
    const NO_FUNDS: &'static str;
    /// Outcomes of a delivery that the platform does not count as accepted, although the shop has replied.
    const NOT_ACCEPTED: &'static [PerceivedReply];
    /// Number of deliveries of a notice that is never accepted, and the time of the last one after the event.
    const REPEATS: (usize, Duration);

    /// Starts the stand-in.
    async fn start() -> Standin<Self>;

    /// The body that starts a payment.
    fn start_body(product: &str, order_id: &str) -> Value {
        json!({"order_id": order_id, "provider": product})
    }

    /// The customer opens the checkout from the shop's response.
    async fn open_checkout(platform: &Standin<Self>, started: &Answer);

    /// The meaning of the shop's reply to a notice.
    fn reply(delivery: &Delivery) -> Reply;
}

/// The shop's reply to a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// The notice is stored and need not be repeated.
    Accepted,
    /// The notice does not match what the shop has stored.
    Refused,
    /// Any other status; 0 if no reply came.
    Other(u16),
}

/// Makes one test for each platform of every generic test.
#[macro_export]
macro_rules! on_each_platform {
    ($($name:ident),+ $(,)?) => {
        mod alipay {
            $(#[actix_web::test] async fn $name() { super::$name::<$crate::platform::alipay::Front>().await; })+
        }
        mod wechat {
            $(#[actix_web::test] async fn $name() { super::$name::<$crate::platform::wechat::Front>().await; })+
        }
    };
}
/// A shop that is registered at the platform, and its customer `zs`.
pub struct Shop<F: Platform> {
    pub app: TestApp,
    pub platform: Standin<F>,
    /// The token of the customer.
    pub zs: String,
    /// The token of the administrator.
    pub admin: String,
}

/// An order and one payment of it.
#[derive(Debug, Clone)]
pub struct Case {
    pub order_id: String,
    pub pay_id: String,
}

/// The records of the shop and of the platform for one payment of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balances {
    /// The status of the order and its payment status.
    pub order: (String, String),
    /// The status of the payment.
    pub payment: String,
    /// Number of entries for the payment in the log of payments.
    pub logged: i64,
    /// The customer's points; 100 of them were there at the start.
    pub points: i64,
    /// The sum of the shop's successful refunds, in fen.
    pub back: i64,
    /// The sum of the platform's charges, in fen.
    pub charged: i64,
    /// The sum of the platform's refunds, in fen.
    pub refunded: i64,
}

/// The states of the golden order, which costs 880.00.
impl Balances {
    fn of(order: (&str, &str), payment: &str) -> Self {
        let order = (order.0.to_owned(), order.1.to_owned());
        let payment = payment.to_owned();
        Self { order, payment, logged: 0, points: 100, back: 0, charged: 0, refunded: 0 }
    }

    pub fn unpaid() -> Self {
        Self::of(("confirmed", "paying"), "unpaid")
    }

    /// Cancelled and not charged.
    pub fn cancelled() -> Self {
        Self::of(("cancelled", "unpaid"), "closed")
    }

    pub fn paid() -> Self {
        Self { logged: 1, points: 980, charged: 88_000, ..Self::of(("confirmed", "paid"), "paid") }
    }

    /// Refunded on request.
    pub fn refunded() -> Self {
        let paid = Self::of(("refunded", "paid"), "refunded");
        Self { logged: 1, back: 88_000, charged: 88_000, refunded: 88_000, ..paid }
    }

    /// Paid after the cancellation and refunded automatically.
    pub fn too_late() -> Self {
        Self { order: ("cancelled".to_owned(), "unpaid".to_owned()), ..Self::refunded() }
    }
}

/// Start and end.
impl<F: Platform> Shop<F> {
    /// A shop that gets notices and queries the payments of which it was not notified.
    pub async fn open() -> Self {
        Self::with(F::start().await, &DELAYED_QUERIES).await
    }

    /// A shop that gets notices and does not query.
    pub async fn without_queries() -> Self {
        Self::with(F::start().await, &NO_QUERIES).await
    }

    pub async fn with(platform: Standin<F>, settings: &[(&str, &str)]) -> Self {
        let app = TestApp::with(&[platform.settings(), settings.to_vec()].concat()).await;
        platform.follow(&app.clock);
        platform.deliver_to(&app.url());
        let (zs, admin) = (app.zs().await, app.admin().await);
        Self { app, platform, zs, admin }
    }

    /// Stops the shop gracefully and starts it again at another address.
    pub async fn restart(&mut self) {
        self.app.restart().await;
        self.platform.deliver_to(&self.app.url());
    }

    /// Replaces the expired tokens by new ones.
    pub async fn sign_in(&mut self) {
        (self.zs, self.admin) = (self.app.zs().await, self.app.admin().await);
    }

    /// Ends the test: settles, audits, and checks that the shop made no malformed call to the platform.
    pub async fn finish(self) {
        self.settle().await;
        assert_eq!(self.platform.complaints(), Vec::<String>::new());
        self.app.finish().await;
    }
}

/// Actions of the customer and the administrator, and time.
impl<F: Platform> Shop<F> {
    /// Places the golden order; returns its id.
    pub async fn golden_order(&self) -> String {
        self.app.order(&self.zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id")
    }

    /// Places another order, of 1000.00; returns its id.
    pub async fn order(&self, key: &str) -> String {
        self.app.order(&self.zs, key, &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id")
    }

    /// Starts a payment.
    pub async fn start(&self, product: &str, key: &str, order_id: &str) -> Answer {
        self.app.start_payment(&self.zs, key, &F::start_body(product, order_id)).await
    }

    /// The customer opens the checkout from the shop's response.
    pub async fn open_checkout(&self, started: &Answer) {
        F::open_checkout(&self.platform, started).await;
    }

    async fn paying_for(&self, order_id: String, product: &str, key: &str) -> Case {
        let started = self.start(product, key, &order_id).await.expect(201);
        self.open_checkout(&started).await;
        Case { order_id, pay_id: started.text_of("pay_id") }
    }

    /// The golden order, whose customer has opened the checkout and not paid yet.
    pub async fn paying(&self, product: &str) -> Case {
        self.paying_for(self.golden_order().await, product, "pay").await
    }

    /// The golden order, paid.
    pub async fn paid(&self, product: &str) -> Case {
        let case = self.paying(product).await;
        self.pay_and_settle(&case.pay_id).await;
        case
    }

    /// Another order, of 1000.00, whose customer has opened the checkout.
    pub async fn another(&self, product: &str, key: &str) -> Case {
        self.paying_for(self.order(key).await, product, key).await
    }

    /// The customer pays, the platform notifies, and the shop settles.
    pub async fn pay_and_settle(&self, pay_id: &str) {
        self.platform.pay(pay_id).await;
        self.settle().await;
    }

    /// The customer cancels an unpaid order.
    pub async fn cancel(&self, order_id: &str) -> Answer {
        self.app.post(&format!("/v1/orders/{order_id}/cancel"), &self.zs, json!({})).await
    }

    /// The administrator makes the shop query the platform.
    pub async fn query(&self, pay_id: &str) -> Answer {
        self.app.post(&format!("/admin/payments/{pay_id}/query"), &self.admin, json!({})).await
    }

    /// Runs all due work of the shop and of the platform, until none is left.
    pub async fn settle(&self) {
        for _ in 0..2 {
            self.app.settle().await;
            self.platform.tick().await;
        }
        self.app.settle().await;
    }

    /// Moves time forward and runs the due work, first the shop's.
    pub async fn advance(&self, by: Duration) {
        self.app.clock.advance(by);
        self.settle().await;
    }

    /// Moves time forward and runs the due work, first the platform's.
    pub async fn advance_platform_first(&self, by: Duration) {
        self.app.clock.advance(by);
        self.platform.tick().await;
        self.settle().await;
    }

    /// Moves time to the platform's next notice and sends it. The shop does no other work.
    pub async fn next_delivery(&self) {
        self.platform.deliver_next().await.expect("nothing is due");
    }
}

/// Reads the state of the shop.
impl<F: Platform> Shop<F> {
    /// The payment as its customer sees it.
    pub async fn payment(&self, pay_id: &str) -> Value {
        self.app.get(&format!("/v1/payments/{pay_id}"), &self.zs).await.expect(200).body
    }

    /// The sums that the platform has charged and refunded for a payment, in fen.
    pub fn ledger(&self, case: &Case) -> (i64, i64) {
        let trades = self.platform.trades(&case.pay_id);
        (trades.iter().map(Trade::charged).sum(), trades.iter().map(Trade::refunded).sum())
    }

    /// The shop's replies to the notices of a payment.
    pub fn replies(&self, case: &Case) -> Vec<Reply> {
        self.platform.deliveries(&case.pay_id).iter().map(F::reply).collect()
    }

    /// Number of calls of this operation that the platform received.
    pub fn call_count(&self, op: Op) -> usize {
        self.platform.calls().iter().filter(|call| call.op == Some(op)).count()
    }

    /// Balance and points of the customer.
    pub async fn me(&self) -> (String, i64) {
        let me = self.app.get("/v1/users/me", &self.zs).await.expect(200);
        (me.text_of("user_money"), me.body["user_score"].as_i64().unwrap())
    }

    /// The records of the shop and of the platform.
    pub async fn balances(&self, order_id: &str, pay_id: &str) -> Balances {
        let order = self.app.get(&format!("/v1/orders/{order_id}"), &self.zs).await.expect(200);
        let back =
            format!("SELECT coalesce(sum(amount), 0) AS n FROM pay_refund WHERE pay_id = {pay_id} AND status = 1");
        let logged = format!("SELECT count(*) AS n FROM pay_log WHERE pay_id = {pay_id}");
        let (charged, refunded) = self.ledger(&Case { order_id: order_id.to_owned(), pay_id: pay_id.to_owned() });
        Balances {
            order: (order.text_of("order_status"), order.text_of("pay_status")),
            payment: self.payment(pay_id).await["status"].as_str().unwrap().to_owned(),
            logged: self.app.number("pay", &logged),
            points: self.me().await.1,
            back: self.app.number("pay", &back),
            charged,
            refunded,
        }
    }

    /// Reasons of the parked notices, the newest first, from the operator's list.
    pub async fn parked(&self) -> Vec<String> {
        let list = self.app.get("/admin/notices", &self.admin).await.expect(200).body;
        let notices = list["items"].as_array().unwrap_or_else(|| panic!("no list: {list}"));
        notices.iter().map(|notice| notice["reason"].as_str().unwrap().to_owned()).collect()
    }

    /// Numbers of open payments, pending refunds and parked refunds, from the status page.
    pub async fn pending_counts(&self) -> [i64; 3] {
        let status = self.app.get("/admin/status", &self.admin).await.expect(200).body;
        ["open", "refunds_pending", "refunds_parked"].map(|name| status["payments"][name].as_i64().unwrap())
    }
}

/// Checks the state of the shop.
impl<F: Platform> Shop<F> {
    #[track_caller]
    pub fn assert_replies(&self, case: &Case, expected: &[Reply]) {
        assert_eq!(self.replies(case), expected);
    }

    pub async fn assert_payment(&self, case: &Case, status: &str) {
        assert_eq!(self.payment(&case.pay_id).await["status"], status);
    }

    pub async fn assert_order(&self, case: &Case, order_status: &str, pay_status: &str) {
        let order = self.app.get(&format!("/v1/orders/{}", case.order_id), &self.zs).await.expect(200).body;
        assert_eq!((&order["order_status"], &order["pay_status"]), (&json!(order_status), &json!(pay_status)));
    }

    async fn assert_balances(&self, case: &Case, balances: Balances) {
        assert_eq!(self.balances(&case.order_id, &case.pay_id).await, balances);
    }

    /// Checks that the golden order is paid once, in the shop and at the platform.
    pub async fn assert_paid(&self, case: &Case) {
        self.assert_balances(case, Balances::paid()).await;
        self.app.assert_paid_once(&self.zs, &case.order_id).await;
        assert_eq!(self.me().await, ("900.00".to_owned(), 980));
        assert_eq!(self.app.number("pay", "SELECT count(*) AS n FROM pay_refund"), 0);
    }

    /// Checks that the golden order is refunded once and in full, in the shop and at the platform.
    pub async fn assert_refunded(&self, case: &Case) {
        self.assert_balances(case, Balances::refunded()).await;
        assert_eq!(self.me().await, ("1000.00".to_owned(), 100));
        assert_eq!(self.app.number("coupon", "SELECT count(*) AS n FROM coupon WHERE is_used = 1"), 0);
    }

    /// Checks that the golden order, cancelled before it was paid, was refunded in full and brought no points.
    pub async fn assert_paid_too_late(&self, case: &Case) {
        self.assert_balances(case, Balances::too_late()).await;
        assert_eq!(self.platform.trade(&case.pay_id).refunds.len(), 1);
        assert_eq!(self.me().await, ("1000.00".to_owned(), 100));
    }
}
