//! Deletes deliveries that have ended long ago, and those of deleted endpoints.

use diesel::prelude::*;

use super::row::WebhookRow;
use crate::actor::{Access, Priority, Task};
use crate::db::schema::{webhook, webhook_attempt, webhook_delivery};
use crate::db::{self, Db, any_of, with_conn};
use crate::domain::id::DeliveryId;
use crate::domain::status::DeliveryStatus;
use crate::user::User;
use crate::webhook::message::Prune;

/// Number of deliveries that are deleted in one transaction.
const STEP: i64 = 200;

/// Deletes deliveries.
impl Task<User> for Prune {
    type Outcome = usize;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<usize>> {
        let prune = |task: &Self| {
            let row = with_conn!(db, webhook::table.find(task.webhook_id).get_result::<WebhookRow>(db)).optional()?;
            let Some(row) = row else { return Ok(0) };
            if row.delete_time.is_none() {
                let mut ended = task.ended(db, DeliveryStatus::Delivered)?;
                ended.extend(task.ended(db, DeliveryStatus::Failed)?);
                return delete(db, &ended);
            }
            let all = webhook_delivery::table.filter(webhook_delivery::webhook_id.eq(task.webhook_id));
            let all = all.order(webhook_delivery::delivery_id).limit(STEP).select(webhook_delivery::delivery_id);
            let all: Vec<DeliveryId> = with_conn!(db, all.load(db))?;
            if all.is_empty() {
                return Ok(with_conn!(db, diesel::delete(webhook::table.find(task.webhook_id)).execute(db))?);
            }
            delete(db, &all)
        };
        batch.iter().map(prune).collect()
    }
}

impl Prune {
    /// Deliveries that have ended in this state before the time, oldest first.
    fn ended(&self, db: &mut Db, status: DeliveryStatus) -> db::Result<Vec<DeliveryId>> {
        use webhook_delivery::dsl;
        let of_webhook = dsl::status.eq(status).and(dsl::webhook_id.eq(self.webhook_id));
        let ended = dsl::webhook_delivery.filter(of_webhook.and(dsl::due_time.lt(self.ended_before)));
        Ok(with_conn!(db, ended.order(dsl::due_time).limit(STEP).select(dsl::delivery_id).load(db))?)
    }
}

fn delete(db: &mut Db, ids: &[DeliveryId]) -> db::Result<usize> {
    if ids.is_empty() {
        return Ok(0);
    }
    let attempts = webhook_attempt::table.filter(any_of(webhook_attempt::delivery_id, ids));
    with_conn!(db, diesel::delete(attempts).execute(db))?;
    let deliveries = webhook_delivery::table.filter(any_of(webhook_delivery::delivery_id, ids));
    Ok(with_conn!(db, diesel::delete(deliveries).execute(db))?)
}
