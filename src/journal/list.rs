//! Reads the acts of administrators.

use std::collections::HashMap;

use actix::Message;
use diesel::prelude::*;

use crate::actor::{Access, Owner, Reply, Task};
use crate::db::schema::admin_act;
use crate::db::{self, Db, any_of, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{EntryId, UserId};

/// An owner that keeps the acts of administrators on its tables.
pub trait Journaled: Owner {}

/// An act as lists show it.
#[derive(Debug, Clone)]
pub struct ActView {
    /// Id of the act.
    pub act_id: EntryId,
    /// The administrator.
    pub user_id: UserId,
    /// Name of the owner of the subject.
    pub owner: &'static str,
    /// Id of the user, API key, goods or coupon.
    pub subject_id: i64,
    /// The kind of change.
    pub act: String,
    /// The administrator's reason.
    pub reason: Option<String>,
    /// A JSON object of what was changed.
    pub data: String,
    /// Time of the act.
    pub create_time: Timestamp,
}

/// Reads one page of acts, newest first. Read-only.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Reply<Vec<ActView>>")]
pub struct List {
    /// Last act of the previous page; only older acts are returned. `None` for the first page.
    pub before: Option<EntryId>,
    /// Maximum number of acts.
    pub limit: i64,
}

type Row = (EntryId, UserId, i64, String, Option<String>, String, Timestamp);

impl<O: Journaled> Task<O> for List {
    type Outcome = Vec<ActView>;
    const ACCESS: Access = Access::Report;

    fn run(_: &O, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<ActView>>> {
        use admin_act::dsl;
        let page = |task: &Self| {
            let older = dsl::admin_act.filter(dsl::act_id.lt(task.before.unwrap_or(EntryId::new(i64::MAX))));
            let page = older.order(dsl::act_id.desc()).limit(task.limit).select((
                dsl::act_id,
                dsl::user_id,
                dsl::subject_id,
                dsl::act,
                dsl::reason,
                dsl::data,
                dsl::create_time,
            ));
            let rows: Vec<Row> = with_conn!(db, page.load(db))?;
            let view = |(act_id, user_id, subject_id, act, reason, data, create_time): Row| ActView {
                act_id,
                user_id,
                owner: O::NAME,
                subject_id,
                act,
                reason,
                data,
                create_time,
            };
            Ok(rows.into_iter().map(view).collect())
        };
        batch.iter().map(page).collect()
    }
}

/// Reads the authors of acts by their ids.
///
/// # Errors
/// A database error.
pub fn authors(db: &mut Db, ids: &[EntryId]) -> db::Result<HashMap<EntryId, UserId>> {
    let rows: Vec<(EntryId, UserId)> = db::load_by(ids, |ids| {
        let acts = admin_act::table.filter(any_of(admin_act::act_id, ids));
        with_conn!(db, acts.select((admin_act::act_id, admin_act::user_id)).load(db))
    })?;
    Ok(rows.into_iter().collect())
}
