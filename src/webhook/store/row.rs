//! The row types of endpoints, deliveries and attempts, and how they are read.

use std::collections::HashMap;

use diesel::dsl::{count_star, min};
use diesel::prelude::*;

use crate::db::schema::{webhook, webhook_attempt, webhook_delivery};
use crate::db::{self, Db, any_of, for_update, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{self, DeliveryId, WebhookId};
use crate::domain::status::DeliveryStatus;
use crate::domain::webhook::{DisableReason, EventTypes};
use crate::webhook::message::{AttemptView, Delivery, Webhook};

/// Maximum number of bytes of a part of a body. A TEXT of MySQL has 65,535.
const PART_BYTES_MAX: usize = 60_000;

/// A row of `webhook`.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = webhook, treat_none_as_default_value = false)]
pub struct WebhookRow {
    pub webhook_id: WebhookId,
    pub url: String,
    pub description: String,
    pub event_types: String,
    pub secret: String,
    pub old_secret: Option<String>,
    pub old_secret_until: Option<Timestamp>,
    pub feed_cursor: String,
    pub failing_since: Option<Timestamp>,
    pub disable_time: Option<Timestamp>,
    pub disable_reason: Option<String>,
    pub create_time: Timestamp,
    pub delete_time: Option<Timestamp>,
}

impl WebhookRow {
    /// Whether events are sent.
    pub const fn is_enabled(&self) -> bool {
        self.disable_time.is_none() && self.delete_time.is_none()
    }

    /// The secret before the present one, if it still signs.
    pub fn valid_old_secret(&self, now: Timestamp) -> Option<&str> {
        self.old_secret.as_deref().filter(|_| self.old_secret_until.is_some_and(|until| now < until))
    }

    /// Stops sending, for `reason`.
    pub fn disable(&mut self, reason: DisableReason, now: Timestamp) {
        self.disable_time = Some(self.disable_time.unwrap_or(now));
        self.disable_reason = Some(reason.word().to_owned());
    }

    /// The endpoint as lists show it.
    pub fn view(self, backlog: Backlog, now: Timestamp) -> Webhook {
        Webhook {
            old_secret_until: self.valid_old_secret(now).and(self.old_secret_until),
            webhook_id: self.webhook_id,
            url: self.url,
            description: self.description,
            event_types: EventTypes::from_stored(&self.event_types),
            enabled: self.disable_time.is_none(),
            disable_reason: self.disable_reason.as_deref().and_then(DisableReason::of_word),
            disable_time: self.disable_time,
            failing_since: self.failing_since,
            undelivered: backlog.undelivered,
            oldest_undelivered_time: backlog.oldest,
            create_time: self.create_time,
        }
    }
}

/// Locks an endpoint that is not deleted.
pub fn lock(db: &mut Db, webhook_id: WebhookId) -> db::Result<Option<WebhookRow>> {
    let row = webhook::table.find(webhook_id).filter(webhook::delete_time.is_null());
    Ok(with_conn!(db, for_update(row).get_result(db)).optional()?)
}

/// Locks endpoints, those that exist.
pub fn lock_all(db: &mut Db, ids: &[WebhookId]) -> db::Result<HashMap<WebhookId, WebhookRow>> {
    let rows: Vec<WebhookRow> = db::load_by(ids, |ids| {
        let rows = webhook::table.filter(any_of(webhook::webhook_id, ids)).order(webhook::webhook_id);
        with_conn!(db, for_update(rows).load(db))
    })?;
    Ok(rows.into_iter().map(|row| (row.webhook_id, row)).collect())
}

/// The deliveries of an endpoint that are pending.
#[derive(Debug, Clone, Copy, Default)]
pub struct Backlog {
    /// Their number.
    pub undelivered: i64,
    /// Time of the next attempt.
    pub due: Option<Timestamp>,
    /// Time at which the oldest was queued.
    pub oldest: Option<Timestamp>,
}

/// The backlogs of all endpoints that have one.
pub fn backlogs(db: &mut Db) -> db::Result<HashMap<WebhookId, Backlog>> {
    use webhook_delivery::dsl;
    let pending = dsl::webhook_delivery.filter(dsl::status.eq(DeliveryStatus::Pending)).group_by(dsl::webhook_id);
    let counted = (dsl::webhook_id, count_star(), min(dsl::due_time), min(dsl::delivery_id));
    let rows: Vec<(WebhookId, i64, Option<Timestamp>, Option<DeliveryId>)> =
        with_conn!(db, pending.select(counted).load(db))?;
    let backlog = |(webhook_id, undelivered, due, oldest): (WebhookId, _, _, Option<DeliveryId>)| {
        // The ids of deliveries are made when they are queued.
        let oldest = oldest.and_then(|oldest| id::time_of(oldest.get()));
        (webhook_id, Backlog { undelivered, due, oldest })
    };
    Ok(rows.into_iter().map(backlog).collect())
}

/// The present view of a locked row.
pub fn view(db: &mut Db, row: WebhookRow, now: Timestamp) -> db::Result<Webhook> {
    let backlog = backlogs(db)?.remove(&row.webhook_id).unwrap_or_default();
    Ok(row.view(backlog, now))
}

/// A row of `webhook_delivery`.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = webhook_delivery, treat_none_as_default_value = false)]
pub struct DeliveryRow {
    pub delivery_id: DeliveryId,
    pub webhook_id: WebhookId,
    pub event_id: String,
    pub event_type: String,
    pub body: String,
    pub body_rest: Option<String>,
    pub status: DeliveryStatus,
    pub attempts: i32,
    pub tries: i32,
    pub due_time: Timestamp,
    pub create_time: Timestamp,
}

impl DeliveryRow {
    /// The body in one piece.
    pub fn into_body(self) -> String {
        match self.body_rest {
            Some(rest) => self.body + &rest,
            None => self.body,
        }
    }

    /// The delivery as lists show it.
    pub fn view(self, latest_attempts: Vec<AttemptView>) -> Delivery {
        let is_pending = self.status == DeliveryStatus::Pending;
        Delivery {
            delivery_id: self.delivery_id,
            webhook_id: self.webhook_id,
            event_id: self.event_id,
            event_type: self.event_type,
            status: self.status,
            attempts: self.attempts,
            next_attempt_time: is_pending.then_some(self.due_time),
            end_time: (!is_pending).then_some(self.due_time),
            create_time: self.create_time,
            latest_attempts,
        }
    }
}

/// The parts in which a body is stored.
pub fn parts(mut body: String) -> (String, Option<String>) {
    let end = body.floor_char_boundary(PART_BYTES_MAX);
    let rest = body.split_off(end);
    (body, (!rest.is_empty()).then_some(rest))
}

/// A row of `webhook_attempt`.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = webhook_attempt, treat_none_as_default_value = false)]
pub struct AttemptRow {
    pub delivery_id: DeliveryId,
    pub attempt: i64,
    pub status_code: i32,
    pub duration_ms: i64,
    pub remark: Option<String>,
    pub create_time: Timestamp,
}

impl AttemptRow {
    fn view(self) -> AttemptView {
        AttemptView {
            attempt: self.attempt,
            status_code: (self.status_code != 0).then_some(self.status_code),
            duration_ms: self.duration_ms,
            error: self.remark,
            create_time: self.create_time,
        }
    }
}

/// The latest attempts of deliveries, newest first.
pub fn attempts(db: &mut Db, ids: &[DeliveryId]) -> db::Result<HashMap<DeliveryId, Vec<AttemptView>>> {
    let mut rows: Vec<AttemptRow> = db::load_by(ids, |ids| {
        with_conn!(db, webhook_attempt::table.filter(any_of(webhook_attempt::delivery_id, ids)).load(db))
    })?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.attempt));
    let mut attempts: HashMap<_, Vec<AttemptView>> = HashMap::new();
    for row in rows {
        attempts.entry(row.delivery_id).or_default().push(row.view());
    }
    Ok(attempts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_body_is_stored_in_parts_that_a_text_of_mysql_holds() {
        assert_eq!(parts("short".to_owned()), ("short".to_owned(), None));
        let long = format!("a{}", "é".repeat(50_000));
        let (first, rest) = parts(long.clone());
        assert_eq!(first.len(), PART_BYTES_MAX - 1, "a character is not cut in two");
        assert_eq!(first + &rest.unwrap(), long);
    }
}
