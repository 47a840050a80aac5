//! The notifications of one payment.

use diesel::prelude::*;

use crate::actor::{Access, Task};
use crate::db::schema::pay_notice::dsl;
use crate::db::{self, Db, with_conn};
use crate::pay::Pay;
use crate::pay::message::{ListNotifications, StoredNotification};

/// Largest number of notifications that are read.
const NOTIFICATIONS_MAX: i64 = 100;

/// Reads the notifications of a payment, oldest first.
impl Task<Pay> for ListNotifications {
    type Outcome = Vec<StoredNotification>;
    const ACCESS: Access = Access::Report;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<StoredNotification>>> {
        let of_payment = |task: &Self| {
            let notices = dsl::pay_notice.filter(dsl::pay_id.eq(Some(task.pay_id)));
            let notices = notices.order((dsl::create_time, dsl::event_id)).limit(NOTIFICATIONS_MAX);
            let columns = (dsl::event_id, dsl::reason, dsl::times, dsl::create_time, dsl::body);
            Ok(with_conn!(db, notices.select(columns).load(db))?)
        };
        batch.iter().map(of_payment).collect()
    }
}
