//! Coupon's lists and its part of an order's story, from its tables.

use diesel::prelude::*;

use crate::actor::{Access, Task};
use crate::coupon::Coupon;
use crate::coupon::message::{self, List, ReadTimeline};
use crate::db::schema::{coupon, coupon_log};
use crate::db::{self, Db, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::CouponId;
use crate::domain::status::Direction;

/// Pages of users' coupons, newest first.
impl Task<Coupon> for List {
    type Outcome = Vec<message::Coupon>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Coupon, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<message::Coupon>>> {
        let page = |task: &List| {
            let before = task.before.unwrap_or(CouponId::new(i64::MAX));
            let older = coupon::table.filter(coupon::user_id.eq(task.user_id).and(coupon::coupon_id.lt(before)));
            Ok(with_conn!(db, older.order(coupon::coupon_id.desc()).limit(task.limit).load(db))?)
        };
        batch.iter().map(page).collect()
    }
}

/// When a coupon was bound to an order, and freed.
impl Task<Coupon> for ReadTimeline {
    type Outcome = Vec<Event>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Coupon, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Event>>> {
        let timeline = |task: &ReadTimeline| {
            let log = coupon_log::table.filter(coupon_log::order_id.eq(task.order_id));
            let log = log.select((coupon_log::direction, coupon_log::coupon_id, coupon_log::log_time));
            let rows: Vec<(Direction, CouponId, Timestamp)> = with_conn!(db, log.load(db))?;
            let line = |(direction, coupon_id, at): (Direction, CouponId, Timestamp)| {
                let what = match direction {
                    Direction::Forward => "coupon_bound",
                    Direction::Back => "coupon_freed",
                };
                Event::new(at, what, format!("coupon {coupon_id}"))
            };
            Ok(rows.into_iter().map(line).collect())
        };
        batch.iter().map(timeline).collect()
    }
}
