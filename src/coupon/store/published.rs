//! The changes of coupons as events for other systems, made from the lines of Coupon's chain.

use std::collections::{HashMap, HashSet};

use super::{read_coupons, read_log};
use crate::coupon::{Coupon, message};
use crate::db::{self, Db};
use crate::domain::id::{CouponId, OrderId};
use crate::domain::status::Direction;
use crate::messaging::feed::data::{CouponChange, CouponChanged};
use crate::messaging::feed::event_type::{COUPON_CHANGED, COUPON_LOG, COUPONS};
use crate::messaging::feed::{Line, Published, Publisher};

impl Publisher for Coupon {
    fn events(&self, lines: &[Line<'_>], db: &mut Db) -> db::Result<Vec<Option<Published>>> {
        let ids: Vec<CouponId> = lines.iter().filter_map(coupon_of).collect();
        let rows = Rows { coupons: read_coupons(db, &ids)?, log: read_log(db, &orders_of(lines))? };
        lines.iter().map(|line| event(line, &rows).transpose()).collect()
    }
}

/// The rows that some lines are about.
struct Rows {
    coupons: HashMap<CouponId, message::Coupon>,
    log: HashSet<(OrderId, Direction)>,
}

fn coupon_of(line: &Line<'_>) -> Option<CouponId> {
    let column = if line.start == COUPON_LOG { 2 } else { 0 };
    line.integer(column).map(CouponId::new)
}

fn orders_of(lines: &[Line<'_>]) -> Vec<OrderId> {
    let of_orders = lines.iter().filter(|line| line.start == COUPON_LOG);
    of_orders.filter_map(|line| line.integer(0)).map(OrderId::new).collect()
}

fn event(line: &Line<'_>, rows: &Rows) -> Option<db::Result<Published>> {
    let coupon = rows.coupons.get(&coupon_of(line)?)?;
    let (key, change, order_id) = match line.start {
        COUPONS => (coupon.coupon_id.to_string(), CouponChange::Created, None),
        COUPON_LOG => {
            let (order_id, direction) = (OrderId::new(line.integer(0)?), line.integer(1)?);
            let is_bound = direction == i64::from(Direction::Forward.number());
            // A tombstone releases nothing: its order was never bound, and cannot be any more.
            if !is_bound && !rows.log.contains(&(order_id, Direction::Forward)) {
                return None;
            }
            let change = if is_bound { CouponChange::Used } else { CouponChange::Released };
            (format!("{order_id}-{direction}"), change, Some(order_id))
        }
        _ => return None,
    };
    let message::Coupon { coupon_id, user_id, coupon_price, .. } = *coupon;
    let data = CouponChanged { coupon_id, user_id, coupon_price, change, order_id };
    Some(Published::new(&COUPON_CHANGED, key, coupon_id, line.time(3), &data))
}
