//! The rule of what a refund gives back.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::id::GoodsId;
use super::money::Money;
use super::points::points_back;
use super::returned::{Units, to_units};

/// Time limit of one attempt to make a refund, with all its calls to the platform.
pub const ATTEMPT_MAX: Duration = Duration::from_secs(60);

/// The amounts of a paid order that decide what a refund gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refundable {
    /// Amount that was paid on a platform.
    pub pay_amount: Money,
    /// Sum of the refunds that are done or under way.
    pub refunded: Money,
    /// Amount that was paid from the balance.
    pub money_paid: Money,
    /// Points that the order has brought.
    pub points: i64,
    /// Whether the goods have left the shop.
    pub is_shipped: bool,
}

/// The effects of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GivesBack {
    /// Amount that goes back at the platform.
    pub platform: Money,
    /// Amount that goes back to the balance.
    pub balance: Money,
    /// Points that are taken back.
    pub points: i64,
    /// Whether the coupon of the order, if it has one, can be used again.
    pub coupon: bool,
    /// Whether the goods are in stock again.
    pub goods: bool,
    /// The units that are in stock again: the requested ones, or all that are left if `goods` is set.
    pub stock: Vec<Units>,
    /// Amount at the platform that is left to refund after it.
    pub left: Money,
}

impl Refundable {
    /// The effects of a refund of `amount`, or of all that is left for `None`. `units` are to go back into stock with it,
    /// and `units_left` are those that the order still has. An `Err` carries the amount that is left, which is too little.
    ///
    /// # Errors
    /// `amount` exceeds what is left, or all that was paid is refunded already.
    pub fn gives_back(
        &self,
        amount: Option<Money>,
        units: &[Units],
        units_left: &BTreeMap<GoodsId, i64>,
    ) -> Result<GivesBack, Money> {
        let left = self.pay_amount.checked_sub(self.refunded).unwrap_or_default().max(Money::ZERO);
        let amount = amount.unwrap_or(left);
        let is_used_up = left == Money::ZERO && self.pay_amount > Money::ZERO;
        if amount > left || is_used_up {
            return Err(left);
        }
        let is_last = amount == left;
        let after = self.refunded.checked_add(amount).unwrap_or(self.pay_amount);
        let back = |refunded| points_back(self.points, refunded, self.pay_amount);
        let before = if self.refunded == Money::ZERO { 0 } else { back(self.refunded) };
        let goods = is_last && !self.is_shipped;
        Ok(GivesBack {
            platform: amount,
            balance: if is_last { self.money_paid } else { Money::ZERO },
            points: back(after) - before,
            coupon: is_last,
            goods,
            stock: if goods { to_units(units_left) } else { units.to_vec() },
            left: left.checked_sub(amount).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order(pay_amount: i64, refunded: i64) -> Refundable {
        let money = Money::from_minor;
        let (pay_amount, refunded) = (money(pay_amount), money(refunded));
        Refundable { pay_amount, refunded, money_paid: money(8_000), points: 900, is_shipped: false }
    }

    impl Refundable {
        fn back(&self, amount: Option<Money>) -> Result<GivesBack, Money> {
            self.gives_back(amount, &[], &BTreeMap::new())
        }
    }

    #[test]
    fn a_part_goes_back_at_the_platform_and_the_last_part_brings_the_rest() {
        let part = order(90_000, 0).back(Some(Money::from_minor(30_050))).unwrap();
        assert_eq!((part.platform.minor(), part.balance.minor(), part.points), (30_050, 0, 300));
        assert_eq!((part.coupon, part.goods, part.left.minor()), (false, false, 59_950));
        let last = order(90_000, 30_050).back(None).unwrap();
        assert_eq!((last.platform.minor(), last.balance.minor(), last.points), (59_950, 8_000, 600));
        assert_eq!((last.coupon, last.goods, last.left.minor()), (true, true, 0));
        let shipped = Refundable { is_shipped: true, ..order(90_000, 0) };
        assert!(!shipped.back(None).unwrap().goods);
    }

    #[test]
    fn the_wanted_units_go_back_and_all_that_are_left_with_the_last_part_before_shipping() {
        let wanted = [Units { goods_id: GoodsId::new(1), goods_number: 1.try_into().unwrap() }];
        let left = BTreeMap::from([(GoodsId::new(1), 2), (GoodsId::new(2), 0)]);
        let rest = [Units { goods_number: 2.try_into().unwrap(), ..wanted[0] }];
        let unshipped = order(90_000, 0);
        let shipped = Refundable { is_shipped: true, ..unshipped };
        let part = Some(Money::from_minor(1));
        assert_eq!(unshipped.gives_back(part, &wanted, &left).unwrap().stock, wanted);
        assert_eq!(unshipped.gives_back(None, &wanted, &left).unwrap().stock, rest);
        assert_eq!(shipped.gives_back(None, &wanted, &left).unwrap().stock, wanted);
        assert_eq!(shipped.gives_back(None, &[], &left).unwrap().stock, []);
    }

    #[test]
    fn more_than_is_left_is_refused_with_what_is_left() {
        assert_eq!(order(100, 40).back(Some(Money::from_minor(61))), Err(Money::from_minor(60)));
        assert_eq!(order(100, 100).back(None), Err(Money::ZERO));
        assert_eq!(order(0, 0).back(None).map(|all| all.balance.minor()), Ok(8_000));
    }

    proptest! {
        #[test]
        fn all_parts_together_give_back_what_the_whole_does(parts in proptest::collection::vec(1..=1_000_000_i64, 1..12)) {
            let paid = parts.iter().sum();
            let whole = order(paid, 0).back(None).unwrap();
            let (mut refunded, mut balance, mut points) = (0, 0, 0);
            for part in parts {
                let back = order(paid, refunded).back(Some(Money::from_minor(part))).unwrap();
                refunded += part;
                balance += back.balance.minor();
                points += back.points;
            }
            prop_assert_eq!((refunded, balance, points), (paid, whole.balance.minor(), whole.points));
        }
    }
}
