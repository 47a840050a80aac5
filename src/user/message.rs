//! The messages that User handles.

pub mod api_key;
pub mod second_factor;
pub mod session;

use actix::Message;
use diesel::Queryable;
use serde::Serialize;

use super::error::{AdjustRefusal, NameTaken, TakeRefusal};
use crate::actor::Reply;
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::{EntryId, OrderId, RefundId, UserId};
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::money::Money;
use crate::domain::status::{Direction, Role};
use crate::domain::text::{CustomerMessage, Mobile, Reason, UserName};
use crate::journal::{Performed, Request};

/// A user: a row of `users` without the password hash and the state of the account.
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

/// The state of an account: what its user may do, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable)]
pub struct AccountState {
    /// Id of the user.
    pub user_id: UserId,
    /// Role, which decides the permissions.
    pub user_role: Role,
    /// The administrator who has given the role; `None` if none has: then an administrator is one only as long as the
    /// settings say so.
    pub role_by: Option<UserId>,
    /// Since when the user may not sign in.
    pub disable_time: Option<Timestamp>,
    /// Access tokens are valid only if they carry this moment: the last one that ended all earlier tokens. 0 if none did.
    pub token_epoch: Timestamp,
    /// Since when the user signs in with a one-time code as well; `None` without a second factor.
    pub second_factor_time: Option<Timestamp>,
}

/// The columns of `users` that signing in needs.
#[derive(Clone, Queryable)]
pub struct Credential {
    /// Id of the user.
    pub user_id: UserId,
    /// Name of the user, as registered.
    pub user_name: String,
    /// Argon2id hash of the password, in PHC string format.
    pub user_password: String,
    /// The state of the account.
    pub state: AccountState,
}

/// Registers a user. An opening balance and opening points are recorded as the first adjustment. A request that is
/// repeated under its key registers no second user.
#[derive(Clone, Message)]
#[rtype(result = "Reply<Result<Registered, NameTaken>>")]
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
    /// Idempotency key of the client. It belongs to the name.
    pub key: Option<IdempotencyKey>,
}

/// Finds out what a [`Register`] with this name and key would find, before its password is hashed: the user that it has
/// registered earlier, or that the name is taken. `None` if the name is free. Read-only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Result<Registered, NameTaken>>>")]
pub struct FindRegistration {
    /// Name of the new user.
    pub user_name: UserName,
    /// Idempotency key of the client.
    pub key: Option<IdempotencyKey>,
}

/// Outcome of a [`Register`].
#[derive(Clone)]
pub struct Registered {
    /// The user.
    pub user: User,
    /// Hash of the user's password if an earlier request with this name and key has registered the user. Whether that was
    /// the same request depends on the password and the mobile number.
    pub earlier_hash: Option<String>,
}

/// Replaces a user's password and ends the user's sessions. `None` if the user does not exist.
#[derive(Clone, Message)]
#[rtype(result = "Reply<Option<AccountState>>")]
pub struct SetPassword {
    /// Id of the user.
    pub user_id: UserId,
    /// Argon2id hash of the new password, in PHC string format.
    pub password_hash: String,
}

/// Replaces the hash of a password by another hash of the same password. Nothing changes if the password was replaced
/// meanwhile.
#[derive(Clone, Message)]
#[rtype(result = "Reply<()>")]
pub struct Rehash {
    /// Id of the user.
    pub user_id: UserId,
    /// The present hash.
    pub old: String,
    /// The new hash.
    pub new: String,
}

/// Finds the credential of a user by name. Read-only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Option<Credential>>")]
pub struct FindCredential {
    /// Name that the user signs in with.
    pub user_name: UserName,
}

/// Lists the names of the administrators to whom no administrator has given the role, in alphabetical order. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<String>>")]
pub struct ListAdmins;

/// Finds a user by id. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<User>>")]
pub struct Find {
    /// Id of the user.
    pub user_id: UserId,
}

/// Finds a user and the state of the account. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Option<(User, AccountState)>>")]
pub struct FindWithState {
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

/// Adjusts balance and points by hand and records the adjustment. A request that is repeated under its key changes
/// nothing.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Result<Performed<User>, AdjustRefusal>>")]
pub struct Adjust {
    /// Id of the user.
    pub user_id: UserId,
    /// Amount to add to the balance; negative to deduct.
    pub money: Money,
    /// Points to add; negative to deduct.
    pub score: i64,
    /// Reason for the adjustment, for operators.
    pub reason: Reason,
    /// Words for the customer.
    pub message: Option<CustomerMessage>,
    /// The administrator's request.
    pub request: Request,
}

/// Reads one page of users, newest first. Read-only.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Reply<Vec<(User, AccountState)>>")]
pub struct List {
    /// Restricts the result to users with this role.
    pub user_role: Option<Role>,
    /// Restricts the result to the user with this name.
    pub user_name: Option<UserName>,
    /// Restricts the result to users whose name begins so.
    pub prefix: Option<UserName>,
    /// Last user of the previous page; only older users are returned. `None` for the first page.
    pub before: Option<UserId>,
    /// Maximum number of users.
    pub limit: i64,
}

/// Position of an entry in a log that is sorted by time: the time, then the order, refund or adjustment, then the number
/// of the [`Direction`]; 0 for an adjustment.
pub type LogPosition = (Timestamp, (i64, i32));

/// Reads one page of the payments from a user's balance and their refunds, the latest first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<MoneyLogEntry>>")]
pub struct ListMoneyLog {
    /// Id of the user.
    pub user_id: UserId,
    /// Last entry of the previous page.
    pub before: Option<LogPosition>,
    /// Maximum number of entries.
    pub limit: i64,
}

/// Kind of an entry in the log of a balance or of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LogKind {
    /// An order took balance, or its payment added points.
    Paid,
    /// Balance went back to the user, or points were deducted.
    Refunded,
    /// An administrator has adjusted the balance or the points.
    Adjusted,
}

impl From<Direction> for LogKind {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Forward => Self::Paid,
            Direction::Back => Self::Refunded,
        }
    }
}

/// A change of a user's balance: a row of `user_money_log` or of `user_adjustment`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MoneyLogEntry {
    /// Order that was paid or refunded; `None` for an adjustment.
    pub order_id: Option<OrderId>,
    /// Kind of the change.
    pub money_log_type: LogKind,
    /// The amount that an order took or gave back. For an adjustment, the amount that it took: negative if it added.
    pub use_money: Money,
    /// The change of the balance. The changes of all entries add up to the balance.
    pub delta: Money,
    /// Words of an administrator about an adjustment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Time of the entry.
    pub create_time: Timestamp,
    /// Position of the entry in its log.
    #[serde(skip)]
    pub position: LogPosition,
}

/// Reads the points that an order has added; 0 if it has added none. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<i64>")]
pub struct FindPoints {
    /// Id of the order.
    pub order_id: OrderId,
}

/// Reads one page of the points that a user's orders added and deducted, the latest first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<ScoreLogEntry>>")]
pub struct ListScoreLog {
    /// Id of the user.
    pub user_id: UserId,
    /// Last entry of the previous page.
    pub before: Option<LogPosition>,
    /// Maximum number of entries.
    pub limit: i64,
}

/// A change of a user's points: a row of `user_score_log`, `user_score_part` or `user_adjustment`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ScoreLogEntry {
    /// Order that was paid or refunded; `None` for an adjustment.
    pub order_id: Option<OrderId>,
    /// Kind of the change.
    pub score_log_type: LogKind,
    /// Number of points; of an adjustment, negative if it deducted points.
    pub score: i64,
    /// The change of the points. The changes of all entries add up to the points.
    pub delta: i64,
    /// Time of the entry.
    pub create_time: Timestamp,
    /// The part refund that deducted the points.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<RefundId>,
    /// Position of the entry in its log.
    #[serde(skip)]
    pub position: LogPosition,
}

/// An adjustment of balance and points: a row of `user_adjustment` with its author.
#[derive(Debug, Clone)]
pub struct Adjustment {
    /// Id of the adjustment.
    pub adjustment_id: EntryId,
    /// The user whose balance or points were adjusted.
    pub user_id: UserId,
    /// Amount that was added to the balance; negative if it was deducted.
    pub money: Money,
    /// Points that were added; negative if they were deducted.
    pub score: i64,
    /// Reason for the adjustment, for operators.
    pub reason: String,
    /// Words for the customer.
    pub message: Option<String>,
    /// The administrator; `None` for opening values, and for adjustments by earlier releases.
    pub by: Option<UserId>,
    /// Time of the adjustment.
    pub create_time: Timestamp,
}

/// Reads one page of adjustments, newest first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Adjustment>>")]
pub struct ListAdjustments {
    /// Restricts the result to those of this user.
    pub user_id: Option<UserId>,
    /// Last adjustment of the previous page; only older ones are returned. `None` for the first page.
    pub before: Option<EntryId>,
    /// Maximum number of adjustments.
    pub limit: i64,
}

/// Reads the events that this owner has logged for an order. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<Event>>")]
pub struct ReadTimeline {
    /// Id of the order.
    pub order_id: OrderId,
}
