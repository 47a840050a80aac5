//! The life of an order: which moves are legal from which state, as one table. Every other move is refused.

use super::status::OrderStatus::{self, Cancelled, Confirmed, Invalid, Refunded, Unconfirmed};
use super::status::PayStatus::{self, Paid, Paying, Unpaid};
use super::status::ShippingStatus::{self, Received, Shipped, Unshipped};

/// The three states of an order together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    /// Of the order itself.
    pub order: OrderStatus,
    /// Of its payment.
    pub pay: PayStatus,
    /// Of its delivery.
    pub shipping: ShippingStatus,
}

/// What can happen to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    /// All is reserved, and something is left to pay.
    Confirm,
    /// All is reserved, and nothing is left to pay.
    ConfirmPaid,
    /// A reservation was refused, or its time has passed.
    Fail,
    /// A payment is started, perhaps not the first.
    StartPayment,
    /// A payment arrived.
    Pay,
    /// Its customer or an administrator gives it up, or its time to be paid has passed.
    Cancel,
    /// It leaves the house.
    Ship,
    /// It reached its customer.
    Receive,
    /// Some of what was paid goes back.
    RefundPart,
    /// All that was paid goes back.
    Refund,
}

const fn state(order: OrderStatus, pay: PayStatus, shipping: ShippingStatus) -> State {
    State { order, pay, shipping }
}

/// The state of a new order.
pub const NEW: State = state(Unconfirmed, Unpaid, Unshipped);
/// The state of an order that was refused before anything was asked for.
pub const REFUSED: State = state(Invalid, Unpaid, Unshipped);

const WAITING: State = state(Confirmed, Unpaid, Unshipped);
const PAYING: State = state(Confirmed, Paying, Unshipped);
const PAID: State = state(Confirmed, Paid, Unshipped);
const SHIPPED: State = state(Confirmed, Paid, Shipped);
const RECEIVED: State = state(Confirmed, Paid, Received);

/// Every legal move: from, what happens, to.
pub const MOVES: [(State, Move, State); 18] = [
    (NEW, Move::Confirm, WAITING),
    (NEW, Move::ConfirmPaid, PAID),
    (NEW, Move::Fail, state(Cancelled, Unpaid, Unshipped)),
    (WAITING, Move::StartPayment, PAYING),
    (PAYING, Move::StartPayment, PAYING),
    (WAITING, Move::Pay, PAID),
    (PAYING, Move::Pay, PAID),
    (WAITING, Move::Cancel, state(Cancelled, Unpaid, Unshipped)),
    (PAYING, Move::Cancel, state(Cancelled, Paying, Unshipped)),
    (PAID, Move::Ship, SHIPPED),
    (SHIPPED, Move::Receive, RECEIVED),
    (PAID, Move::RefundPart, PAID),
    (SHIPPED, Move::RefundPart, SHIPPED),
    (RECEIVED, Move::RefundPart, RECEIVED),
    (PAID, Move::Refund, state(Refunded, Paid, Unshipped)),
    (SHIPPED, Move::Refund, state(Refunded, Paid, Shipped)),
    (RECEIVED, Move::Refund, state(Refunded, Paid, Received)),
    // What is on its way when all money goes back still arrives.
    (state(Refunded, Paid, Shipped), Move::Receive, state(Refunded, Paid, Received)),
];

impl State {
    /// Where `what` leads from here; `None` where it is not legal.
    #[must_use]
    pub fn after(self, what: Move) -> Option<Self> {
        MOVES.iter().find(|(from, name, _)| *from == self && *name == what).map(|(_, _, to)| *to)
    }

    /// Whether an order can ever be so.
    #[must_use]
    pub fn is_legal(self) -> bool {
        self == NEW || self == REFUSED || MOVES.iter().any(|(_, _, to)| *to == self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const ALL: [Move; 10] = [
        Move::Confirm,
        Move::ConfirmPaid,
        Move::Fail,
        Move::StartPayment,
        Move::Pay,
        Move::Cancel,
        Move::Ship,
        Move::Receive,
        Move::RefundPart,
        Move::Refund,
    ];

    #[test]
    fn a_move_leads_to_one_state_and_each_is_used() {
        let pairs: HashSet<(State, Move)> = MOVES.iter().map(|(from, what, _)| (*from, *what)).collect();
        assert_eq!(pairs.len(), MOVES.len());
        for what in ALL {
            assert!(MOVES.iter().any(|(_, name, _)| *name == what), "{what:?}");
        }
    }

    #[test]
    fn what_is_dead_stays_dead_and_what_left_the_house_is_not_cancelled() {
        for what in ALL {
            assert_eq!(state(Cancelled, Unpaid, Unshipped).after(what), None);
            assert_eq!(state(Cancelled, Paying, Unshipped).after(what), None);
            assert_eq!(REFUSED.after(what), None);
        }
        for paid in [PAID, SHIPPED, RECEIVED] {
            assert_eq!((paid.after(Move::Cancel), paid.after(Move::Pay)), (None, None));
        }
        assert_eq!((WAITING.after(Move::Ship), PAYING.after(Move::Refund)), (None, None));
    }

    #[test]
    fn only_a_few_of_all_states_are_legal() {
        let orders = [Unconfirmed, Confirmed, Cancelled, Invalid, Refunded];
        let all = orders.into_iter().flat_map(|order| {
            [Unpaid, Paying, Paid].into_iter().flat_map(move |pay| {
                [Unshipped, Shipped, Received].into_iter().map(move |shipping| state(order, pay, shipping))
            })
        });
        let legal: Vec<State> = all.filter(|state| state.is_legal()).collect();
        assert_eq!(legal.len(), 12, "{legal:?}");
        assert!(!state(Confirmed, Unpaid, Shipped).is_legal() && !state(Cancelled, Paid, Unshipped).is_legal());
    }
}
