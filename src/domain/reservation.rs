//! The rule all reservations follow, whatever is reserved: once per order, and never after it was given back.

use std::collections::HashSet;

use super::id::OrderId;
use super::status::Direction;

/// What a log says of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing: it may reserve.
    New,
    /// It has reserved: asked again, it is answered the same and nothing more is taken.
    Reserved,
    /// It was given back, or the tombstone came first: it never reserves again.
    Released,
}

/// Where an order stands, from the keys of the log's rows.
#[must_use]
pub fn standing(log: &HashSet<(OrderId, Direction)>, order_id: OrderId) -> Standing {
    if log.contains(&(order_id, Direction::Back)) {
        Standing::Released
    } else if log.contains(&(order_id, Direction::Forward)) {
        Standing::Reserved
    } else {
        Standing::New
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tombstone_refuses_whether_or_not_anything_was_reserved() {
        let order = OrderId::new(1);
        let log = |rows: &[Direction]| rows.iter().map(|direction| (order, *direction)).collect();
        for (rows, stands) in [
            (&[][..], Standing::New),
            (&[Direction::Forward], Standing::Reserved),
            (&[Direction::Back], Standing::Released),
            (&[Direction::Forward, Direction::Back], Standing::Released),
        ] {
            assert_eq!(standing(&log(rows), order), stands, "{rows:?}");
        }
        assert_eq!(standing(&log(&[Direction::Back]), OrderId::new(2)), Standing::New);
    }
}
