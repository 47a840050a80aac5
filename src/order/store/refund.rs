//! Refunds of orders: the requested ones, and those that a platform has made by itself. Pay reports how they end, and
//! the state of the order's row decides what that means: an order is refunded when its money is back.

use std::collections::HashMap;
use std::time::Duration;

use diesel::prelude::*;
use serde::Serialize;
use serde_json::json;

use super::act_log::{ActLogRow, insert_act_log};
use super::published;
use super::refund_row::{RefundRow, RefundSums, Refunds, of_orders};
use super::row::{self, OrderRow, reservations};
use crate::db::ledger;
use crate::db::query::bulk::{Change, Kind, Update, change};
use crate::db::schema::order_refund;
use crate::db::{self, Db, insert_all};
use crate::domain::clock::Timestamp;
use crate::domain::event::What;
use crate::domain::id::{OrderId, RefundId};
use crate::domain::lifecycle::{OrderState, Transition};
use crate::domain::order::Line;
use crate::domain::returned::Units;
use crate::domain::status::{OrderStatus, PayStatus, RefundState, ShippingStatus};
use crate::messaging::contract::{GoodsReturned, PartRefunded, RefundReported, ReservationsReleased};
use crate::messaging::contract::{ORDER_GOODS_RETURNED, ORDER_REFUNDED, ORDER_REFUNDED_PART, ORDER_REFUNDED_SHIPPED};
use crate::messaging::inbox::parse_bodies;
use crate::messaging::outbox;
use crate::order::Order;
use crate::order::message::Author;

/// The changes made by a batch of reports.
#[derive(Default)]
struct Changes {
    before: HashMap<OrderId, OrderState>,
    act_log: Vec<ActLogRow>,
    found: Vec<RefundRow>,
    reported: HashMap<RefundId, StoredStatus>,
    parts: Vec<(OrderId, PartRefunded)>,
    returned: Vec<(OrderId, GoodsReturned)>,
    refunded: Vec<(OrderId, ReservationsReleased)>,
    refunded_shipped: Vec<(OrderId, ReservationsReleased)>,
}

/// Consumes payment/refund: records how refunds end. When all that was paid is back, the order is refunded.
pub fn consume(owner: &Order, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let reports: Vec<Result<RefundReported, String>> = parse_bodies(messages);
    let ids: Vec<OrderId> = reports.iter().flatten().map(|report| report.order_id).collect();
    let mut rows = row::lock(db, &ids)?;
    let lines = row::read_lines(db, &ids)?;
    let mut refunds = of_orders(db, &ids)?;
    let mut changes = Changes::default();
    let mut outcomes = Vec::with_capacity(reports.len());
    for report in reports {
        outcomes.push(match report {
            Err(error) => Err(error),
            Ok(report) => match rows.get_mut(&report.order_id) {
                None => Err("the order is unknown".to_owned()),
                Some(row) => {
                    let lines = lines.get(&report.order_id).map_or(&[][..], Vec::as_slice);
                    apply(owner, row, lines, &mut refunds, &report, &mut changes)?
                }
            },
        });
    }
    let context = &owner.context;
    row::write_states(db, &changes.before, &rows)?;
    let now = context.clock.now();
    for (order_id, part) in &changes.parts {
        published::record_part(db, *order_id, now, part.refund_id);
    }
    insert_act_log(db, &changes.act_log)?;
    ledger::record(db, &changes.found);
    insert_all!(db, order_refund::table, &changes.found)?;
    change::<SetStatus, _>(db, &changes.reported.into_values().collect::<Vec<_>>())?;
    outbox::write(db, context, ORDER_REFUNDED_PART, Duration::ZERO, &changes.parts)?;
    outbox::write(db, context, ORDER_GOODS_RETURNED, Duration::ZERO, &changes.returned)?;
    outbox::write(db, context, ORDER_REFUNDED, Duration::ZERO, &changes.refunded)?;
    outbox::write(db, context, ORDER_REFUNDED_SHIPPED, Duration::ZERO, &changes.refunded_shipped)?;
    Ok(outcomes)
}

/// Applies one report to the order's row and its refunds.
fn apply(
    owner: &Order,
    row: &mut OrderRow,
    lines: &[Line],
    refunds: &mut Refunds,
    report: &RefundReported,
    changes: &mut Changes,
) -> db::Result<Result<(), String>> {
    let is_unpaid = row.pay_status != PayStatus::Paid;
    if is_unpaid && matches!(row.order_status, OrderStatus::Unconfirmed | OrderStatus::Confirmed) {
        return Ok(Err("the order does not know of the payment yet".to_owned()));
    }
    // A payment that the order did not accept goes back without it.
    if is_unpaid || row.pay_id.is_some_and(|pay_id| pay_id != report.pay_id) {
        return Ok(Ok(()));
    }
    let now = owner.context.clock.now();
    let Some(refund) = record(row, &mut refunds.rows, report, now, changes) else { return Ok(Ok(())) };
    if refund.foreign_no.is_some() {
        let detail = format!("{} of payment {}, not asked for by the shop", refund.amount, report.pay_id);
        let act = ActLogRow::new(owner, row.order_id, What::RefundedByPlatform, Author::Shop, Some(detail));
        let facts = json!({"refund_id": refund.refund_id, "pay_id": report.pay_id, "amount": refund.amount});
        changes.act_log.push(act.with(&facts));
    }
    changes.returned.extend(returned(&refund, refunds.units_of(refund.refund_id)));
    let done = RefundSums::of(&refunds.rows, row.order_id)?.done;
    let after = row.state().after(Transition::Refund);
    match after.filter(|_| done >= row.pay_amount) {
        Some(after) => {
            changes.before.entry(row.order_id).or_insert(row.state());
            let is_unshipped = row.shipping_status == ShippingStatus::Unshipped;
            row.set_state(after);
            row.wake_time = None;
            let (author, detail) = (author(&refund, row), Some(done.to_string()));
            let act = ActLogRow::new(owner, row.order_id, What::Refunded, author, detail);
            changes.act_log.push(act.with(&json!({"amount": done})));
            let released = (row.order_id, reservations(row, lines));
            if is_unshipped { changes.refunded.push(released) } else { changes.refunded_shipped.push(released) }
        }
        None if row.order_status == OrderStatus::Confirmed => {
            let part = PartRefunded {
                refund_id: refund.refund_id,
                order_id: row.order_id,
                user_id: row.user_id,
                pay_amount: row.pay_amount,
                refunded: done,
            };
            changes.parts.push((row.order_id, part));
        }
        None => {}
    }
    Ok(Ok(()))
}

/// The message that returns the units of a refund that is done; `None` if it has none.
pub fn returned(refund: &RefundRow, units: Vec<Units>) -> Option<(OrderId, GoodsReturned)> {
    let (refund_id, order_id) = (refund.refund_id, refund.order_id);
    (!units.is_empty()).then_some((order_id, GoodsReturned { refund_id, order_id, units }))
}

/// The author of a refund: the customer of the order, an administrator, or the shop for one that the platform made.
const fn author(refund: &RefundRow, order: &OrderRow) -> Author {
    match &refund.foreign_no {
        Some(_) => Author::Shop,
        None if refund.user_id.get() == order.user_id.get() => Author::Customer(refund.user_id),
        None => Author::Admin(refund.user_id),
    }
}

/// Records the reported status. Returns the refund if it has become done by that.
fn record(
    order: &OrderRow,
    refunds: &mut Vec<RefundRow>,
    report: &RefundReported,
    now: Timestamp,
    changes: &mut Changes,
) -> Option<RefundRow> {
    let done_time = (report.status == RefundState::Done).then_some(now.max(order.add_time));
    let Some(known) = refunds.iter_mut().find(|refund| refund.refund_id == report.refund_id) else {
        // Without a foreign number the refund belongs to a payment that the order did not accept.
        let foreign_no = Some(report.foreign_no.clone()?);
        let found = RefundRow {
            refund_id: report.refund_id,
            order_id: order.order_id,
            user_id: order.user_id,
            idempotency_key: None,
            fingerprint: String::new(),
            amount: report.amount,
            refusal: None,
            create_time: now.max(order.add_time),
            status: report.status,
            revision: report.revision,
            done_time,
            foreign_no,
        };
        refunds.push(found.clone());
        changes.found.push(found.clone());
        return Some(found);
    };
    let was_done = known.status == RefundState::Done;
    // Refunds of earlier releases count as done since the upgrade, with revision 0.
    if known.revision >= report.revision || (was_done && report.status == RefundState::Done && known.revision == 0) {
        return None;
    }
    (known.status, known.revision) = (report.status, report.revision);
    known.done_time = done_time.map(|at| known.done_time.unwrap_or(at.max(known.create_time)));
    let known = known.clone();
    match changes.found.iter_mut().find(|found| found.refund_id == known.refund_id) {
        Some(found) => *found = known.clone(),
        None => drop(changes.reported.insert(known.refund_id, StoredStatus::of(&known))),
    }
    (!was_done && known.status == RefundState::Done).then_some(known)
}

/// Parameters of [`SetStatus`] for one refund.
#[derive(Serialize)]
struct StoredStatus {
    id: i64,
    state: i32,
    version: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    done: Option<i64>,
}

impl StoredStatus {
    fn of(row: &RefundRow) -> Self {
        let done = row.done_time.map(|at| at.0);
        Self { id: row.refund_id.get(), state: row.status.number(), version: row.revision, done }
    }
}

/// Sets the status of refunds, unless a later one is known.
struct SetStatus;

impl Change for SetStatus {
    const UPDATE: Update = Update {
        table: "order_refund",
        given: &[("id", Kind::Integer), ("state", Kind::Integer), ("version", Kind::Integer), ("done", Kind::Integer)],
        condition: "refund_id = given.id AND revision < given.version",
        set: "status = given.state, revision = given.version, done_time = given.done",
    };
}
