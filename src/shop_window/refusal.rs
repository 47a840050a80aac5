//! The causes of a refusal as sentences, each for the place that it is about.

use crate::domain::id::GoodsId;
use crate::domain::refusal::Cause;
use crate::web::language::Words;

/// The place of a sentence on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Beside the line of a product.
    Line(GoodsId),
    /// At the coupon.
    Coupon,
    /// At the amount that the balance shall pay.
    Balance,
    /// At the sums.
    Sum,
}

/// The sentences about `causes` that belong to `place`.
pub fn sentences(words: &Words, causes: &[Cause], place: Place) -> Vec<String> {
    causes.iter().filter(|cause| place_of(**cause) == place).map(|cause| sentence(words, *cause)).collect()
}

fn place_of(cause: Cause) -> Place {
    match cause {
        Cause::GoodsNotFound { goods_id }
        | Cause::GoodsPriceMismatch { goods_id, .. }
        | Cause::GoodsOffSale { goods_id }
        | Cause::InsufficientStock { goods_id, .. }
        | Cause::TooManyUnpaidUnits { goods_id, .. } => Place::Line(goods_id),
        Cause::CouponNotFound { .. } | Cause::CouponAlreadyUsed { .. } => Place::Coupon,
        Cause::MoneyPaidTooHigh { .. } | Cause::InsufficientBalance { .. } => Place::Balance,
        Cause::ShippingFeeMismatch { .. }
        | Cause::OrderAmountMismatch { .. }
        | Cause::OrderAmountTooHigh { .. }
        | Cause::TooManyUnpaidOrders { .. }
        | Cause::TooManyUnitsInAll { .. } => Place::Sum,
    }
}

/// The sentence about a cause.
#[must_use]
pub fn sentence(words: &Words, cause: Cause) -> String {
    let texts = &words.purchase.refusal;
    match cause {
        Cause::GoodsNotFound { .. } => texts.goods_not_found.to_owned(),
        Cause::CouponNotFound { .. } => texts.coupon_not_found.to_owned(),
        Cause::GoodsPriceMismatch { goods_price, .. } => (texts.goods_price)(goods_price),
        Cause::ShippingFeeMismatch { shipping_fee } => (texts.shipping_fee)(shipping_fee),
        Cause::OrderAmountMismatch { order_amount } => (texts.order_amount)(order_amount),
        Cause::OrderAmountTooHigh { order_amount_max } => (texts.amount_too_high)(order_amount_max),
        Cause::MoneyPaidTooHigh { money_paid_max } => (texts.balance_too_high)(money_paid_max),
        Cause::GoodsOffSale { .. } => texts.off_sale.to_owned(),
        Cause::InsufficientStock { available, at_least: true, .. } => (texts.stock_at_least)(available),
        Cause::InsufficientStock { available, .. } => (texts.stock)(available),
        Cause::InsufficientBalance { user_money } => (texts.balance)(user_money),
        Cause::CouponAlreadyUsed { .. } => texts.coupon_used.to_owned(),
        Cause::TooManyUnpaidOrders { unpaid_orders, unpaid_orders_max } => {
            (texts.unpaid_orders)(unpaid_orders, unpaid_orders_max)
        }
        Cause::TooManyUnpaidUnits { unpaid_units, unpaid_units_max, .. } => {
            (texts.unpaid_units)(unpaid_units_max.saturating_sub(unpaid_units).max(0))
        }
        Cause::TooManyUnitsInAll { units_in_all, units_in_all_max } => {
            (texts.units_in_all)(units_in_all_max.saturating_sub(units_in_all).max(0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Money;
    use crate::web::language::{CHINESE, ENGLISH};

    #[test]
    fn a_sentence_is_at_the_place_that_it_is_about_and_has_its_data() {
        let goods_id = GoodsId::new(7);
        let causes = [
            Cause::InsufficientStock { goods_id, available: 3, at_least: false },
            Cause::GoodsPriceMismatch { goods_id: GoodsId::new(8), goods_price: Money::from_minor(1_250) },
            Cause::InsufficientBalance { user_money: Money::from_minor(500) },
        ];
        assert_eq!(sentences(&ENGLISH, &causes, Place::Line(goods_id)), ["Only 3 are left."]);
        assert_eq!(sentences(&CHINESE, &causes, Place::Line(goods_id)), ["仅剩 3 件。"]);
        let price = sentences(&ENGLISH, &causes, Place::Line(GoodsId::new(8)));
        assert_eq!(price, ["The price has changed: it is 12.50 CNY now."]);
        assert_eq!(sentences(&ENGLISH, &causes, Place::Balance), ["Your balance is only 5.00 CNY."]);
        assert!(sentences(&ENGLISH, &causes, Place::Coupon).is_empty());
        let sold_out = Cause::InsufficientStock { goods_id, available: 0, at_least: false };
        assert_eq!(sentence(&ENGLISH, sold_out), "These goods are sold out.");
        let few = Cause::InsufficientStock { goods_id, available: 10, at_least: true };
        assert_eq!(sentence(&ENGLISH, few), "There are not so many in stock, but at least 10.");
        assert_eq!(sentence(&CHINESE, few), "库存不足所需数量，但至少有 10 件。");
    }
}
