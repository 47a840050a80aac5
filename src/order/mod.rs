//! Order owns `orders`, `order_goods`, `order_act` and `order_refund`.
//!
//! Its invariants: one order per user and idempotency key; the amounts of an order add up; no order that is unconfirmed
//! or waits for its payment is without a next wake-up; an order is paid by one payment, every other goes back; never
//! more goes back than was paid. Only here is decided what a payment or a refund means for an order: one row, one lock.

pub mod actor;
pub mod error;
pub mod message;
mod store;

use std::time::Duration;

use crate::actor::{Context, Owner};

/// The owner of orders.
#[derive(Debug)]
pub struct Order {
    /// What every owner is given.
    pub context: Context,
    /// A confirmed order can be paid for so long.
    pub pay_within: Duration,
}

impl Owner for Order {
    const NAME: &'static str = "order";

    fn context(&self) -> &Context {
        &self.context
    }
}
