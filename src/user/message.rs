//! What User can be asked.

use actix::Message;
use diesel::Queryable;
use serde::Serialize;

use super::error::{AdjustRefusal, NameTaken, Refusal};
use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::{OrderId, UserId};
use crate::domain::money::Money;
use crate::domain::status::{Direction, Role};
use crate::domain::text::{Mobile, Reason, UserName};

/// A user without the password's hash; from a row of `users`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable)]
pub struct User {
    /// The id.
    pub user_id: UserId,
    /// The name to sign in with.
    pub user_name: String,
    /// The mobile number.
    pub user_mobile: Option<String>,
    /// Loyalty points.
    pub user_score: i64,
    /// The balance.
    pub user_money: Money,
    /// Since when.
    pub user_reg_time: Timestamp,
}

/// What signing in needs to know.
#[derive(Clone, Queryable)]
pub struct Credential {
    /// Who.
    pub user_id: UserId,
    /// The argon2id hash of the password, in PHC form.
    pub user_password: String,
    /// What they may do.
    pub user_role: Role,
}

/// A new user, with the opening balance and points that the demo data give.
#[derive(Clone, Message)]
#[rtype(result = "Reply<Result<User, NameTaken>>")]
pub struct Register {
    /// The id to give; the demo data has a fixed one.
    pub user_id: UserId,
    /// The name, which nobody else has.
    pub user_name: UserName,
    /// The argon2id hash of the password, in PHC form.
    pub password_hash: String,
    /// The mobile number.
    pub user_mobile: Option<Mobile>,
    /// What they may do.
    pub role: Role,
    /// The opening balance.
    pub user_money: Money,
    /// The opening points.
    pub user_score: i64,
}

/// Replaces a user's password; `false` where there is no such user.
#[derive(Clone, Message)]
#[rtype(result = "Reply<bool>")]
pub struct SetPassword {
    /// Whose.
    pub user_id: UserId,
    /// The argon2id hash of the new password, in PHC form.
    pub password_hash: String,
}

/// The credential of the user with this name. Read.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Credential>>")]
pub struct FindCredential {
    /// The name.
    pub user_name: UserName,
}

/// A user. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<User>>")]
pub struct Find {
    /// Whom.
    pub user_id: UserId,
}

/// Takes balance for an order. Once per order: asked again it answers the same.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Result<(), Refusal>>")]
pub struct Take {
    /// The order.
    pub order_id: OrderId,
    /// Whose balance.
    pub user_id: UserId,
    /// How much, more than nothing.
    pub money: Money,
}

/// Changes balance and points by hand.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<User, AdjustRefusal>>")]
pub struct Adjust {
    /// Whose.
    pub user_id: UserId,
    /// Balance more or less.
    pub money: Money,
    /// Points more or less.
    pub score: i64,
    /// Why.
    pub reason: Reason,
}

/// One page of users, newest first, those older than `before`. Read.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<User>>")]
pub struct List {
    /// Only the one with this name.
    pub user_name: Option<UserName>,
    /// Where the last page ended.
    pub before: Option<UserId>,
    /// At most so many.
    pub limit: i64,
}

/// One page of what orders took of a user's balance and gave back, newest order first. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<MoneyEntry>>")]
pub struct MoneyLog {
    /// Whose.
    pub user_id: UserId,
    /// Where the last page ended: the order, and the number of the direction.
    pub before: Option<(OrderId, i32)>,
    /// At most so many.
    pub limit: i64,
}

/// A row of `user_money_log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MoneyEntry {
    /// For which order.
    pub order_id: OrderId,
    /// Paid for it, or refunded.
    #[serde(serialize_with = "paid_or_refunded")]
    pub money_log_type: Direction,
    /// How much.
    pub use_money: Money,
    /// When.
    pub create_time: Timestamp,
}

/// One page of the points a user's orders gave and took back, newest order first. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<ScoreEntry>>")]
pub struct ScoreLog {
    /// Whose.
    pub user_id: UserId,
    /// Where the last page ended: the order, and the number of the direction.
    pub before: Option<(OrderId, i32)>,
    /// At most so many.
    pub limit: i64,
}

/// A row of `user_score_log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ScoreEntry {
    /// For which order.
    pub order_id: OrderId,
    /// Added when it was paid, or taken back when it was refunded.
    #[serde(serialize_with = "paid_or_refunded")]
    pub score_log_type: Direction,
    /// How many.
    pub score: i64,
    /// When.
    pub create_time: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn paid_or_refunded<S: serde::Serializer>(direction: &Direction, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match direction {
        Direction::Forward => "paid",
        Direction::Back => "refunded",
    })
}

/// What this owner's log says of an order. Read.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Event>>")]
pub struct ReadTimeline {
    /// Which.
    pub order_id: OrderId,
}
