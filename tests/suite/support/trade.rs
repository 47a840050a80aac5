//! Open payments at the sandbox, and the state after they are paid.

use std::time::Duration;

use serde_json::json;

use super::{OrderBody, TestApp, eventually};

/// Settings with which a failed message is retried after two hours, and so not within one hour.
pub const SLOW: [(&str, &str); 2] = [("RELAY__BACKOFF__FIRST", "2h"), ("RELAY__BACKOFF__LONGEST", "2h")];

impl TestApp {
    /// The golden order with an open payment: the customer's token, the order's id and the payment's id.
    pub async fn paying(&self) -> (String, String, String) {
        let zs = self.zs().await;
        let order_id = self.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
        let pay_id = self.pay(&zs, "pay", &order_id).await.expect(201).text_of("pay_id");
        (zs, order_id, pay_id)
    }

    /// Checks that no payment is paid or closed, that no notice is accepted, and that no message is sent.
    pub async fn assert_unpaid(&self) {
        self.settle().await;
        for (owner, query) in [
            ("pay", "SELECT count(*) AS n FROM pay WHERE is_paid = 2 OR close_time IS NOT NULL"),
            ("pay", "SELECT count(*) AS n FROM mq_producer"),
            ("pay", "SELECT count(*) AS n FROM pay_log"),
            ("pay", "SELECT count(*) AS n FROM pay_notice WHERE verdict = 1"),
            ("order", "SELECT count(*) AS n FROM orders WHERE pay_status = 2"),
            ("user", "SELECT count(*) AS n FROM user_score_log"),
        ] {
            assert_eq!(self.number(owner, query), 0, "{query}");
        }
    }

    /// Checks that the golden order is paid, and that each consequence of the payment happened once.
    pub async fn assert_paid_once(&self, token: &str, order_id: &str) {
        let order = self.get(&format!("/v1/orders/{order_id}"), token).await.expect(200).body;
        assert_eq!(order["pay_status"], "paid");
        assert_eq!(self.get("/v1/users/me", token).await.expect(200).body["user_score"], 980);
        assert_eq!(self.number("pay", "SELECT count(*) AS n FROM pay_log"), 1);
        assert_eq!(self.number("pay", "SELECT count(*) AS n FROM mq_producer WHERE msg_tag = 'paid'"), 1);
        assert_eq!(self.number("order", "SELECT count(*) AS n FROM mq_producer"), 1);
        assert_eq!(self.number("user", "SELECT count(*) AS n FROM user_score_log"), 1);
    }

    /// Pays at the sandbox platform and waits only for the shop's answer to its callback, so that no other work uses up
    /// a planned fault.
    pub async fn pay_and_await_callback(&self, pay_id: &str) -> Vec<i64> {
        self.post(&format!("/sandbox/trades/{pay_id}/pay"), "", json!({})).await.expect(200);
        let answered = || async { Some(self.callback_statuses(pay_id).await).filter(|statuses| !statuses.is_empty()) };
        eventually(Duration::from_secs(10), "the shop's answer", answered).await
    }

    /// Status codes of the shop's answers to all callbacks so far.
    pub async fn callback_statuses(&self, pay_id: &str) -> Vec<i64> {
        let trade = self.get(&format!("/sandbox/trades/{pay_id}"), "").await.expect(200).body;
        let deliveries = trade["deliveries"].as_array().unwrap();
        deliveries.iter().map(|delivery| delivery["status_code"].as_i64().unwrap()).collect()
    }
}
