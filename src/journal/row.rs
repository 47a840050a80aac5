//! The row type of `admin_act`.

use diesel::prelude::*;

use super::{Act, Request};
use crate::db::ledger::{self, Entry, Line};
use crate::db::schema::admin_act;
use crate::db::{self, Db, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{EntryId, UserId};
use crate::domain::text::Text;

/// A row of `admin_act`.
#[derive(Insertable)]
#[diesel(table_name = admin_act, treat_none_as_default_value = false)]
struct ActRow {
    act_id: EntryId,
    user_id: UserId,
    subject_id: i64,
    act: &'static str,
    reason: Option<String>,
    data: String,
    idempotency_key: Option<String>,
    fingerprint: Option<String>,
    create_time: Timestamp,
}

impl Entry for ActRow {
    const LEDGER: &'static str = "admin_act";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.act_id.get()).integer(self.user_id.get()).integer(self.subject_id).text(self.act);
        line.optional_text(self.reason.as_deref()).text(&self.data).integer(self.create_time.0);
    }
}

/// Reads the subject and the fingerprint of the request that used `key`.
pub fn find(db: &mut Db, admin: UserId, key: &str) -> db::Result<Option<(i64, Option<String>)>> {
    let row = admin_act::table.filter(admin_act::user_id.eq(admin).and(admin_act::idempotency_key.eq(Some(key))));
    Ok(with_conn!(db, row.select((admin_act::subject_id, admin_act::fingerprint)).get_result(db)).optional()?)
}

/// Inserts an act.
pub fn insert(db: &mut Db, request: &Request, act: Act, now: Timestamp) -> db::Result<()> {
    let (key, fingerprint) =
        request.key.as_ref().map(|(key, fingerprint)| (key.as_str(), fingerprint.as_str())).unzip();
    let row = ActRow {
        act_id: act.act_id,
        user_id: request.admin,
        subject_id: act.subject_id,
        act: act.act,
        reason: act.reason.map(Text::into_inner),
        data: act.data.to_string(),
        idempotency_key: key.map(str::to_owned),
        fingerprint: fingerprint.map(str::to_owned),
        create_time: now,
    };
    ledger::record(db, std::slice::from_ref(&row));
    with_conn!(db, diesel::insert_into(admin_act::table).values(row).execute(db))?;
    Ok(())
}
