//! Deliveries as administrators see them, and their replay.

use diesel::prelude::*;
use serde_json::json;

use super::row::{DeliveryRow, attempts, lock};
use super::webhook::record;
use crate::actor::{Access, Task};
use crate::db::schema::webhook_delivery;
use crate::db::{self, Db, any_of, for_update, when, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::DeliveryId;
use crate::domain::status::DeliveryStatus;
use crate::user::User;
use crate::webhook::message::{Delivery, ListDeliveries, REPLAYED_MAX, Replay, ReplayFailed};

fn views(db: &mut Db, rows: Vec<DeliveryRow>) -> db::Result<Vec<Delivery>> {
    let mut attempts = attempts(db, &rows.iter().map(|row| row.delivery_id).collect::<Vec<_>>())?;
    let view = |row: DeliveryRow| {
        let latest = attempts.remove(&row.delivery_id).unwrap_or_default();
        row.view(latest)
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Reads pages of deliveries.
impl Task<User> for ListDeliveries {
    type Outcome = Vec<Delivery>;
    const ACCESS: Access = Access::Report;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Delivery>>> {
        use webhook_delivery::dsl;
        let page = |task: &Self| {
            let before = task.before.unwrap_or(DeliveryId::new(i64::MAX));
            let of_webhook = dsl::webhook_id.eq(task.webhook_id).and(dsl::delivery_id.lt(before));
            let found = dsl::webhook_delivery.filter(of_webhook).filter(when(task.status.map(|s| dsl::status.eq(s))));
            let page = found.order(dsl::delivery_id.desc()).limit(task.limit);
            let rows = with_conn!(db, page.load(db))?;
            views(db, rows)
        };
        batch.iter().map(page).collect()
    }
}

/// Makes deliveries pending again, with all their tries before them.
fn replay(db: &mut Db, ids: &[DeliveryId], now: Timestamp) -> db::Result<()> {
    use webhook_delivery::dsl;
    for ids in ids.chunks(db::ROWS_PER_INSERT) {
        let rows = dsl::webhook_delivery.filter(any_of(dsl::delivery_id, ids));
        let values = (dsl::status.eq(DeliveryStatus::Pending), dsl::tries.eq(0), dsl::due_time.eq(now));
        with_conn!(db, diesel::update(rows).set(values).execute(db))?;
    }
    Ok(())
}

/// Replays single deliveries.
impl Task<User> for Replay {
    type Outcome = Option<Delivery>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<Delivery>>> {
        let now = owner.context.clock.now();
        let run = |task: &Self| {
            let row = webhook_delivery::table.find(task.delivery_id);
            let found = with_conn!(db, row.select(webhook_delivery::webhook_id).get_result(db)).optional()?;
            let Some(webhook_id) = found else { return Ok(None) };
            if lock(db, webhook_id)?.is_none() {
                return Ok(None);
            }
            let found: Option<DeliveryRow> = with_conn!(db, for_update(row).get_result(db)).optional()?;
            let Some(row) = found else { return Ok(None) };
            replay(db, &[row.delivery_id], now)?;
            let data = json!({"delivery_id": row.delivery_id, "event_id": row.event_id});
            record(owner, db, &task.request, webhook_id, "webhook_replayed", data)?;
            let row = DeliveryRow { status: DeliveryStatus::Pending, tries: 0, due_time: now, ..row };
            Ok(views(db, vec![row])?.pop())
        };
        batch.iter().map(run).collect()
    }
}

/// Replays failed deliveries.
impl Task<User> for ReplayFailed {
    type Outcome = Option<usize>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<usize>>> {
        use webhook_delivery::dsl;
        let now = owner.context.clock.now();
        let run = |task: &Self| {
            if lock(db, task.webhook_id)?.is_none() {
                return Ok(None);
            }
            let failed = dsl::status.eq(DeliveryStatus::Failed).and(dsl::webhook_id.eq(task.webhook_id));
            let failed = dsl::webhook_delivery.filter(failed.and(dsl::create_time.ge(task.since)));
            let failed = failed.order(dsl::delivery_id).limit(REPLAYED_MAX).select(dsl::delivery_id);
            let ids: Vec<DeliveryId> = with_conn!(db, for_update(failed).load(db))?;
            replay(db, &ids, now)?;
            let data = json!({"since": task.since, "number": ids.len()});
            record(owner, db, &task.request, task.webhook_id, "webhook_replayed", data)?;
            Ok(Some(ids.len()))
        };
        batch.iter().map(run).collect()
    }
}
