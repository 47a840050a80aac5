//! The messages that User handles.

use actix::Message;
use diesel::Queryable;
use serde::Serialize;

use super::error::{AdjustRefusal, NameTaken, TakeRefusal};
use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::{OrderId, UserId};
use crate::domain::money::Money;
use crate::domain::status::{Direction, Role};
use crate::domain::text::{Mobile, Reason, UserName};

/// A user: a row of `users` without the password hash and the role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable)]
pub struct User {
    /// Id of the user.
    pub user_id: UserId,
    /// Name that the user signs in with.
    pub user_name: String,
    /// Mobile number.
    pub user_mobile: Option<String>,
    /// Loyalty points; may become negative when an order is refunded.
    pub user_score: i64,
    /// Balance; never negative.
    pub user_money: Money,
    /// Time of registration.
    pub user_reg_time: Timestamp,
}

/// The columns of `users` that signing in needs.
#[derive(Clone, Queryable)]
pub struct Credential {
    /// Id of the user.
    pub user_id: UserId,
    /// Argon2id hash of the password, in PHC string format.
    pub user_password: String,
    /// Role, which decides the permissions.
    pub user_role: Role,
}

/// Registers a user. An opening balance and opening points are recorded as the first adjustment.
#[derive(Clone, Message)]
#[rtype(result = "Reply<Result<User, NameTaken>>")]
pub struct Register {
    /// Id of the new user. Chosen by the caller because the demo data uses a fixed id.
    pub user_id: UserId,
    /// Name that the user signs in with; unique.
    pub user_name: UserName,
    /// Argon2id hash of the password, in PHC string format.
    pub password_hash: String,
    /// Mobile number.
    pub user_mobile: Option<Mobile>,
    /// Role, which decides the permissions.
    pub role: Role,
    /// Opening balance; not negative.
    pub user_money: Money,
    /// Opening points.
    pub user_score: i64,
}

/// Replaces a user's password. The outcome is `false` if the user does not exist.
#[derive(Clone, Message)]
#[rtype(result = "Reply<bool>")]
pub struct SetPassword {
    /// Id of the user.
    pub user_id: UserId,
    /// Argon2id hash of the new password, in PHC string format.
    pub password_hash: String,
}

/// Finds the credential of a user by name. Read-only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Credential>>")]
pub struct FindCredential {
    /// Name that the user signs in with.
    pub user_name: UserName,
}

/// Finds a user by id. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<User>>")]
pub struct Find {
    /// Id of the user.
    pub user_id: UserId,
}

/// Takes balance for an order. Idempotent per order: a repeated request returns the same outcome.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Result<(), TakeRefusal>>")]
pub struct Take {
    /// Id of the order.
    pub order_id: OrderId,
    /// User whose balance pays.
    pub user_id: UserId,
    /// Amount to take; greater than zero.
    pub money: Money,
}

/// Adjusts balance and points by hand and records the adjustment.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<User, AdjustRefusal>>")]
pub struct Adjust {
    /// Id of the user.
    pub user_id: UserId,
    /// Amount to add to the balance; negative to deduct.
    pub money: Money,
    /// Points to add; negative to deduct.
    pub score: i64,
    /// Reason for the adjustment.
    pub reason: Reason,
}

/// Reads one page of users, newest first. Read-only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<User>>")]
pub struct List {
    /// Restricts the result to the user with this name.
    pub user_name: Option<UserName>,
    /// Last user of the previous page; only older users are returned. `None` for the first page.
    pub before: Option<UserId>,
    /// Maximum number of users.
    pub limit: i64,
}

/// Reads one page of the payments from a user's balance and their refunds, newest order first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<MoneyLogEntry>>")]
pub struct ListMoneyLog {
    /// Id of the user.
    pub user_id: UserId,
    /// Last entry of the previous page: its order and the number of its [`Direction`].
    pub before: Option<(OrderId, i32)>,
    /// Maximum number of entries.
    pub limit: i64,
}

/// A payment from the balance, or its refund: a row of `user_money_log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MoneyLogEntry {
    /// Order that was paid or refunded.
    pub order_id: OrderId,
    /// `paid` or `refunded` in JSON.
    #[serde(serialize_with = "paid_or_refunded")]
    pub money_log_type: Direction,
    /// The amount that was paid or refunded.
    pub use_money: Money,
    /// Time of the entry.
    pub create_time: Timestamp,
}

/// Reads one page of the points that a user's orders added and deducted, newest order first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<ScoreLogEntry>>")]
pub struct ListScoreLog {
    /// Id of the user.
    pub user_id: UserId,
    /// Last entry of the previous page: its order and the number of its [`Direction`].
    pub before: Option<(OrderId, i32)>,
    /// Maximum number of entries.
    pub limit: i64,
}

/// Points that an order added or deducted: a row of `user_score_log`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ScoreLogEntry {
    /// Order that was paid or refunded.
    pub order_id: OrderId,
    /// `paid` in JSON if the points were added, `refunded` if they were deducted.
    #[serde(serialize_with = "paid_or_refunded")]
    pub score_log_type: Direction,
    /// Number of points.
    pub score: i64,
    /// Time of the entry.
    pub create_time: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn paid_or_refunded<S: serde::Serializer>(direction: &Direction, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match direction {
        Direction::Forward => "paid",
        Direction::Back => "refunded",
    })
}

/// Reads the events that this owner has logged for an order. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Event>>")]
pub struct ReadTimeline {
    /// Id of the order.
    pub order_id: OrderId,
}
