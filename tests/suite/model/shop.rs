//! A shop, what is done to it at random, and what must be true of it then.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use awc::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, OrderBody, TestApp, amount};

const SETTINGS: [(&str, &str); 2] = [("GATEWAY__SANDBOX__SECOND", "sandbox_b"), ("SESSION__TOKEN_TTL", "100000h")];
const STOCK: i64 = 400;
const BALANCE: i64 = 500_000;
const PLATFORMS: [&str; 2] = ["sandbox", "sandbox_b"];

/// What every long run must have seen.
pub const SEEN: [&str; 14] = [
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
    "dead money back",
    "restarted",
];

/// What the answers say of an order.
#[derive(Debug, Default, Clone)]
struct Life {
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
    given_back: i64,
    /// The platform took money for a payment it had closed.
    is_reopened: bool,
}

/// A customer, and what is theirs.
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
    orders: BTreeMap<String, Life>,
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

    fn saw(&mut self, what: &'static str) {
        *self.tally.entry(what).or_insert(0) += 1;
    }

    /// An order of before, mostly a late one: its id and what is known of it.
    fn pick(&mut self) -> Option<(String, Life)> {
        let reach = if self.random.u8(..) < 200 { 8 } else { 200 };
        let back = self.random.usize(0..reach);
        let at = self.orders.len().checked_sub(1 + back)?;
        self.orders.iter().nth(at).map(|(id, life)| (id.clone(), life.clone()))
    }

    fn token(&self, life: &Life) -> String {
        self.customers[life.customer].token.clone()
    }

    /// One thing is done.
    pub async fn step(&mut self) {
        self.count += 1;
        match self.random.u32(0..1_000) {
            0..=1 => {
                self.app.restart().await;
                self.saw("restarted");
            }
            2..=41 => {
                let seconds = [1, 5, 60, 600][self.random.usize(0..4)];
                self.app.clock.advance(Duration::from_secs(self.random.u64(0..=seconds)));
            }
            42..=61 => self.app.settle().await,
            62..=249 => self.order().await,
            other => {
                let Some((id, life)) = self.pick() else { return };
                match other {
                    250..=269 => self.order_again(&id, &life).await,
                    270..=449 => self.start_payment(id, &life).await,
                    450..=659 => self.pay(&life).await,
                    660..=679 => self.pay_what_was_closed(id, &life).await,
                    680..=699 => self.end_payment(&life).await,
                    700..=769 => self.cancel(id, &life).await,
                    770..=849 => self.ship(id).await,
                    850..=899 => self.receive(id, &life).await,
                    900..=929 => self.refund(id, &life).await,
                    930..=979 => self.admin_refund(id, &life).await,
                    _ => self.query(&life).await,
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
            return self.saw("order refused");
        }
        self.saw("ordered");
        let pay_amount = minor(&answer.body["pay_amount"]);
        let order_body = order_body.0;
        let life = Life { customer, goods, units, money_paid, pay_amount, coupon, key, order_body, ..Life::default() };
        self.orders.insert(answer.text_of("order_id"), life);
    }

    /// The same key again is the same order.
    async fn order_again(&mut self, id: &str, life: &Life) {
        let token = self.token(life);
        let again = self.app.order(&token, &life.key, &OrderBody(life.order_body.clone())).await.expect(201);
        assert_eq!(again.text_of("order_id"), id);
    }

    async fn start_payment(&mut self, id: String, life: &Life) {
        let body = json!({"order_id": id, "provider": self.random.choice(PLATFORMS).unwrap()});
        let (token, key) = (self.token(life), format!("pay-{}", self.count));
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

    /// The customer pays at the platform, whose callbacks misbehave.
    async fn pay(&mut self, life: &Life) {
        let Some(pay_id) = self.random.choice(&life.payments) else { return };
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
            200 => self.saw("charged"),
            _ => drop(answer.expect_problem(409, "trade_not_open")),
        }
    }

    /// The platform lost that a trade was closed, so the customer can pay for what may be dead.
    async fn pay_what_was_closed(&mut self, id: String, life: &Life) {
        let Some(pay_id) = self.random.choice(&life.payments) else { return };
        let trade = self.app.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200).body;
        if trade["status"] == "closed" {
            self.app.tamper("sandbox", &format!("UPDATE sandbox_trade SET status = 0 WHERE out_trade_no = '{pay_id}'"));
            self.app.post(&format!("/sandbox/trades/{pay_id}/pay"), "", json!({})).await.expect(200);
            self.orders.get_mut(&id).unwrap().is_reopened = true;
        }
    }

    /// The customer declines, or the platform closes.
    async fn end_payment(&mut self, life: &Life) {
        let Some(pay_id) = self.random.choice(&life.payments) else { return };
        let what = if self.random.bool() { "decline" } else { "close" };
        let answer = self.app.post(&format!("/sandbox/trades/{pay_id}/{what}"), "", json!({})).await;
        assert!([200, 409].contains(&answer.status), "{}", answer.text);
    }

    async fn cancel(&mut self, id: String, life: &Life) {
        let answer = if self.random.bool() {
            self.app.post(&format!("/v1/orders/{id}/cancel"), &self.token(life), json!({})).await
        } else {
            self.app.post(&format!("/admin/orders/{id}/cancel"), &self.admin, json!({"reason": "random"})).await
        };
        if self.did(answer, 200, "order_not_cancellable") {
            self.saw("cancelled");
            self.orders.get_mut(&id).unwrap().is_cancelled = true;
        } else {
            self.saw("cancel refused");
        }
    }

    /// Whether it was done; else it was refused as this.
    fn did(&self, answer: Answer, done: u16, refused: &str) -> bool {
        if answer.status == done {
            return true;
        }
        answer.expect_problem(409, refused);
        false
    }

    async fn ship(&mut self, id: String) {
        let answer = self.app.post(&format!("/admin/orders/{id}/ship"), &self.admin, json!({})).await;
        if self.did(answer, 200, "order_not_shippable") {
            self.saw("shipped");
            self.orders.get_mut(&id).unwrap().is_shipped = true;
        }
    }

    async fn receive(&mut self, id: String, life: &Life) {
        let answer = self.app.post(&format!("/v1/orders/{id}/receive"), &self.token(life), json!({})).await;
        if self.did(answer, 200, "order_not_receivable") {
            self.saw("received");
            self.orders.get_mut(&id).unwrap().is_received = true;
        }
    }

    async fn refund(&mut self, id: String, life: &Life) {
        let (token, key) = (self.token(life), format!("refund-{}", self.count));
        let answer = self.app.refund(&token, &key, &id).await;
        if self.did(answer, 202, "order_not_refundable") {
            self.saw("refunded");
            let life = self.orders.get_mut(&id).unwrap();
            (life.is_refunded, life.given_back) = (true, life.pay_amount);
        } else {
            self.saw("refund refused");
        }
    }

    async fn admin_refund(&mut self, id: String, life: &Life) {
        let part = self.random.i64(1..=life.pay_amount.max(1) * 2);
        let all = self.random.u8(..) < 60;
        let text = amount(part);
        let answer = self.app.admin_refund(&self.admin, &id, (!all).then_some(text.as_str())).await;
        if answer.status == 422 {
            assert!(!all && part > life.pay_amount - life.given_back, "{}", answer.text);
            return self.saw("refund refused");
        }
        if self.did(answer, 202, "order_not_refundable") {
            let life = self.orders.get_mut(&id).unwrap();
            life.given_back = if all { life.pay_amount } else { life.given_back + part };
            life.is_refunded = life.given_back == life.pay_amount;
            assert!(life.given_back <= life.pay_amount, "more goes back than was paid");
            let what = if life.is_refunded { "refunded" } else { "refunded in part" };
            self.saw(what);
        }
    }

    async fn query(&mut self, life: &Life) {
        let Some(pay_id) = self.random.choice(&life.payments) else { return };
        let path = format!("/admin/payments/{pay_id}/query");
        self.app.post(&path, &self.admin, json!({})).await.expect(200);
    }

    /// All items of a list.
    async fn all(&self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.app.get(&format!("{path}?limit=100{cursor}"), &self.admin).await.expect(200).body;
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next_cursor"].as_str() else { return items };
            cursor = format!("&cursor={next}");
        }
    }

    /// What the platform charged and gave back, by payment: its own word.
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

    /// Looks at everything: each order against the answers and the platform's ledger, then the sums, then the audit.
    pub async fn look(&mut self) {
        let ledger = self.ledger().await;
        let rows = self.all("/admin/orders").await;
        let found: HashMap<String, Value> =
            rows.into_iter().map(|row| (row["order_id"].as_str().unwrap().to_owned(), row)).collect();
        let mut stock = vec![STOCK; self.goods.len()];
        let mut balance = vec![BALANCE; self.customers.len()];
        let mut points = vec![0; self.customers.len()];
        let mut coupons: Vec<&String> = Vec::new();
        let (mut expired, mut twice, mut dead) = (0, 0, 0);
        for (id, life) in &self.orders {
            let row = &found[id];
            let charged: Vec<(&String, (i64, i64))> =
                life.payments.iter().filter_map(|pay_id| Some((pay_id, *ledger.get(pay_id)?))).collect();
            let status = row["order_status"].as_str().unwrap();
            let is_charged = life.pay_amount == 0 || !charged.is_empty();
            let expected: &[&str] = match (life.is_cancelled, life.is_refunded) {
                // What was closed at the platform first is charged there only where the platform lost that.
                (true, _) if charged.is_empty() || life.is_reopened => &["cancelled"],
                (true, _) => &[],
                (_, true) => &["refunded"],
                _ if life.is_shipped || life.given_back > 0 => &["confirmed"],
                _ if is_charged && !life.is_reopened => &["confirmed"],
                // Nobody paid in time.
                _ => &["confirmed", "cancelled"],
            };
            assert!(expected.contains(&status), "order {id} is {status}: {life:?}");
            expired += usize::from(status == "cancelled" && !life.is_cancelled);
            let is_paid = row["pay_status"] == "paid";
            let lives = status == "confirmed";
            assert_eq!(is_paid, (lives && is_charged) || status == "refunded", "order {id}: {row}");
            let shipping = if life.is_received {
                "received"
            } else if life.is_shipped {
                "shipped"
            } else {
                "unshipped"
            };
            assert_eq!(row["shipping_status"], shipping, "order {id}");
            for (pay_id, (paid, back)) in &charged {
                assert_eq!(*paid, life.pay_amount, "payment {pay_id}");
                let pays = is_paid && row["pay_id"] == json!(pay_id);
                let wanted = if pays { life.given_back } else { life.pay_amount };
                assert_eq!(*back, wanted, "payment {pay_id} of order {id}, which is {status}: {life:?}");
                dead += usize::from(!pays && status == "cancelled");
            }
            twice += usize::from(is_paid && charged.len() > 1);
            if lives || life.is_shipped {
                stock[life.goods] -= life.units;
            }
            if lives {
                balance[life.customer] -= life.money_paid;
                points[life.customer] += if is_paid { life.pay_amount / 100 } else { 0 };
                coupons.extend(&life.coupon);
            }
        }
        let once: std::collections::BTreeSet<&&String> = coupons.iter().collect();
        assert_eq!(once.len(), coupons.len(), "a coupon is used twice");
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
        for (what, count) in [("expired", expired), ("paid twice", twice), ("dead money back", dead)] {
            if count > 0 {
                self.tally.insert(what, count);
            }
        }
        let report = self.app.audit();
        assert!(report.ok, "{}", serde_json::to_string_pretty(&report).unwrap());
    }

    /// Closes the shop; answers how often what happened.
    pub async fn close(self) -> BTreeMap<&'static str, usize> {
        self.app.finish().await;
        self.tally
    }
}
