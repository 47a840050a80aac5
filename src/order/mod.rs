//! Order owns `orders`, `order_goods`, `order_act`, `order_refund` and `order_account`.
//!
//! Invariants:
//!
//! - there is one order per user and idempotency key;
//! - the amounts of an order add up;
//! - every order that is unconfirmed or waits for its payment has a `wake_time`;
//! - one payment pays an order, and every other payment of it is refunded;
//! - the refunds of an order never exceed the amount that was paid.
//!
//! Only Order decides what a payment or a refund means for an order, while it holds the lock of that order's row.

pub mod actor;
pub mod error;
pub mod message;
mod store;

use std::time::Duration;

use crate::actor::{Context, Owner};
use crate::domain::cap::Caps;
use crate::domain::clock::Timestamp;
use crate::domain::lifecycle::{OrderState, Transition};

/// The owner of orders.
#[derive(Debug)]
pub struct Order {
    /// Dependencies of an owner.
    pub context: Context,
    /// Time after its confirmation in which an order can be paid; the setting `orders.pay_within`.
    pub pay_within: Duration,
    /// Caps on what one account may hold in unpaid orders.
    pub caps: Caps,
}

impl Order {
    /// The time until which an order in this state can be paid; `None` if it cannot be paid.
    fn pay_before(&self, state: OrderState, confirm_time: Option<Timestamp>) -> Option<Timestamp> {
        state.after(Transition::StartPayment)?;
        confirm_time.map(|confirmed| confirmed.plus(self.pay_within))
    }
}

impl Owner for Order {
    const NAME: &'static str = "order";

    fn context(&self) -> &Context {
        &self.context
    }
}
