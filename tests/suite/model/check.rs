//! The checks of the shop against the model of its orders.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::shop::{BALANCE, PLATFORMS, STOCK, Shop, minor};

impl Shop {
    /// Reads all items of a list.
    pub async fn all(&self, path: &str) -> Vec<Value> {
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
        self.learn_payments().await;
        let ledger = self.ledger().await;
        let rows = self.all("/admin/orders").await;
        let found: HashMap<String, Value> =
            rows.into_iter().map(|row| (row["order_id"].as_str().unwrap().to_owned(), row)).collect();
        let mut stock = vec![STOCK; self.goods.len()];
        let mut balance = vec![BALANCE; self.customers.len()];
        let mut points = vec![0; self.customers.len()];
        let mut coupons: Vec<&String> = Vec::new();
        let (mut expired, mut paid_twice, mut late_refunds, mut given_up_and_paid) = (0, 0, 0, 0);
        for (id, order) in &self.orders {
            let row = &found[id];
            let charged: Vec<(&String, (i64, i64))> =
                order.payments.iter().filter_map(|pay_id| Some((pay_id, *ledger.get(pay_id)?))).collect();
            let charged: Vec<(&String, (i64, i64))> = order.without_parked(&charged);
            let status = row["order_status"].as_str().unwrap();
            let is_charged = order.pay_amount == 0 || !charged.is_empty();
            let is_late = order.is_reopened || order.is_given_up;
            let expected: &[&str] = match (order.is_cancelled, order.is_refunded) {
                // A payment that was closed at the platform is charged there only if the platform reopened it. One that
                // was given up may not be closed there.
                (true, _) if charged.is_empty() || is_late => &["cancelled"],
                (true, _) => &[],
                (_, true) => &["refunded"],
                _ if order.is_shipped || order.refunded_amount > 0 => &["confirmed"],
                _ if is_charged && !order.is_reopened => &["confirmed"],
                // The order was not paid in time.
                _ => &["confirmed", "cancelled"],
            };
            if !expected.contains(&status) {
                let events = self.app.get(&format!("/admin/orders/{id}/events"), &self.admin).await.text;
                panic!("order {id} is {status}: {order:?}: {events}");
            }
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
                assert_eq!(*paid, order.charged_amount(pay_id), "payment {pay_id}");
                let is_counted = is_paid && row["pay_id"] == json!(pay_id);
                let expected_refund = if is_counted { order.refunded_amount } else { order.pay_amount };
                assert_eq!(*back, expected_refund, "payment {pay_id} of order {id}, which is {status}: {order:?}");
                late_refunds += usize::from(!is_counted && status == "cancelled");
                given_up_and_paid += usize::from(order.is_given_up);
            }
            paid_twice += usize::from(is_paid && charged.len() > 1);
            if is_confirmed || order.is_shipped {
                stock[order.goods] -= order.units;
            }
            if is_confirmed {
                balance[order.customer] -= order.money_paid;
                points[order.customer] += if is_paid { order.points_left() } else { 0 };
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
        for (what, count) in [
            ("expired", expired),
            ("paid twice", paid_twice),
            ("late payment refunded", late_refunds),
            ("given up and paid", given_up_and_paid),
        ] {
            if count > 0 {
                self.tally.insert(what, count);
            }
        }
        let report = self.app.audit();
        assert!(report.ok, "{}", serde_json::to_string_pretty(&report).unwrap());
    }

    /// Learns of payments whose start was answered with an error, if the platform knows them.
    async fn learn_payments(&mut self) {
        for payment in self.all("/admin/payments").await {
            let order = self.orders.get_mut(payment["order_id"].as_str().unwrap()).unwrap();
            let pay_id = payment["pay_id"].as_str().unwrap().to_owned();
            let is_known = order.payments.contains(&pay_id);
            if !is_known && self.app.get(&format!("/sandbox/trades/{pay_id}"), "").await.status == 200 {
                order.payments.push(pay_id);
            }
        }
    }
}
