//! Order's lists for operators and its part of an order's story, from its tables.

use diesel::prelude::*;
use strum::VariantArray;

use super::row::{Row, into_orders};
use crate::actor::{Access, Task};
use crate::db::schema::{order_act, order_refund, orders};
use crate::db::{self, Db, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::event::Event;
use crate::domain::id::{EntryId, OrderId, UserId};
use crate::domain::status::{AuthorKind, OrderStatus};
use crate::messaging::outbox;
use crate::order::Order;
use crate::order::message::{self, Entry, ListAll, ListOperatorLog, ReadTimeline};

/// The values a filter lets through: the one that is asked for, or all.
fn one_or_all<T: VariantArray + Copy>(wanted: Option<T>) -> Vec<T> {
    wanted.map_or_else(|| T::VARIANTS.to_vec(), |one| vec![one])
}

/// Pages of all orders that fit, newest first.
impl Task<Order> for ListAll {
    type Outcome = Vec<message::Order>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<message::Order>>> {
        let page = |task: &ListAll| {
            let of_user = task.user_id.map_or(0..=i64::MAX, |id| id.get()..=id.get());
            let order_status = one_or_all(task.order_status);
            let pay_status = one_or_all(task.pay_status);
            let shipping_status = one_or_all(task.shipping_status);
            let fitting = orders::table
                .filter(orders::order_id.lt(task.before.unwrap_or(OrderId::new(i64::MAX))))
                .filter(orders::user_id.between(UserId::new(*of_user.start()), UserId::new(*of_user.end())))
                .filter(orders::order_status.eq_any(order_status))
                .filter(orders::pay_status.eq_any(pay_status))
                .filter(orders::shipping_status.eq_any(shipping_status))
                .order(orders::order_id.desc())
                .limit(task.limit);
            let rows: Vec<Row> = with_conn!(db, fitting.load(db))?;
            into_orders(db, rows)
        };
        batch.iter().map(page).collect()
    }
}

type ActLogColumns = (EntryId, OrderId, String, AuthorKind, Option<UserId>, Option<String>, Timestamp);

/// Pages of what administrators did to orders, newest first.
impl Task<Order> for ListOperatorLog {
    type Outcome = Vec<Entry>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Entry>>> {
        use order_act::dsl;
        let page = |task: &ListOperatorLog| {
            let of_order = task.order_id.map_or(0..=i64::MAX, |id| id.get()..=id.get());
            let acts = dsl::order_act
                .filter(
                    dsl::by_whom
                        .eq(AuthorKind::Admin)
                        .and(dsl::act_id.lt(task.before.unwrap_or(EntryId::new(i64::MAX)))),
                )
                .filter(dsl::order_id.between(OrderId::new(*of_order.start()), OrderId::new(*of_order.end())))
                .order(dsl::act_id.desc())
                .limit(task.limit);
            let rows: Vec<ActLogColumns> = with_conn!(db, acts.load(db))?;
            let entry = |(act_id, order_id, act, _, user_id, detail, create_time): ActLogColumns| Entry {
                act_id,
                order_id,
                act,
                user_id,
                detail,
                create_time,
            };
            Ok(rows.into_iter().map(entry).collect())
        };
        batch.iter().map(page).collect()
    }
}

/// The life of an order as Order knows it.
impl Task<Order> for ReadTimeline {
    type Outcome = Vec<Event>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Event>>> {
        let timeline = |task: &ReadTimeline| {
            let found: Option<Row> = with_conn!(db, orders::table.find(task.order_id).get_result(db)).optional()?;
            let Some(row) = found else { return Ok(Vec::new()) };
            let mut events = placed(&row);
            let acts = order_act::table.filter(order_act::order_id.eq(task.order_id)).order(order_act::act_id);
            let acts: Vec<ActLogColumns> = with_conn!(db, acts.load(db))?;
            events.extend(acts.into_iter().map(acted));
            let refused = order_refund::table
                .filter(order_refund::order_id.eq(task.order_id).and(order_refund::refusal.is_not_null()))
                .select((order_refund::create_time, order_refund::refusal));
            let refused: Vec<(Timestamp, Option<String>)> = with_conn!(db, refused.load(db))?;
            let refused =
                refused.into_iter().map(|(at, why)| Event::new(at, "refund_refused", why.unwrap_or_default()));
            events.extend(refused);
            events.extend(outbox::timeline(db, &[task.order_id.to_string()])?);
            Ok(events)
        };
        batch.iter().map(timeline).collect()
    }
}

/// From the request to the confirmation or the refusal.
fn placed(row: &Row) -> Vec<Event> {
    let Row { goods_amount, shipping_fee, order_amount, coupon_paid, money_paid, pay_amount, .. } = row;
    let amounts = format!(
        "goods {goods_amount}, shipping {shipping_fee}, together {order_amount}; coupon {coupon_paid}, balance {money_paid}, \
         to pay {pay_amount}"
    );
    let mut events = vec![Event::new(row.add_time, "ordered", amounts)];
    if let Some(refusal) = &row.refusal {
        let what = if row.order_status == OrderStatus::Invalid { "refused" } else { "failed" };
        events.push(Event::new(row.add_time, what, refusal.clone()));
    }
    events.extend(row.confirm_time.map(|at| Event::new(at, "confirmed", String::new())));
    let paid_by =
        row.pay_id.map_or_else(|| "nothing was to be paid".to_owned(), |pay_id| format!("by payment {pay_id}"));
    events.extend(row.pay_time.map(|at| Event::new(at, "paid", paid_by)));
    events
}

fn acted((_, _, act, by_whom, user_id, detail, at): ActLogColumns) -> Event {
    let by = user_id.map(|user_id| match by_whom {
        AuthorKind::Customer => format!("customer {user_id}"),
        AuthorKind::Shop | AuthorKind::Admin => format!("administrator {user_id}"),
    });
    Event { by, ..Event::new(at, &act, detail.unwrap_or_default()) }
}
