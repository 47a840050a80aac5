//! Events that are queued for endpoints.

use std::collections::HashSet;

use diesel::prelude::*;
use serde_json::json;

use super::row::{DeliveryRow, WebhookRow, lock, lock_all, parts};
use super::webhook::record;
use crate::actor::{Access, Priority, Task};
use crate::db::schema::{webhook, webhook_delivery};
use crate::db::{self, Db, any_of, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{DeliveryId, WebhookId};
use crate::domain::status::DeliveryStatus;
use crate::domain::webhook::EventTypes;
use crate::user::User;
use crate::webhook::message::{Delivery, QueueEvents, QueueTest, QueuedEvent};

fn row(delivery_id: DeliveryId, webhook_id: WebhookId, event: &QueuedEvent, now: Timestamp) -> DeliveryRow {
    let (body, body_rest) = parts(event.body.clone());
    DeliveryRow {
        delivery_id,
        webhook_id,
        event_id: event.event_id.clone(),
        event_type: event.event_type.clone(),
        body,
        body_rest,
        status: DeliveryStatus::Pending,
        attempts: 0,
        tries: 0,
        due_time: now,
        create_time: now,
    }
}

/// Queues pages of events.
impl Task<User> for QueueEvents {
    type Outcome = usize;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<usize>> {
        let now = owner.context.clock.now();
        let queue = |task: &Self| {
            let rows = lock_all(db, &task.webhooks)?;
            let rows: Vec<WebhookRow> =
                rows.into_values().filter(|row| row.is_enabled() && row.feed_cursor == task.from).collect();
            let ids: Vec<WebhookId> = rows.iter().map(|row| row.webhook_id).collect();
            if ids.is_empty() {
                return Ok(0);
            }
            let mut deliveries = Vec::new();
            for webhook in &rows {
                deliveries.extend(task.deliveries(owner, db, webhook, now)?);
            }
            insert_all!(db, webhook_delivery::table, &deliveries)?;
            let moved = diesel::update(webhook::table.filter(any_of(webhook::webhook_id, &ids)));
            with_conn!(db, moved.set(webhook::feed_cursor.eq(&task.next)).execute(db))?;
            Ok(ids.len())
        };
        batch.iter().map(queue).collect()
    }
}

impl QueueEvents {
    /// The deliveries for an endpoint. An event that is queued already, because a restored backup is older than the cursor,
    /// is left out.
    fn deliveries(
        &self,
        owner: &User,
        db: &mut Db,
        webhook: &WebhookRow,
        now: Timestamp,
    ) -> db::Result<Vec<DeliveryRow>> {
        let types = EventTypes::from_stored(&webhook.event_types);
        let wanted: Vec<&QueuedEvent> = self.events.iter().filter(|event| types.has(&event.event_type)).collect();
        let ids: Vec<&str> = wanted.iter().map(|event| event.event_id.as_str()).collect();
        let known: Vec<String> = db::load_by(&ids, |ids| {
            let of_webhook = webhook_delivery::table.filter(webhook_delivery::webhook_id.eq(webhook.webhook_id));
            let known = of_webhook.filter(any_of(webhook_delivery::event_id, ids)).select(webhook_delivery::event_id);
            with_conn!(db, known.load(db))
        })?;
        let known: HashSet<String> = known.into_iter().collect();
        let new = wanted.into_iter().filter(|event| !known.contains(&event.event_id));
        Ok(new.map(|event| row(owner.context.ids.next(), webhook.webhook_id, event, now)).collect())
    }
}

/// Queues events that try endpoints.
impl Task<User> for QueueTest {
    type Outcome = Option<Delivery>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<Delivery>>> {
        let now = owner.context.clock.now();
        let queue = |task: &Self| {
            if !lock(db, task.webhook_id)?.is_some_and(|webhook| webhook.is_enabled()) {
                return Ok(None);
            }
            let same = webhook_delivery::webhook_id.eq(task.webhook_id);
            let same = webhook_delivery::table.filter(same.and(webhook_delivery::event_id.eq(&task.event.event_id)));
            if let Some(earlier) = with_conn!(db, same.get_result::<DeliveryRow>(db)).optional()? {
                return Ok(Some(earlier.view(Vec::new())));
            }
            let row = row(task.delivery_id, task.webhook_id, &task.event, now);
            with_conn!(db, diesel::insert_into(webhook_delivery::table).values(row.clone()).execute(db))?;
            let data = json!({"event_id": row.event_id});
            record(owner, db, &task.request, task.webhook_id, "webhook_tested", data)?;
            Ok(Some(row.view(Vec::new())))
        };
        batch.iter().map(queue).collect()
    }
}
