//! Charges of another amount than was asked for, and what operators decide about them.

use serde_json::{Value, json};

use super::shop::{ModelOrder, Shop, minor};
use crate::support::Answer;

/// A charge that matches no payment.
#[derive(Debug, Clone, Copy)]
pub struct Charge {
    amount: i64,
    decided: Decided,
}

/// The decision of an operator about a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// None yet.
    Parked,
    /// It goes back.
    Returned,
    /// It pays the payment.
    Accepted,
    /// The shop keeps it.
    Dismissed,
}

impl ModelOrder {
    /// The amount that the platform has charged for a payment.
    pub fn charged_amount(&self, pay_id: &str) -> i64 {
        self.charges.get(pay_id).map_or(self.pay_amount, |charge| charge.amount)
    }

    /// Those of the charges and their refunds that pay a payment. Of each other one, what was decided is checked.
    pub fn without_parked<'a>(&self, charged: &[(&'a String, (i64, i64))]) -> Vec<(&'a String, (i64, i64))> {
        let mut paying = Vec::new();
        for (pay_id, (paid, back)) in charged.iter().copied() {
            let Some(charge) = self.charges.get(pay_id) else {
                paying.push((pay_id, (paid, back)));
                continue;
            };
            assert_eq!(paid, charge.amount, "payment {pay_id}");
            match charge.decided {
                Decided::Accepted => paying.push((pay_id, (paid, back))),
                Decided::Returned => assert_eq!(back, paid, "payment {pay_id} of {self:?}"),
                Decided::Parked | Decided::Dismissed => assert_eq!(back, 0, "payment {pay_id} of {self:?}"),
            }
        }
        paying
    }
}

impl Shop {
    /// The customer pays less or more than was asked for.
    pub async fn pay_another_amount(&mut self, id: String, order: &ModelOrder) {
        let Some(pay_id) = self.random.choice(&order.payments).cloned() else { return };
        let trade = self.app.get(&format!("/sandbox/trades/{pay_id}"), "").await;
        if trade.status != 200 || trade.body["status"] != "open" || order.pay_amount < 2 {
            return;
        }
        let is_less = self.random.u8(0..3) == 0;
        let amount = match is_less {
            true => self.random.i64(1..order.pay_amount),
            false => order.pay_amount + self.random.i64(1..=10_000),
        };
        let change = format!("UPDATE sandbox_trade SET amount = {amount} WHERE out_trade_no = '{pay_id}'");
        self.app.tamper("sandbox", &change);
        let how = match self.random.u8(0..4) {
            0 => json!({"lose": true}),
            1 => json!({"delay_ms": self.random.i64(0..60_000)}),
            _ => json!({"callbacks": self.random.i64(1..=3), "concurrent": self.random.bool()}),
        };
        let answer = self.app.post(&format!("/sandbox/trades/{pay_id}/pay"), "", how).await;
        if answer.status != 200 {
            // The shop has closed it meanwhile.
            return drop(answer.expect_problem(409, "trade_not_open"));
        }
        let charge = Charge { amount, decided: Decided::Parked };
        self.orders.get_mut(&id).unwrap().charges.insert(pay_id, charge);
        self.record(if is_less { "charged too little" } else { "charged too much" });
    }

    /// Charges that wait for an operator and that the model knows, with their orders.
    async fn parked_charges(&self) -> Vec<(String, Value)> {
        let items = self.all("/admin/parked").await.into_iter().filter(|item| item["kind"] == "charge");
        let with_order = |item: Value| {
            let id = item["order_id"].as_str()?.to_owned();
            let is_known = self.orders[&id].charges.contains_key(item["pay_id"].as_str()?);
            is_known.then_some((id, item))
        };
        items.filter_map(with_order).collect()
    }

    /// An operator decides about a parked charge.
    pub async fn decide(&mut self) {
        let parked = self.parked_charges().await;
        let Some((id, item)) = self.random.choice(parked) else { return };
        let (order, pay_id) = (&self.orders[&id], item["pay_id"].as_str().unwrap().to_owned());
        assert_eq!(minor(&item["amount"]), order.charged_amount(&pay_id), "{item} of {order:?}");
        let is_too_little = order.charged_amount(&pay_id) < order.pay_amount;
        match self.random.u8(0..8) {
            0..=1 => {
                self.decide_as(&item, "refund", json!({"reason": "random"})).await.expect(200);
                self.set_decided(&id, &pay_id, Decided::Returned);
                self.record("charge given back");
            }
            2 => {
                self.decide_as(&item, "dismiss", json!({"reason": "random"})).await.expect(200);
                self.set_decided(&id, &pay_id, Decided::Dismissed);
                self.record("charge dismissed");
            }
            3 => {
                self.decide_as(&item, "retry", json!({"reason": "random"}))
                    .await
                    .expect_problem(409, "decision_not_possible");
                self.record("decision refused");
            }
            4..=5 => {
                let body = json!({"reason": "random"});
                self.accept(&id, &item, is_too_little, "accept", body, "charge accepted").await;
            }
            _ => {
                let to = self.pick().map_or_else(|| id.clone(), |(other, _)| other);
                let to = if self.random.u8(0..3) > 0 { id.clone() } else { to };
                let (is_refused, body) = (is_too_little || to != id, json!({"order_id": to, "reason": "random"}));
                self.accept(&id, &item, is_refused, "match", body, "charge matched").await;
            }
        }
    }

    /// Takes a charge as its payment, which `is_refused` or pays the order if that can still be paid.
    async fn accept(
        &mut self,
        id: &str,
        item: &Value,
        is_refused: bool,
        decision: &str,
        body: Value,
        what: &'static str,
    ) {
        let was_payable = self.row(id).await["order_status"] == "confirmed";
        let answer = self.decide_as(item, decision, body).await;
        if is_refused {
            answer.expect_problem(409, "decision_not_possible");
            return self.record("decision refused");
        }
        answer.expect(200);
        self.set_decided(id, item["pay_id"].as_str().unwrap(), Decided::Accepted);
        self.orders.get_mut(id).unwrap().is_reopened = true;
        self.record(what);
        self.app.settle().await;
        let row = self.row(id).await;
        assert!(!was_payable || row["pay_status"] == "paid", "{row}");
    }

    async fn decide_as(&self, item: &Value, decision: &str, body: Value) -> Answer {
        let path = format!("/admin/parked/{}/{decision}", item["parked_id"].as_str().unwrap());
        self.app.post(&path, &self.admin, body).await
    }

    fn set_decided(&mut self, id: &str, pay_id: &str, decided: Decided) {
        let order = self.orders.get_mut(id).unwrap();
        let amount = order.charged_amount(pay_id);
        order.charges.insert(pay_id.to_owned(), Charge { amount, decided });
    }

    /// The parked charges of an order.
    pub async fn parked_charges_of(&self, id: &str) -> Vec<Value> {
        let items = self.all("/admin/parked").await.into_iter();
        items.filter(|item| item["kind"] == "charge" && item["order_id"] == id).collect()
    }

    /// Whether the platform has charged what these parked charges say. A forged notice names another amount.
    pub async fn are_true(&self, parked: &[Value]) -> bool {
        for item in parked {
            let path = format!("/sandbox/trades/{}", item["pay_id"].as_str().unwrap());
            if self.app.get(&path, "").await.expect(200).body["charged"] != item["amount"] {
                return false;
            }
        }
        true
    }

    /// Follows a refund that has given back `parked` charges of an order instead of what was paid. Returns whether it
    /// has.
    pub async fn follow_returned(&mut self, id: &str, parked: Vec<Value>) -> bool {
        let still_parked = self.parked_charges_of(id).await;
        let is_decided = |item: &Value| still_parked.iter().all(|other| other["parked_id"] != item["parked_id"]);
        let mut has_returned = false;
        for item in parked.into_iter().filter(is_decided) {
            let answer = self.decide_as(&item, "refund", json!({"reason": "again"})).await.expect(200);
            assert_eq!(answer.body["status"], "returned", "{}", answer.text);
            self.set_decided(id, item["pay_id"].as_str().unwrap(), Decided::Returned);
            self.record("parked charge sent back");
            has_returned = true;
        }
        has_returned
    }

    /// The platform of a payment.
    pub async fn provider_of(&self, order: &ModelOrder, pay_id: &str) -> String {
        self.app.get(&format!("/v1/payments/{pay_id}"), &self.token(order)).await.expect(200).text_of("provider")
    }
}
