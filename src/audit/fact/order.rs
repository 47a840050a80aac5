//! The rows of Order.

use diesel::prelude::*;

use super::{Act, ByOrder, Facts, OrderRow, Range, RefundRequest, pending};
use crate::audit::OwnerStores;
use crate::db::schema::{order_act, order_goods, order_refund, order_refund_goods, orders};
use crate::db::{self, Db, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{GoodsId, OrderId, RefundId, UserId};
use crate::domain::money::Money;
use crate::domain::status::{AuthorKind, RefundState};

/// Adds up to `limit` orders with ids above `after`. Returns the last id of the page; `None` for the last page.
pub fn add(stores: &OwnerStores, after: OrderId, limit: i64, facts: &mut ByOrder) -> db::Result<Option<OrderId>> {
    db::snapshot(&mut *stores.order.reader()?, |db| {
        let rows: Vec<OrderRow> = with_conn!(
            db,
            orders::table
                .filter(orders::order_id.gt(after))
                .order(orders::order_id)
                .limit(limit)
                .select(OrderRow::as_select())
                .load(db)
        )?;
        let is_full = i64::try_from(rows.len()).unwrap_or(0) == limit;
        let last = rows.last().filter(|_| is_full).map(|row| row.order_id);
        add_rows(db, (after, last.unwrap_or(OrderId::new(i64::MAX))), rows, facts)?;
        Ok(last)
    })
}

/// Adds the orders in `range`.
pub fn add_range(stores: &OwnerStores, range: Range, facts: &mut ByOrder) -> db::Result<()> {
    db::snapshot(&mut *stores.order.reader()?, |db| {
        let of_range = orders::order_id.gt(range.0).and(orders::order_id.le(range.1));
        let rows: Vec<OrderRow> =
            with_conn!(db, orders::table.filter(of_range).select(OrderRow::as_select()).load(db))?;
        add_rows(db, range, rows, facts)
    })
}

fn add_rows(db: &mut Db, range: Range, rows: Vec<OrderRow>, facts: &mut ByOrder) -> db::Result<()> {
    let lines: Vec<(OrderId, GoodsId, i64, Money)> = with_conn!(
        db,
        order_goods::table
            .filter(order_goods::order_id.gt(range.0).and(order_goods::order_id.le(range.1)))
            .select((order_goods::order_id, order_goods::goods_id, order_goods::goods_number, order_goods::goods_price))
            .load(db)
    )?;
    for (order_id, goods_id, number, price) in lines {
        facts.entry(order_id).or_default().lines.insert(goods_id, (number, price));
    }
    add_acts(db, range, facts)?;
    add_refunds(db, range, facts)?;
    for (order_id, at) in pending(db, rows.iter().map(|row| row.order_id))? {
        facts.entry(order_id).or_default().record_activity(at);
    }
    for row in rows {
        let order_id = row.order_id;
        facts.entry(order_id).or_default().row = Some(row);
    }
    Ok(())
}

/// Columns of `order_refund`: order, refund, author, amount, status, revision, foreign number.
type RefundColumns = (OrderId, RefundId, UserId, Money, RefundState, i32, Option<String>);

fn add_refunds(db: &mut Db, range: Range, facts: &mut ByOrder) -> db::Result<()> {
    let refunds = order_refund::table
        .filter(order_refund::order_id.gt(range.0).and(order_refund::order_id.le(range.1)))
        .filter(order_refund::refusal.is_null())
        .order(order_refund::refund_id)
        .select((
            order_refund::order_id,
            order_refund::refund_id,
            order_refund::user_id,
            order_refund::amount,
            order_refund::status,
            order_refund::revision,
            order_refund::foreign_no,
        ));
    let refunds: Vec<RefundColumns> = with_conn!(db, refunds.load(db))?;
    for (order_id, refund_id, user_id, amount, status, revision, foreign_no) in refunds {
        let is_foreign = foreign_no.is_some();
        let request = RefundRequest { refund_id, user_id, amount, status, revision, is_foreign };
        facts.entry(order_id).or_default().refunds.push(request);
    }
    let returns = order_refund_goods::table
        .filter(order_refund_goods::order_id.gt(range.0).and(order_refund_goods::order_id.le(range.1)))
        .select((
            order_refund_goods::order_id,
            order_refund_goods::refund_id,
            order_refund_goods::goods_id,
            order_refund_goods::goods_number,
        ));
    let returns: Vec<(OrderId, RefundId, GoodsId, i64)> = with_conn!(db, returns.load(db))?;
    for (order_id, refund_id, goods_id, number) in returns {
        facts.entry(order_id).or_default().returns.push((refund_id, goods_id, number));
    }
    Ok(())
}

/// Columns of `order_act`: order, act, kind of author, author, time.
type ActColumns = (OrderId, String, AuthorKind, Option<UserId>, Timestamp);

fn add_acts(db: &mut Db, range: Range, facts: &mut ByOrder) -> db::Result<()> {
    let acts = order_act::table
        .filter(order_act::order_id.gt(range.0).and(order_act::order_id.le(range.1)))
        .order(order_act::act_id)
        .select((order_act::order_id, order_act::act, order_act::by_whom, order_act::user_id, order_act::create_time));
    let acts: Vec<ActColumns> = with_conn!(db, acts.load(db))?;
    for (order_id, act, by, user_id, at) in acts {
        let facts: &mut Facts = facts.entry(order_id).or_default();
        facts.acts.push(Act { act, by, user_id, at });
        facts.record_activity(at);
    }
    Ok(())
}
