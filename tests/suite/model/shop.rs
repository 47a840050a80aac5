//! A shop that takes random operations, and the model of its orders.

use std::collections::BTreeMap;
use std::time::Duration;

use awc::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, OrderBody, TestApp, amount};

use super::parked::Charge;
use super::trouble::Trouble;

const SETTINGS: [(&str, &str); 3] = [
    ("GATEWAY__SANDBOX__SECOND", SECOND),
    ("SESSION__TOKEN_TTL", "87600h"),
    // A refund that a platform in trouble did not make is tried again before the next check.
    ("PAYMENTS__REFUND__LONGEST", "30s"),
];
pub const STOCK: i64 = 400;
pub const BALANCE: i64 = 500_000;
/// The platform that is taken out of the settings at times.
pub const SECOND: &str = "sandbox_b";
pub const PLATFORMS: [&str; 2] = ["sandbox", SECOND];

/// Outcomes that every long run must produce.
pub const OUTCOMES: [&str; 33] = [
    "ordered",
    "order refused",
    "charged",
    "cancelled",
    "cancel refused",
    "shipped",
    "received",
    "refunded",
    "refunded in part",
    "refunded by the platform",
    "refund refused",
    "expired",
    "paid twice",
    "late payment refunded",
    "restarted",
    "a platform refuses calls",
    "a platform's answers are lost",
    "a platform hangs",
    "a platform answers late",
    "start held up",
    "cancel held up",
    "query held up",
    "given up",
    "given up and paid",
    "platform removed",
    "platform returned",
    "charged too little",
    "charged too much",
    "charge given back",
    "charge accepted",
    "charge dismissed",
    "charge matched",
    "decision refused",
];

/// Model of an order, built from the answers of the shop.
#[derive(Debug, Default, Clone)]
pub struct ModelOrder {
    pub customer: usize,
    pub goods: usize,
    pub units: i64,
    pub money_paid: i64,
    pub pay_amount: i64,
    pub coupon: Option<String>,
    key: String,
    order_body: Value,
    pub payments: Vec<String>,
    pub is_cancelled: bool,
    pub is_shipped: bool,
    pub is_received: bool,
    pub is_refunded: bool,
    /// Refunded so far, in minor units.
    pub refunded_amount: i64,
    /// The platform accepted a payment for a trade that was closed, or an operator accepted a charge. The order may have
    /// expired before.
    pub is_reopened: bool,
    /// An operator cancelled the order while a platform did not answer.
    pub is_given_up: bool,
    /// The charges of another amount, and those that an operator has decided about, by payment.
    pub charges: BTreeMap<String, Charge>,
}

impl ModelOrder {
    /// The points that a paid order has brought, less those that went back with its part refunds, in proportion.
    pub fn points_left(&self) -> i64 {
        let points = self.pay_amount / 100;
        points - (points * self.refunded_amount).checked_div(self.pay_amount).unwrap_or(0)
    }
}

/// A customer with the ids of their coupons.
pub struct Customer {
    pub token: String,
    pub coupons: Vec<String>,
}

/// A shop under test.
pub struct Shop {
    pub app: TestApp,
    pub random: fastrand::Rng,
    pub admin: String,
    pub goods: Vec<(String, i64)>,
    pub customers: Vec<Customer>,
    pub orders: BTreeMap<String, ModelOrder>,
    /// The orders that were charged, in that order.
    charged: Vec<String>,
    pub trouble: Trouble,
    pub count: usize,
    pub tally: BTreeMap<&'static str, usize>,
}

/// Whether an order has a refund in this state.
fn has_refund(row: &Value, status: &str) -> bool {
    row["refunds"].as_array().unwrap().iter().any(|refund| refund["status"] == status)
}

pub fn minor(text: &Value) -> i64 {
    text.as_str().unwrap_or_else(|| panic!("{text} is no amount")).replace('.', "").parse().unwrap()
}

impl Shop {
    pub async fn open(random: fastrand::Rng) -> Self {
        let app = TestApp::with(&SETTINGS).await;
        let admin = app.admin().await;
        let mut goods = Vec::new();
        for price in [700, 6_000, 12_345] {
            goods.push((app.goods(STOCK, &amount(price)).await, price));
        }
        let mut customers = Vec::new();
        for n in 0..3 {
            let (user_id, token) = app.customer(&format!("customer-{n}"), &amount(BALANCE)).await;
            let mut coupons = Vec::new();
            for _ in 0..5 {
                coupons.push(app.coupon(&user_id, "5.00").await);
            }
            customers.push(Customer { token, coupons });
        }
        let (orders, charged, tally) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
        Self { app, random, admin, goods, customers, orders, trouble: Trouble::default(), charged, count: 0, tally }
    }

    /// Counts one occurrence of an outcome.
    pub fn record(&mut self, what: &'static str) {
        *self.tally.entry(what).or_insert(0) += 1;
    }

    /// Picks an earlier order, mostly one of the last four. Returns its id and its model.
    pub fn pick(&mut self) -> Option<(String, ModelOrder)> {
        let reach = if self.random.u8(..) < 200 { 4 } else { 200 };
        let back = self.random.usize(0..reach);
        let at = self.orders.len().checked_sub(1 + back)?;
        self.orders.iter().nth(at).map(|(id, order)| (id.clone(), order.clone()))
    }

    /// Picks an earlier order, mostly one of the last six that were charged.
    fn pick_charged(&mut self) -> Option<(String, ModelOrder)> {
        let last = self.charged.len().saturating_sub(6)..self.charged.len();
        if last.is_empty() || self.random.u8(..) < 64 {
            return self.pick();
        }
        let id = self.charged[self.random.usize(last)].clone();
        let order = self.orders[&id].clone();
        Some((id, order))
    }

    pub fn token(&self, order: &ModelOrder) -> String {
        self.customers[order.customer].token.clone()
    }

    /// Runs one random operation.
    pub async fn step(&mut self) {
        self.count += 1;
        match self.random.u32(0..1_000) {
            0..=1 => {
                self.app.restart().await;
                self.record("restarted");
            }
            2..=3 => self.remove_platform().await,
            4..=9 => self.return_platform().await,
            10..=15 => self.begin_trouble(),
            16..=24 => self.end_trouble(),
            25..=40 => self.decide().await,
            41..=45 => self.pay_given_up().await,
            46..=65 => {
                let seconds = [1, 5, 60, 600][self.random.usize(0..4)];
                self.app.clock.advance(Duration::from_secs(self.random.u64(0..=seconds)));
            }
            66..=85 => self.app.settle().await,
            86..=249 => drop(self.order().await),
            other => {
                let is_about_charged = (260..=269).contains(&other) || other >= 770;
                let picked = if is_about_charged { self.pick_charged() } else { self.pick() };
                let Some((id, order)) = picked else { return };
                match other {
                    250..=259 => self.order_again(&id, &order).await,
                    260..=269 => self.refund_in_console(id, &order).await,
                    270..=449 => {
                        let provider = *self.random.choice(PLATFORMS.as_ref()).unwrap();
                        self.start_payment(id, &order, provider).await;
                    }
                    450..=619 => self.pay(id, &order).await,
                    620..=659 => self.pay_another_amount(id, &order).await,
                    660..=679 => self.pay_closed_trade(id, &order).await,
                    680..=699 => self.decline_or_close(&order).await,
                    700..=769 => self.cancel(id, &order).await,
                    770..=849 => self.ship(id).await,
                    850..=899 => self.receive(id, &order).await,
                    900..=929 => self.refund(id, &order).await,
                    930..=979 => self.refund_by_operator(id, &order).await,
                    _ => self.query(&order).await,
                }
            }
        }
    }

    /// Places an order. Returns its id, unless it is refused.
    pub async fn order(&mut self) -> Option<String> {
        let (customer, goods) = (self.random.usize(0..self.customers.len()), self.random.usize(0..self.goods.len()));
        let units = self.random.i64(1..=3);
        let mut order_body = OrderBody::of(&self.goods[goods].0, units);
        let money_paid = if self.random.bool() { self.random.i64(0..=2_000) } else { 0 };
        order_body = order_body.with("money_paid", json!(amount(money_paid)));
        let coupon =
            (self.random.u8(..) < 60).then(|| self.random.choice(&self.customers[customer].coupons).unwrap().clone());
        if let Some(coupon) = &coupon {
            order_body = order_body.with("coupon_id", json!(coupon));
        }
        let (key, token) = (format!("order-{}", self.count), self.customers[customer].token.clone());
        let answer = self.app.order(&token, &key, &order_body).await;
        if answer.status != 201 {
            assert!([409, 422].contains(&answer.status), "{}", answer.text);
            self.record("order refused");
            return None;
        }
        self.record("ordered");
        let pay_amount = minor(&answer.body["pay_amount"]);
        let order_body = order_body.0;
        let order = ModelOrder {
            customer,
            goods,
            units,
            money_paid,
            pay_amount,
            coupon,
            key,
            order_body,
            ..ModelOrder::default()
        };
        let id = answer.text_of("order_id");
        self.orders.insert(id.clone(), order);
        Some(id)
    }

    /// Repeats the request of an order, which must return the same order.
    async fn order_again(&mut self, id: &str, order: &ModelOrder) {
        let token = self.token(order);
        let again = self.app.order(&token, &order.key, &OrderBody(order.order_body.clone())).await.expect(201);
        assert_eq!(again.text_of("order_id"), id);
    }

    pub async fn start_payment(&mut self, id: String, order: &ModelOrder, provider: &str) {
        let body = json!({"order_id": id, "provider": provider});
        let (token, key) = (self.token(order), format!("pay-{}", self.count));
        let answer =
            self.app.send(Method::POST, "/v1/payments", &token, &[("idempotency-key", &key)], Some(&body)).await;
        if [200, 201].contains(&answer.status) {
            let pay_id = answer.text_of("pay_id");
            let payments = &mut self.orders.get_mut(&id).unwrap().payments;
            if !payments.contains(&pay_id) {
                payments.push(pay_id);
            }
        } else if answer.status == 422 {
            assert!(self.trouble.is_removed && provider == SECOND, "{}", answer.text);
            answer.expect_problem(422, "invalid_request");
        } else if self.is_held_up(&answer) {
            self.record("start held up");
        } else {
            answer.expect_problem(409, "order_not_payable");
        }
    }

    /// The customer pays at the platform. Its callbacks are lost, delayed, repeated or tampered with at random.
    pub async fn pay(&mut self, id: String, order: &ModelOrder) {
        let Some(pay_id) = self.random.choice(&order.payments) else { return };
        let mut how = json!({"callbacks": self.random.i64(1..=3), "concurrent": self.random.bool()});
        match self.random.u8(0..10) {
            0..=1 => how["lose"] = json!(true),
            2..=3 => how["delay_ms"] = json!(self.random.i64(0..60_000)),
            // A forged notice of another amount than was charged would be parked in place of the charge.
            4 if !order.charges.contains_key(pay_id) => {
                how["tamper"] =
                    json!(self.random.choice(["signature", "amount", "order", "merchant", "timestamp"]).unwrap())
            }
            _ => {}
        }
        let answer = self.app.post(&format!("/sandbox/trades/{pay_id}/pay"), "", how).await;
        match answer.status {
            200 => {
                self.charged.push(id);
                self.record("charged");
            }
            _ => drop(answer.expect_problem(409, "trade_not_open")),
        }
    }

    /// The customer pays an order that an operator has cancelled without the word of its platform.
    async fn pay_given_up(&mut self) {
        let is_payable = |(_, order): &(&String, &ModelOrder)| order.is_given_up && !order.payments.is_empty();
        let last: Vec<(&String, &ModelOrder)> = self.orders.iter().rev().filter(is_payable).take(4).collect();
        if let Some((id, order)) = self.random.choice(last).map(|(id, order)| (id.clone(), order.clone())) {
            self.pay(id, &order).await;
        }
    }

    /// The platform reopens a closed trade by mistake and the customer pays it, perhaps for a cancelled order.
    async fn pay_closed_trade(&mut self, id: String, order: &ModelOrder) {
        let Some(pay_id) = self.random.choice(&order.payments) else { return };
        let trade = self.app.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200).body;
        if trade["status"] == "closed" {
            self.app.tamper("sandbox", &format!("UPDATE sandbox_trade SET status = 0 WHERE out_trade_no = '{pay_id}'"));
            self.app.post(&format!("/sandbox/trades/{pay_id}/pay"), "", json!({})).await.expect(200);
            self.orders.get_mut(&id).unwrap().is_reopened = true;
        }
    }

    /// The customer declines the payment, or the platform closes it.
    async fn decline_or_close(&mut self, order: &ModelOrder) {
        let Some(pay_id) = self.random.choice(&order.payments) else { return };
        let what = if self.random.bool() { "decline" } else { "close" };
        let answer = self.app.post(&format!("/sandbox/trades/{pay_id}/{what}"), "", json!({})).await;
        assert!([200, 409].contains(&answer.status), "{}", answer.text);
    }

    async fn cancel(&mut self, id: String, order: &ModelOrder) {
        let is_by_admin = self.random.bool();
        let answer = if is_by_admin {
            let body = json!({"reason": "random", "without_platform": self.random.bool()});
            self.app.post(&format!("/admin/orders/{id}/cancel"), &self.admin, body).await
        } else {
            self.app.post(&format!("/v1/orders/{id}/cancel"), &self.token(order), json!({})).await
        };
        if self.is_held_up(&answer) {
            self.record("cancel held up");
        } else if self.succeeded(answer, 200, "order_not_cancellable") {
            self.record("cancelled");
            let is_given_up = is_by_admin && self.trouble.is_recent;
            if is_given_up && !order.payments.is_empty() {
                self.record("given up");
            }
            let order = self.orders.get_mut(&id).unwrap();
            (order.is_cancelled, order.is_given_up) = (true, is_given_up);
        } else {
            self.record("cancel refused");
        }
    }

    /// Returns whether the answer has the status `success`. Any other answer must be the problem `refusal`.
    pub fn succeeded(&self, answer: Answer, success: u16, refusal: &str) -> bool {
        if answer.status == success {
            return true;
        }
        answer.expect_problem(409, refusal);
        false
    }

    async fn ship(&mut self, id: String) {
        let answer = self.app.post(&format!("/admin/orders/{id}/ship"), &self.admin, json!({})).await;
        if self.succeeded(answer, 200, "order_not_shippable") {
            self.record("shipped");
            self.orders.get_mut(&id).unwrap().is_shipped = true;
        }
    }

    async fn receive(&mut self, id: String, order: &ModelOrder) {
        let answer = self.app.post(&format!("/v1/orders/{id}/receive"), &self.token(order), json!({})).await;
        if self.succeeded(answer, 200, "order_not_receivable") {
            self.record("received");
            self.orders.get_mut(&id).unwrap().is_received = true;
        }
    }

    async fn refund(&mut self, id: String, order: &ModelOrder) {
        let (token, key) = (self.token(order), format!("refund-{}", self.count));
        let answer = self.app.refund(&token, &key, &id).await;
        if self.succeeded(answer, 202, "order_not_refundable") {
            self.record("refunded");
            let order = self.orders.get_mut(&id).unwrap();
            (order.is_refunded, order.refunded_amount) = (true, order.pay_amount);
        } else {
            self.record("refund refused");
        }
    }

    /// Staff of the shop gives back a part or all of a paid order in the platform's console.
    async fn refund_in_console(&mut self, id: String, order: &ModelOrder) {
        self.app.settle().await;
        let row = self.row(&id).await;
        let left = order.pay_amount - order.refunded_amount;
        let is_under_way = has_refund(&row, "pending") || has_refund(&row, "parked");
        let Some(pay_id) = row["pay_id"].as_str().filter(|_| left > 0 && !is_under_way) else { return };
        // Its notice would be refused.
        if self.trouble.is_removed && self.provider_of(order, pay_id).await == SECOND {
            return;
        }
        let part = self.random.i64(1..=left);
        let back = if self.random.bool() { part } else { left };
        self.app.refund_in_console(pay_id, &amount(back), &format!("console-{}", self.count)).await;
        let order = self.orders.get_mut(&id).unwrap();
        order.refunded_amount += back;
        order.is_refunded = order.refunded_amount == order.pay_amount;
        self.record("refunded by the platform");
    }

    /// An operator refunds a part or all of an order.
    async fn refund_by_operator(&mut self, id: String, order: &ModelOrder) {
        if self.row(&id).await["pay_status"] != "paid" {
            // A notice that is on its way may park its charge.
            self.app.settle().await;
        }
        let parked = self.parked_charges_of(&id).await;
        if !self.are_true(&parked).await || has_refund(&self.row(&id).await, "parked") {
            return;
        }
        let part = self.random.i64(1..=order.pay_amount.max(1) * 2);
        let all = self.random.u8(..) < 60;
        let text = amount(part);
        let answer = self.app.admin_refund(&self.admin, &id, (!all).then_some(text.as_str())).await;
        if answer.status == 422 {
            assert!(!all && part > order.pay_amount - order.refunded_amount, "{}", answer.text);
            return self.record("refund refused");
        }
        if answer.status == 202 && self.follow_returned(&id, parked).await {
            return;
        }
        if self.succeeded(answer, 202, "order_not_refundable") {
            let order = self.orders.get_mut(&id).unwrap();
            order.refunded_amount = if all { order.pay_amount } else { order.refunded_amount + part };
            order.is_refunded = order.refunded_amount == order.pay_amount;
            assert!(order.refunded_amount <= order.pay_amount, "more is refunded than was paid");
            let what = if order.is_refunded { "refunded" } else { "refunded in part" };
            self.record(what);
        }
    }

    async fn query(&mut self, order: &ModelOrder) {
        let Some(pay_id) = self.random.choice(&order.payments) else { return };
        let path = format!("/admin/payments/{pay_id}/query");
        let answer = self.app.post(&path, &self.admin, json!({})).await;
        if self.is_held_up(&answer) {
            return self.record("query held up");
        }
        answer.expect(200);
    }

    /// The order as the administrator sees it.
    pub async fn row(&self, id: &str) -> Value {
        self.app.get(&format!("/admin/orders/{id}"), &self.admin).await.expect(200).body
    }

    /// Closes the shop. Returns the number of occurrences of each outcome.
    pub async fn close(mut self) -> BTreeMap<&'static str, usize> {
        self.end_all_trouble().await;
        self.app.finish().await;
        self.tally
    }
}
