//! A message that its consumer cannot read.

use std::time::Duration;

use serde_json::json;

use super::{OrderBody, TestApp};

/// Settings with which a message is dead after one failed attempt.
pub const ONE_ATTEMPT: [(&str, &str); 1] = [("RELAY__ATTEMPTS", "1")];

const LEASE: Duration = Duration::from_secs(30);

impl TestApp {
    /// Cancels a golden order whose message to the goods is dead, so that its stock is not released. Returns the customer's
    /// token. The application has the setting [`ONE_ATTEMPT`].
    pub async fn with_dead_message(&self) -> String {
        let zs = self.zs().await;
        let order_id = self.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
        self.fail_at("relay.deliver");
        self.post(&format!("/v1/orders/{order_id}/cancel"), &zs, json!({})).await.expect(200);
        self.settle().await;
        self.rename_in_bodies("goods", "gods");
        self.clear_fault("relay.deliver");
        self.advance(LEASE).await;
        zs
    }

    /// Renames a field in the bodies of all messages to the goods, which then cannot read them, or can again.
    pub fn rename_in_bodies(&self, from: &str, to: &str) {
        let body = format!("REPLACE(msg_body, '\"{from}\"', '\"{to}\"')");
        self.tamper("order", &format!("UPDATE mq_producer SET msg_body = {body} WHERE group_name = 'goods'"));
    }
}
