//! Entries of an order's timeline. Each owner builds them from its own log rows.

use serde::Serialize;
use serde_json::{Map, Value};
use strum::{EnumString, IntoStaticStr, VariantArray};

use super::clock::Timestamp;

/// The kind of an event, with the data that it has. Rows of earlier releases may have less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, EnumString, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum What {
    /// The order was placed: its amounts.
    Ordered,
    /// The order was refused before anything was reserved: `refusal`.
    Refused,
    /// The order was cancelled by its saga: `refusal`.
    Failed,
    /// The order was confirmed: `duration_ms` since it was placed.
    Confirmed,
    /// The order is paid: `amount`, `pay_id` if a payment paid it, `duration_ms` since the confirmation.
    Paid,
    /// The order was cancelled by its customer or an administrator.
    Cancelled,
    /// The order was cancelled although a platform did not answer: the `payments`.
    GivenUp,
    /// The order was not paid in time.
    Expired,
    /// The order was shipped: `carrier` and `tracking_no`, as far as they are known.
    Shipped,
    /// The customer has received the order.
    Received,
    /// All that is left is to be refunded: `refund_id`, `amount`.
    RefundRequested,
    /// A part is to be refunded: `refund_id`, `amount`.
    RefundedPart,
    /// All is back: `amount`, the sum of the refunds.
    Refunded,
    /// A request for a refund was refused: `refusal`.
    RefundRefused,
    /// The platform has made a refund by itself: `refund_id`, `pay_id`, `amount`.
    RefundedByPlatform,
    /// Units go back into stock with a refund: `refund_id`, `goods_id`, `goods_number`.
    GoodsReturned,
    /// A payment that the order could not accept goes back: `refund_id`, `pay_id`, `amount`, `state` of the order.
    Repaid,
    /// Stock was reserved: `goods_id`, `goods_number`.
    StockTaken,
    /// Stock was released: `goods_id`, `goods_number`.
    StockGivenBack,
    /// The coupon was bound to the order: `coupon_id`.
    CouponBound,
    /// The coupon was released: `coupon_id`.
    CouponFreed,
    /// The balance has paid: `amount`.
    BalanceTaken,
    /// The amount went back to the balance: `amount`.
    BalanceGivenBack,
    /// Points were added: `points`.
    PointsAdded,
    /// Points were taken back: `points`.
    PointsTakenBack,
    /// A payment was started: `pay_id`, `amount`, `provider`.
    PaymentStarted,
    /// A payment is paid: `pay_id`, `amount`, `provider`, `duration_ms` since its start.
    PaymentPaid,
    /// A payment has ended without being paid: `pay_id`, `amount`, `provider`, `duration_ms` since its start.
    PaymentClosed,
    /// A payment was logged: `pay_id`.
    PaymentLogged,
    /// A platform has sent a notification: `pay_id`, `event_id`, `times`, `state`, `remark`.
    Notice,
    /// A refund goes to its platform: `refund_id`, `pay_id`, `amount`.
    RefundStarted,
    /// A refund is done: `refund_id`, `pay_id`, `amount`, `duration_ms` since its request.
    RefundDone,
    /// A refund waits for an operator, or was not done at once: `refund_id`, `pay_id`, `amount`, `attempts`, `remark`.
    RefundParked,
    /// An operator has dismissed a refund: `refund_id`, `pay_id`, `amount`, `duration_ms` since its request.
    RefundDismissed,
    /// A refund that the platform made by itself was booked: `refund_id`, `pay_id`, `amount`, `number`.
    RefundByPlatform,
    /// A message to another owner: `topic`, `tag`, `group`, `attempts`, `state`, `remark`.
    Message,
}

impl What {
    /// The name of the kind, such as `stock_taken`.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Whether events of this kind are shown to operators only.
    #[must_use]
    pub const fn is_internal(self) -> bool {
        matches!(self, Self::PaymentLogged | Self::Notice | Self::RefundParked | Self::Message)
    }
}

/// One entry of an order's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Time of the event.
    pub at: Timestamp,
    /// Kind of the event.
    pub what: What,
    /// Facts of the event, for programs. Empty for some kinds and for some rows of earlier releases.
    pub data: Map<String, Value>,
    /// Human-readable details, as customers read them.
    pub detail: String,
    /// Details for operators, if they differ: the reason that an operator gave is not for customers.
    #[serde(skip)]
    pub operator_detail: Option<String>,
    /// Words of an operator for the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The customer or administrator who caused the event, such as `administrator 7`; `None` if the shop caused it.
    /// Shown to operators only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl Event {
    /// Creates an event without data.
    #[must_use]
    pub fn new(at: Timestamp, what: What, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { at, what, data: Map::new(), detail, operator_detail: None, message: None, by: None }
    }

    /// The same event, with a further fact. A value that is `null` is left out.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or_default();
        if !value.is_null() {
            self.data.insert(name.to_owned(), value);
        }
        self
    }

    /// The same event, as operators read it.
    #[must_use]
    pub fn for_operators(mut self) -> Self {
        self.detail = self.operator_detail.take().unwrap_or(self.detail);
        self
    }

    /// The same event, with the time since `start` as `duration_ms`; 0 if the clock was set back since.
    #[must_use]
    pub fn since(self, start: Option<Timestamp>) -> Self {
        let duration = start.map(|start| self.at.0.saturating_sub(start.0).max(0));
        self.with("duration_ms", duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_word_in_json_and_in_tables() {
        for what in What::VARIANTS {
            assert_eq!(serde_json::to_value(what).unwrap(), what.word());
            assert_eq!(what.word().parse(), Ok(*what));
        }
        assert_eq!(What::RefundedPart.word(), "refunded_part");
    }

    #[test]
    fn the_duration_of_an_event_is_never_negative() {
        let event = |start| Event::new(Timestamp(1_000), What::Confirmed, "").since(start).data;
        assert_eq!(event(Some(Timestamp(400))).get("duration_ms"), Some(&Value::from(600)));
        assert_eq!(event(Some(Timestamp(2_000))).get("duration_ms"), Some(&Value::from(0)));
        assert!(event(None).is_empty());
    }
}
