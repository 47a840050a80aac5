//! User owns `users`, `user_money_log`, `user_score_log`, `user_adjustment`, `user_reference`, `api_key`, `sign_in`,
//! `ended_session`, `second_factor`, `recovery_code` and `admin_act`. The tables of [`webhook`](crate::webhook) are in its
//! store too.
//!
//! Invariants, for each user:
//!
//! - adjustments - balance paid (type 1) + balance refunded (type 2) = `user_money`, which is never negative;
//! - adjustments + points added - points deducted = `user_score`;
//! - a user has either a password or a row in `user_reference`.

pub mod actor;
pub mod error;
pub mod message;
mod store;

use rust_decimal::Decimal;

use crate::actor::{Context, Owner};
use crate::journal::Journaled;

/// The owner of users, their balance and their points.
#[derive(Debug)]
pub struct User {
    /// Dependencies of an owner.
    pub context: Context,
    /// Points for each whole currency unit paid; the setting `points.per_unit`.
    pub points_per_unit: Decimal,
}

impl Journaled for User {}

impl Owner for User {
    const NAME: &'static str = "user";

    fn context(&self) -> &Context {
        &self.context
    }
}
