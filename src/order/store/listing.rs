//! The lists of Order and its part of an order's timeline.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::row::{OrderRow, into_orders};
use crate::actor::{Access, Task};
use crate::db::schema::{order_act, order_refund, orders};
use crate::db::{self, Db, when, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::event::{Event, What};
use crate::domain::id::{EntryId, OrderId, UserId};
use crate::domain::status::{AuthorKind, OrderStatus};
use crate::messaging::outbox;
use crate::order::Order;
use crate::order::message::{self, ListOperatorLog, OperatorLogEntry};

/// Reads pages of a user's orders, newest first.
impl Task<Order> for message::List {
    type Outcome = Vec<message::Order>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<message::Order>>> {
        let page = |task: &Self| {
            let is_wanted = task.with_refused || task.states.order_status == Some(OrderStatus::Invalid);
            let states = task.states;
            let older = orders::table
                .filter(orders::user_id.eq(task.user_id).and(orders::order_status.ne(OrderStatus::Unconfirmed)))
                .filter(when((!is_wanted).then(|| orders::order_status.ne(OrderStatus::Invalid))))
                .filter(when(states.order_status.map(|status| orders::order_status.eq(status))))
                .filter(when(states.pay_status.map(|status| orders::pay_status.eq(status))))
                .filter(when(states.shipping_status.map(|status| orders::shipping_status.eq(status))))
                .filter(orders::order_id.lt(task.before.unwrap_or(OrderId::new(i64::MAX))))
                .order(orders::order_id.desc())
                .limit(task.limit);
            let rows: Vec<OrderRow> = with_conn!(db, older.load(db))?;
            into_orders(owner, db, rows)
        };
        batch.iter().map(page).collect()
    }
}

/// Reads pages of the orders that match the filters, newest first.
impl Task<Order> for message::ListAll {
    type Outcome = Vec<message::Order>;
    const ACCESS: Access = Access::Report;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<message::Order>>> {
        let page = |task: &Self| {
            let states = task.states;
            let of_goods = task.goods_id.map(|goods_id| {
                sql::<Bool>("orders.order_id IN (SELECT order_id FROM order_goods WHERE goods_id = ")
                    .bind::<BigInt, _>(goods_id)
                    .sql(")")
            });
            let matching = orders::table
                .filter(orders::order_id.lt(task.before.unwrap_or(OrderId::new(i64::MAX))))
                .filter(when(task.order_id.map(|order_id| orders::order_id.eq(order_id))))
                .filter(when(task.user_id.map(|user_id| orders::user_id.eq(user_id))))
                .filter(when(task.consignee.as_ref().map(|name| orders::consignee.eq(name))))
                .filter(when(of_goods))
                .filter(when(task.from.map(|from| orders::add_time.ge(from))))
                .filter(when(task.before_time.map(|end| orders::add_time.lt(end))))
                .filter(when(task.amount_min.map(|min| orders::order_amount.ge(min))))
                .filter(when(task.amount_max.map(|max| orders::order_amount.le(max))))
                .filter(when(states.order_status.map(|status| orders::order_status.eq(status))))
                .filter(when(states.pay_status.map(|status| orders::pay_status.eq(status))))
                .filter(when(states.shipping_status.map(|status| orders::shipping_status.eq(status))))
                .order(orders::order_id.desc())
                .limit(task.limit);
            let rows: Vec<OrderRow> = with_conn!(db, matching.load(db))?;
            into_orders(owner, db, rows)
        };
        batch.iter().map(page).collect()
    }
}

/// The columns of `order_act`.
type ActLogColumns =
    (EntryId, OrderId, String, AuthorKind, Option<UserId>, Option<String>, Timestamp, Option<String>, Option<String>);

/// Reads pages of the actions of administrators, newest first.
impl Task<Order> for ListOperatorLog {
    type Outcome = Vec<OperatorLogEntry>;
    const ACCESS: Access = Access::Report;

    fn run(_: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<OperatorLogEntry>>> {
        use order_act::dsl;
        let page = |task: &Self| {
            let of_order = task.order_id.map_or(0..=i64::MAX, |id| id.get()..=id.get());
            let matching = dsl::order_act
                .filter(
                    dsl::by_whom
                        .eq(AuthorKind::Admin)
                        .and(dsl::act_id.lt(task.before.unwrap_or(EntryId::new(i64::MAX)))),
                )
                .filter(dsl::order_id.between(OrderId::new(*of_order.start()), OrderId::new(*of_order.end())))
                .order(dsl::act_id.desc())
                .limit(task.limit);
            let rows: Vec<ActLogColumns> = with_conn!(db, matching.load(db))?;
            let entry = |(act_id, order_id, act, _, user_id, detail, create_time, ..): ActLogColumns| {
                OperatorLogEntry { act_id, order_id: Some(order_id), act, user_id, detail, create_time }
            };
            Ok(rows.into_iter().map(entry).collect())
        };
        batch.iter().map(page).collect()
    }
}

/// Reads the events of an order: its placement, the actions on it, refused refunds and its messages.
impl Task<Order> for message::ReadTimeline {
    type Outcome = Vec<Event>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Event>>> {
        let timeline = |task: &Self| {
            let found: Option<OrderRow> =
                with_conn!(db, orders::table.find(task.order_id).get_result(db)).optional()?;
            let Some(row) = found else { return Ok(Vec::new()) };
            let mut events = placement_events(&row);
            let acts = order_act::table.filter(order_act::order_id.eq(task.order_id)).order(order_act::act_id);
            let acts: Vec<ActLogColumns> = with_conn!(db, acts.load(db))?;
            events.extend(acts.into_iter().filter_map(action_event));
            let refusals = order_refund::table
                .filter(order_refund::order_id.eq(task.order_id).and(order_refund::refusal.is_not_null()))
                .select((order_refund::create_time, order_refund::refusal));
            let refusals: Vec<(Timestamp, Option<String>)> = with_conn!(db, refusals.load(db))?;
            let refused = |(at, why): (Timestamp, Option<String>)| {
                Event::new(at, What::RefundRefused, why.clone().unwrap_or_default()).with("refusal", why)
            };
            events.extend(refusals.into_iter().map(refused));
            events.extend(outbox::timeline(db, &[task.order_id.to_string()])?);
            Ok(events)
        };
        batch.iter().map(timeline).collect()
    }
}

/// Events from the request to the payment, or to the refusal.
fn placement_events(row: &OrderRow) -> Vec<Event> {
    let OrderRow { goods_amount, shipping_fee, order_amount, coupon_paid, money_paid, pay_amount, .. } = row;
    let amounts = format!(
        "goods {goods_amount}, shipping {shipping_fee}, together {order_amount}; coupon {coupon_paid}, balance {money_paid}, \
         to pay {pay_amount}"
    );
    let ordered = Event::new(row.add_time, What::Ordered, amounts)
        .with("goods_amount", goods_amount)
        .with("shipping_fee", shipping_fee)
        .with("order_amount", order_amount)
        .with("coupon_paid", coupon_paid)
        .with("money_paid", money_paid)
        .with("pay_amount", pay_amount);
    let mut events = vec![ordered];
    if let Some(refusal) = &row.refusal {
        let what = if row.order_status == OrderStatus::Invalid { What::Refused } else { What::Failed };
        events.push(Event::new(row.add_time, what, refusal.clone()).with("refusal", refusal));
    }
    events.extend(row.confirm_time.map(|at| Event::new(at, What::Confirmed, "").since(Some(row.add_time))));
    let paid_by =
        row.pay_id.map_or_else(|| "nothing was to be paid".to_owned(), |pay_id| format!("by payment {pay_id}"));
    let paid = |at| Event::new(at, What::Paid, paid_by).with("amount", pay_amount).with("pay_id", row.pay_id);
    events.extend(row.pay_time.map(|at| paid(at).since(row.confirm_time)));
    events
}

/// The event of a log row; `None` for an act of a later release.
fn action_event((_, _, act, by_whom, user_id, detail, at, data, message): ActLogColumns) -> Option<Event> {
    let by = user_id.map(|user_id| match by_whom {
        AuthorKind::Customer => format!("customer {user_id}"),
        AuthorKind::Shop | AuthorKind::Admin => format!("administrator {user_id}"),
    });
    let data = data.and_then(|data| serde_json::from_str(&data).ok()).unwrap_or_default();
    let (what, full) = (act.parse().ok()?, detail.unwrap_or_default());
    let detail = match by_whom {
        AuthorKind::Admin => for_customer(what, &full, message.as_deref()),
        AuthorKind::Customer | AuthorKind::Shop => full.clone(),
    };
    Some(Event { by, data, message, operator_detail: Some(full), ..Event::new(at, what, detail) })
}

/// The details of an administrator's act without the reason, which is for operators, and with the words for the customer.
fn for_customer(what: What, detail: &str, message: Option<&str>) -> String {
    let facts = match what {
        // The details are the reason.
        What::Cancelled => "",
        // The details are the amount, and after it the reason.
        What::RefundRequested | What::RefundedPart | What::Refunded => detail.split(':').next().unwrap_or_default(),
        _ => detail,
    };
    [facts, message.unwrap_or_default()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
}
