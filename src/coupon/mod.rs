//! Coupon owns `coupon` and `coupon_log`.
//!
//! Its invariant: a coupon is bound to at most one order, and used exactly while that order lives.

pub mod actor;
pub mod error;
pub mod message;
mod store;

use crate::actor::{Context, Owner};

/// The owner of coupons.
#[derive(Debug)]
pub struct Coupon {
    /// What every owner is given.
    pub context: Context,
}

impl Owner for Coupon {
    const NAME: &'static str = "coupon";

    fn context(&self) -> &Context {
        &self.context
    }
}
