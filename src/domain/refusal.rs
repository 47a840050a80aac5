//! Why an order is refused: the public reasons of `POST /v1/orders`, kept in the order's row.

use serde::Serialize;
use strum::VariantArray;

/// A reason of the business, never of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray)]
pub enum Refusal {
    /// A line names goods that do not exist.
    GoodsNotFound,
    /// The coupon does not exist or is not the caller's.
    CouponNotFound,
    /// The caller expected another price of a line.
    GoodsPriceMismatch,
    /// The caller expected another shipping fee.
    ShippingFeeMismatch,
    /// The caller expected another sum.
    OrderAmountMismatch,
    /// More balance was offered than there is left to pay, or the amounts leave the range.
    MoneyPaidTooHigh,
    /// Fewer units are left than were asked for.
    InsufficientStock,
    /// The balance is smaller than what the caller wants to use of it.
    InsufficientBalance,
    /// The coupon is used by another order.
    CouponAlreadyUsed,
    /// The reservations were not all made in time.
    OrderDeadlinePassed,
}

impl Refusal {
    /// The public code: in the order's row, in problem+json, in the contract.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::GoodsNotFound => "goods_not_found",
            Self::CouponNotFound => "coupon_not_found",
            Self::GoodsPriceMismatch => "goods_price_mismatch",
            Self::ShippingFeeMismatch => "shipping_fee_mismatch",
            Self::OrderAmountMismatch => "order_amount_mismatch",
            Self::MoneyPaidTooHigh => "money_paid_too_high",
            Self::InsufficientStock => "insufficient_stock",
            Self::InsufficientBalance => "insufficient_balance",
            Self::CouponAlreadyUsed => "coupon_already_used",
            Self::OrderDeadlinePassed => "order_deadline_passed",
        }
    }

    /// The reason with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|refusal| refusal.code() == code)
    }
}

impl Serialize for Refusal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
