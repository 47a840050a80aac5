//! The states of things: integers in the tables (as in the original), words in JSON.

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use diesel::sql_types::Integer;
use serde::{Deserialize, Serialize};

/// The state of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, AsExpression, FromSqlRow)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, AsExpression, FromSqlRow)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, AsExpression, FromSqlRow)]
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
