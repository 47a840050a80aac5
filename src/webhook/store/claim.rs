//! Claims of deliveries that are due.

use diesel::prelude::*;

use super::row::{DeliveryRow, WebhookRow};
use crate::actor::{Access, Priority, Task};
use crate::db::schema::{webhook, webhook_delivery};
use crate::db::{self, Db, any_of, skip_locked, with_conn};
use crate::domain::id::DeliveryId;
use crate::domain::status::DeliveryStatus;
use crate::user::User;
use crate::webhook::message::{ClaimDue, Claimed, ClaimedDelivery};

/// Claims deliveries.
impl Task<User> for ClaimDue {
    type Outcome = Option<Claimed>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<Claimed>>> {
        use webhook_delivery::dsl;
        let now = owner.context.clock.now();
        let claim = |task: &Self| {
            let row = with_conn!(db, webhook::table.find(task.webhook_id).get_result::<WebhookRow>(db)).optional()?;
            let Some(row) = row.filter(WebhookRow::is_enabled) else { return Ok(None) };
            let pending = dsl::status.eq(DeliveryStatus::Pending).and(dsl::webhook_id.eq(task.webhook_id));
            let due = dsl::webhook_delivery
                .filter(pending.and(dsl::due_time.le(now)))
                .order((dsl::due_time, dsl::delivery_id))
                .limit(task.limit);
            let due: Vec<DeliveryRow> = with_conn!(db, skip_locked(due).load(db))?;
            if due.is_empty() {
                return Ok(None);
            }
            let ids: Vec<DeliveryId> = due.iter().map(|row| row.delivery_id).collect();
            let claimed = diesel::update(dsl::webhook_delivery.filter(any_of(dsl::delivery_id, &ids)));
            let values = (
                dsl::due_time.eq(now.plus(task.lease)),
                dsl::attempts.eq(dsl::attempts + 1),
                dsl::tries.eq(dsl::tries + 1),
            );
            db::expect_rows(with_conn!(db, claimed.set(values).execute(db))?, ids.len())?;
            let old = row.valid_old_secret(now).map(str::to_owned);
            let claimed = |row: DeliveryRow| ClaimedDelivery {
                delivery_id: row.delivery_id,
                event_id: row.event_id.clone(),
                attempt: row.attempts.saturating_add(1),
                body: row.into_body(),
            };
            Ok(Some(Claimed {
                url: row.url,
                secrets: std::iter::once(row.secret).chain(old).collect(),
                deliveries: due.into_iter().map(claimed).collect(),
            }))
        };
        batch.iter().map(claim).collect()
    }
}
