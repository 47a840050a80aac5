//! The rows of Goods, Coupon and User about orders.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::{ByOrder, Coupon, Facts, Range};
use crate::audit::OwnerStores;
use crate::db::schema::{
    coupon, coupon_log, goods, goods_number_log, goods_number_part, user_money_log, user_score_log, user_score_part,
    users,
};
use crate::db::{self, Db, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{CouponId, GoodsId, OrderId, RefundId, UserId};
use crate::domain::money::Money;
use crate::domain::status::{CouponUse, Direction};

/// Adds the stock log of the orders in `range`, and which products of their lines do not exist.
pub fn add_stock(stores: &OwnerStores, range: Range, facts: &mut ByOrder) -> db::Result<()> {
    db::snapshot(&mut *stores.goods.reader()?, |db| {
        add_stock_log(db, range, facts)?;
        add_unknown_goods(db, facts)
    })
}

fn add_stock_log(db: &mut Db, range: Range, facts: &mut ByOrder) -> db::Result<()> {
    let stock = goods_number_log::table
        .filter(goods_number_log::order_id.gt(range.0).and(goods_number_log::order_id.le(range.1)))
        .select((
            goods_number_log::order_id,
            goods_number_log::goods_id,
            goods_number_log::direction,
            goods_number_log::goods_number,
            goods_number_log::log_time,
        ));
    let stock: Vec<(OrderId, GoodsId, Direction, i64, Timestamp)> = with_conn!(db, stock.load(db))?;
    for (order_id, goods_id, direction, number, at) in stock {
        let facts = facts.entry(order_id).or_default();
        facts.stock.insert((goods_id, direction), number);
        facts.record_activity(at);
    }
    let parts = goods_number_part::table
        .filter(goods_number_part::order_id.gt(range.0).and(goods_number_part::order_id.le(range.1)))
        .select((
            goods_number_part::order_id,
            goods_number_part::refund_id,
            goods_number_part::goods_id,
            goods_number_part::goods_number,
            goods_number_part::log_time,
        ));
    let parts: Vec<(OrderId, RefundId, GoodsId, i64, Timestamp)> = with_conn!(db, parts.load(db))?;
    for (order_id, refund_id, goods_id, number, at) in parts {
        let facts = facts.entry(order_id).or_default();
        facts.stock_parts.push((refund_id, goods_id, number));
        facts.record_activity(at);
    }
    Ok(())
}

fn add_unknown_goods(db: &mut Db, facts: &mut ByOrder) -> db::Result<()> {
    let ids: HashSet<GoodsId> = facts.values().flat_map(|facts| facts.lines.keys().copied()).collect();
    let ids: Vec<GoodsId> = ids.into_iter().collect();
    let known: Vec<GoodsId> = db::load_by(&ids, |ids| {
        with_conn!(db, goods::table.filter(goods::goods_id.eq_any(ids)).select(goods::goods_id).load(db))
    })?;
    let known: HashSet<GoodsId> = known.into_iter().collect();
    for facts in facts.values_mut() {
        facts.unknown_goods = facts.lines.keys().filter(|id| !known.contains(id)).copied().collect();
    }
    Ok(())
}

/// Adds the coupons that the orders in `range` name, those that are bound to them, and the log of both.
pub fn add_coupons(stores: &OwnerStores, range: Range, facts: &mut ByOrder) -> db::Result<()> {
    db::snapshot(&mut *stores.coupon.reader()?, |db| {
        let log: Vec<(OrderId, Direction, CouponId, Timestamp)> = with_conn!(
            db,
            coupon_log::table
                .filter(coupon_log::order_id.gt(range.0).and(coupon_log::order_id.le(range.1)))
                .select((coupon_log::order_id, coupon_log::direction, coupon_log::coupon_id, coupon_log::log_time))
                .load(db)
        )?;
        for (order_id, direction, coupon_id, at) in log {
            let facts = facts.entry(order_id).or_default();
            facts.coupon_log.push((direction, coupon_id));
            facts.record_activity(at);
        }
        let bound: Vec<(Option<OrderId>, CouponId)> = with_conn!(
            db,
            coupon::table
                .filter(coupon::order_id.gt(Some(range.0)).and(coupon::order_id.le(Some(range.1))))
                .select((coupon::order_id, coupon::coupon_id))
                .load(db)
        )?;
        for (order_id, coupon_id) in bound {
            facts.entry(order_id.unwrap_or(OrderId::new(0))).or_default().coupons_bound.push(coupon_id);
        }
        add_named_coupons(db, facts)
    })
}

/// Columns of `coupon`: id, user, price, whether it is used, order.
type CouponColumns = (CouponId, UserId, Money, CouponUse, Option<OrderId>);

fn add_named_coupons(db: &mut Db, facts: &mut ByOrder) -> db::Result<()> {
    let named = |facts: &Facts| facts.row.as_ref().and_then(|row| row.coupon_id);
    let ids: Vec<CouponId> = facts.values().filter_map(named).collect();
    let rows: Vec<CouponColumns> = db::load_by(&ids, |ids| {
        let columns = (coupon::coupon_id, coupon::user_id, coupon::coupon_price, coupon::is_used, coupon::order_id);
        with_conn!(db, coupon::table.filter(coupon::coupon_id.eq_any(ids)).select(columns).load(db))
    })?;
    let coupon =
        |(coupon_id, user_id, price, is_used, order_id)| Coupon { coupon_id, user_id, price, is_used, order_id };
    let coupons: HashMap<CouponId, Coupon> = rows.into_iter().map(|row| (row.0, coupon(row))).collect();
    for facts in facts.values_mut() {
        facts.coupon = named(facts).and_then(|id| coupons.get(&id).cloned());
    }
    Ok(())
}

/// Adds the logs of balance and points of the orders in `range`, and which users that the orders name do not exist.
pub fn add_balances(stores: &OwnerStores, range: Range, facts: &mut ByOrder) -> db::Result<()> {
    db::snapshot(&mut *stores.user.reader()?, |db| {
        let money: Vec<(OrderId, Direction, UserId, Money, Timestamp)> = with_conn!(
            db,
            user_money_log::table
                .filter(user_money_log::order_id.gt(range.0).and(user_money_log::order_id.le(range.1)))
                .select((
                    user_money_log::order_id,
                    user_money_log::money_log_type,
                    user_money_log::user_id,
                    user_money_log::use_money,
                    user_money_log::create_time,
                ))
                .load(db)
        )?;
        for (order_id, direction, user_id, amount, at) in money {
            let facts = facts.entry(order_id).or_default();
            facts.money.push((direction, user_id, amount));
            facts.record_activity(at);
        }
        let score: Vec<(OrderId, Direction, UserId, i64, Timestamp)> = with_conn!(
            db,
            user_score_log::table
                .filter(user_score_log::order_id.gt(range.0).and(user_score_log::order_id.le(range.1)))
                .select((
                    user_score_log::order_id,
                    user_score_log::score_log_type,
                    user_score_log::user_id,
                    user_score_log::score,
                    user_score_log::create_time,
                ))
                .load(db)
        )?;
        for (order_id, direction, user_id, points, at) in score {
            let facts = facts.entry(order_id).or_default();
            facts.score.push((direction, user_id, points));
            facts.record_activity(at);
        }
        let parts: Vec<(OrderId, UserId, i64, Timestamp)> = with_conn!(
            db,
            user_score_part::table
                .filter(user_score_part::order_id.gt(range.0).and(user_score_part::order_id.le(range.1)))
                .select((
                    user_score_part::order_id,
                    user_score_part::user_id,
                    user_score_part::score,
                    user_score_part::create_time,
                ))
                .load(db)
        )?;
        for (order_id, user_id, points, at) in parts {
            let facts = facts.entry(order_id).or_default();
            facts.score_parts.push((user_id, points));
            facts.record_activity(at);
        }
        add_unknown_users(db, facts)
    })
}

fn add_unknown_users(db: &mut Db, facts: &mut ByOrder) -> db::Result<()> {
    let ids: HashSet<UserId> = facts.values().flat_map(Facts::users).collect();
    let ids: Vec<UserId> = ids.into_iter().collect();
    let known: Vec<UserId> = db::load_by(&ids, |ids| {
        with_conn!(db, users::table.filter(users::user_id.eq_any(ids)).select(users::user_id).load(db))
    })?;
    let known: HashSet<UserId> = known.into_iter().collect();
    for facts in facts.values_mut() {
        let mut unknown: Vec<UserId> = facts.users().filter(|id| !known.contains(id)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        facts.unknown_users = unknown;
    }
    Ok(())
}
