//! Endpoints: created, changed, deleted and listed.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::{Value, json};

use super::row::{WebhookRow, backlogs, lock, view};
use crate::actor::{Access, Task};
use crate::db::schema::webhook;
use crate::db::{self, Db, when, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::WebhookId;
use crate::domain::webhook::{Description, DisableReason, EventTypes};
use crate::journal::{self, Act, Performed, Request};
use crate::user::User;
use crate::webhook::message::{
    ChangeWebhook, CreateRefusal, CreateWebhook, DeleteWebhook, ListSending, ListWebhooks, Sending, WEBHOOKS_MAX,
    Webhook,
};

/// Records an act of an administrator on an endpoint.
pub fn record(
    owner: &User,
    db: &mut Db,
    request: &Request,
    webhook_id: WebhookId,
    act: &'static str,
    data: Value,
) -> db::Result<()> {
    let (act_id, subject_id) = (owner.context.ids.next(), webhook_id.get());
    journal::record(db, &owner.context, Some(request), Act { act_id, subject_id, act, reason: None, data })
}

/// Inserts endpoints.
impl Task<User> for CreateWebhook {
    type Outcome = Result<Performed<Webhook>, CreateRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        let now = owner.context.clock.now();
        batch.iter().map(|task| task.create(owner, db, now)).collect()
    }
}

impl CreateWebhook {
    fn create(
        &self,
        owner: &User,
        db: &mut Db,
        now: Timestamp,
    ) -> db::Result<Result<Performed<Webhook>, CreateRefusal>> {
        match journal::find_earlier(db, Some(&self.request))? {
            None => {}
            Some(Err(reused)) => return Ok(Err(reused.into())),
            Some(Ok(subject_id)) => {
                let earlier = webhook::table.find(WebhookId::new(subject_id));
                // It may be deleted since: the request is done, and must not create another one.
                let earlier: Option<WebhookRow> = with_conn!(db, earlier.get_result(db)).optional()?;
                let row = earlier.unwrap_or_else(|| self.row(WebhookId::new(subject_id), now));
                return Ok(Ok(Performed::before(view(db, row, now)?)));
            }
        }
        let count: i64 = with_conn!(db, webhook::table.count().get_result(db))?;
        if count >= WEBHOOKS_MAX {
            return Ok(Err(CreateRefusal::TooMany));
        }
        let row = self.row(self.webhook_id, now);
        with_conn!(db, diesel::insert_into(webhook::table).values(row.clone()).execute(db))?;
        let data = json!({"url": row.url, "event_types": self.event_types, "description": row.description});
        record(owner, db, &self.request, self.webhook_id, "webhook_created", data)?;
        Ok(Ok(Performed::now(row.view(super::row::Backlog::default(), now))))
    }

    fn row(&self, webhook_id: WebhookId, now: Timestamp) -> WebhookRow {
        WebhookRow {
            webhook_id,
            url: self.url.text(),
            description: self.description.as_str().to_owned(),
            event_types: self.event_types.stored(),
            secret: self.secret.clone(),
            old_secret: None,
            old_secret_until: None,
            feed_cursor: self.feed_cursor.clone(),
            failing_since: None,
            disable_time: None,
            disable_reason: None,
            create_time: now,
            delete_time: None,
        }
    }
}

/// Updates endpoints.
impl Task<User> for ChangeWebhook {
    type Outcome = Option<Webhook>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<Webhook>>> {
        let now = owner.context.clock.now();
        let change = |task: &Self| {
            let Some(before) = lock(db, task.webhook_id)? else { return Ok(None) };
            let after = task.apply(before.clone(), now);
            let data = differences(&before, &after);
            if !data.is_empty() {
                let values = (
                    webhook::url.eq(&after.url),
                    webhook::description.eq(&after.description),
                    webhook::event_types.eq(&after.event_types),
                    webhook::failing_since.eq(after.failing_since),
                    webhook::disable_time.eq(after.disable_time),
                    webhook::disable_reason.eq(&after.disable_reason),
                );
                let row = webhook::table.find(task.webhook_id);
                db::expect_rows(with_conn!(db, diesel::update(row).set(values).execute(db))?, 1)?;
                record(owner, db, &task.request, task.webhook_id, "webhook_changed", json!(data))?;
            }
            view(db, after, now).map(Some)
        };
        batch.iter().map(change).collect()
    }
}

impl ChangeWebhook {
    fn apply(&self, mut row: WebhookRow, now: Timestamp) -> WebhookRow {
        let url = self.url.as_ref().map(|url| url.text());
        let description = self.description.clone().map(Description::into_inner);
        row.url = url.unwrap_or(row.url);
        row.description = description.unwrap_or(row.description);
        row.event_types = self.event_types.as_ref().map_or(row.event_types, EventTypes::stored);
        match self.enabled {
            Some(true) => (row.disable_time, row.disable_reason, row.failing_since) = (None, None, None),
            Some(false) => row.disable(DisableReason::Administrator, now),
            None => {}
        }
        row
    }
}

/// The attributes that differ, with both values.
fn differences(before: &WebhookRow, after: &WebhookRow) -> BTreeMap<&'static str, Value> {
    let of = |row: &WebhookRow| {
        [
            ("url", json!(row.url)),
            ("description", json!(row.description)),
            ("event_types", json!(EventTypes::from_stored(&row.event_types))),
            ("enabled", json!(row.is_enabled())),
            ("disable_reason", json!(row.disable_reason)),
        ]
    };
    let pairs = of(before).into_iter().zip(of(after));
    let differing = pairs.filter(|((_, from), (_, to))| from != to);
    differing.map(|((name, from), (_, to))| (name, json!({"from": from, "to": to}))).collect()
}

/// Marks endpoints as deleted, without their secrets.
impl Task<User> for DeleteWebhook {
    type Outcome = bool;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<bool>> {
        let now = owner.context.clock.now();
        let delete = |task: &Self| {
            let Some(row) = lock(db, task.webhook_id)? else { return Ok(false) };
            let values = (
                webhook::delete_time.eq(Some(now)),
                webhook::secret.eq(""),
                webhook::old_secret.eq(None::<String>),
                webhook::old_secret_until.eq(None::<Timestamp>),
            );
            let row_of_id = webhook::table.find(task.webhook_id);
            db::expect_rows(with_conn!(db, diesel::update(row_of_id).set(values).execute(db))?, 1)?;
            record(owner, db, &task.request, task.webhook_id, "webhook_deleted", json!({"url": row.url}))?;
            Ok(true)
        };
        batch.iter().map(delete).collect()
    }
}

/// Reads pages of endpoints.
impl Task<User> for ListWebhooks {
    type Outcome = Vec<Webhook>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Webhook>>> {
        let now = owner.context.clock.now();
        let backlogs = backlogs(db)?;
        let page = |task: &Self| {
            let older = webhook::table.filter(webhook::webhook_id.lt(task.before.unwrap_or(WebhookId::new(i64::MAX))));
            let found = older.filter(when(task.webhook_id.map(|id| webhook::webhook_id.eq(id))));
            let page = found.filter(webhook::delete_time.is_null()).order(webhook::webhook_id.desc()).limit(task.limit);
            let rows: Vec<WebhookRow> = with_conn!(db, page.load(db))?;
            let view = |row: WebhookRow| {
                let backlog = backlogs.get(&row.webhook_id).copied().unwrap_or_default();
                row.view(backlog, now)
            };
            Ok(rows.into_iter().map(view).collect())
        };
        batch.iter().map(page).collect()
    }
}

/// Reads what the sender needs of all endpoints.
impl Task<User> for ListSending {
    type Outcome = Vec<Sending>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Sending>>> {
        let rows: Vec<WebhookRow> = with_conn!(db, webhook::table.load(db))?;
        // Most shops have no endpoint, and are asked once per poll.
        let backlogs = if rows.is_empty() { Default::default() } else { backlogs(db)? };
        let sending = |row: WebhookRow| {
            let backlog = backlogs.get(&row.webhook_id).copied().unwrap_or_default();
            Sending {
                webhook_id: row.webhook_id,
                is_enabled: row.is_enabled(),
                is_deleted: row.delete_time.is_some(),
                feed_cursor: row.feed_cursor,
                undelivered: backlog.undelivered,
                due_time: backlog.due,
            }
        };
        let all: Vec<Sending> = rows.into_iter().map(sending).collect();
        Ok(vec![all; batch.len()])
    }
}
