//! The data of the events. Fields have the names and forms that they have in the HTTP interface. A later release may add
//! fields; another change needs a new version of the type.

use serde::Serialize;

use crate::domain::id::{CouponId, GoodsId, OrderId, PayId, RefundId, UserId};
use crate::domain::money::Money;
use crate::domain::order::Line;

/// The data of [`ORDER_PLACED`](super::event_type::ORDER_PLACED). The address is left out: who needs it reads the order.
#[derive(Debug, Serialize)]
pub struct OrderPlaced {
    /// Id of the order.
    pub order_id: OrderId,
    /// Customer who placed the order.
    pub user_id: UserId,
    /// Lines of the order.
    pub goods: Vec<Line>,
    /// Sum of the lines.
    pub goods_amount: Money,
    /// Shipping fee.
    pub shipping_fee: Money,
    /// Sum of `goods_amount` and `shipping_fee`.
    pub order_amount: Money,
    /// Coupon that the order uses.
    pub coupon_id: Option<CouponId>,
    /// Amount to be paid by the coupon.
    pub coupon_paid: Money,
    /// Amount to be paid from the balance.
    pub money_paid: Money,
    /// Amount to pay on a platform.
    pub pay_amount: Money,
    /// Currency of all amounts.
    pub currency: &'static str,
}

/// The data of [`ORDER_CONFIRMED`](super::event_type::ORDER_CONFIRMED).
#[derive(Debug, Serialize)]
pub struct OrderConfirmed {
    /// Id of the order.
    pub order_id: OrderId,
    /// Customer who placed the order.
    pub user_id: UserId,
    /// Amount to pay on a platform.
    pub pay_amount: Money,
    /// Currency of the amount.
    pub currency: &'static str,
}

/// The cause of a cancellation.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelCause {
    /// A reservation was refused, or was not made in time.
    Refused,
    /// The customer or an administrator has cancelled the order.
    Cancelled,
    /// The order was not paid in time.
    Expired,
}

impl CancelCause {
    /// The words for all causes, as in JSON.
    pub const WORDS: &'static [&'static str] = &["refused", "cancelled", "expired"];
}

/// The data of [`ORDER_CANCELLED`](super::event_type::ORDER_CANCELLED).
#[derive(Debug, Serialize)]
pub struct OrderCancelled {
    /// Id of the order.
    pub order_id: OrderId,
    /// Customer who placed the order.
    pub user_id: UserId,
    /// Cause of the cancellation.
    pub cause: CancelCause,
    /// Code of the refusal; `None` for other causes.
    pub refusal: Option<String>,
}

/// The data of [`ORDER_PAID`](super::event_type::ORDER_PAID).
#[derive(Debug, Serialize)]
pub struct OrderPaid {
    /// Id of the order.
    pub order_id: OrderId,
    /// Customer who placed the order.
    pub user_id: UserId,
    /// Payment that paid the order; `None` if nothing was to be paid on a platform.
    pub pay_id: Option<PayId>,
    /// Amount that was paid on a platform.
    pub pay_amount: Money,
    /// Currency of the amount.
    pub currency: &'static str,
}

/// The data of [`ORDER_SHIPPED`](super::event_type::ORDER_SHIPPED).
#[derive(Debug, Serialize)]
pub struct OrderShipped {
    /// Id of the order.
    pub order_id: OrderId,
    /// Customer who placed the order.
    pub user_id: UserId,
    /// Carrier of the parcel, if it was said.
    pub carrier: Option<String>,
    /// Number of the parcel at its carrier, if it was said.
    pub tracking_no: Option<String>,
}

/// The data of [`ORDER_RECEIVED`](super::event_type::ORDER_RECEIVED).
#[derive(Debug, Serialize)]
pub struct OrderReceived {
    /// Id of the order.
    pub order_id: OrderId,
    /// Customer who placed the order.
    pub user_id: UserId,
}

/// The data of [`ORDER_REFUNDED_PART`](super::event_type::ORDER_REFUNDED_PART).
#[derive(Debug, Serialize)]
pub struct OrderRefundedPart {
    /// Id of the order.
    pub order_id: OrderId,
    /// Customer who placed the order.
    pub user_id: UserId,
    /// Id of the refund.
    pub refund_id: RefundId,
    /// Amount of this refund.
    pub amount: Money,
    /// Currency of the amount.
    pub currency: &'static str,
}

/// The data of [`ORDER_REFUNDED`](super::event_type::ORDER_REFUNDED).
#[derive(Debug, Serialize)]
pub struct OrderRefunded {
    /// Id of the order.
    pub order_id: OrderId,
    /// Customer who placed the order.
    pub user_id: UserId,
    /// Sum of all refunds on platforms.
    pub amount: Money,
    /// Currency of the amount.
    pub currency: &'static str,
}

/// The cause of a change of a stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StockCause {
    /// An order has taken units.
    Reserved,
    /// An order has given all units back.
    Released,
    /// A refund has given units back.
    Returned,
    /// An administrator has changed the stock, or created the goods.
    Adjusted,
}

impl StockCause {
    /// The words for all causes, as in JSON.
    pub const WORDS: &'static [&'static str] = &["reserved", "released", "returned", "adjusted"];
}

/// The data of [`STOCK_CHANGED`](super::event_type::STOCK_CHANGED).
#[derive(Debug, Serialize)]
pub struct StockChanged {
    /// Id of the goods.
    pub goods_id: GoodsId,
    /// Change of the units in stock; never 0.
    pub delta: i64,
    /// Cause of the change.
    pub cause: StockCause,
    /// Id of the order; `None` if an administrator has changed the stock.
    pub order_id: Option<OrderId>,
    /// Id of the refund that gave units back.
    pub refund_id: Option<RefundId>,
}

/// The change of a coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CouponChange {
    /// An administrator has created it.
    Created,
    /// An order uses it.
    Used,
    /// The order was cancelled or refunded, and the coupon can be used again.
    Released,
}

impl CouponChange {
    /// The words for all changes, as in JSON.
    pub const WORDS: &'static [&'static str] = &["created", "used", "released"];
}

/// The data of [`COUPON_CHANGED`](super::event_type::COUPON_CHANGED).
#[derive(Debug, Serialize)]
pub struct CouponChanged {
    /// Id of the coupon.
    pub coupon_id: CouponId,
    /// Customer who has it.
    pub user_id: UserId,
    /// The amount that it can pay.
    pub coupon_price: Money,
    /// The change.
    pub change: CouponChange,
    /// Id of the order that uses or released it.
    pub order_id: Option<OrderId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_spelled_as_their_words() {
        let causes = [CancelCause::Refused, CancelCause::Cancelled, CancelCause::Expired];
        assert_eq!(serde_json::to_value(causes).unwrap(), serde_json::json!(CancelCause::WORDS));
        let causes = [StockCause::Reserved, StockCause::Released, StockCause::Returned, StockCause::Adjusted];
        assert_eq!(serde_json::to_value(causes).unwrap(), serde_json::json!(StockCause::WORDS));
        let changes = [CouponChange::Created, CouponChange::Used, CouponChange::Released];
        assert_eq!(serde_json::to_value(changes).unwrap(), serde_json::json!(CouponChange::WORDS));
    }
}
