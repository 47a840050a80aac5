//! Reasons for which `POST /v1/orders` refuses an order. They are public and stored in the order's row.

use serde::Serialize;
use strum::VariantArray;

/// A business reason to refuse an order; technical failures are never a `Refusal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray)]
pub enum Refusal {
    /// A line names a product that does not exist.
    GoodsNotFound,
    /// The coupon does not exist or belongs to another user.
    CouponNotFound,
    /// The caller expects another unit price in a line.
    GoodsPriceMismatch,
    /// The caller expects another shipping fee.
    ShippingFeeMismatch,
    /// The caller expects another total, or the total is out of range.
    OrderAmountMismatch,
    /// The amount to pay from the balance exceeds what is left to pay.
    MoneyPaidTooHigh,
    /// Fewer units are in stock than were requested.
    InsufficientStock,
    /// The balance is lower than the amount to pay from it.
    InsufficientBalance,
    /// The coupon is bound to another order.
    CouponAlreadyUsed,
    /// The reservations were not all made before the deadline.
    OrderDeadlinePassed,
}

impl Refusal {
    /// The public code, as stored in the order's row and returned in `application/problem+json`.
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

    /// The refusal with this code; `None` if the code is unknown.
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
