//! The lifecycle of an order as one table of legal transitions. Every transition that is not in the table is refused.

use strum::VariantArray;

use super::status::OrderStatus::{self, Cancelled, Confirmed, Invalid, Refunded, Unconfirmed};
use super::status::PayStatus::{self, Paid, Paying, Unpaid};
use super::status::ShippingStatus::{self, Received, Shipped, Unshipped};

/// The combined state of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OrderState {
    /// State of the order itself.
    pub order: OrderStatus,
    /// State of its payment.
    pub pay: PayStatus,
    /// State of its delivery.
    pub shipping: ShippingStatus,
}

/// A transition of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray)]
pub enum Transition {
    /// All reservations are made and an amount is left to pay.
    Confirm,
    /// All reservations are made and nothing is left to pay.
    ConfirmPaid,
    /// A reservation was refused, or the deadline for reservations has passed.
    Fail,
    /// A payment is started; an order may start several.
    StartPayment,
    /// The last open payment has ended without being paid.
    EndPayment,
    /// A payment was received.
    Pay,
    /// The customer or an administrator cancels it, or it was not paid in time.
    Cancel,
    /// It is shipped.
    Ship,
    /// The customer received it.
    Receive,
    /// Part of the paid amount is refunded.
    RefundPart,
    /// The whole paid amount is refunded.
    Refund,
}

const fn state(order: OrderStatus, pay: PayStatus, shipping: ShippingStatus) -> OrderState {
    OrderState { order, pay, shipping }
}

/// The state of a new order.
pub const NEW: OrderState = state(Unconfirmed, Unpaid, Unshipped);
/// The state of an order that was refused before any reservation was requested.
pub const REFUSED: OrderState = state(Invalid, Unpaid, Unshipped);

/// An order that an earlier release cancelled while it was being paid.
const CANCELLED_WHILE_PAYING: OrderState = state(Cancelled, Paying, Unshipped);
const AWAITING_PAYMENT: OrderState = state(Confirmed, Unpaid, Unshipped);
const PAYING: OrderState = state(Confirmed, Paying, Unshipped);
const PAID: OrderState = state(Confirmed, Paid, Unshipped);
const SHIPPED: OrderState = state(Confirmed, Paid, Shipped);
const RECEIVED: OrderState = state(Confirmed, Paid, Received);

/// Every legal transition, as (from, transition, to).
pub const TRANSITIONS: [(OrderState, Transition, OrderState); 19] = [
    (NEW, Transition::Confirm, AWAITING_PAYMENT),
    (NEW, Transition::ConfirmPaid, PAID),
    (NEW, Transition::Fail, state(Cancelled, Unpaid, Unshipped)),
    (AWAITING_PAYMENT, Transition::StartPayment, PAYING),
    (PAYING, Transition::StartPayment, PAYING),
    (PAYING, Transition::EndPayment, AWAITING_PAYMENT),
    (AWAITING_PAYMENT, Transition::Pay, PAID),
    (PAYING, Transition::Pay, PAID),
    (AWAITING_PAYMENT, Transition::Cancel, state(Cancelled, Unpaid, Unshipped)),
    // Its payments have been closed before.
    (PAYING, Transition::Cancel, state(Cancelled, Unpaid, Unshipped)),
    (PAID, Transition::Ship, SHIPPED),
    (SHIPPED, Transition::Receive, RECEIVED),
    (PAID, Transition::RefundPart, PAID),
    (SHIPPED, Transition::RefundPart, SHIPPED),
    (RECEIVED, Transition::RefundPart, RECEIVED),
    (PAID, Transition::Refund, state(Refunded, Paid, Unshipped)),
    (SHIPPED, Transition::Refund, state(Refunded, Paid, Shipped)),
    (RECEIVED, Transition::Refund, state(Refunded, Paid, Received)),
    // An order that is refunded in full while it is being delivered still arrives.
    (state(Refunded, Paid, Shipped), Transition::Receive, state(Refunded, Paid, Received)),
];

impl OrderState {
    /// The state after `transition`, or `None` if the transition is not legal in this state.
    #[must_use]
    pub fn after(self, transition: Transition) -> Option<Self> {
        TRANSITIONS.iter().find(|(from, by, _)| *from == self && *by == transition).map(|(_, _, to)| *to)
    }

    /// Whether an order can ever be in this state.
    #[must_use]
    pub fn is_legal(self) -> bool {
        [NEW, REFUSED, CANCELLED_WHILE_PAYING].contains(&self) || TRANSITIONS.iter().any(|(_, _, to)| *to == self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_transition_is_used_and_has_one_target_per_state() {
        let pairs: HashSet<(OrderState, Transition)> =
            TRANSITIONS.iter().map(|(from, transition, _)| (*from, *transition)).collect();
        assert_eq!(pairs.len(), TRANSITIONS.len());
        for transition in Transition::VARIANTS.iter().copied() {
            assert!(TRANSITIONS.iter().any(|(_, by, _)| *by == transition), "{transition:?}");
        }
    }

    #[test]
    fn cancelled_and_refused_orders_are_final_and_paid_orders_cannot_be_cancelled() {
        for transition in Transition::VARIANTS.iter().copied() {
            assert_eq!(state(Cancelled, Unpaid, Unshipped).after(transition), None);
            assert_eq!(CANCELLED_WHILE_PAYING.after(transition), None);
            assert_eq!(REFUSED.after(transition), None);
        }
        for paid in [PAID, SHIPPED, RECEIVED] {
            assert_eq!((paid.after(Transition::Cancel), paid.after(Transition::Pay)), (None, None));
        }
        assert_eq!((AWAITING_PAYMENT.after(Transition::Ship), PAYING.after(Transition::Refund)), (None, None));
    }

    #[test]
    fn only_twelve_combined_states_are_legal() {
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
