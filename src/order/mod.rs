//! Order owns `orders` and `order_goods`.
//!
//! Its invariants: one order per user and idempotency key; the amounts of an order add up; no unconfirmed order is
//! without a next wake-up.

pub mod actor;
mod ending;
pub mod error;
pub mod message;
mod row;
mod store;

use std::time::Duration;

use crate::runtime::{Kit, Owner};

/// The owner of orders.
#[derive(Debug)]
pub struct Order {
    /// What every owner is given.
    pub kit: Kit,
    /// A confirmed order can be paid for so long.
    pub pay_within: Duration,
}

impl Owner for Order {
    const NAME: &'static str = "order";

    fn kit(&self) -> &Kit {
        &self.kit
    }
}
