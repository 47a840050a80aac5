//! Caps on what one account may hold in unpaid orders.

use std::collections::HashMap;

use super::id::GoodsId;
use super::quantity::Quantity;
use super::refusal::Cause;

/// The caps of the settings; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps {
    orders: Option<i64>,
    units: Option<i64>,
}

impl Caps {
    /// At most `orders` unpaid orders, with at most `units` units of one product in all of them. 0 is no limit.
    #[must_use]
    pub fn new(orders: u32, units: u32) -> Self {
        let cap = |number: u32| (number > 0).then_some(i64::from(number));
        Self { orders: cap(orders), units: cap(units) }
    }

    /// Whether there is any limit.
    #[must_use]
    pub const fn are_set(self) -> bool {
        self.orders.is_some() || self.units.is_some()
    }

    /// Whether the units of each product are limited.
    #[must_use]
    pub const fn limits_units(self) -> bool {
        self.units.is_some()
    }
}

/// The unpaid orders of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// Number of orders.
    pub orders: i64,
    /// Number of units of each product in these orders.
    pub units: HashMap<GoodsId, i64>,
}

impl Held {
    /// Adds an order with these lines.
    pub fn add(&mut self, lines: impl IntoIterator<Item = (GoodsId, Quantity)>) {
        self.orders += 1;
        for (goods_id, goods_number) in lines {
            *self.units.entry(goods_id).or_default() += goods_number.get();
        }
    }

    /// The caps that one more order with these lines would exceed, each product once.
    #[must_use]
    pub fn exceeded(&self, caps: Caps, lines: impl IntoIterator<Item = (GoodsId, Quantity)>) -> Vec<Cause> {
        let too_many = caps.orders.filter(|max| self.orders >= *max);
        let orders = too_many
            .map(|unpaid_orders_max| Cause::TooManyUnpaidOrders { unpaid_orders: self.orders, unpaid_orders_max });
        let units = lines.into_iter().filter_map(|(goods_id, goods_number)| {
            let unpaid_units = self.units.get(&goods_id).copied().unwrap_or_default();
            let unpaid_units_max = caps.units.filter(|max| unpaid_units.saturating_add(goods_number.get()) > *max)?;
            Some(Cause::TooManyUnpaidUnits { goods_id, unpaid_units, unpaid_units_max })
        });
        orders.into_iter().chain(units).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(lines: &[(i64, i64)]) -> Vec<(GoodsId, Quantity)> {
        lines.iter().map(|(id, number)| (GoodsId::new(*id), Quantity::try_from(*number).unwrap())).collect()
    }

    #[test]
    fn what_is_held_is_allowed_up_to_each_cap_and_refused_beyond_it() {
        let caps = Caps::new(3, 10);
        let mut held = Held::default();
        held.add(lines(&[(1, 4), (2, 9)]));
        assert_eq!(held.exceeded(caps, lines(&[(1, 6), (2, 1), (3, 10)])), []);
        let (goods_id, unpaid_units_max) = (GoodsId::new(1), 10);
        let too_many = Cause::TooManyUnpaidUnits { goods_id, unpaid_units: 4, unpaid_units_max };
        assert_eq!(held.exceeded(caps, lines(&[(1, 7), (2, 1)])), [too_many]);
        held.add(lines(&[(1, 1)]));
        held.add([]);
        let orders = Cause::TooManyUnpaidOrders { unpaid_orders: 3, unpaid_orders_max: 3 };
        let units = Cause::TooManyUnpaidUnits { goods_id, unpaid_units: 5, unpaid_units_max };
        assert_eq!(held.exceeded(caps, lines(&[(1, 6)])), [orders, units]);
    }

    #[test]
    fn zero_is_no_limit() {
        let held = Held { orders: i64::MAX, units: HashMap::from([(GoodsId::new(1), i64::MAX)]) };
        assert_eq!(held.exceeded(Caps::new(0, 0), lines(&[(1, 9_999)])), []);
        assert!(!Caps::new(0, 0).are_set() && Caps::new(1, 0).are_set() && Caps::new(0, 1).are_set());
        assert!(Caps::new(0, 1).limits_units() && !Caps::new(1, 0).limits_units());
    }
}
