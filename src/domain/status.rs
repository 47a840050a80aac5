//! The states of things: integers in the tables (as in the original), words in JSON.

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
    /// Written, its reservations not all made yet: the saga is under way. Invisible to the customer.
    Unconfirmed,
    /// All is reserved; it waits for payment or is paid.
    Confirmed,
    /// Given up after reservations were asked for; everything is given back by messages.
    Cancelled,
    /// Refused before anything was asked for; kept as the answer to its idempotency key.
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
    /// Paid, or nothing was to be paid.
    Paid,
}

/// The state of an order's delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, AsExpression, FromSqlRow, VariantArray)]
#[diesel(sql_type = Integer)]
#[serde(rename_all = "snake_case")]
pub enum ShippingStatus {
    /// Not sent yet.
    Unshipped,
    /// On its way.
    Shipped,
    /// With the customer.
    Received,
}

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Buys.
    Customer,
    /// Runs the shop.
    Admin,
}

/// Which way a log row tells of; with the order's id it is the row's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
pub enum Direction {
    /// For an order: stock or balance taken, a coupon bound, points added.
    Forward,
    /// Given back, freed, taken back; without a `Forward` beside it, a tombstone.
    Back,
}

/// Whether a coupon is used: `coupon.is_used`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
pub enum CouponUse {
    /// Free to be bound to an order.
    Unused,
    /// Bound to an order.
    Used,
}

/// Whether a payment is paid: `pay.is_paid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
pub enum IsPaid {
    /// The platform has not confirmed any money.
    No,
    /// The platform has the money.
    Yes,
}

/// The state of a refund in our tables: `pay_refund.status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
pub enum RefundState {
    /// Still to be made, or not confirmed by the platform yet.
    Pending,
    /// The platform confirmed that the money is back.
    Done,
    /// Refused by the platform, or larger than what is left: an operator must decide.
    Parked,
}

/// The verdict on a notification: `pay_notice.verdict`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
pub enum Verdict {
    /// It agrees with our rows and took effect.
    Accepted,
    /// It disagrees with our rows; kept with the reason.
    Rejected,
}

/// The state of a message in an outbox: `mq_producer.msg_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
pub enum MessageStatus {
    /// Not delivered yet.
    Pending,
    /// Delivered: the consumer committed its effect.
    Done,
    /// Given up after the last attempt; waits for an operator.
    Dead,
}

/// The state of a message in an inbox: `mq_consumer.consumer_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
pub enum ConsumerStatus {
    /// Begun and not finished.
    Processing,
    /// Its effect is committed.
    Done,
    /// Its effect could not be made.
    Failed,
}

/// Who caused an entry of `order_act`: `order_act.by_whom`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = Integer)]
pub enum AuthorKind {
    /// The shop itself.
    Shop,
    /// The customer of the order.
    Customer,
    /// An administrator.
    Admin,
}
