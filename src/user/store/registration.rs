//! Finds accounts by name and registers them. Names that differ in case only are the same.

use diesel::prelude::*;

use super::{account, adjustment};
use crate::actor::{Access, Task};
use crate::db::schema::users;
use crate::db::{self, Db, with_conn};
use crate::domain::idempotency::IdempotencyKey;
use crate::domain::money::Money;
use crate::domain::status::Role;
use crate::domain::text::{Mobile, UserName};
use crate::user::User;
use crate::user::error::NameTaken;
use crate::user::message::{self, Credential, FindCredential, FindRegistration, ListAdmins, Register, Registered};

/// Finds the credential of the user with this name: in exactly this case, or in another one.
pub fn find(db: &mut Db, name: &UserName) -> db::Result<Option<Credential>> {
    let named = users::user_name.eq(name.as_str()).or(users::name_key.eq(Some(name.key())));
    let columns = (users::user_id, users::user_name, users::user_password, account::STATE);
    let mut found: Vec<Credential> = with_conn!(db, users::table.filter(named).select(columns).load(db))?;
    // Accounts of earlier releases can have names that differ in case only.
    let exact = found.iter().position(|credential| credential.user_name == name.as_str());
    Ok(exact.map(|exact| found.swap_remove(exact)).or_else(|| found.pop()))
}

/// Finds credentials by user name.
impl Task<User> for FindCredential {
    type Outcome = Option<Credential>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<Credential>>> {
        batch.iter().map(|task| find(db, &task.user_name)).collect()
    }
}

impl Task<User> for ListAdmins {
    type Outcome = Vec<String>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<String>>> {
        let admins = users::table.filter(users::user_role.eq(Role::Admin).and(users::role_by.is_null()));
        let names: Vec<String> = with_conn!(db, admins.order(users::user_name).select(users::user_name).load(db))?;
        Ok(vec![names; batch.len()])
    }
}

/// Finds what registrations would find.
impl Task<User> for FindRegistration {
    type Outcome = Option<Result<Registered, NameTaken>>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        let find = |task: &Self| {
            let Some(earlier) = find(db, &task.user_name)? else { return Ok(None) };
            let key = task.key.as_ref().map(IdempotencyKey::as_str);
            earlier_registration(db, &earlier, task.user_name.as_str(), key).map(Some)
        };
        batch.iter().map(find).collect()
    }
}

/// Inserts users. The name is looked up first, so that a name that is taken is a refusal and does not fail the batch.
impl Task<User> for Register {
    type Outcome = Result<Registered, NameTaken>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        let now = owner.context.clock.now();
        let register = |task: &Register| {
            let name = task.user_name.as_str();
            let key = task.key.as_ref().map(IdempotencyKey::as_str);
            if let Some(earlier) = find(db, &task.user_name)? {
                return earlier_registration(db, &earlier, name, key);
            }
            let mobile = task.user_mobile.clone().map(Mobile::into_inner);
            let user = account::NewUser {
                user_id: task.user_id,
                user_name: name,
                user_password: &task.password_hash,
                user_mobile: mobile.as_deref(),
                user_score: task.user_score,
                user_reg_time: now,
                user_money: task.user_money,
                user_role: task.role,
                idempotency_key: key,
                name_key: Some(&task.user_name.key()),
            };
            account::insert(db, user)?;
            if task.user_money != Money::ZERO || task.user_score != 0 {
                let reason = "opening balance".to_owned();
                let opening = (task.user_money, task.user_score);
                adjustment::insert(owner, db, task.user_id, opening, (reason, None), now)?;
            }
            let user = message::User {
                user_id: task.user_id,
                user_name: name.to_owned(),
                user_mobile: mobile,
                user_score: task.user_score,
                user_money: task.user_money,
                user_reg_time: now,
            };
            Ok(Ok(Registered { user, earlier_hash: None }))
        };
        batch.iter().map(register).collect()
    }
}

/// The outcome of a registration under a name that a user has: the same request has registered the user, or the name is
/// taken.
fn earlier_registration(
    db: &mut Db,
    earlier: &Credential,
    name: &str,
    key: Option<&str>,
) -> db::Result<Result<Registered, NameTaken>> {
    let row = users::table.find(earlier.state.user_id).select((account::COLUMNS, users::idempotency_key));
    let (user, known): (message::User, Option<String>) = with_conn!(db, row.get_result(db))?;
    let is_same = key.is_some() && known.as_deref() == key && user.user_name == name;
    let earlier_hash = Some(earlier.user_password.clone());
    Ok(if is_same { Ok(Registered { user, earlier_hash }) } else { Err(NameTaken) })
}
