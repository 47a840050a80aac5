//! Pay owns `pay`, `pay_open`, `pay_ask`, `pay_request`, `pay_notice`, `pay_refund` and `pay_log`.
//!
//! Its invariants: a payment is paid once; every acknowledged notice is stored; "paid" and its messages are one
//! transaction; a refund is written before its platform is called, under one number for ever, and refunds never exceed
//! what was paid; the platform of every open payment is asked again and again.

pub mod actor;
pub mod error;
pub mod message;
mod store;

use std::time::Duration;

use crate::actor::{Context, Owner};

/// The owner of payments.
#[derive(Debug)]
pub struct Pay {
    /// What every owner is given.
    pub context: Context,
    /// A new payment is first asked for after this time.
    pub first_sync_after: Duration,
}

impl Owner for Pay {
    const NAME: &'static str = "pay";

    fn context(&self) -> &Context {
        &self.context
    }
}
