//! The API keys of the shop's own servers.

use diesel::prelude::*;
use serde_json::json;

use super::reference;
use crate::actor::{Access, Task};
use crate::db::ledger::{self, Entry, Line};
use crate::db::schema::api_key;
use crate::db::{self, Db, for_update, with_conn};
use crate::domain::api_key::{KeyName, Scopes};
use crate::domain::clock::Timestamp;
use crate::domain::id::ApiKeyId;
use crate::journal::{self, Act, KeyReused, Performed};
use crate::user::User;
use crate::user::message::api_key::{
    ApiKey, CreateApiKey, FindApiKey, FoundKey, ListApiKeys, RecordUse, RevokeApiKey, USE_EXACT_TO,
};

/// A row of `api_key`.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = api_key, treat_none_as_default_value = false)]
struct Row {
    api_key_id: ApiKeyId,
    key_name: String,
    key_prefix: String,
    key_hash: String,
    scopes: String,
    create_time: Timestamp,
    revoke_time: Option<Timestamp>,
    use_time: Option<Timestamp>,
}

impl Entry for Row {
    const LEDGER: &'static str = "api_key";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.api_key_id.get()).text(&self.key_name).text(&self.key_prefix).text(&self.key_hash);
        line.text(&self.scopes).integer(self.create_time.0);
    }
}

impl Row {
    fn view(self) -> db::Result<ApiKey> {
        Ok(ApiKey {
            api_key_id: self.api_key_id,
            name: KeyName::try_from(self.key_name).map_err(|invalid| db::Error::bug(invalid.to_string()))?,
            prefix: self.key_prefix,
            scopes: Scopes::from_stored(&self.scopes),
            create_time: self.create_time,
            revoke_time: self.revoke_time,
            use_time: self.use_time,
        })
    }
}

fn find(db: &mut Db, api_key_id: ApiKeyId) -> db::Result<Option<Row>> {
    Ok(with_conn!(db, for_update(api_key::table.find(api_key_id)).get_result(db)).optional()?)
}

/// Inserts keys.
impl Task<User> for CreateApiKey {
    type Outcome = Result<Performed<ApiKey>, KeyReused>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        let now = owner.context.clock.now();
        let create = |task: &Self| {
            match journal::find_earlier(db, Some(&task.request))? {
                None => {}
                Some(Err(reused)) => return Ok(Err(reused)),
                Some(Ok(subject_id)) => {
                    let earlier = find(db, ApiKeyId::new(subject_id))?;
                    let earlier = earlier.ok_or_else(|| db::Error::bug(format!("there is no key {subject_id}")))?;
                    return Ok(Ok(Performed::before(earlier.view()?)));
                }
            }
            let row = Row {
                api_key_id: task.api_key_id,
                key_name: task.name.as_str().to_owned(),
                key_prefix: task.prefix.clone(),
                key_hash: task.hash.clone(),
                scopes: task.scopes.stored(),
                create_time: now,
                revoke_time: None,
                use_time: None,
            };
            ledger::record(db, std::slice::from_ref(&row));
            with_conn!(db, diesel::insert_into(api_key::table).values(row.clone()).execute(db))?;
            let key = row.view()?;
            journal::record(db, &owner.context, Some(&task.request), act(owner, &key, "api_key_created"))?;
            Ok(Ok(Performed::now(key)))
        };
        batch.iter().map(create).collect()
    }
}

fn act(owner: &User, key: &ApiKey, act: &'static str) -> Act {
    let data = json!({"name": key.name, "prefix": key.prefix, "scopes": key.scopes});
    Act { act_id: owner.context.ids.next(), subject_id: key.api_key_id.get(), act, reason: None, data }
}

/// Revokes keys.
impl Task<User> for RevokeApiKey {
    type Outcome = Option<ApiKey>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<ApiKey>>> {
        let now = owner.context.clock.now();
        let revoke = |task: &Self| {
            let Some(mut row) = find(db, task.api_key_id)? else { return Ok(None) };
            if row.revoke_time.is_some() {
                return row.view().map(Some);
            }
            row.revoke_time = Some(now);
            let unrevoked = api_key::table.find(task.api_key_id).filter(api_key::revoke_time.is_null());
            let set = api_key::revoke_time.eq(row.revoke_time);
            db::expect_rows(with_conn!(db, diesel::update(unrevoked).set(set).execute(db))?, 1)?;
            let key = row.view()?;
            journal::record(db, &owner.context, Some(&task.request), act(owner, &key, "api_key_revoked"))?;
            Ok(Some(key))
        };
        batch.iter().map(revoke).collect()
    }
}

/// Reads pages of keys, newest first.
impl Task<User> for ListApiKeys {
    type Outcome = Vec<ApiKey>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<ApiKey>>> {
        let page = |task: &Self| {
            let older = api_key::table.filter(api_key::api_key_id.lt(task.before.unwrap_or(ApiKeyId::new(i64::MAX))));
            let page = older.order(api_key::api_key_id.desc()).limit(task.limit);
            let rows: Vec<Row> = with_conn!(db, page.load(db))?;
            rows.into_iter().map(Row::view).collect()
        };
        batch.iter().map(page).collect()
    }
}

/// Finds keys and the customers for whom they are used.
impl Task<User> for FindApiKey {
    type Outcome = Option<FoundKey>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<FoundKey>>> {
        let find = |task: &Self| {
            let row = api_key::table.filter(api_key::key_prefix.eq(&task.prefix));
            let Some(row) = with_conn!(db, row.get_result::<Row>(db)).optional()? else { return Ok(None) };
            let hash = row.key_hash.clone();
            let key = row.view()?;
            let customer = match &task.reference {
                Some(reference) => reference::find(db, &key.name, reference)?,
                None => None,
            };
            Ok(Some(FoundKey { key, hash, customer }))
        };
        batch.iter().map(find).collect()
    }
}

/// Records uses, at most one per key and hour.
impl Task<User> for RecordUse {
    type Outcome = ();
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let now = owner.context.clock.now();
        let record = |task: &Self| {
            let is_old = api_key::use_time.is_null().or(api_key::use_time.le(Some(now.minus(USE_EXACT_TO))));
            let row = api_key::table.find(task.api_key_id).filter(is_old);
            with_conn!(db, diesel::update(row).set(api_key::use_time.eq(Some(now))).execute(db))?;
            Ok(())
        };
        batch.iter().map(record).collect()
    }
}
