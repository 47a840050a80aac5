//! The real application in front of a stand-in for WeChat Pay, and what both have in their books.

use std::time::Duration;

use awc::http::Method;
use serde_json::{Value, json};

use super::{Answer, GOODS, TestApp, Wish};
use crate::platform::Wechat;

pub const MINUTE: Duration = Duration::from_secs(60);
/// Customers scan a picture.
pub const SCAN: &str = "wechat";
/// Customers are on a page inside WeChat.
pub const INSIDE: &str = "wechat_jsapi";
/// Who the customer is there.
pub const PAYER: &str = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o";

/// A slow machine does not make the shop ask for what a test wants it to be told.
const PATIENT: [(&str, &str); 2] = [("PAYMENTS__ASK__FIRST", "20s"), ("PAYMENTS__REFUND__FIRST", "20s")];

/// A shop that WeChat Pay knows, and its customer `zs`.
pub struct Shop {
    pub app: TestApp,
    pub wechat: Wechat,
    pub zs: String,
    pub admin: String,
    /// How the customer pays.
    pub way: &'static str,
}

/// What is in the books of both about one payment of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Books {
    /// The order: its own state, and whether it is paid.
    pub order: (String, String),
    /// The payment as its customer sees it.
    pub payment: String,
    /// How often the payment is in the log of payments.
    pub logged: i64,
    /// The customer's points; 100 of them were there before.
    pub points: i64,
    /// What our refunds have brought back, in fen.
    pub back: i64,
    /// What WeChat Pay has charged, in fen.
    pub charged: i64,
    /// What WeChat Pay has given back, in fen.
    pub refunded: i64,
}

/// The golden order, 880.00, in each of its states.
impl Books {
    fn of(order: (&str, &str), payment: &str) -> Self {
        let order = (order.0.to_owned(), order.1.to_owned());
        let payment = payment.to_owned();
        Self { order, payment, logged: 0, points: 100, back: 0, charged: 0, refunded: 0 }
    }

    pub fn unpaid() -> Self {
        Self::of(("confirmed", "paying"), "unpaid")
    }

    /// Given up, nobody charged.
    pub fn cancelled() -> Self {
        Self::of(("cancelled", "paying"), "closed")
    }

    pub fn paid() -> Self {
        Self { logged: 1, points: 980, charged: 88_000, ..Self::of(("confirmed", "paid"), "paid") }
    }

    /// Refunded because somebody asked for it.
    pub fn refunded() -> Self {
        let paid = Self::of(("refunded", "paid"), "refunded");
        Self { logged: 1, back: 88_000, charged: 88_000, refunded: 88_000, ..paid }
    }

    /// Paid when it was too late: the money went back by itself.
    pub fn too_late() -> Self {
        Self { order: ("cancelled".to_owned(), "paying".to_owned()), ..Self::refunded() }
    }
}

impl Shop {
    pub async fn open() -> Self {
        Self::with(Wechat::start().await, SCAN).await
    }

    pub async fn with(wechat: Wechat, way: &'static str) -> Self {
        let app = TestApp::with(&[&PATIENT, wechat.settings().as_slice()].concat()).await;
        wechat.follow(&app.clock);
        wechat.deliver_to(&app.url());
        let (zs, admin) = (app.zs().await, app.admin().await);
        Self { app, wechat, zs, admin, way }
    }

    /// The shop stops in order and starts again.
    pub async fn restart(&mut self) {
        self.app.restart().await;
        self.wechat.deliver_to(&self.app.url());
    }

    /// New tokens, as the old ones have become too old.
    pub async fn sign_in(&mut self) {
        (self.zs, self.admin) = (self.app.zs().await, self.app.admin().await);
    }

    /// The golden order: its id.
    pub async fn order(&self) -> String {
        self.app.order(&self.zs, "order", &Wish::golden()).await.expect(201).text_of("order_id")
    }

    /// Another order, of 1000.00: its id.
    pub async fn plain_order(&self, key: &str) -> String {
        self.app.order(&self.zs, key, &Wish::of(GOODS, 1)).await.expect(201).text_of("order_id")
    }

    /// Starts a payment.
    pub async fn start(&self, way: &str, key: &str, order_id: &str) -> Answer {
        let mut body = json!({"order_id": order_id, "provider": way});
        if way == INSIDE {
            body["payer"] = json!(PAYER);
        }
        let key = [("idempotency-key", key)];
        self.app.send(Method::POST, "/v1/payments", &self.zs, &key, Some(&body)).await
    }

    /// The golden order with an open payment: the order and the payment.
    pub async fn paying(&self) -> (String, String) {
        let order_id = self.order().await;
        let pay_id = self.start(self.way, "pay", &order_id).await.expect(201).text_of("pay_id");
        (order_id, pay_id)
    }

    /// Another order with an open payment.
    pub async fn plain_paying(&self, key: &str) -> (String, String) {
        let order_id = self.plain_order(key).await;
        let pay_id = self.start(self.way, key, &order_id).await.expect(201).text_of("pay_id");
        (order_id, pay_id)
    }

    /// The golden order, paid.
    pub async fn paid(&self) -> (String, String) {
        let (order_id, pay_id) = self.paying().await;
        self.buy(&pay_id).await;
        (order_id, pay_id)
    }

    /// The buyer pays, WeChat Pay tells, and the shop does what follows.
    pub async fn buy(&self, pay_id: &str) {
        self.wechat.pay(pay_id).await;
        self.app.settle().await;
    }

    /// Both do what is due now, until neither has anything left.
    pub async fn settle(&self) {
        self.app.settle().await;
        self.wechat.tick().await;
        self.app.settle().await;
    }

    /// Time passes, and both do what is due then; the shop first.
    pub async fn advance(&self, by: Duration) {
        self.app.clock.advance(by);
        self.settle().await;
    }

    /// WeChat Pay comes again at its own time; nobody asks meanwhile.
    pub async fn next_delivery(&self) {
        self.wechat.skip().await.expect("nothing is due");
    }

    /// The customer gives up an unpaid order.
    pub async fn cancel(&self, order_id: &str) -> Answer {
        self.app.post(&format!("/v1/orders/{order_id}/cancel"), &self.zs, json!({})).await
    }

    /// The payment as its customer sees it.
    pub async fn payment(&self, pay_id: &str) -> Value {
        self.app.get(&format!("/v1/payments/{pay_id}"), &self.zs).await.expect(200).body
    }

    /// What both have in their books.
    pub async fn books(&self, order_id: &str, pay_id: &str) -> Books {
        let order = self.app.get(&format!("/v1/orders/{order_id}"), &self.zs).await.expect(200);
        let back =
            format!("SELECT coalesce(sum(amount), 0) AS n FROM pay_refund WHERE pay_id = {pay_id} AND status = 1");
        let logged = format!("SELECT count(*) AS n FROM pay_log WHERE pay_id = {pay_id}");
        let trades = self.wechat.trades(pay_id);
        Books {
            order: (order.text_of("order_status"), order.text_of("pay_status")),
            payment: self.payment(pay_id).await["status"].as_str().unwrap().to_owned(),
            logged: self.app.number("pay", &logged),
            points: self.app.get("/v1/users/me", &self.zs).await.expect(200).body["user_score"].as_i64().unwrap(),
            back: self.app.number("pay", &back),
            charged: trades.iter().map(crate::platform::Trade::charged).sum(),
            refunded: trades.iter().map(crate::platform::Trade::refunded).sum(),
        }
    }

    /// Why notices are parked, the newest first, as the operator sees them.
    pub async fn parked(&self) -> Vec<String> {
        let list = self.app.get("/admin/notices", &self.admin).await.expect(200).body;
        let notices = list["items"].as_array().unwrap_or_else(|| panic!("{list}"));
        notices.iter().map(|notice| notice["reason"].as_str().unwrap().to_owned()).collect()
    }

    /// Payments that are open, refunds on their way, refunds that are parked, as the operator sees them.
    pub async fn unsettled(&self) -> [i64; 3] {
        let status = self.app.get("/admin/status", &self.admin).await.expect(200).body;
        ["open", "refunds_pending", "refunds_parked"].map(|name| status["payments"][name].as_i64().unwrap())
    }

    /// Ends the test: all has settled, the audit finds nothing, and WeChat Pay has nothing to complain of.
    pub async fn finish(self) {
        self.settle().await;
        assert_eq!(self.wechat.complaints(), Vec::<String>::new());
        self.app.finish().await;
    }
}
