//! Attempts, and what follows from them.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::row::{AttemptRow, DeliveryRow, WebhookRow, lock_all};
use crate::actor::{Access, Priority, Task};
use crate::db::schema::{webhook, webhook_attempt, webhook_delivery};
use crate::db::{self, Db, any_of, for_update, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{DeliveryId, WebhookId};
use crate::domain::status::DeliveryStatus;
use crate::domain::webhook::DisableReason;
use crate::user::User;
use crate::webhook::message::{RecordAttempt, Recorded};

/// Number of attempts of a delivery that are kept.
const KEPT: i64 = 20;
/// The status by which an endpoint says that it wants no more events.
const GONE: i32 = 410;
/// Random part that is added to a delay, one divided by this number, so that deliveries that failed together do not come back
/// together.
const JITTER: u64 = 10;

/// Records attempts.
impl Task<User> for RecordAttempt {
    type Outcome = Recorded;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Recorded>> {
        let now = owner.context.clock.now();
        let webhooks = lock_all(db, &batch.iter().map(|task| task.webhook_id).collect::<Vec<_>>())?;
        let ids: Vec<DeliveryId> = batch.iter().map(|task| task.delivery_id).collect();
        let deliveries: Vec<DeliveryRow> = db::load_by(&ids, |ids| {
            let rows = webhook_delivery::table.filter(any_of(webhook_delivery::delivery_id, ids));
            with_conn!(db, for_update(rows.order(webhook_delivery::delivery_id)).load(db))
        })?;
        let deliveries = deliveries.into_iter().map(|row| (row.delivery_id, row)).collect();
        let mut rows = Rows { now, webhooks, deliveries, changed_webhooks: HashSet::new() };
        let recorded: Vec<Recorded> = batch.iter().map(|task| rows.apply(task)).collect();
        for task in batch.iter().filter(|task| rows.deliveries.contains_key(&task.delivery_id)) {
            insert(db, task)?;
        }
        rows.write(db)?;
        Ok(recorded)
    }
}

/// The endpoints and deliveries of a batch of attempts, locked.
struct Rows {
    now: Timestamp,
    webhooks: HashMap<WebhookId, WebhookRow>,
    deliveries: HashMap<DeliveryId, DeliveryRow>,
    changed_webhooks: HashSet<WebhookId>,
}

impl Rows {
    fn apply(&mut self, task: &RecordAttempt) -> Recorded {
        let now = self.now;
        let (Some(webhook), Some(delivery)) =
            (self.webhooks.get_mut(&task.webhook_id), self.deliveries.get_mut(&task.delivery_id))
        else {
            // The endpoint was deleted meanwhile.
            return Recorded { is_last: true, disabled: None };
        };
        let is_pending = delivery.status == DeliveryStatus::Pending;
        if task.error.is_none() {
            if is_pending {
                (delivery.status, delivery.due_time) = (DeliveryStatus::Delivered, now);
            }
            if webhook.failing_since.take().is_some() {
                self.changed_webhooks.insert(task.webhook_id);
            }
            return Recorded { is_last: true, disabled: None };
        }
        // A later attempt has begun, or an earlier one has delivered after all.
        if !is_pending || delivery.attempts != task.attempt {
            return Recorded { is_last: false, disabled: None };
        }
        let delay = task.schedule.delay(usize::try_from(delivery.tries).unwrap_or(usize::MAX));
        match delay {
            Some(delay) => {
                let ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
                let jitter = std::time::Duration::from_millis(fastrand::u64(0..=ms / JITTER));
                delivery.due_time = now.plus(delay.saturating_add(jitter));
            }
            None => (delivery.status, delivery.due_time) = (DeliveryStatus::Failed, now),
        }
        self.changed_webhooks.insert(task.webhook_id);
        let since = *webhook.failing_since.get_or_insert(task.began.min(now));
        let reason = match task.status_code {
            GONE => Some(DisableReason::Gone),
            _ if now.since(since) >= task.disable_after => Some(DisableReason::Failing),
            _ => None,
        };
        let disabled = reason.filter(|_| webhook.is_enabled());
        if let Some(reason) = disabled {
            webhook.disable(reason, now);
        }
        Recorded { is_last: delay.is_none(), disabled }
    }

    fn write(self, db: &mut Db) -> db::Result<()> {
        for id in self.changed_webhooks {
            let Some(row) = self.webhooks.get(&id) else { continue };
            let values = (
                webhook::failing_since.eq(row.failing_since),
                webhook::disable_time.eq(row.disable_time),
                webhook::disable_reason.eq(&row.disable_reason),
            );
            with_conn!(db, diesel::update(webhook::table.find(id)).set(values).execute(db))?;
        }
        for row in self.deliveries.into_values() {
            let values = (webhook_delivery::status.eq(row.status), webhook_delivery::due_time.eq(row.due_time));
            let row = webhook_delivery::table.find(row.delivery_id);
            with_conn!(db, diesel::update(row).set(values).execute(db))?;
        }
        Ok(())
    }
}

/// Inserts an attempt, and deletes the one that is too old to be kept.
fn insert(db: &mut Db, task: &RecordAttempt) -> db::Result<()> {
    use webhook_attempt::dsl;
    let attempt = i64::from(task.attempt);
    let old = dsl::webhook_attempt.filter(dsl::delivery_id.eq(task.delivery_id));
    // The same attempt may be recorded again after an unknown outcome.
    let old = old.filter(dsl::attempt.le(attempt.saturating_sub(KEPT)).or(dsl::attempt.eq(attempt)));
    with_conn!(db, diesel::delete(old).execute(db))?;
    let row = AttemptRow {
        delivery_id: task.delivery_id,
        attempt,
        status_code: task.status_code,
        duration_ms: i64::try_from(task.duration.as_millis()).unwrap_or(i64::MAX),
        remark: task.error.clone(),
        create_time: task.began,
    };
    with_conn!(db, diesel::insert_into(dsl::webhook_attempt).values(row).execute(db))?;
    Ok(())
}
