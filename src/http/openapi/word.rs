//! Words that problems and resources share.

use crate::http::problem::Code;

/// The states of an order.
pub const ORDER_STATUS: &[&str] = &["unconfirmed", "confirmed", "cancelled", "invalid", "refunded"];

/// The states of an order's payment.
pub const PAY_STATUS: &[&str] = &["unpaid", "paying", "paid"];

/// The states of an order's delivery.
pub const SHIPPING_STATUS: &[&str] = &["unshipped", "shipped", "received"];

/// The reasons for which an order is refused.
pub const REFUSALS: &[Code] = &[
    Code::InsufficientStock,
    Code::InsufficientBalance,
    Code::CouponAlreadyUsed,
    Code::OrderDeadlinePassed,
    Code::GoodsNotFound,
    Code::CouponNotFound,
    Code::GoodsPriceMismatch,
    Code::ShippingFeeMismatch,
    Code::OrderAmountMismatch,
    Code::OrderAmountTooHigh,
    Code::MoneyPaidTooHigh,
];

/// The states of an item.
pub const PARKED_STATUS: &[&str] = &["parked", "returned", "accepted", "dismissed"];

/// The states of a payment.
pub const PAYMENT_STATUS: &[&str] = &["unpaid", "paid", "closed", "refunded"];

/// The states of a trade.
pub const TRADE_STATUS: &[&str] = &["open", "paid", "declined", "closed"];
