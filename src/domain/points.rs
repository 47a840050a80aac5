//! Loyalty points. The original promises them and never built them: the formula is ours.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::money::Money;

/// Points for a paid amount: its whole currency units times `points_per_unit`, rounded down.
#[must_use]
pub fn points(pay_amount: Money, points_per_unit: Decimal) -> i64 {
    let whole_units = pay_amount.to_decimal().trunc();
    whole_units.checked_mul(points_per_unit).and_then(|points| points.floor().to_i64()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_count_whole_units_only() {
        assert_eq!(points(Money::from_minor(88_000), Decimal::ONE), 880);
        assert_eq!(points(Money::from_minor(199), Decimal::ONE), 1);
        assert_eq!(points(Money::from_minor(99), Decimal::TEN), 0);
        assert_eq!(points(Money::from_minor(333), Decimal::new(15, 1)), 4);
    }
}
