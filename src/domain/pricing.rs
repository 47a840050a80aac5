//! The price of an order. The original implementation checks the shipping fee but never charges it; here it is part of
//! the total.

use super::money::Money;
use super::order::{Line, OrderRequest};
use super::refusal::Refusal;

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

/// Computes the amounts of `request` and compares them with the amounts that the customer expects. `lines` holds the
/// priced lines in the order of `request.lines`; `coupon` is the value of the coupon.
///
/// # Errors
/// The first [`Refusal`] in the order of the public contract: unit prices, shipping fee, total, balance.
pub fn price(
    request: &OrderRequest,
    lines: &[Line],
    coupon: Option<Money>,
    rule: ShippingRule,
) -> Result<Price, Refusal> {
    let differs = |expected: Option<Money>, ours: Money| expected.is_some_and(|expected| expected != ours);
    if request.lines.iter().zip(lines).any(|(request, line)| differs(request.goods_price, line.goods_price)) {
        return Err(Refusal::GoodsPriceMismatch);
    }
    let sum = |total: Money, line: &Line| total.checked_add(line.goods_price.checked_mul(line.goods_number.get())?);
    let goods_amount = lines.iter().try_fold(Money::ZERO, sum).ok_or(Refusal::OrderAmountMismatch)?;
    let shipping_fee = if goods_amount > rule.free_over { Money::ZERO } else { rule.fee };
    if differs(request.shipping_fee, shipping_fee) {
        return Err(Refusal::ShippingFeeMismatch);
    }
    let order_amount = goods_amount.checked_add(shipping_fee).ok_or(Refusal::OrderAmountMismatch)?;
    if differs(request.order_amount, order_amount) {
        return Err(Refusal::OrderAmountMismatch);
    }
    let coupon_paid = coupon.unwrap_or_default().min(order_amount);
    let remaining = order_amount.checked_sub(coupon_paid).ok_or(Refusal::OrderAmountMismatch)?;
    let pay_amount = remaining
        .checked_sub(request.money_paid)
        .filter(|amount| *amount >= Money::ZERO)
        .ok_or(Refusal::MoneyPaidTooHigh)?;
    Ok(Price { goods_amount, shipping_fee, order_amount, coupon_paid, money_paid: request.money_paid, pay_amount })
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
        let price = price(&request, &lines, Some(Money::from_minor(2_000)), RULE).unwrap();
        assert_eq!(price.order_amount, Money::from_minor(100_000));
        assert_eq!(price.pay_amount, Money::from_minor(88_000));
    }

    #[test]
    fn shipping_is_free_only_above_the_limit() {
        for (amount, fee) in [(9_999, 1_000), (10_000, 1_000), (10_001, 0)] {
            let (request, lines) = order(&[(amount, 1)], 0);
            assert_eq!(price(&request, &lines, None, RULE).unwrap().shipping_fee, Money::from_minor(fee), "{amount}");
        }
    }

    #[test]
    fn a_coupon_covers_at_most_the_whole_order() {
        let (request, lines) = order(&[(500, 1)], 0);
        let price = price(&request, &lines, Some(Money::from_minor(9_000)), RULE).unwrap();
        assert_eq!((price.coupon_paid, price.pay_amount), (Money::from_minor(1_500), Money::from_minor(0)));
    }

    #[test]
    fn each_mismatch_with_an_expected_amount_is_refused() {
        let (request, lines) = order(&[(500, 2)], 0);
        let refusal_with = |change: fn(&mut OrderRequest)| {
            let mut request = request.clone();
            change(&mut request);
            price(&request, &lines, None, RULE).unwrap_err()
        };
        assert_eq!(
            refusal_with(|r| r.lines[0].goods_price = Some(Money::from_minor(499))),
            Refusal::GoodsPriceMismatch
        );
        assert_eq!(refusal_with(|r| r.shipping_fee = Some(Money::from_minor(0))), Refusal::ShippingFeeMismatch);
        assert_eq!(refusal_with(|r| r.order_amount = Some(Money::from_minor(1_000))), Refusal::OrderAmountMismatch);
        assert_eq!(refusal_with(|r| r.money_paid = Money::from_minor(2_001)), Refusal::MoneyPaidTooHigh);
    }

    proptest! {
        #[test]
        fn the_amounts_always_add_up(
            prices in prop::collection::vec((0..=999_999_999_999_i64, 1..=9_999_i64), 1..=100),
            coupon in prop::option::of(1..=999_999_999_999_i64),
            money in 0..=999_999_999_999_i64,
        ) {
            let (request, lines) = order(&prices, money);
            if let Ok(price) = price(&request, &lines, coupon.map(Money::from_minor), RULE) {
                prop_assert!(price.pay_amount >= Money::ZERO);
                prop_assert_eq!(price.order_amount.minor(), price.goods_amount.minor() + price.shipping_fee.minor());
                let deductions = price.coupon_paid.minor() + price.money_paid.minor();
                prop_assert_eq!(price.pay_amount.minor(), price.order_amount.minor() - deductions);
            }
        }
    }
}
