//! Pay owns `pay`, `pay_open`, `pay_ask`, `pay_request`, `pay_notice`, `pay_refund` and `pay_log`.
//!
//! A *notice* (`pay_notice`) is a notification of a payment platform, as the tables and routes call it.
//!
//! Invariants:
//!
//! - a payment becomes paid once;
//! - every acknowledged notification is stored;
//! - the state "paid" and its messages are written in one transaction;
//! - a refund is written before its platform is called, and keeps its id over all attempts;
//! - the refunds of a payment never exceed the amount that was paid;
//! - every open payment has a scheduled status query, and so has a closed one until it has expired at its platform.

pub mod actor;
pub mod error;
pub mod message;
mod store;

use std::time::Duration;

use crate::actor::{Context, Owner};

/// The owner of payments.
#[derive(Debug)]
pub struct Pay {
    /// Dependencies of an owner.
    pub context: Context,
    /// Delay from the creation of a payment to its first status query; the setting `payments.ask.first`.
    pub first_sync_after: Duration,
}

impl Owner for Pay {
    const NAME: &'static str = "pay";

    fn context(&self) -> &Context {
        &self.context
    }
}
