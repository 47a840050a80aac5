//! Goods owns `goods`, `goods_number_log`, `goods_adjustment` and `admin_act`.
//!
//! Invariant: for each goods, adjustments - reserved + returned = `goods_number`, and `goods_number` is never negative.

pub mod actor;
pub mod error;
pub mod message;
mod store;

use crate::actor::{Context, Owner};
use crate::journal::Journaled;

/// The owner of goods and their stock.
#[derive(Debug)]
pub struct Goods {
    /// Dependencies of an owner.
    pub context: Context,
}

impl Journaled for Goods {}

impl Owner for Goods {
    const NAME: &'static str = "goods";

    fn context(&self) -> &Context {
        &self.context
    }
}
