//! A shop that takes random operations, the model of its orders, and the checks of the shop against the model.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use awc::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, OrderBody, TestApp, amount};

const SETTINGS: [(&str, &str); 2] = [("GATEWAY__SANDBOX__SECOND", "sandbox_b"), ("SESSION__TOKEN_TTL", "100000h")];
const STOCK: i64 = 400;
const BALANCE: i64 = 500_000;
const PLATFORMS: [&str; 2] = ["sandbox", "sandbox_b"];

/// Outcomes that every long run must produce.
pub const OUTCOMES: [&str; 14] = [
    "ordered",
    "order refused",
    "charged",
    "cancelled",
    "cancel refused",
    "shipped",
    "received",
    "refunded",
    "refunded in part",
    "refund refused",
    "expired",
    "paid twice",
    "late payment refunded",
    "restarted",
];

/// Model of an order, built from the answers of the shop.
#[derive(Debug, Default, Clone)]
struct ModelOrder {
    customer: usize,
    goods: usize,
    units: i64,
    money_paid: i64,
    pay_amount: i64,
    coupon: Option<String>,
    key: String,
    order_body: Value,
    payments: Vec<String>,
    is_cancelled: bool,
    is_shipped: bool,
    is_received: bool,
    is_refunded: bool,
    /// Refunded so far, in minor units.
    refunded_amount: i64,
    /// The platform accepted a payment for a trade that was closed.
    is_reopened: bool,
}

/// A customer with the ids of their coupons.
struct Customer {
    token: String,
    coupons: Vec<String>,
}

/// A shop under test.
pub struct Shop {
    pub app: TestApp,
    random: fastrand::Rng,
    admin: String,
    goods: Vec<(String, i64)>,
    customers: Vec<Customer>,
    orders: BTreeMap<String, ModelOrder>,
    count: usize,
    tally: BTreeMap<&'static str, usize>,
}

fn minor(text: &Value) -> i64 {
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
        let (orders, tally) = (BTreeMap::new(), BTreeMap::new());
        Self { app, random, admin, goods, customers, orders, count: 0, tally }
    }

    /// Counts one occurrence of an outcome.
    fn record(&mut self, what: &'static str) {
        *self.tally.entry(what).or_insert(0) += 1;
    }

    /// Picks an earlier order, mostly one of the last eight. Returns its id and its model.
    fn pick(&mut self) -> Option<(String, ModelOrder)> {
        let reach = if self.random.u8(..) < 200 { 8 } else { 200 };
        let back = self.random.usize(0..reach);
        let at = self.orders.len().checked_sub(1 + back)?;
        self.orders.iter().nth(at).map(|(id, order)| (id.clone(), order.clone()))
    }

    fn token(&self, order: &ModelOrder) -> String {
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
            2..=41 => {
                let seconds = [1, 5, 60, 600][self.random.usize(0..4)];
                self.app.clock.advance(Duration::from_secs(self.random.u64(0..=seconds)));
            }
            42..=61 => self.app.settle().await,
            62..=249 => self.order().await,
            other => {
                let Some((id, order)) = self.pick() else { return };
                match other {
                    250..=269 => self.order_again(&id, &order).await,
                    270..=449 => self.start_payment(id, &order).await,
                    450..=659 => self.pay(&order).await,
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

    async fn order(&mut self) {
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
            return self.record("order refused");
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
        self.orders.insert(answer.text_of("order_id"), order);
    }

    /// Repeats the request of an order, which must return the same order.
    async fn order_again(&mut self, id: &str, order: &ModelOrder) {
        let token = self.token(order);
        let again = self.app.order(&token, &order.key, &OrderBody(order.order_body.clone())).await.expect(201);
        assert_eq!(again.text_of("order_id"), id);
    }

    async fn start_payment(&mut self, id: String, order: &ModelOrder) {
        let body = json!({"order_id": id, "provider": self.random.choice(PLATFORMS).unwrap()});
        let (token, key) = (self.token(order), format!("pay-{}", self.count));
        let answer =
            self.app.send(Method::POST, "/v1/payments", &token, &[("idempotency-key", &key)], Some(&body)).await;
        if answer.status == 201 {
            let pay_id = answer.text_of("pay_id");
            let payments = &mut self.orders.get_mut(&id).unwrap().payments;
            if !payments.contains(&pay_id) {
                payments.push(pay_id);
            }
        } else {
            answer.expect_problem(409, "order_not_payable");
        }
    }

    /// The customer pays at the platform. Its callbacks are lost, delayed, repeated or tampered with at random.
    async fn pay(&mut self, order: &ModelOrder) {
        let Some(pay_id) = self.random.choice(&order.payments) else { return };
        let mut how = json!({"callbacks": self.random.i64(1..=3), "concurrent": self.random.bool()});
        match self.random.u8(0..10) {
            0..=1 => how["lose"] = json!(true),
            2..=3 => how["delay_ms"] = json!(self.random.i64(0..60_000)),
            4 => {
                how["tamper"] =
                    json!(self.random.choice(["signature", "amount", "order", "merchant", "timestamp"]).unwrap())
            }
            _ => {}
        }
        let answer = self.app.post(&format!("/sandbox/trades/{pay_id}/pay"), "", how).await;
        match answer.status {
            200 => self.record("charged"),
            _ => drop(answer.expect_problem(409, "trade_not_open")),
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
        let answer = if self.random.bool() {
            self.app.post(&format!("/v1/orders/{id}/cancel"), &self.token(order), json!({})).await
        } else {
            self.app.post(&format!("/admin/orders/{id}/cancel"), &self.admin, json!({"reason": "random"})).await
        };
        if self.succeeded(answer, 200, "order_not_cancellable") {
            self.record("cancelled");
            self.orders.get_mut(&id).unwrap().is_cancelled = true;
        } else {
            self.record("cancel refused");
        }
    }

    /// Returns whether the answer has the status `success`. Any other answer must be the problem `refusal`.
    fn succeeded(&self, answer: Answer, success: u16, refusal: &str) -> bool {
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

    /// An operator refunds a part or all of an order.
    async fn refund_by_operator(&mut self, id: String, order: &ModelOrder) {
        let part = self.random.i64(1..=order.pay_amount.max(1) * 2);
        let all = self.random.u8(..) < 60;
        let text = amount(part);
        let answer = self.app.admin_refund(&self.admin, &id, (!all).then_some(text.as_str())).await;
        if answer.status == 422 {
            assert!(!all && part > order.pay_amount - order.refunded_amount, "{}", answer.text);
            return self.record("refund refused");
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
        self.app.post(&path, &self.admin, json!({})).await.expect(200);
    }

    /// Reads all items of a list.
    async fn all(&self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.app.get(&format!("{path}?limit=100{cursor}"), &self.admin).await.expect(200).body;
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next_cursor"].as_str() else { return items };
            cursor = format!("&cursor={next}");
        }
    }

    /// Returns what the platform charged and refunded, by payment, from the platform's statement.
    async fn ledger(&self) -> HashMap<String, (i64, i64)> {
        let mut ledger: HashMap<String, (i64, i64)> = HashMap::new();
        for provider in PLATFORMS {
            let text = self.app.get(&format!("/sandbox/statement?provider={provider}"), "").await.expect(200).text;
            for line in text.lines().skip(1) {
                let fields: Vec<&str> = line.split(',').collect();
                let entry = ledger.entry(fields[0].to_owned()).or_default();
                let amount: i64 = fields[4].replace('.', "").parse().unwrap();
                if fields[2] == "payment" { entry.0 += amount } else { entry.1 += amount }
            }
        }
        ledger
    }

    /// Checks each order against the model and the platform's ledger, then stock, balances and points, then the audit.
    pub async fn check(&mut self) {
        let ledger = self.ledger().await;
        let rows = self.all("/admin/orders").await;
        let found: HashMap<String, Value> =
            rows.into_iter().map(|row| (row["order_id"].as_str().unwrap().to_owned(), row)).collect();
        let mut stock = vec![STOCK; self.goods.len()];
        let mut balance = vec![BALANCE; self.customers.len()];
        let mut points = vec![0; self.customers.len()];
        let mut coupons: Vec<&String> = Vec::new();
        let (mut expired, mut paid_twice, mut late_refunds) = (0, 0, 0);
        for (id, order) in &self.orders {
            let row = &found[id];
            let charged: Vec<(&String, (i64, i64))> =
                order.payments.iter().filter_map(|pay_id| Some((pay_id, *ledger.get(pay_id)?))).collect();
            let status = row["order_status"].as_str().unwrap();
            let is_charged = order.pay_amount == 0 || !charged.is_empty();
            let expected: &[&str] = match (order.is_cancelled, order.is_refunded) {
                // A payment that was closed at the platform is charged there only if the platform reopened it.
                (true, _) if charged.is_empty() || order.is_reopened => &["cancelled"],
                (true, _) => &[],
                (_, true) => &["refunded"],
                _ if order.is_shipped || order.refunded_amount > 0 => &["confirmed"],
                _ if is_charged && !order.is_reopened => &["confirmed"],
                // The order was not paid in time.
                _ => &["confirmed", "cancelled"],
            };
            assert!(expected.contains(&status), "order {id} is {status}: {order:?}");
            expired += usize::from(status == "cancelled" && !order.is_cancelled);
            let is_paid = row["pay_status"] == "paid";
            let is_confirmed = status == "confirmed";
            assert_eq!(is_paid, (is_confirmed && is_charged) || status == "refunded", "order {id}: {row}");
            let shipping = if order.is_received {
                "received"
            } else if order.is_shipped {
                "shipped"
            } else {
                "unshipped"
            };
            assert_eq!(row["shipping_status"], shipping, "order {id}");
            for (pay_id, (paid, back)) in &charged {
                assert_eq!(*paid, order.pay_amount, "payment {pay_id}");
                let is_counted = is_paid && row["pay_id"] == json!(pay_id);
                let expected_refund = if is_counted { order.refunded_amount } else { order.pay_amount };
                assert_eq!(*back, expected_refund, "payment {pay_id} of order {id}, which is {status}: {order:?}");
                late_refunds += usize::from(!is_counted && status == "cancelled");
            }
            paid_twice += usize::from(is_paid && charged.len() > 1);
            if is_confirmed || order.is_shipped {
                stock[order.goods] -= order.units;
            }
            if is_confirmed {
                balance[order.customer] -= order.money_paid;
                points[order.customer] += if is_paid { order.pay_amount / 100 } else { 0 };
                coupons.extend(&order.coupon);
            }
        }
        let distinct: std::collections::BTreeSet<&&String> = coupons.iter().collect();
        assert_eq!(distinct.len(), coupons.len(), "a coupon is used twice");
        for (at, (goods, _)) in self.goods.iter().enumerate() {
            assert_eq!(self.app.stock(goods).await, stock[at], "stock");
        }
        for (at, customer) in self.customers.iter().enumerate() {
            let me = self.app.get("/v1/users/me", &customer.token).await.expect(200).body;
            assert_eq!(
                (minor(&me["user_money"]), me["user_score"].as_i64().unwrap()),
                (balance[at], points[at]),
                "{me}"
            );
        }
        for (what, count) in [("expired", expired), ("paid twice", paid_twice), ("late payment refunded", late_refunds)]
        {
            if count > 0 {
                self.tally.insert(what, count);
            }
        }
        let report = self.app.audit();
        assert!(report.ok, "{}", serde_json::to_string_pretty(&report).unwrap());
    }

    /// Closes the shop. Returns the number of occurrences of each outcome.
    pub async fn close(self) -> BTreeMap<&'static str, usize> {
        self.app.finish().await;
        self.tally
    }
}
