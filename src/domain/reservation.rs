//! The rule for all reservations (stock, coupons, balance): an order reserves once, and never after its reservation was
//! released.

use std::collections::HashSet;

use super::id::OrderId;
use super::status::Direction;

/// The state of an order's reservation in an owner's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReservationState {
    /// The log has no entry: the order may reserve.
    New,
    /// The order has reserved. A repeated request gets the same reply and takes nothing more.
    Reserved,
    /// The reservation was released, or the release arrived first and left a tombstone. The order never reserves again.
    Released,
}

/// Determines the state of the order's reservation. `log` holds the keys of the owner's log rows.
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
    fn a_release_is_final_whether_or_not_anything_was_reserved() {
        let order = OrderId::new(1);
        let log = |rows: &[Direction]| rows.iter().map(|direction| (order, *direction)).collect();
        for (rows, expected) in [
            (&[][..], ReservationState::New),
            (&[Direction::Forward], ReservationState::Reserved),
            (&[Direction::Back], ReservationState::Released),
            (&[Direction::Forward, Direction::Back], ReservationState::Released),
        ] {
            assert_eq!(reservation_state(&log(rows), order), expected, "{rows:?}");
        }
        assert_eq!(reservation_state(&log(&[Direction::Back]), OrderId::new(2)), ReservationState::New);
    }
}
