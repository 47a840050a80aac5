//! Reasons for which `POST /v1/orders` refuses an order. They are public and stored in the order's row.

use std::ops::Not;

use serde::{Deserialize, Serialize};
use strum::VariantArray;

use super::id::{CouponId, GoodsId};
use super::money::Money;
use super::quantity::StockShown;

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
    /// The caller expects another total.
    OrderAmountMismatch,
    /// The total exceeds [`Money::LIMIT`](super::money::Money::LIMIT).
    OrderAmountTooHigh,
    /// The amount to pay from the balance exceeds what is left to pay.
    MoneyPaidTooHigh,
    /// A line names goods that are off sale.
    GoodsOffSale,
    /// Fewer units are in stock than were requested.
    InsufficientStock,
    /// The balance is lower than the amount to pay from it.
    InsufficientBalance,
    /// The coupon is bound to another order.
    CouponAlreadyUsed,
    /// The account has as many unpaid orders as it may have.
    TooManyUnpaidOrders,
    /// The unpaid orders of the account would hold more units of a product than they may.
    TooManyUnpaidUnits,
    /// The unpaid orders of the account would hold more units of all products together than they may.
    TooManyUnitsInAll,
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
            Self::OrderAmountTooHigh => "order_amount_too_high",
            Self::MoneyPaidTooHigh => "money_paid_too_high",
            Self::GoodsOffSale => "goods_off_sale",
            Self::InsufficientStock => "insufficient_stock",
            Self::InsufficientBalance => "insufficient_balance",
            Self::CouponAlreadyUsed => "coupon_already_used",
            Self::TooManyUnpaidOrders => "too_many_unpaid_orders",
            Self::TooManyUnpaidUnits => "too_many_unpaid_units",
            Self::TooManyUnitsInAll => "too_many_units_in_all",
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

/// A fact for which an order is refused, with the value that would have been right. It is stored with the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are named like those of the API")]
pub enum Cause {
    /// There are no goods with this id.
    GoodsNotFound { goods_id: GoodsId },
    /// The customer has no such coupon.
    CouponNotFound { coupon_id: CouponId },
    /// The unit price is `goods_price`.
    GoodsPriceMismatch { goods_id: GoodsId, goods_price: Money },
    /// The fee is `shipping_fee`.
    ShippingFeeMismatch { shipping_fee: Money },
    /// The total is `order_amount`.
    OrderAmountMismatch { order_amount: Money },
    /// The total exceeds `order_amount_max`.
    OrderAmountTooHigh { order_amount_max: Money },
    /// The balance can pay at most `money_paid_max`, which is what the coupon leaves.
    MoneyPaidTooHigh { money_paid_max: Money },
    /// The goods are off sale.
    GoodsOffSale { goods_id: GoodsId },
    /// Only `available` units are in stock; with `at_least`, there may be more, but fewer than were requested.
    InsufficientStock {
        goods_id: GoodsId,
        available: i64,
        #[serde(default, skip_serializing_if = "Not::not")]
        at_least: bool,
    },
    /// The balance is `user_money`.
    InsufficientBalance { user_money: Money },
    /// Another order uses the coupon.
    CouponAlreadyUsed { coupon_id: CouponId },
    /// The account has `unpaid_orders` unpaid orders, and may have `unpaid_orders_max`.
    TooManyUnpaidOrders { unpaid_orders: i64, unpaid_orders_max: i64 },
    /// The unpaid orders of the account hold `unpaid_units` units, and may hold `unpaid_units_max`.
    TooManyUnpaidUnits { goods_id: GoodsId, unpaid_units: i64, unpaid_units_max: i64 },
    /// The unpaid orders of the account hold `units_in_all` units of all products, and may hold `units_in_all_max`.
    TooManyUnitsInAll { units_in_all: i64, units_in_all_max: i64 },
}

impl Cause {
    /// The goods have only so many units in stock, of which the public sees what `shown` says.
    #[must_use]
    pub fn insufficient_stock(goods_id: GoodsId, units: i64, shown: StockShown) -> Self {
        Self::InsufficientStock { goods_id, available: shown.of(units), at_least: shown.is_at_least(units) }
    }

    /// The refusal that follows from this fact.
    #[must_use]
    pub const fn refusal(self) -> Refusal {
        match self {
            Self::GoodsNotFound { .. } => Refusal::GoodsNotFound,
            Self::CouponNotFound { .. } => Refusal::CouponNotFound,
            Self::GoodsPriceMismatch { .. } => Refusal::GoodsPriceMismatch,
            Self::ShippingFeeMismatch { .. } => Refusal::ShippingFeeMismatch,
            Self::OrderAmountMismatch { .. } => Refusal::OrderAmountMismatch,
            Self::OrderAmountTooHigh { .. } => Refusal::OrderAmountTooHigh,
            Self::MoneyPaidTooHigh { .. } => Refusal::MoneyPaidTooHigh,
            Self::GoodsOffSale { .. } => Refusal::GoodsOffSale,
            Self::InsufficientStock { .. } => Refusal::InsufficientStock,
            Self::InsufficientBalance { .. } => Refusal::InsufficientBalance,
            Self::CouponAlreadyUsed { .. } => Refusal::CouponAlreadyUsed,
            Self::TooManyUnpaidOrders { .. } => Refusal::TooManyUnpaidOrders,
            Self::TooManyUnpaidUnits { .. } => Refusal::TooManyUnpaidUnits,
            Self::TooManyUnitsInAll { .. } => Refusal::TooManyUnitsInAll,
        }
    }
}

/// A refused order: the refusal and all the facts that lead to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The first refusal in the order of the public contract.
    pub refusal: Refusal,
    /// The facts. Empty for [`Refusal::OrderDeadlinePassed`], and for orders of older versions.
    pub causes: Vec<Cause>,
}

impl Refused {
    /// A refusal without facts.
    #[must_use]
    pub const fn of(refusal: Refusal) -> Self {
        Self { refusal, causes: Vec::new() }
    }

    /// The refusal of an order for `causes`; `None` if there are none.
    #[must_use]
    pub fn for_causes(causes: Vec<Cause>) -> Option<Self> {
        let refusal = causes.first()?.refusal();
        Some(Self { refusal, causes })
    }

    /// The facts as they are stored; `None` if there are none.
    #[must_use]
    pub fn stored_causes(&self) -> Option<String> {
        Self::stored(&self.causes)
    }

    /// Facts as they are stored; `None` if there are none.
    #[must_use]
    pub fn stored(causes: &[Cause]) -> Option<String> {
        if causes.is_empty() { None } else { serde_json::to_string(causes).ok() }
    }

    /// Restores the facts. Facts that this version does not know are left out.
    #[must_use]
    pub fn causes_from_stored(text: &str) -> Vec<Cause> {
        let facts: Vec<serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
        facts.into_iter().filter_map(|fact| serde_json::from_value(fact).ok()).collect()
    }
}

impl From<Cause> for Refused {
    fn from(cause: Cause) -> Self {
        Self { refusal: cause.refusal(), causes: vec![cause] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_causes_are_restored_and_unknown_ones_are_left_out() {
        let causes = vec![
            Cause::InsufficientStock { goods_id: GoodsId::new(7), available: 3, at_least: false },
            Cause::InsufficientStock { goods_id: GoodsId::new(8), available: 10, at_least: true },
            Cause::OrderAmountMismatch { order_amount: Money::from_minor(1_050) },
        ];
        let refused = Refused::for_causes(causes.clone()).unwrap();
        assert_eq!(refused.refusal, Refusal::InsufficientStock);
        let stored = refused.stored_causes().unwrap();
        assert_eq!(
            stored,
            concat!(
                r#"[{"code":"insufficient_stock","goods_id":"7","available":3},"#,
                r#"{"code":"insufficient_stock","goods_id":"8","available":10,"at_least":true},"#,
                r#"{"code":"order_amount_mismatch","order_amount":"10.50"}]"#
            )
        );
        assert_eq!(Refused::causes_from_stored(&stored), causes);
        let newer = stored.replace("insufficient_stock", "of_a_newer_version");
        assert_eq!(Refused::causes_from_stored(&newer), causes[2..]);
        assert_eq!(
            (Refused::of(Refusal::OrderDeadlinePassed).stored_causes(), Refused::for_causes(vec![])),
            (None, None)
        );
    }

    #[test]
    fn a_cause_is_stored_under_the_code_of_its_refusal() {
        let (goods_id, coupon_id, money) = (GoodsId::new(1), CouponId::new(1), Money::ZERO);
        for cause in [
            Cause::GoodsNotFound { goods_id },
            Cause::CouponNotFound { coupon_id },
            Cause::GoodsPriceMismatch { goods_id, goods_price: money },
            Cause::ShippingFeeMismatch { shipping_fee: money },
            Cause::OrderAmountMismatch { order_amount: money },
            Cause::OrderAmountTooHigh { order_amount_max: money },
            Cause::MoneyPaidTooHigh { money_paid_max: money },
            Cause::GoodsOffSale { goods_id },
            Cause::InsufficientStock { goods_id, available: 1, at_least: false },
            Cause::InsufficientBalance { user_money: money },
            Cause::CouponAlreadyUsed { coupon_id },
            Cause::TooManyUnpaidOrders { unpaid_orders: 1, unpaid_orders_max: 1 },
            Cause::TooManyUnpaidUnits { goods_id, unpaid_units: 1, unpaid_units_max: 1 },
            Cause::TooManyUnitsInAll { units_in_all: 1, units_in_all_max: 1 },
        ] {
            assert_eq!(serde_json::to_value(cause).unwrap()["code"], cause.refusal().code());
        }
    }
}
