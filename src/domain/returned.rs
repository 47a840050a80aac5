//! The rule of which units of an order go back into stock with a refund.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::id::GoodsId;
use super::order::Line;
use super::quantity::Quantity;

/// Units of one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Units {
    /// The id of the product.
    pub goods_id: GoodsId,
    /// The number of units.
    pub goods_number: Quantity,
}

/// Reason why units cannot go back. `index` is the position in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// The order has no such product.
    NotOrdered {
        /// Position of the product.
        index: usize,
    },
    /// The order has fewer units left.
    TooMany {
        /// Position of the product.
        index: usize,
        /// Units that are left.
        left: i64,
    },
}

/// The units of each line that have not gone back. `before` are the units of earlier refunds.
#[must_use]
pub fn units_left(lines: &[Line], before: impl Iterator<Item = Units>) -> BTreeMap<GoodsId, i64> {
    let mut left: BTreeMap<GoodsId, i64> = lines.iter().map(|line| (line.goods_id, line.goods_number.get())).collect();
    for units in before {
        let line = left.entry(units.goods_id).or_default();
        *line = line.saturating_sub(units.goods_number.get()).max(0);
    }
    left
}

/// Checks that `wanted`, which has each product once, does not exceed what is left.
///
/// # Errors
/// The first excess.
pub fn check_units(left: &BTreeMap<GoodsId, i64>, wanted: &[Units]) -> Result<(), Excess> {
    wanted.iter().enumerate().try_for_each(|(index, units)| match left.get(&units.goods_id) {
        None => Err(Excess::NotOrdered { index }),
        Some(left) if *left < units.goods_number.get() => Err(Excess::TooMany { index, left: *left }),
        Some(_) => Ok(()),
    })
}

/// Converts numbers of units by product into units. Products without units are left out.
#[must_use]
pub fn to_units(numbers: &BTreeMap<GoodsId, i64>) -> Vec<Units> {
    let units = |(goods_id, number): (&GoodsId, &i64)| {
        Some(Units { goods_id: *goods_id, goods_number: Quantity::try_from(*number).ok()? })
    };
    numbers.iter().filter_map(units).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::money::Money;

    fn units(goods_id: i64, number: i64) -> Units {
        Units { goods_id: GoodsId::new(goods_id), goods_number: number.try_into().unwrap() }
    }

    fn line(goods_id: i64, number: i64) -> Line {
        let Units { goods_id, goods_number } = units(goods_id, number);
        Line { goods_id, goods_number, goods_price: Money::ZERO, goods_name: None }
    }

    #[test]
    fn no_more_units_go_back_than_the_order_has_left() {
        let lines = [line(1, 3), line(2, 1)];
        let left = units_left(&lines, [units(1, 1), units(1, 1), units(2, 1)].into_iter());
        assert_eq!(to_units(&left), [units(1, 1)]);
        assert_eq!(check_units(&left, &[units(1, 1)]), Ok(()));
        assert_eq!(check_units(&left, &[units(1, 2)]), Err(Excess::TooMany { index: 0, left: 1 }));
        assert_eq!(check_units(&left, &[units(1, 1), units(2, 1)]), Err(Excess::TooMany { index: 1, left: 0 }));
        assert_eq!(check_units(&left, &[units(3, 1)]), Err(Excess::NotOrdered { index: 0 }));
    }

    proptest! {
        #[test]
        fn accepted_parts_and_the_rest_are_the_whole(parts in proptest::collection::vec(1..=9_i64, 0..12)) {
            let lines = [line(7, 30)];
            let mut accepted = Vec::new();
            for part in parts {
                let part = units(7, part);
                if check_units(&units_left(&lines, accepted.iter().copied()), &[part]).is_ok() {
                    accepted.push(part);
                }
            }
            let back: i64 = accepted.iter().map(|part| part.goods_number.get()).sum();
            let rest = units_left(&lines, accepted.into_iter())[&GoodsId::new(7)];
            prop_assert!(rest >= 0);
            prop_assert_eq!(back + rest, 30);
        }
    }
}
