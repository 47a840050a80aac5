//! Goods owns `goods`, `goods_number_log` and `goods_adjustment`.
//!
//! Its invariant: per goods, adjustments - taken + returned = `goods_number`, never negative.

pub mod actor;
pub mod error;
pub mod message;
mod store;

use crate::actor::{Context, Owner};

/// The owner of goods and their stock.
#[derive(Debug)]
pub struct Goods {
    /// What every owner is given.
    pub context: Context,
}

impl Owner for Goods {
    const NAME: &'static str = "goods";

    fn context(&self) -> &Context {
        &self.context
    }
}
