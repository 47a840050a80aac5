//! Loyalty points. The original implementation has no formula for them, so the one here is Tradepost's own.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::money::Money;

/// The most points of one payment. The points of a million such payments still fit 63 bits.
const LARGEST: i64 = 1_000_000_000_000;

/// The points for a paid amount: the whole currency units of `pay_amount` times `points_per_unit`, rounded down, at most
/// 1,000,000,000,000.
#[must_use]
pub fn points(pay_amount: Money, points_per_unit: Decimal) -> i64 {
    let whole_units = pay_amount.to_decimal().trunc();
    let points = whole_units.checked_mul(points_per_unit).and_then(|points| points.floor().to_i64());
    points.unwrap_or(LARGEST).min(LARGEST)
}

/// How many of an order's `points` go back once `refunded` of `paid` is refunded: in proportion, rounded down, so that
/// the customer never loses a point too early. All of them go back with the last part.
#[must_use]
pub fn points_back(points: i64, refunded: Money, paid: Money) -> i64 {
    if refunded >= paid {
        return points;
    }
    let product = i128::from(points) * i128::from(refunded.minor().max(0));
    product.checked_div(i128::from(paid.minor())).and_then(|back| i64::try_from(back).ok()).unwrap_or(points)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn points_go_back_in_proportion_rounded_for_the_customer() {
        let back = |refunded| points_back(900, Money::from_minor(refunded), Money::from_minor(90_000));
        assert_eq!((back(0), back(99), back(100), back(33_334), back(89_999), back(90_000)), (0, 0, 1, 333, 899, 900));
        // Less than one point per unit: the only point goes back with the last cent.
        let back = |refunded| points_back(1, Money::from_minor(refunded), Money::from_minor(199));
        assert_eq!((back(198), back(199)), (0, 1));
    }

    proptest! {
        #[test]
        fn the_points_of_all_parts_together_are_the_points_of_the_whole(
            points in 0..=i64::MAX,
            parts in proptest::collection::vec(1..=1_000_000_000_i64, 1..20),
        ) {
            let paid = Money::from_minor(parts.iter().sum());
            let (mut refunded, mut taken) = (0, 0);
            for part in parts {
                refunded += part;
                let back = points_back(points, Money::from_minor(refunded), paid);
                prop_assert!(taken <= back && back <= points);
                taken = back;
            }
            prop_assert_eq!(taken, points);
        }
    }

    #[test]
    fn points_are_earned_for_whole_units_only() {
        assert_eq!(points(Money::from_minor(88_000), Decimal::ONE), 880);
        assert_eq!(points(Money::from_minor(199), Decimal::ONE), 1);
        assert_eq!(points(Money::from_minor(99), Decimal::TEN), 0);
        assert_eq!(points(Money::from_minor(333), Decimal::new(15, 1)), 4);
    }

    #[test]
    fn a_payment_earns_at_most_so_many_points_that_sums_stay_in_range() {
        let most = Decimal::from(1_000_000);
        assert_eq!(points(Money::from_minor(99_999_999), most), 999_999_000_000);
        assert_eq!(points(Money::LIMIT, most), LARGEST);
        assert_eq!(points(Money::LARGEST, Decimal::MAX), LARGEST);
    }
}
