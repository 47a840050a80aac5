//! The state of accounts: roles, disabled accounts, and the moment that ends earlier access tokens.

use diesel::prelude::*;
use serde_json::json;

use super::account::{self, NewUser};
use super::second_factor;
use crate::actor::{Access, Task};
use crate::db::ledger;
use crate::db::schema::users;
use crate::db::{self, Db, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::UserId;
use crate::domain::status::Role;
use crate::journal::{self, Act};
use crate::user::User;
use crate::user::message::session::{AccountChange, ChangeAccount, EndSessions, FindState};
use crate::user::message::{self, AccountState, FindWithState, Rehash, SetPassword};

/// Ends the sessions of a user and returns the new state.
fn end_sessions(owner: &User, db: &mut Db, user_id: UserId) -> db::Result<Option<AccountState>> {
    let Some(mut state) = account::lock_state(db, user_id)? else { return Ok(None) };
    state.token_epoch = account::next_epoch(&state, owner.context.clock.now());
    let row = users::table.find(user_id);
    with_conn!(db, diesel::update(row).set(users::token_epoch.eq(state.token_epoch)).execute(db))?;
    Ok(Some(state))
}

/// Finds states.
impl Task<User> for FindState {
    type Outcome = Option<AccountState>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<AccountState>>> {
        let find = |task: &Self| {
            let row = users::table.find(task.user_id).select(account::STATE);
            Ok(with_conn!(db, row.get_result(db)).optional()?)
        };
        batch.iter().map(find).collect()
    }
}

/// Finds users with their states.
impl Task<User> for FindWithState {
    type Outcome = Option<(message::User, AccountState)>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        let find = |task: &Self| {
            let found = users::table.find(task.user_id).select((account::COLUMNS, account::STATE));
            Ok(with_conn!(db, found.get_result(db)).optional()?)
        };
        batch.iter().map(find).collect()
    }
}

/// Ends sessions.
impl Task<User> for EndSessions {
    type Outcome = Option<AccountState>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<AccountState>>> {
        batch.iter().map(|task| end_sessions(owner, db, task.user_id)).collect()
    }
}

/// Replaces passwords.
impl Task<User> for SetPassword {
    type Outcome = Option<AccountState>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<AccountState>>> {
        let set = |task: &Self| {
            let state = end_sessions(owner, db, task.user_id)?;
            let row = users::table.find(task.user_id);
            with_conn!(db, diesel::update(row).set(users::user_password.eq(&task.password_hash)).execute(db))?;
            Ok(state)
        };
        batch.iter().map(set).collect()
    }
}

/// Replaces hashes.
impl Task<User> for Rehash {
    type Outcome = ();
    const ACCESS: Access = Access::Write;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let set = |task: &Self| {
            let row = users::table.filter(users::user_id.eq(task.user_id).and(users::user_password.eq(&task.old)));
            with_conn!(db, diesel::update(row).set(users::user_password.eq(&task.new)).execute(db))?;
            Ok(())
        };
        batch.iter().map(set).collect()
    }
}

/// Changes accounts, and records who did it.
impl Task<User> for ChangeAccount {
    type Outcome = Option<(message::User, AccountState)>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        let change = |task: &Self| {
            let Some(before) = account::lock_state(db, task.user_id)? else { return Ok(None) };
            let mut after = changed(&before, task, owner.context.clock.now());
            let row = users::table.find(task.user_id).select(account::COLUMNS);
            let user: message::User = with_conn!(db, row.get_result(db))?;
            if after == before && task.change != AccountChange::SignOut {
                return Ok(Some((user, before)));
            }
            after.token_epoch = account::next_epoch(&before, owner.context.clock.now());
            let columns = (
                users::user_role.eq(after.user_role),
                users::role_by.eq(after.role_by),
                users::disable_time.eq(after.disable_time),
                users::token_epoch.eq(after.token_epoch),
                users::second_factor_time.eq(after.second_factor_time),
            );
            with_conn!(db, diesel::update(users::table.find(task.user_id)).set(columns).execute(db))?;
            if task.change == AccountChange::RemoveSecondFactor {
                second_factor::delete(db, task.user_id)?;
            }
            if after.user_role != before.user_role {
                ledger::record_change(db, &ledger_row(&user, after.user_role));
            }
            journal::record(db, &owner.context, Some(&task.request), act(owner, task, &before))?;
            Ok(Some((user, after)))
        };
        batch.iter().map(change).collect()
    }
}

fn changed(before: &AccountState, task: &ChangeAccount, now: Timestamp) -> AccountState {
    match task.change {
        AccountChange::Role(user_role) if user_role == before.user_role && before.role_by.is_some() => *before,
        AccountChange::Role(Role::Customer) => AccountState { user_role: Role::Customer, role_by: None, ..*before },
        AccountChange::Role(user_role) => AccountState { user_role, role_by: Some(task.request.admin), ..*before },
        AccountChange::Disable => AccountState { disable_time: before.disable_time.or(Some(now)), ..*before },
        AccountChange::Enable => AccountState { disable_time: None, ..*before },
        AccountChange::SignOut => *before,
        AccountChange::RemoveSecondFactor => AccountState { second_factor_time: None, ..*before },
    }
}

fn act(owner: &User, task: &ChangeAccount, before: &AccountState) -> Act {
    let (act, data) = match task.change {
        AccountChange::Role(role) => ("role_changed", json!({"user_role": {"from": before.user_role, "to": role}})),
        AccountChange::Disable => ("disabled", json!({})),
        AccountChange::Enable => ("enabled", json!({})),
        AccountChange::SignOut => ("signed_out", json!({})),
        AccountChange::RemoveSecondFactor => ("second_factor_removed", json!({})),
    };
    let (act_id, subject_id) = (owner.context.ids.next(), task.user_id.get());
    Act { act_id, subject_id, act, reason: task.reason.clone(), data }
}

/// The columns of the ledger, in the form in which a row is recorded.
fn ledger_row(user: &message::User, user_role: Role) -> NewUser<'_> {
    NewUser {
        user_id: user.user_id,
        user_name: &user.user_name,
        user_password: "",
        user_mobile: None,
        user_score: user.user_score,
        user_reg_time: user.user_reg_time,
        user_money: user.user_money,
        user_role,
        idempotency_key: None,
        name_key: None,
    }
}
