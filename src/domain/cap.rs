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
    units_in_all: Option<i64>,
}

impl Caps {
    /// At most `orders` unpaid orders, with at most `units` units of one product and `units_in_all` of all products in
    /// them. 0 is no limit.
    #[must_use]
    pub fn new(orders: u32, units: u32, units_in_all: u32) -> Self {
        let cap = |number: u32| (number > 0).then_some(i64::from(number));
        Self { orders: cap(orders), units: cap(units), units_in_all: cap(units_in_all) }
    }

    /// Whether there is any limit.
    #[must_use]
    pub const fn are_set(self) -> bool {
        self.orders.is_some() || self.units.is_some() || self.units_in_all.is_some()
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
    pub fn exceeded(&self, caps: Caps, lines: impl Iterator<Item = (GoodsId, Quantity)> + Clone) -> Vec<Cause> {
        let too_many = caps.orders.filter(|max| self.orders >= *max);
        let orders = too_many
            .map(|unpaid_orders_max| Cause::TooManyUnpaidOrders { unpaid_orders: self.orders, unpaid_orders_max });
        let held = self.units.values().fold(0, |sum: i64, units| sum.saturating_add(*units));
        let ordered = lines.clone().fold(0, |sum: i64, (_, goods_number)| sum.saturating_add(goods_number.get()));
        let in_all = caps.units_in_all.filter(|max| held.saturating_add(ordered) > *max);
        let in_all = in_all.map(|units_in_all_max| Cause::TooManyUnitsInAll { units_in_all: held, units_in_all_max });
        let units = lines.filter_map(|(goods_id, goods_number)| {
            let unpaid_units = self.units.get(&goods_id).copied().unwrap_or_default();
            let unpaid_units_max = caps.units.filter(|max| unpaid_units.saturating_add(goods_number.get()) > *max)?;
            Some(Cause::TooManyUnpaidUnits { goods_id, unpaid_units, unpaid_units_max })
        });
        orders.into_iter().chain(units).chain(in_all).collect()
    }
}

/// Upper bounds of what an account holds in unpaid orders. Orders that are placed raise them, and orders that are paid or
/// cancelled leave them as they are. While the bounds are within the caps, the orders need not be counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// At least the number of orders.
    pub orders: i64,
    /// At least the number of units of all products.
    pub units_in_all: i64,
    /// At least the number of units of each product.
    pub units: i64,
}

impl Bounds {
    /// Adds an order with these lines, in each of which is another product.
    pub fn add(&mut self, lines: impl IntoIterator<Item = (GoodsId, Quantity)>) {
        let numbers = lines.into_iter().map(|(_, goods_number)| goods_number.get());
        let (sum, most) =
            numbers.fold((0, 0), |(sum, most): (i64, i64), number| (sum.saturating_add(number), most.max(number)));
        self.orders = self.orders.saturating_add(1);
        self.units_in_all = self.units_in_all.saturating_add(sum);
        self.units = self.units.saturating_add(most);
    }

    /// Whether none of the caps is exceeded.
    #[must_use]
    pub fn are_within(self, caps: Caps) -> bool {
        let is_within = |bound: i64, cap: Option<i64>| cap.is_none_or(|cap| bound <= cap);
        is_within(self.orders, caps.orders)
            && is_within(self.units_in_all, caps.units_in_all)
            && is_within(self.units, caps.units)
    }
}

impl From<&Held> for Bounds {
    /// The lowest bounds of what is held.
    fn from(held: &Held) -> Self {
        let units = || held.units.values().copied();
        Self {
            orders: held.orders,
            units_in_all: units().fold(0, i64::saturating_add),
            units: units().max().unwrap_or_default(),
        }
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
        let caps = Caps::new(3, 10, 0);
        let mut held = Held::default();
        held.add(lines(&[(1, 4), (2, 9)]));
        assert_eq!(held.exceeded(caps, lines(&[(1, 6), (2, 1), (3, 10)]).into_iter()), []);
        let (goods_id, unpaid_units_max) = (GoodsId::new(1), 10);
        let too_many = Cause::TooManyUnpaidUnits { goods_id, unpaid_units: 4, unpaid_units_max };
        assert_eq!(held.exceeded(caps, lines(&[(1, 7), (2, 1)]).into_iter()), [too_many]);
        held.add(lines(&[(1, 1)]));
        held.add([]);
        let orders = Cause::TooManyUnpaidOrders { unpaid_orders: 3, unpaid_orders_max: 3 };
        let units = Cause::TooManyUnpaidUnits { goods_id, unpaid_units: 5, unpaid_units_max };
        assert_eq!(held.exceeded(caps, lines(&[(1, 6)]).into_iter()), [orders, units]);
    }

    #[test]
    fn units_of_all_products_are_counted_together() {
        let caps = Caps::new(0, 10, 15);
        let mut held = Held::default();
        held.add(lines(&[(1, 6), (2, 4)]));
        assert_eq!(held.exceeded(caps, lines(&[(3, 4), (4, 1)]).into_iter()), []);
        let in_all = Cause::TooManyUnitsInAll { units_in_all: 10, units_in_all_max: 15 };
        assert_eq!(held.exceeded(caps, lines(&[(3, 4), (4, 2)]).into_iter()), [in_all]);
    }

    #[test]
    fn zero_is_no_limit() {
        let held = Held { orders: i64::MAX, units: HashMap::from([(GoodsId::new(1), i64::MAX)]) };
        assert_eq!(held.exceeded(Caps::new(0, 0, 0), lines(&[(1, 9_999)]).into_iter()), []);
        assert!(Bounds::from(&held).are_within(Caps::new(0, 0, 0)));
        let are_set = |orders, units, in_all| Caps::new(orders, units, in_all).are_set();
        assert_eq!([are_set(0, 0, 0), are_set(1, 0, 0)], [false, true]);
        assert_eq!([are_set(0, 1, 0), are_set(0, 0, 1)], [true, true]);
    }

    #[test]
    fn bounds_are_never_below_what_is_held() {
        let orders = [lines(&[(1, 4), (2, 9)]), lines(&[(1, 8)]), lines(&[(3, 1)]), lines(&[])];
        let (mut held, mut bounds) = (Held::default(), Bounds::default());
        for order in orders {
            held.add(order.clone());
            bounds.add(order);
            let lowest = Bounds::from(&held);
            assert!(lowest.orders <= bounds.orders && lowest.units_in_all <= bounds.units_in_all);
            assert!(lowest.units <= bounds.units);
        }
        assert_eq!(Bounds::from(&held), Bounds { orders: 4, units_in_all: 22, units: 12 });
        assert_eq!(bounds, Bounds { orders: 4, units_in_all: 22, units: 18 });
        let is_within = |orders, units, in_all| bounds.are_within(Caps::new(orders, units, in_all));
        assert!(is_within(4, 18, 22));
        assert_eq!([is_within(3, 18, 22), is_within(4, 17, 22), is_within(4, 18, 21)], [false; 3]);
    }
}
