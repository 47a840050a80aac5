//! Starts and ends of payments: an order is `paying` from the start of a payment until its last open payment has ended.
//!
//! Order counts the starts. An end that Pay reports has the latest number that Pay knew; if Order has begun another start
//! since, the order stays `paying`.

use std::collections::HashMap;

use serde::Serialize;

use super::row;
use crate::actor::{Access, Priority, Task};
use crate::db::query::bulk::{Change, Kind, Update, change};
use crate::db::{self, Db};
use crate::domain::id::OrderId;
use crate::domain::lifecycle::{OrderState, Transition};
use crate::domain::status::PayStatus;
use crate::messaging::contract::PaymentEnded;
use crate::messaging::inbox::parse_bodies;
use crate::messaging::outbox;
use crate::order::Order;
use crate::order::error::PaymentRefusal;
use crate::order::message::{AbandonStart, Payable, StartPayment};

/// Marks orders as being paid if they wait for their payment and their payment period has not expired.
impl Task<Order> for StartPayment {
    type Outcome = Result<Payable, PaymentRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Result<Payable, PaymentRefusal>>> {
        let mut rows = row::lock(db, &batch.iter().map(|task| task.order_id).collect::<Vec<_>>())?;
        let now = owner.context.clock.now_for_deadlines(owner.pay_within);
        let mut started: HashMap<OrderId, PayingOrder> = HashMap::new();
        let mut start = |task: &Self| {
            let found = rows.get_mut(&task.order_id).filter(|row| row.user_id == task.user_id);
            let row = found.ok_or(PaymentRefusal::NotFound)?;
            let in_time = row.confirm_time.filter(|confirmed| now < confirmed.plus(owner.pay_within));
            let confirm_time = in_time.ok_or(PaymentRefusal::NotPayable)?;
            let after = row.state().after(Transition::StartPayment).ok_or(PaymentRefusal::NotPayable)?;
            let is_first = row.pay_status == PayStatus::Unpaid;
            row.set_state(after);
            row.pay_starts = row.pay_starts.saturating_add(1);
            started.insert(row.order_id, PayingOrder { id: row.order_id.get(), starts: row.pay_starts });
            Ok(Payable { amount: row.pay_amount, confirm_time, start_no: row.pay_starts, is_first })
        };
        let outcomes = batch.iter().map(&mut start).collect();
        let started: Vec<PayingOrder> = started.into_values().collect();
        db::expect_rows(change::<SetPaying, _>(db, &started)?, started.len())?;
        Ok(outcomes)
    }
}

/// Parameters of [`SetPaying`] for one order.
#[derive(Serialize)]
struct PayingOrder {
    id: i64,
    starts: i32,
}

struct SetPaying;

impl Change for SetPaying {
    const UPDATE: Update = Update {
        table: "orders",
        given: &[("id", Kind::Integer), ("starts", Kind::Integer)],
        condition: "order_id = given.id AND pay_status <> 2",
        set: "pay_status = 1, pay_starts = given.starts",
    };
}

/// Consumes payment/ended: an order whose last open payment has ended is unpaid again.
pub fn consume(messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let ended: Vec<Result<PaymentEnded, String>> = parse_bodies(messages);
    let known: Vec<(OrderId, i32)> = ended.iter().flatten().map(|ended| (ended.order_id, ended.start_no)).collect();
    end(db, &known)?;
    Ok(ended.into_iter().map(|ended| ended.map(drop)).collect())
}

/// Ends starts that were never recorded.
impl Task<Order> for AbandonStart {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(_: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<()>> {
        end(db, &batch.iter().map(|task| (task.order_id, task.start_no)).collect::<Vec<_>>())?;
        Ok(batch.iter().map(|_| ()).collect())
    }
}

/// Marks orders as unpaid whose latest start is the given one. A paid or cancelled order has nothing to change.
fn end(db: &mut Db, ended: &[(OrderId, i32)]) -> db::Result<()> {
    let mut rows = row::lock(db, &ended.iter().map(|(order_id, _)| *order_id).collect::<Vec<_>>())?;
    let mut before: HashMap<OrderId, OrderState> = HashMap::new();
    for (order_id, start_no) in ended {
        let Some(row) = rows.get_mut(order_id).filter(|row| row.pay_starts == *start_no) else { continue };
        let Some(after) = row.state().after(Transition::EndPayment) else { continue };
        before.insert(*order_id, row.state());
        row.set_state(after);
    }
    row::write_states(db, &before, &rows)
}
