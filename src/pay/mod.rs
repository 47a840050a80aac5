//! Pay owns `pay`, `pay_request`, `pay_notice` and `pay_log`.
//!
//! Its invariants: a payment is paid once; every acknowledged notice is stored; "paid" and its messages are one
//! transaction.

pub mod actor;
pub mod error;
pub mod message;
mod notice;
mod row;
mod store;

use crate::runtime::{Kit, Owner};

/// The owner of payments.
#[derive(Debug)]
pub struct Pay {
    /// What every owner is given.
    pub kit: Kit,
}

impl Owner for Pay {
    const NAME: &'static str = "pay";

    fn kit(&self) -> &Kit {
        &self.kit
    }
}
