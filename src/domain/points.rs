//! Loyalty points. The original implementation has no formula for them, so the one here is Tradepost's own.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::money::Money;

/// The points for a paid amount: the whole currency units of `pay_amount` times `points_per_unit`, rounded down; 0 on
/// overflow.
#[must_use]
pub fn points(pay_amount: Money, points_per_unit: Decimal) -> i64 {
    let whole_units = pay_amount.to_decimal().trunc();
    whole_units.checked_mul(points_per_unit).and_then(|points| points.floor().to_i64()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_earned_for_whole_units_only() {
        assert_eq!(points(Money::from_minor(88_000), Decimal::ONE), 880);
        assert_eq!(points(Money::from_minor(199), Decimal::ONE), 1);
        assert_eq!(points(Money::from_minor(99), Decimal::TEN), 0);
        assert_eq!(points(Money::from_minor(333), Decimal::new(15, 1)), 4);
    }
}
