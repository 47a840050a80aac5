//! Coupon owns `coupon`, `coupon_log` and `admin_act`.
//!
//! Invariant: a coupon is bound to at most one order, and it counts as used exactly while it is bound.

pub mod actor;
pub mod error;
pub mod message;
mod store;

use crate::actor::{Context, Owner};
use crate::journal::Journaled;

/// The owner of coupons.
#[derive(Debug)]
pub struct Coupon {
    /// Dependencies of an owner.
    pub context: Context,
}

impl Journaled for Coupon {}

impl Owner for Coupon {
    const NAME: &'static str = "coupon";

    fn context(&self) -> &Context {
        &self.context
    }
}
