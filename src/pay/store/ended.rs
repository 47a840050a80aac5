//! Reports to Order that the last open payment of an order has ended without being paid.
//!
//! A payment may be started meanwhile: Order counts the starts of each order, and a payment has the latest number of those
//! that led to it. The report has the latest number that Pay knows, so that Order can tell whether it has begun another
//! payment since.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use diesel::prelude::*;
use serde::Serialize;

use super::row::PaymentRow;
use crate::db::query::bulk::{Change, Kind, Update, change};
use crate::db::schema::pay;
use crate::db::{self, Db, any_of, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, PayId};
use crate::domain::status::IsPaid;
use crate::messaging::contract::{PAYMENT_ENDED, PaymentEnded};
use crate::messaging::outbox;
use crate::pay::Pay;
use crate::pay::message::Status;

/// The payments with these ids and all other payments of their orders. A transaction that may end payments locks them all:
/// of two that end one payment each, the second must see what the first has done.
pub fn with_siblings(db: &mut Db, ids: &[PayId]) -> db::Result<Vec<PayId>> {
    let orders: Vec<OrderId> = db::load_by(ids, |ids| {
        with_conn!(db, pay::table.filter(any_of(pay::pay_id, ids)).select(pay::order_id).load(db))
    })?;
    db::load_by(&orders, |ids| {
        with_conn!(db, pay::table.filter(any_of(pay::order_id, ids)).select(pay::pay_id).load(db))
    })
}

/// Columns of a payment: order, whether it is paid, when it was closed, number of the start.
type Columns = (OrderId, IsPaid, Option<Timestamp>, i32);

/// Reports those orders of the payments `ended` that have no open and no paid payment. The payments are locked and their
/// ends are written.
pub fn report(owner: &Pay, db: &mut Db, ended: &[(PayId, OrderId)]) -> db::Result<()> {
    // Most batches end no payment. They need not wake the relay.
    if ended.is_empty() {
        return Ok(());
    }
    let by_order: BTreeMap<OrderId, PayId> = ended.iter().map(|(pay_id, order_id)| (*order_id, *pay_id)).collect();
    let orders: Vec<OrderId> = by_order.keys().copied().collect();
    let payments: Vec<Columns> = db::load_by(&orders, |ids| {
        let of_orders = pay::table.filter(any_of(pay::order_id, ids));
        with_conn!(db, of_orders.select((pay::order_id, pay::is_paid, pay::close_time, pay::start_no)).load(db))
    })?;
    // The latest start of each order; `None` if one of its payments is open or paid.
    let mut latest: HashMap<OrderId, Option<i32>> = HashMap::new();
    for (order_id, is_paid, close_time, start_no) in payments {
        let number = (is_paid == IsPaid::No && close_time.is_some()).then_some(start_no);
        let known = latest.entry(order_id).or_insert(number);
        *known = known.zip(number).map(|(known, number)| known.max(number));
    }
    let report = |(order_id, pay_id): (OrderId, PayId)| {
        let start_no = latest.get(&order_id).copied().flatten()?;
        Some((pay_id, PaymentEnded { pay_id, order_id, start_no }))
    };
    let reports: Vec<(PayId, PaymentEnded)> = by_order.into_iter().filter_map(report).collect();
    outbox::write(db, &owner.context, PAYMENT_ENDED, Duration::ZERO, &reports)
}

/// Parameters of [`SetStart`] for one payment.
#[derive(Serialize)]
struct Started {
    id: i64,
    latest: i32,
}

/// Sets the number of the start, unless a later one is known.
struct SetStart;

impl Change for SetStart {
    const UPDATE: Update = Update {
        table: "pay",
        given: &[("id", Kind::Integer), ("latest", Kind::Integer)],
        condition: "pay_id = given.id AND start_no < given.latest",
        set: "start_no = given.latest",
    };
}

/// Records that starts have led to payments which existed already. A payment that has ended meanwhile ends again for Order,
/// which has begun a start since.
pub fn start_again(
    owner: &Pay,
    db: &mut Db,
    rows: &HashMap<PayId, PaymentRow>,
    starts: &HashMap<PayId, i32>,
) -> db::Result<()> {
    let later = |(pay_id, latest): (&PayId, &i32)| rows.get(pay_id).filter(|row| row.start_no < *latest);
    let started = starts.iter().filter(|start| later(*start).is_some());
    let started: Vec<Started> = started.map(|(pay_id, latest)| Started { id: pay_id.get(), latest: *latest }).collect();
    change::<SetStart, _>(db, &started)?;
    let again = starts.iter().filter_map(later).filter(|row| row.status() == Status::Closed);
    report(owner, db, &again.map(|row| (row.pay_id, row.order_id)).collect::<Vec<_>>())
}
