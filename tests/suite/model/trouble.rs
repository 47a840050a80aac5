//! Platforms in trouble: they refuse calls, hang, answer late or nothing, or are not in the settings for a while.

use std::time::Duration;

use serde_json::{Value, json};
use tradepost::actor::fault::Fault;

use super::shop::{PLATFORMS, SECOND, Shop};
use crate::support::Answer;

/// How long a call takes that hangs or is answered late.
const DELAY: Duration = Duration::from_millis(5);
/// How often the shop is left alone for a while after a trouble, until everything has come to rest.
const RESTS: usize = 6;

/// The state of the platforms.
#[derive(Debug, Default)]
pub struct Trouble {
    /// The platform that does not work.
    at: Option<&'static str>,
    /// Whether the second platform is not in the settings.
    pub is_removed: bool,
    /// Whether a platform has been in trouble since the last check.
    pub is_recent: bool,
}

impl Shop {
    /// A platform stops working: its calls are refused, have no answer, hang, or are answered late.
    pub fn begin_trouble(&mut self) {
        if self.trouble.at.is_some() {
            return;
        }
        let platform = *self.random.choice(PLATFORMS.as_ref()).unwrap();
        let (before, after, what) = match self.random.u8(0..4) {
            0 => (Some(Fault::Error), None, "a platform refuses calls"),
            1 => (None, Some(Fault::Error), "a platform's answers are lost"),
            2 => (Some(Fault::Delay(DELAY)), Some(Fault::Error), "a platform hangs"),
            _ => (Some(Fault::Delay(DELAY)), None, "a platform answers late"),
        };
        for (point, fault) in [("call", before), ("answer", after)] {
            let times = if fault.is_some() { u32::MAX } else { 0 };
            self.app.faults.plan(&format!("{platform}.{point}"), fault.unwrap_or(Fault::Error), 0, times);
        }
        (self.trouble.at, self.trouble.is_recent) = (Some(platform), true);
        self.record(what);
    }

    /// The platform works again.
    pub fn end_trouble(&mut self) {
        let Some(platform) = self.trouble.at.take() else { return };
        for point in ["call", "answer"] {
            self.app.clear_fault(&format!("{platform}.{point}"));
        }
    }

    /// The shop is restarted without its second platform. An operator gives up an order that was being paid there.
    pub async fn remove_platform(&mut self) {
        if self.trouble.is_removed {
            return;
        }
        let paying = self.order().await;
        if let Some(id) = &paying {
            let order = self.orders[id].clone();
            self.start_payment(id.clone(), &order, SECOND).await;
        }
        self.app.set("GATEWAY__SANDBOX__SECOND", "");
        self.app.restart().await;
        (self.trouble.is_removed, self.trouble.is_recent) = (true, true);
        self.record("platform removed");
        let Some(id) = paying.filter(|id| self.orders[id].pay_amount > 0) else { return };
        let body = json!({"reason": "the platform is gone", "without_platform": true});
        self.app.post(&format!("/admin/orders/{id}/cancel"), &self.admin, body).await.expect(200);
        let order = self.orders.get_mut(&id).unwrap();
        (order.is_cancelled, order.is_given_up) = (true, true);
        let order = order.clone();
        self.record("given up");
        if self.random.bool() {
            self.pay(id, &order).await;
        }
    }

    /// The shop is restarted with its second platform.
    pub async fn return_platform(&mut self) {
        if self.trouble.is_removed {
            self.app.set("GATEWAY__SANDBOX__SECOND", SECOND);
            self.app.restart().await;
            self.trouble.is_removed = false;
            self.record("platform returned");
            self.retry_removed().await;
        }
    }

    /// An operator sends the refunds that were parked because their platform was not in the settings, as far as the
    /// payment has enough left.
    async fn retry_removed(&mut self) {
        let is_meant = |item: &Value| {
            let reason = item["reason"].as_str().unwrap();
            item["kind"] == "refund" && reason.contains("is not in the settings any more")
        };
        for item in self.all("/admin/parked").await.iter().filter(|item| is_meant(item)) {
            let path = format!("/admin/parked/{}/retry", item["parked_id"].as_str().unwrap());
            self.app.post(&path, &self.admin, json!({"reason": "the platform is back"})).await.expect(200);
            self.record("parked refund sent again");
        }
    }

    /// All platforms work again and are in the settings, and what they held up is made up for.
    pub async fn end_all_trouble(&mut self) {
        if !self.trouble.is_recent {
            return;
        }
        self.end_trouble();
        self.return_platform().await;
        for _ in 0..RESTS {
            self.app.advance(Duration::from_secs(61)).await;
        }
        self.trouble.is_recent = false;
    }

    /// Whether the request is refused because a platform does not answer.
    pub fn is_held_up(&self, answer: &Answer) -> bool {
        let is_held_up = answer.status == 503;
        assert!(!is_held_up || self.trouble.is_recent, "no platform is in trouble: {}", answer.text);
        is_held_up
    }
}
