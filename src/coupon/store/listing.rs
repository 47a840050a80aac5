//! The list of coupons and Coupon's part of an order's timeline.

use diesel::prelude::*;

use crate::actor::{Access, Task};
use crate::coupon::Coupon;
use crate::coupon::message;
use crate::db::schema::{coupon, coupon_log};
use crate::db::{self, Db, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::event::{Event, What};
use crate::domain::id::CouponId;
use crate::domain::status::Direction;

/// Reads pages of coupons, newest first.
impl Task<Coupon> for message::List {
    type Outcome = Vec<message::Coupon>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Coupon, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<message::Coupon>>> {
        let page = |task: &Self| {
            let before = task.before.unwrap_or(CouponId::new(i64::MAX));
            let older = coupon::coupon_id.lt(before);
            let page = coupon::table.order(coupon::coupon_id.desc()).limit(task.limit);
            Ok(match task.user_id {
                Some(user_id) => with_conn!(db, page.filter(older.and(coupon::user_id.eq(user_id))).load(db)),
                None => with_conn!(db, page.filter(older).load(db)),
            }?)
        };
        batch.iter().map(page).collect()
    }
}

/// Reads when the coupon of an order was bound and when it was released.
impl Task<Coupon> for message::ReadTimeline {
    type Outcome = Vec<Event>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Coupon, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Event>>> {
        let timeline = |task: &Self| {
            let log = coupon_log::table.filter(coupon_log::order_id.eq(task.order_id));
            let log = log.select((coupon_log::direction, coupon_log::coupon_id, coupon_log::log_time));
            let rows: Vec<(Direction, CouponId, Timestamp)> = with_conn!(db, log.load(db))?;
            let event = |(direction, coupon_id, at): (Direction, CouponId, Timestamp)| {
                let what = match direction {
                    Direction::Forward => What::CouponBound,
                    Direction::Back => What::CouponFreed,
                };
                Event::new(at, what, format!("coupon {coupon_id}")).with("coupon_id", coupon_id)
            };
            Ok(rows.into_iter().map(event).collect())
        };
        batch.iter().map(timeline).collect()
    }
}
