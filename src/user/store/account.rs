//! Reads, locks and inserts rows of `users`.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::ledger::{self, Entry, Line};
use crate::db::schema::users;
use crate::db::{self, Db, any_of, for_update, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::UserId;
use crate::domain::money::Money;
use crate::domain::status::Role;
use crate::user::message;

/// Type of [`COLUMNS`].
pub type Columns =
    (users::user_id, users::user_name, users::user_mobile, users::user_score, users::user_money, users::user_reg_time);
/// The columns of [`message::User`]: all but the password hash and the role.
pub const COLUMNS: Columns =
    (users::user_id, users::user_name, users::user_mobile, users::user_score, users::user_money, users::user_reg_time);

/// Type of [`STATE`].
pub type StateColumns = (
    users::user_id,
    users::user_role,
    users::role_by,
    users::disable_time,
    users::token_epoch,
    users::second_factor_time,
);
/// The columns of [`message::AccountState`].
pub const STATE: StateColumns = (
    users::user_id,
    users::user_role,
    users::role_by,
    users::disable_time,
    users::token_epoch,
    users::second_factor_time,
);

/// A new row of `users`.
#[derive(Insertable)]
#[diesel(table_name = users, treat_none_as_default_value = false)]
pub struct NewUser<'a> {
    pub user_id: UserId,
    pub user_name: &'a str,
    pub user_password: &'a str,
    pub user_mobile: Option<&'a str>,
    pub user_score: i64,
    pub user_reg_time: Timestamp,
    pub user_money: Money,
    pub user_role: Role,
    pub idempotency_key: Option<&'a str>,
    /// The name in lower case; `None` for an account without sign-in.
    pub name_key: Option<&'a str>,
}

impl Entry for NewUser<'_> {
    const LEDGER: &'static str = "users";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.user_id.get()).text(self.user_name).integer(self.user_role.number());
        line.integer(self.user_reg_time.0);
    }
}

/// Inserts a user.
pub fn insert(db: &mut Db, user: NewUser<'_>) -> db::Result<()> {
    ledger::record(db, std::slice::from_ref(&user));
    with_conn!(db, diesel::insert_into(users::table).values(user).execute(db))?;
    Ok(())
}

/// Locks users until the transaction ends and returns their balances.
pub fn lock(db: &mut Db, ids: impl Iterator<Item = UserId>) -> db::Result<HashMap<UserId, Money>> {
    let rows: Vec<(UserId, Money)> = db::load_by(&ids.collect::<Vec<_>>(), |ids| {
        let users = users::table.filter(any_of(users::user_id, ids)).order(users::user_id);
        with_conn!(db, for_update(users.select((users::user_id, users::user_money))).load(db))
    })?;
    Ok(rows.into_iter().collect())
}

/// Locks a user until the transaction ends and returns the state of the account.
pub fn lock_state(db: &mut Db, user_id: UserId) -> db::Result<Option<message::AccountState>> {
    let row = users::table.find(user_id).select(STATE);
    Ok(with_conn!(db, for_update(row).get_result(db)).optional()?)
}

/// The moment of a change of an account. It differs from the one before, also if both happen in the same millisecond.
pub fn next_epoch(state: &message::AccountState, now: Timestamp) -> Timestamp {
    Timestamp(now.0.max(state.token_epoch.0.saturating_add(1)))
}

/// Reads users by their ids.
pub fn find(db: &mut Db, ids: impl Iterator<Item = UserId>) -> db::Result<HashMap<UserId, message::User>> {
    let rows: Vec<message::User> = db::load_by(&ids.collect::<Vec<_>>(), |ids| {
        with_conn!(db, users::table.filter(any_of(users::user_id, ids)).select(COLUMNS).load(db))
    })?;
    Ok(rows.into_iter().map(|row| (row.user_id, row)).collect())
}
