//! User owns `users`, `user_money_log`, `user_score_log` and `user_adjustment`.
//!
//! Its invariants: per user, adjustments - type 1 + type 2 = `user_money`, never negative; adjustments + points added -
//! points taken back = `user_score`.

pub mod actor;
pub mod error;
pub mod message;
mod store;

use rust_decimal::Decimal;

use crate::actor::{Context, Owner};

/// The owner of users, their balance and their points.
#[derive(Debug)]
pub struct User {
    /// What every owner is given.
    pub context: Context,
    /// Points for each whole currency unit paid.
    pub points_per_unit: Decimal,
}

impl Owner for User {
    const NAME: &'static str = "user";

    fn context(&self) -> &Context {
        &self.context
    }
}
