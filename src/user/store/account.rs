//! Reads and locks rows of `users`.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::schema::users;
use crate::db::{self, Db, any_of, for_update, with_conn};
use crate::domain::id::UserId;
use crate::domain::money::Money;
use crate::user::message;

/// Type of [`COLUMNS`].
pub type Columns =
    (users::user_id, users::user_name, users::user_mobile, users::user_score, users::user_money, users::user_reg_time);
/// The columns of [`message::User`]: all but the password hash and the role.
pub const COLUMNS: Columns =
    (users::user_id, users::user_name, users::user_mobile, users::user_score, users::user_money, users::user_reg_time);

/// Locks users until the transaction ends and returns their balances.
pub fn lock(db: &mut Db, ids: impl Iterator<Item = UserId>) -> db::Result<HashMap<UserId, Money>> {
    let rows: Vec<(UserId, Money)> = db::load_by(&ids.collect::<Vec<_>>(), |ids| {
        let users = users::table.filter(any_of(users::user_id, ids)).order(users::user_id);
        with_conn!(db, for_update(users.select((users::user_id, users::user_money))).load(db))
    })?;
    Ok(rows.into_iter().collect())
}

/// Reads users by their ids.
pub fn find(db: &mut Db, ids: impl Iterator<Item = UserId>) -> db::Result<HashMap<UserId, message::User>> {
    let rows: Vec<message::User> = db::load_by(&ids.collect::<Vec<_>>(), |ids| {
        with_conn!(db, users::table.filter(any_of(users::user_id, ids)).select(COLUMNS).load(db))
    })?;
    Ok(rows.into_iter().map(|row| (row.user_id, row)).collect())
}
