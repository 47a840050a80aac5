//! The life of an order: which moves are legal from which state, as one table. Every other move is refused.

use strum::VariantArray;

use super::status::OrderStatus::{self, Cancelled, Confirmed, Invalid, Refunded, Unconfirmed};
use super::status::PayStatus::{self, Paid, Paying, Unpaid};
use super::status::ShippingStatus::{self, Received, Shipped, Unshipped};

/// The three states of an order together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OrderState {
    /// Of the order itself.
    pub order: OrderStatus,
    /// Of its payment.
    pub pay: PayStatus,
    /// Of its delivery.
    pub shipping: ShippingStatus,
}

/// What can happen to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray)]
pub enum Transition {
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

const fn state(order: OrderStatus, pay: PayStatus, shipping: ShippingStatus) -> OrderState {
    OrderState { order, pay, shipping }
}

/// The state of a new order.
pub const NEW: OrderState = state(Unconfirmed, Unpaid, Unshipped);
/// The state of an order that was refused before anything was asked for.
pub const REFUSED: OrderState = state(Invalid, Unpaid, Unshipped);

const WAITING: OrderState = state(Confirmed, Unpaid, Unshipped);
const PAYING: OrderState = state(Confirmed, Paying, Unshipped);
const PAID: OrderState = state(Confirmed, Paid, Unshipped);
const SHIPPED: OrderState = state(Confirmed, Paid, Shipped);
const RECEIVED: OrderState = state(Confirmed, Paid, Received);

/// Every legal move: from, what happens, to.
pub const TRANSITIONS: [(OrderState, Transition, OrderState); 18] = [
    (NEW, Transition::Confirm, WAITING),
    (NEW, Transition::ConfirmPaid, PAID),
    (NEW, Transition::Fail, state(Cancelled, Unpaid, Unshipped)),
    (WAITING, Transition::StartPayment, PAYING),
    (PAYING, Transition::StartPayment, PAYING),
    (WAITING, Transition::Pay, PAID),
    (PAYING, Transition::Pay, PAID),
    (WAITING, Transition::Cancel, state(Cancelled, Unpaid, Unshipped)),
    (PAYING, Transition::Cancel, state(Cancelled, Paying, Unshipped)),
    (PAID, Transition::Ship, SHIPPED),
    (SHIPPED, Transition::Receive, RECEIVED),
    (PAID, Transition::RefundPart, PAID),
    (SHIPPED, Transition::RefundPart, SHIPPED),
    (RECEIVED, Transition::RefundPart, RECEIVED),
    (PAID, Transition::Refund, state(Refunded, Paid, Unshipped)),
    (SHIPPED, Transition::Refund, state(Refunded, Paid, Shipped)),
    (RECEIVED, Transition::Refund, state(Refunded, Paid, Received)),
    // What is on its way when all money goes back still arrives.
    (state(Refunded, Paid, Shipped), Transition::Receive, state(Refunded, Paid, Received)),
];

impl OrderState {
    /// Where `what` leads from here; `None` where it is not legal.
    #[must_use]
    pub fn after(self, what: Transition) -> Option<Self> {
        TRANSITIONS.iter().find(|(from, name, _)| *from == self && *name == what).map(|(_, _, to)| *to)
    }

    /// Whether an order can ever be so.
    #[must_use]
    pub fn is_legal(self) -> bool {
        self == NEW || self == REFUSED || TRANSITIONS.iter().any(|(_, _, to)| *to == self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_move_leads_to_one_state_and_each_is_used() {
        let pairs: HashSet<(OrderState, Transition)> =
            TRANSITIONS.iter().map(|(from, what, _)| (*from, *what)).collect();
        assert_eq!(pairs.len(), TRANSITIONS.len());
        for what in Transition::VARIANTS.iter().copied() {
            assert!(TRANSITIONS.iter().any(|(_, name, _)| *name == what), "{what:?}");
        }
    }

    #[test]
    fn what_is_dead_stays_dead_and_what_left_the_house_is_not_cancelled() {
        for what in Transition::VARIANTS.iter().copied() {
            assert_eq!(state(Cancelled, Unpaid, Unshipped).after(what), None);
            assert_eq!(state(Cancelled, Paying, Unshipped).after(what), None);
            assert_eq!(REFUSED.after(what), None);
        }
        for paid in [PAID, SHIPPED, RECEIVED] {
            assert_eq!((paid.after(Transition::Cancel), paid.after(Transition::Pay)), (None, None));
        }
        assert_eq!((WAITING.after(Transition::Ship), PAYING.after(Transition::Refund)), (None, None));
    }

    #[test]
    fn only_a_few_of_all_states_are_legal() {
        let all = OrderStatus::VARIANTS.iter().flat_map(|order| {
            PayStatus::VARIANTS.iter().flat_map(move |pay| {
                ShippingStatus::VARIANTS.iter().map(move |shipping| state(*order, *pay, *shipping))
            })
        });
        let legal: Vec<OrderState> = all.filter(|state| state.is_legal()).collect();
        assert_eq!(legal.len(), 12, "{legal:?}");
        assert!(!state(Confirmed, Unpaid, Shipped).is_legal() && !state(Cancelled, Paid, Unshipped).is_legal());
    }
}
