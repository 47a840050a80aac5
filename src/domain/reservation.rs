//! The rule all reservations follow, whatever is reserved: once per order, and never after it was given back.

use std::collections::HashSet;

use super::id::OrderId;
use super::status::Direction;

/// What a log says of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReservationState {
    /// Nothing: it may reserve.
    New,
    /// It has reserved: asked again, it is answered the same and nothing more is taken.
    Reserved,
    /// It was given back, or the tombstone came first: it never reserves again.
    Released,
}

/// Where an order stands, from the keys of the log's rows.
#[must_use]
pub fn reservation_state(log: &HashSet<(OrderId, Direction)>, order_id: OrderId) -> ReservationState {
    if log.contains(&(order_id, Direction::Back)) {
        ReservationState::Released
    } else if log.contains(&(order_id, Direction::Forward)) {
        ReservationState::Reserved
    } else {
        ReservationState::New
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
            (&[][..], ReservationState::New),
            (&[Direction::Forward], ReservationState::Reserved),
            (&[Direction::Back], ReservationState::Released),
            (&[Direction::Forward, Direction::Back], ReservationState::Released),
        ] {
            assert_eq!(reservation_state(&log(rows), order), stands, "{rows:?}");
        }
        assert_eq!(reservation_state(&log(&[Direction::Back]), OrderId::new(2)), ReservationState::New);
    }
}
