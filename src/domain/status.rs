//! Status enums: integers in the tables (with the original implementation's values), names in JSON.

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Integer;
use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// The state of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, AsExpression, FromSqlRow, VariantArray)]
#[diesel(sql_type = Integer)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Written, but not all reservations are made: the saga is running. Not shown to the customer.
    Unconfirmed,
    /// All reservations are made; the order awaits payment or is paid.
    Confirmed,
    /// Cancelled after reservations were requested; messages release the reservations.
    Cancelled,
    /// Refused before any reservation was requested; kept as the response to its idempotency key.
    Invalid,
    /// Paid and refunded in full.
    Refunded,
}

/// The state of an order's payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, AsExpression, FromSqlRow, VariantArray)]
#[diesel(sql_type = Integer)]
#[serde(rename_all = "snake_case")]
pub enum PayStatus {
    /// No payment was started.
    Unpaid,
    /// A payment was started.
    Paying,
    /// Paid, or there was nothing to pay.
    Paid,
}

/// The state of an order's delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, AsExpression, FromSqlRow, VariantArray)]
#[diesel(sql_type = Integer)]
#[serde(rename_all = "snake_case")]
pub enum ShippingStatus {
    /// Not shipped yet.
    Unshipped,
    /// Shipped, not received yet.
    Shipped,
    /// Received by the customer.
    Received,
}

/// The role of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Places and pays orders.
    Customer,
    /// Administers the shop.
    Admin,
}

/// The direction of a row in an owner's log. It is part of the row's key, together with the order's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
pub enum Direction {
    /// Effect of an order: stock or balance taken, coupon bound, points added.
    Forward,
    /// Reversal of that effect: stock or balance returned, coupon released, points removed. Without a `Forward` row of
    /// the same order it is a tombstone.
    Back,
}

/// Whether a coupon is used; column `coupon.is_used`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
pub enum CouponUse {
    /// Not bound to any order.
    Unused,
    /// Bound to an order.
    Used,
}

/// Whether goods are on sale; column `goods.on_sale`. A boolean in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
#[serde(from = "bool", into = "bool")]
pub enum SaleStatus {
    /// Kept for the orders that have them. New orders are refused.
    OffSale,
    /// In the catalogue.
    OnSale,
}

impl From<bool> for SaleStatus {
    fn from(is_on_sale: bool) -> Self {
        if is_on_sale { Self::OnSale } else { Self::OffSale }
    }
}

impl From<SaleStatus> for bool {
    fn from(status: SaleStatus) -> Self {
        status == SaleStatus::OnSale
    }
}

/// Whether a payment is paid; column `pay.is_paid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
pub enum IsPaid {
    /// The platform has not confirmed that it received money.
    No,
    /// The platform has received the money.
    Yes,
}

/// The state of a refund in the shop's tables; columns `pay_refund.status` and `order_refund.status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Not sent to the platform yet, or not confirmed by it.
    Pending,
    /// The platform confirmed that the money was returned.
    Done,
    /// Refused by the platform, or larger than the remaining amount: an operator must decide.
    Parked,
    /// An operator decided that it is not to be made. `pay_refund` stores it as `Parked` with a `dismiss_time`.
    Dismissed,
}

/// The state of a charge that matches no payment; column `pay_parked.status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
#[serde(rename_all = "snake_case")]
pub enum ChargeState {
    /// It waits for an operator.
    Parked,
    /// A refund gives it back.
    Returned,
    /// It was taken as a payment.
    Accepted,
    /// An operator decided that nothing is done about it.
    Dismissed,
}

impl ChargeState {
    /// The name as in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::Returned => "returned",
            Self::Accepted => "accepted",
            Self::Dismissed => "dismissed",
        }
    }
}

/// The verdict on a platform's notification; column `pay_notice.verdict`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
pub enum Verdict {
    /// It agrees with the stored payment and took effect.
    Accepted,
    /// It disagrees with the stored payment; it is kept with the reason.
    Rejected,
}

/// The state of a message in an outbox; column `mq_producer.msg_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
pub enum MessageStatus {
    /// Not delivered yet.
    Pending,
    /// Delivered, and the consumer committed its effect.
    Done,
    /// Dead-lettered after the last attempt; an operator must decide.
    Dead,
}

/// The state of a message in an inbox; column `mq_consumer.consumer_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
pub enum ConsumerStatus {
    /// Processing has started and not finished.
    Processing,
    /// Its effect is committed.
    Done,
    /// Its effect could not be applied.
    Failed,
}

/// The kind of author of an `order_act` row; column `order_act.by_whom`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
pub enum AuthorKind {
    /// The shop itself.
    Shop,
    /// The customer who placed the order.
    Customer,
    /// An administrator.
    Admin,
}

/// The state of a delivery to a webhook; column `webhook_delivery.status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, AsExpression, FromSqlRow, VariantArray)]
#[diesel(sql_type = Integer)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Not delivered yet.
    Pending,
    /// The receiver has answered with a status of success.
    Delivered,
    /// Given up after the last attempt; an administrator may replay it.
    Failed,
}

impl DeliveryStatus {
    /// The name as in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}
