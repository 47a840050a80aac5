//! The secrets of endpoints.

use diesel::prelude::*;
use serde_json::json;

use super::row::{WebhookRow, lock, view};
use super::webhook::record;
use crate::actor::{Access, Task};
use crate::db::schema::webhook;
use crate::db::{self, Db, with_conn};
use crate::domain::id::WebhookId;
use crate::user::User;
use crate::webhook::message::{ListSecrets, Reseal, RotateSecret, Webhook};

/// Replaces secrets.
impl Task<User> for RotateSecret {
    type Outcome = Option<Webhook>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<Webhook>>> {
        let now = owner.context.clock.now();
        let rotate = |task: &Self| {
            let Some(row) = lock(db, task.webhook_id)? else { return Ok(None) };
            let until = now.plus(task.old_secret_for);
            let row = WebhookRow {
                secret: task.secret.clone(),
                old_secret: Some(row.secret),
                old_secret_until: Some(until),
                ..row
            };
            let values = (
                webhook::secret.eq(&row.secret),
                webhook::old_secret.eq(&row.old_secret),
                webhook::old_secret_until.eq(row.old_secret_until),
            );
            let row_of_id = webhook::table.find(task.webhook_id);
            db::expect_rows(with_conn!(db, diesel::update(row_of_id).set(values).execute(db))?, 1)?;
            let data = json!({"old_secret_until": until});
            record(owner, db, &task.request, task.webhook_id, "webhook_secret_replaced", data)?;
            view(db, row, now).map(Some)
        };
        batch.iter().map(rotate).collect()
    }
}

/// Lists secrets.
impl Task<User> for ListSecrets {
    type Outcome = Vec<(WebhookId, String)>;
    const ACCESS: Access = Access::Read;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        let rows = webhook::table.filter(webhook::delete_time.is_null());
        let rows = rows.select((webhook::webhook_id, webhook::secret, webhook::old_secret));
        let rows: Vec<(WebhookId, String, Option<String>)> = with_conn!(db, rows.load(db))?;
        let secrets = rows.into_iter().flat_map(|(webhook_id, secret, old)| {
            std::iter::once(secret).chain(old).map(move |secret| (webhook_id, secret))
        });
        let all: Self::Outcome = secrets.collect();
        Ok(vec![all; batch.len()])
    }
}

/// Replaces texts of secrets.
impl Task<User> for Reseal {
    type Outcome = ();
    const ACCESS: Access = Access::Write;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        let reseal = |task: &Self| {
            let row = webhook::table.find(task.webhook_id);
            let present = row.filter(webhook::secret.eq(&task.old));
            with_conn!(db, diesel::update(present).set(webhook::secret.eq(&task.new)).execute(db))?;
            let before = row.filter(webhook::old_secret.eq(Some(&task.old)));
            with_conn!(db, diesel::update(before).set(webhook::old_secret.eq(Some(&task.new))).execute(db))?;
            Ok(())
        };
        batch.iter().map(reseal).collect()
    }
}
