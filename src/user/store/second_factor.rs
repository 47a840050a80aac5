//! Second factors and their recovery codes.

use diesel::prelude::*;
use serde_json::json;

use super::account;
use crate::actor::{Access, Task};
use crate::db::schema::{recovery_code, second_factor, users};
use crate::db::{self, Db, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::UserId;
use crate::journal::{self, Act};
use crate::user::User;
use crate::user::error::HasSecondFactor;
use crate::user::message::AccountState;
use crate::user::message::second_factor::{
    BeginSecondFactor, CodeHash, ConfirmSecondFactor, FindSecondFactor, ListSealedSecrets, Proof, Reseal, SealedSecret,
    SecondFactor, UseSecondFactor,
};

/// A row of `second_factor`.
#[derive(Insertable)]
#[diesel(table_name = second_factor)]
struct FactorRow<'a> {
    user_id: UserId,
    secret: &'a str,
    used_step: i64,
    create_time: Timestamp,
}

/// A row of `recovery_code`.
#[derive(Insertable)]
#[diesel(table_name = recovery_code, treat_none_as_default_value = false)]
struct CodeRow<'a> {
    user_id: UserId,
    code_hash: &'a str,
}

/// Deletes the second factor of a user, whose row is locked.
pub fn delete(db: &mut Db, user_id: UserId) -> db::Result<()> {
    let codes = recovery_code::table.filter(recovery_code::user_id.eq(user_id));
    with_conn!(db, diesel::delete(codes).execute(db))?;
    with_conn!(db, diesel::delete(second_factor::table.find(user_id)).execute(db))?;
    Ok(())
}

fn secret_of(db: &mut Db, user_id: UserId) -> db::Result<Option<SealedSecret>> {
    let secret = second_factor::table.find(user_id).select(second_factor::secret);
    Ok(with_conn!(db, secret.get_result(db)).optional()?)
}

/// Inserts secrets.
impl Task<User> for BeginSecondFactor {
    type Outcome = Result<(), HasSecondFactor>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        let create_time = owner.context.clock.now();
        let begin = |task: &Self| {
            let account = account::lock_state(db, task.user_id)?;
            if account.is_none_or(|account| account.second_factor_time.is_some()) {
                return Ok(Err(HasSecondFactor));
            }
            delete(db, task.user_id)?;
            let row = FactorRow { user_id: task.user_id, secret: &task.secret, used_step: 0, create_time };
            with_conn!(db, diesel::insert_into(second_factor::table).values(row).execute(db))?;
            Ok(Ok(()))
        };
        batch.iter().map(begin).collect()
    }
}

/// Finds second factors.
impl Task<User> for FindSecondFactor {
    type Outcome = Option<SecondFactor>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<SecondFactor>>> {
        let find = |task: &Self| {
            let Some(secret) = secret_of(db, task.user_id)? else { return Ok(None) };
            let codes = recovery_code::table.filter(recovery_code::user_id.eq(task.user_id)).count();
            Ok(Some(SecondFactor { secret, recovery_codes: with_conn!(db, codes.get_result(db))? }))
        };
        batch.iter().map(find).collect()
    }
}

/// Puts second factors into effect.
impl Task<User> for ConfirmSecondFactor {
    type Outcome = Option<AccountState>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<AccountState>>> {
        let now = owner.context.clock.now();
        let confirm = |task: &Self| {
            let account = account::lock_state(db, task.user_id)?.filter(|account| account.second_factor_time.is_none());
            let Some(mut account) = account else { return Ok(None) };
            if secret_of(db, task.user_id)?.as_ref() != Some(&task.secret) {
                return Ok(None);
            }
            account.token_epoch = account::next_epoch(&account, now);
            account.second_factor_time = Some(now);
            let columns =
                (users::second_factor_time.eq(account.second_factor_time), users::token_epoch.eq(account.token_epoch));
            with_conn!(db, diesel::update(users::table.find(task.user_id)).set(columns).execute(db))?;
            let step = second_factor::used_step.eq(task.step);
            with_conn!(db, diesel::update(second_factor::table.find(task.user_id)).set(step).execute(db))?;
            insert_codes(db, task.user_id, &task.recovery_codes)?;
            let (act_id, subject_id) = (owner.context.ids.next(), task.user_id.get());
            let act = Act { act_id, subject_id, act: "second_factor_added", reason: None, data: json!({}) };
            journal::record(db, &owner.context, Some(&task.request), act)?;
            Ok(Some(account))
        };
        batch.iter().map(confirm).collect()
    }
}

fn insert_codes(db: &mut Db, user_id: UserId, codes: &[CodeHash]) -> db::Result<()> {
    let rows: Vec<_> = codes.iter().map(|code_hash| CodeRow { user_id, code_hash }).collect();
    insert_all!(db, recovery_code::table, rows.as_slice())
}

/// Uses codes. The condition of each statement is what makes a code valid once: of two requests at the same time, one
/// finds no row any more.
impl Task<User> for UseSecondFactor {
    type Outcome = bool;
    const ACCESS: Access = Access::Write;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<bool>> {
        let use_once = |task: &Self| {
            let rows = match &task.proof {
                Proof::Step(step) => {
                    let unused = second_factor::table.find(task.user_id).filter(second_factor::used_step.lt(*step));
                    let used = second_factor::used_step.eq(*step);
                    with_conn!(db, diesel::update(unused).set(used).execute(db))?
                }
                Proof::RecoveryCode(hash) => {
                    let code = recovery_code::table.find((task.user_id, hash));
                    with_conn!(db, diesel::delete(code).execute(db))?
                }
            };
            Ok(rows == 1)
        };
        batch.iter().map(use_once).collect()
    }
}

/// Lists secrets.
impl Task<User> for ListSealedSecrets {
    type Outcome = Vec<(UserId, SealedSecret)>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        let all = second_factor::table.select((second_factor::user_id, second_factor::secret));
        let all: Self::Outcome = with_conn!(db, all.load(db))?;
        Ok(vec![all; batch.len()])
    }
}

/// Replaces texts of secrets.
impl Task<User> for Reseal {
    type Outcome = ();
    const ACCESS: Access = Access::Write;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let reseal = |task: &Self| {
            let same = second_factor::table.find(task.user_id).filter(second_factor::secret.eq(&task.old));
            with_conn!(db, diesel::update(same).set(second_factor::secret.eq(&task.new)).execute(db))?;
            Ok(())
        };
        batch.iter().map(reseal).collect()
    }
}
