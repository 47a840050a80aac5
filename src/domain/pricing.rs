//! The price of an order. The original implementation checks the shipping fee but never charges it; here it is part of
//! the total.

use std::borrow::Borrow;

use super::money::Money;
use super::order::{Line, OrderRequest};
use super::refusal::Cause;

/// The shipping rule of the shop, from the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShippingRule {
    /// The shipping fee per order.
    pub fee: Money,
    /// Orders ship free if their goods amount exceeds this; an amount equal to it still pays the fee.
    pub free_over: Money,
}

/// The amounts of an order. `pay_amount` = `order_amount` - `coupon_paid` - `money_paid`, never negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Price {
    /// Sum of the order lines.
    pub goods_amount: Money,
    /// Shipping fee.
    pub shipping_fee: Money,
    /// Goods amount plus shipping fee.
    pub order_amount: Money,
    /// Amount covered by the coupon: its value, at most `order_amount`.
    pub coupon_paid: Money,
    /// Amount paid from the customer's balance.
    pub money_paid: Money,
    /// Amount left to pay on a payment platform.
    pub pay_amount: Money,
}

/// The amounts of a request, and what differs from the amounts that the customer expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// The amounts; `None` if the total is too high. `money_paid` is at most what is left to pay.
    pub price: Option<Price>,
    /// The reasons to refuse an order at this price, in the order of the public contract: unit prices, shipping fee,
    /// total, balance. Empty if the price is what the customer expects.
    pub causes: Vec<Cause>,
}

/// Computes the amounts of `request` and compares them with the amounts that the customer expects. `lines` holds the
/// priced lines in the order of `request.lines`; `coupon` is the value of the coupon.
#[must_use]
pub fn price(request: &OrderRequest, lines: &[impl Borrow<Line>], coupon: Option<Money>, rule: ShippingRule) -> Priced {
    let differs = |expected: Option<Money>, ours: Money| expected.is_some_and(|expected| expected != ours);
    let lines = lines.iter().map(Borrow::borrow);
    let pairs = request.lines.iter().zip(lines.clone());
    let mut causes: Vec<Cause> = pairs
        .filter(|(request, line)| differs(request.goods_price, line.goods_price))
        .map(|(_, line)| Cause::GoodsPriceMismatch { goods_id: line.goods_id, goods_price: line.goods_price })
        .collect();
    let sum = |total: Money, line: &Line| total.checked_add(line.goods_price.checked_mul(line.goods_number.get())?);
    let goods_amount = lines.clone().try_fold(Money::ZERO, sum);
    let shipping_fee = match goods_amount {
        Some(amount) if amount <= rule.free_over => rule.fee,
        _ => Money::ZERO,
    };
    if goods_amount.is_some() && differs(request.shipping_fee, shipping_fee) {
        causes.push(Cause::ShippingFeeMismatch { shipping_fee });
    }
    let total = goods_amount.and_then(|amount| amount.checked_add(shipping_fee));
    let (Some(goods_amount), Some(order_amount)) = (goods_amount, total.filter(|total| *total <= Money::LIMIT)) else {
        causes.push(Cause::OrderAmountTooHigh { order_amount_max: Money::LIMIT });
        return Priced { price: None, causes };
    };
    if differs(request.order_amount, order_amount) {
        causes.push(Cause::OrderAmountMismatch { order_amount });
    }
    let coupon_paid = coupon.unwrap_or_default().min(order_amount);
    let remaining = order_amount.checked_sub(coupon_paid).unwrap_or_default();
    if request.money_paid > remaining {
        causes.push(Cause::MoneyPaidTooHigh { money_paid_max: remaining });
    }
    let money_paid = request.money_paid.min(remaining);
    let pay_amount = remaining.checked_sub(money_paid).unwrap_or_default();
    let price = Price { goods_amount, shipping_fee, order_amount, coupon_paid, money_paid, pay_amount };
    Priced { price: Some(price), causes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::Id;
    use crate::domain::order::OrderRequestLine;
    use crate::domain::quantity::Quantity;
    use proptest::prelude::*;

    const RULE: ShippingRule = ShippingRule { fee: Money::from_minor(1_000), free_over: Money::from_minor(10_000) };

    fn order(prices: &[(i64, i64)], money_paid: i64) -> (OrderRequest, Vec<Line>) {
        let lines: Vec<Line> = (1..)
            .zip(prices)
            .map(|(id, (price, number))| Line {
                goods_id: Id::new(id),
                goods_number: Quantity::try_from(*number).unwrap(),
                goods_price: Money::from_minor(*price),
                goods_name: None,
            })
            .collect();
        let request = lines
            .iter()
            .map(|line| OrderRequestLine {
                goods_id: line.goods_id,
                goods_number: line.goods_number,
                goods_price: None,
            })
            .collect();
        let request = OrderRequest {
            lines: request,
            coupon_id: None,
            money_paid: Money::from_minor(money_paid),
            shipping_fee: None,
            order_amount: None,
            address: String::new(),
            consignee: String::new(),
        };
        (request, lines)
    }

    #[test]
    fn coupon_and_balance_reduce_the_amount_to_pay() {
        let (request, lines) = order(&[(100_000, 1)], 10_000);
        let price = price(&request, &lines, Some(Money::from_minor(2_000)), RULE).price.unwrap();
        assert_eq!(price.order_amount, Money::from_minor(100_000));
        assert_eq!(price.pay_amount, Money::from_minor(88_000));
    }

    #[test]
    fn shipping_is_free_only_above_the_limit() {
        for (amount, fee) in [(9_999, 1_000), (10_000, 1_000), (10_001, 0)] {
            let (request, lines) = order(&[(amount, 1)], 0);
            assert_eq!(
                price(&request, &lines, None, RULE).price.unwrap().shipping_fee,
                Money::from_minor(fee),
                "{amount}"
            );
        }
    }

    #[test]
    fn a_coupon_covers_at_most_the_whole_order() {
        let (request, lines) = order(&[(500, 1)], 0);
        let price = price(&request, &lines, Some(Money::from_minor(9_000)), RULE).price.unwrap();
        assert_eq!((price.coupon_paid, price.pay_amount), (Money::from_minor(1_500), Money::from_minor(0)));
    }

    #[test]
    fn each_mismatch_with_an_expected_amount_is_refused() {
        let (request, lines) = order(&[(500, 2)], 0);
        let causes_with = |change: fn(&mut OrderRequest)| {
            let mut request = request.clone();
            change(&mut request);
            price(&request, &lines, None, RULE).causes
        };
        let money = Money::from_minor;
        let wrong_price = Cause::GoodsPriceMismatch { goods_id: lines[0].goods_id, goods_price: money(500) };
        let wrong_fee = Cause::ShippingFeeMismatch { shipping_fee: money(1_000) };
        let wrong_total = Cause::OrderAmountMismatch { order_amount: money(2_000) };
        assert_eq!(causes_with(|_| ()), []);
        assert_eq!(causes_with(|r| r.lines[0].goods_price = Some(Money::from_minor(499))), [wrong_price]);
        assert_eq!(causes_with(|r| r.shipping_fee = Some(Money::from_minor(0))), [wrong_fee]);
        assert_eq!(causes_with(|r| r.order_amount = Some(Money::from_minor(1_000))), [wrong_total]);
        let too_much = Cause::MoneyPaidTooHigh { money_paid_max: money(2_000) };
        assert_eq!(causes_with(|r| r.money_paid = Money::from_minor(2_001)), [too_much]);
        let all = causes_with(|r| {
            r.lines[0].goods_price = Some(Money::from_minor(499));
            (r.shipping_fee, r.order_amount) = (Some(Money::ZERO), Some(Money::from_minor(998)));
            r.money_paid = Money::from_minor(5_000);
        });
        assert_eq!(all, [wrong_price, wrong_fee, wrong_total, too_much], "all differences are found at once");
    }

    #[test]
    fn an_order_above_the_largest_amount_is_refused() {
        let largest = Money::LIMIT.minor();
        for (prices, is_accepted) in [
            (vec![(largest, 1)], true),
            (vec![(largest, 1), (1, 1)], false),
            (vec![(largest, 2)], false),
            (vec![(200_000_000, 9_999)], false),
            (vec![(i64::MAX, 2)], false),
        ] {
            let (request, lines) = order(&prices, 0);
            let Priced { price, causes } = price(&request, &lines, None, RULE);
            let too_high = Cause::OrderAmountTooHigh { order_amount_max: Money::LIMIT };
            assert_eq!((price.is_some(), causes.contains(&too_high)), (is_accepted, !is_accepted), "{prices:?}");
        }
    }

    proptest! {
        #[test]
        fn the_amounts_always_add_up(
            prices in prop::collection::vec((0..=999_999_999_999_i64, 1..=9_999_i64), 1..=100),
            coupon in prop::option::of(1..=999_999_999_999_i64),
            money in 0..=999_999_999_999_i64,
        ) {
            let (request, lines) = order(&prices, money);
            if let Some(price) = price(&request, &lines, coupon.map(Money::from_minor), RULE).price {
                prop_assert!((Money::ZERO..=Money::LIMIT).contains(&price.pay_amount));
                prop_assert!(price.order_amount <= Money::LIMIT);
                prop_assert_eq!(price.order_amount.minor(), price.goods_amount.minor() + price.shipping_fee.minor());
                let deductions = price.coupon_paid.minor() + price.money_paid.minor();
                prop_assert_eq!(price.pay_amount.minor(), price.order_amount.minor() - deductions);
            }
        }
    }
}
