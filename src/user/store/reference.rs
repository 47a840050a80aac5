//! The customers of the shop's own servers, by reference.

use diesel::prelude::*;

use super::account::{self, NewUser};
use crate::actor::{Access, Task};
use crate::db::ledger::{self, Entry, Line};
use crate::db::schema::user_reference;
use crate::db::{self, Db, with_conn};
use crate::domain::api_key::{KeyName, Reference};
use crate::domain::clock::Timestamp;
use crate::domain::id::UserId;
use crate::domain::money::Money;
use crate::domain::status::Role;
use crate::user::User;
use crate::user::message::api_key::{FindReference, KnownAs, OpenAccount};

/// In place of a password hash: no password matches it.
const NO_PASSWORD: &str = "";

/// A row of `user_reference`.
#[derive(Insertable)]
#[diesel(table_name = user_reference, treat_none_as_default_value = false)]
struct Row<'a> {
    user_id: UserId,
    key_name: &'a str,
    reference: &'a str,
    create_time: Timestamp,
}

impl Entry for Row<'_> {
    const LEDGER: &'static str = "user_reference";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.user_id.get()).text(self.key_name).text(self.reference).integer(self.create_time.0);
    }
}

/// Finds the account of a customer.
pub fn find(db: &mut Db, name: &KeyName, reference: &Reference) -> db::Result<Option<UserId>> {
    let row = user_reference::table
        .filter(user_reference::key_name.eq(name.as_str()).and(user_reference::reference.eq(reference.as_str())))
        .select(user_reference::user_id);
    Ok(with_conn!(db, row.get_result(db)).optional()?)
}

/// Opens accounts that do not exist. If another transaction opens the same account at the same time, the batch is
/// repeated and finds it.
impl Task<User> for OpenAccount {
    type Outcome = UserId;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<UserId>> {
        let now = owner.context.clock.now();
        let open = |task: &Self| {
            if let Some(user_id) = find(db, &task.name, &task.reference)? {
                return Ok(user_id);
            }
            // No user can register with this name or sign in with it, because it has a colon.
            let user_name = format!("reference:{}", task.user_id);
            let user = NewUser {
                user_id: task.user_id,
                user_name: &user_name,
                user_password: NO_PASSWORD,
                user_mobile: None,
                user_score: 0,
                user_reg_time: now,
                user_money: Money::ZERO,
                user_role: Role::Customer,
                idempotency_key: None,
                name_key: None,
            };
            account::insert(db, user)?;
            let (key_name, reference) = (task.name.as_str(), task.reference.as_str());
            let row = Row { user_id: task.user_id, key_name, reference, create_time: now };
            ledger::record(db, std::slice::from_ref(&row));
            with_conn!(db, diesel::insert_into(user_reference::table).values(&row).execute(db))?;
            Ok(task.user_id)
        };
        batch.iter().map(open).collect()
    }
}

/// Finds the references of customers.
impl Task<User> for FindReference {
    type Outcome = Option<KnownAs>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<KnownAs>>> {
        let find = |task: &Self| {
            let row = user_reference::table.find(task.user_id);
            let row = row.select((user_reference::key_name, user_reference::reference));
            let known: Option<(String, String)> = with_conn!(db, row.get_result(db)).optional()?;
            Ok(known.map(|(key_name, reference)| KnownAs { key_name, reference }))
        };
        batch.iter().map(find).collect()
    }
}
