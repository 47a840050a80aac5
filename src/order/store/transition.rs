//! Actions on orders after they were placed: cancel, expire, ship, receive and refund.
//!
//! Each action is one transaction with its log row and the resulting messages. An action that the state of the order
//! does not allow is refused.

use std::collections::HashMap;
use std::time::Duration;

use diesel::prelude::*;
use serde_json::json;

use super::act_log::{ActLogRow, insert_act_log};
use super::parcel;
use super::refund::returned;
use super::refund_row::{self, RefundRow, RefundSums, Refunds, ReturnedRow};
use super::row::{self, OrderRow, reservations};
use crate::actor::{Access, Task};
use crate::db::ledger;
use crate::db::schema::{order_refund, order_refund_goods};
use crate::db::{self, Db, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::event::What;
use crate::domain::id::{OrderId, RefundId, UserId};
use crate::domain::lifecycle::{OrderState, Transition};
use crate::domain::money::Money;
use crate::domain::order::Line;
use crate::domain::returned::{Units, check_units};
use crate::domain::status::{OrderStatus, RefundState, ShippingStatus};
use crate::domain::text::{CustomerMessage, Reason};
use crate::messaging::contract::{GoodsReturned, RefundRequested, ReservationsReleased};
use crate::messaging::contract::{ORDER_CANCELLED, ORDER_GOODS_RETURNED, ORDER_REFUND_REQUESTED};
use crate::messaging::contract::{ORDER_REFUNDED, ORDER_REFUNDED_SHIPPED};
use crate::messaging::outbox;
use crate::order::Order;
use crate::order::error::CommandRefusal;
use crate::order::message::{self, Action, Author, Command, Commanded, GivenUp, Parcel};

/// Refusal code of a refund that the state of its order does not allow.
const NOT_REFUNDABLE: &str = "order_not_refundable";

/// The rows that a batch of commands works on: read and locked first, changed in memory, written at the end.
struct TransitionBatch<'a> {
    owner: &'a Order,
    now: Timestamp,
    rows: HashMap<OrderId, OrderRow>,
    lines: HashMap<OrderId, Vec<Line>>,
    /// All known refunds: the stored ones and those of this batch.
    refunds: Refunds,
    /// State of each changed order at the time it was locked.
    before: HashMap<OrderId, OrderState>,
    parcels: Vec<(OrderId, Parcel)>,
    act_log: Vec<ActLogRow>,
    new_refunds: Vec<RefundRow>,
    new_returned: Vec<ReturnedRow>,
    cancelled: Vec<(OrderId, ReservationsReleased)>,
    refunded: Vec<(OrderId, ReservationsReleased)>,
    refunded_shipped: Vec<(OrderId, ReservationsReleased)>,
    returned: Vec<(OrderId, GoodsReturned)>,
    refund_requests: Vec<(OrderId, RefundRequested)>,
}

/// Carries out commands in arrival order.
impl Task<Order> for Command {
    type Outcome = Result<Commanded, CommandRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Result<Commanded, CommandRefusal>>> {
        let ids: Vec<OrderId> = batch.iter().map(|task| task.order_id).collect();
        let rows = row::lock(db, &ids)?;
        let mut transitions = TransitionBatch {
            owner,
            now: owner.context.clock.now(),
            rows,
            lines: row::read_lines(db, &ids)?,
            refunds: read_refunds(db, batch, &ids)?,
            before: HashMap::new(),
            parcels: Vec::new(),
            act_log: Vec::new(),
            new_refunds: Vec::new(),
            new_returned: Vec::new(),
            cancelled: Vec::new(),
            refunded: Vec::new(),
            refunded_shipped: Vec::new(),
            returned: Vec::new(),
            refund_requests: Vec::new(),
        };
        let mut outcomes = Vec::with_capacity(batch.len());
        for task in batch {
            outcomes.push(match transitions.decide(task)? {
                Ok(Effect { refund_id, is_replay }) => {
                    Ok(Commanded { order: transitions.order(task.order_id)?, refund_id, is_replay })
                }
                Err(refusal) => Err(refusal),
            });
        }
        transitions.write(db)?;
        Ok(outcomes)
    }
}

/// Reads the refunds of the orders in a batch and the refunds that its idempotency keys were used for, which may belong
/// to other orders.
fn read_refunds(db: &mut Db, batch: &[Command], ids: &[OrderId]) -> db::Result<Refunds> {
    let mut refunds = refund_row::of_orders(db, ids)?;
    let refund_tasks = batch.iter().filter_map(|task| Some((task.author.user()?, task.action.refund()?)));
    for (user_id, refund) in refund_tasks {
        let Some(key) = &refund.key else { continue };
        let of_key = order_refund::user_id.eq(user_id).and(order_refund::idempotency_key.eq(Some(key.as_str())));
        let found: Vec<RefundRow> = with_conn!(db, order_refund::table.filter(of_key).load(db))?;
        let of_other_orders = found.into_iter().filter(|row| !ids.contains(&row.order_id));
        refunds.rows.extend(of_other_orders.collect::<Vec<_>>());
    }
    Ok(refunds)
}

/// The effect of a command, apart from the state of its order.
#[derive(Default)]
struct Effect {
    refund_id: Option<RefundId>,
    is_replay: bool,
}

impl Effect {
    fn refund(row: &RefundRow, is_replay: bool) -> Self {
        Self { refund_id: (row.amount > Money::ZERO).then_some(row.refund_id), is_replay }
    }
}

impl TransitionBatch<'_> {
    /// Carries out a command in memory, or refuses it.
    fn decide(&mut self, task: &Command) -> db::Result<Result<Effect, CommandRefusal>> {
        let row = self.rows.get(&task.order_id).filter(|row| match task.author {
            Author::Customer(user_id) => row.user_id == user_id,
            Author::Shop | Author::Admin(_) => true,
        });
        let Some(row) = row.cloned() else { return Ok(Err(CommandRefusal::NotFound)) };
        let outcome = match &task.action {
            Action::Cancel { reason, message, given_up } => self
                .cancel(&row, task.author, What::Cancelled, reason.clone(), message.as_ref())
                .map(|()| self.act_log.extend(given_up_act(self.owner, task, given_up))),
            Action::Expire if !self.owner.is_expired(row.confirm_time) => Err(CommandRefusal::NotAllowed(row.state())),
            Action::Expire => self.cancel(&row, task.author, What::Expired, None, None),
            // Its money is back, or on the way back.
            // The answer to an earlier request may have been lost.
            Action::Ship(parcel) if row.is_shipped_as(parcel) => Ok(()),
            Action::Ship(_) if self.sums(&row)?.covers(row.pay_amount) => Err(CommandRefusal::NotAllowed(row.state())),
            // Nothing is left to be shipped.
            Action::Ship(_) if self.has_returned_all(&row) => Err(CommandRefusal::NotAllowed(row.state())),
            Action::Ship(parcel) => self.ship(&row, task.author, parcel),
            Action::Receive => self.step(&row, task.author, Transition::Receive, What::Received),
            Action::Refund(refund) => return self.refund(&row, task.author, refund),
        };
        Ok(outcome.map(|()| Effect::default()))
    }

    /// Applies a transition that needs nothing but a log row.
    fn step(
        &mut self,
        row: &OrderRow,
        author: Author,
        transition: Transition,
        act: What,
    ) -> Result<(), CommandRefusal> {
        self.apply(row, transition)?;
        self.act_log.push(ActLogRow::new(self.owner, row.order_id, act, author, None));
        Ok(())
    }

    fn ship(&mut self, row: &OrderRow, author: Author, parcel: &Parcel) -> Result<(), CommandRefusal> {
        self.apply(row, Transition::Ship)?;
        let detail = parcel::describe(parcel);
        if detail.is_some() {
            self.parcels.push((row.order_id, parcel.clone()));
            self.rows.entry(row.order_id).and_modify(|row| row.set_parcel(parcel));
        }
        let act = ActLogRow::new(self.owner, row.order_id, What::Shipped, author, detail);
        self.act_log.push(parcel::facts(parcel).iter().fold(act, ActLogRow::with));
        Ok(())
    }

    /// Takes an order to its next state; refuses a transition that its state does not allow.
    fn apply(&mut self, row: &OrderRow, transition: Transition) -> Result<(), CommandRefusal> {
        let state = row.state();
        let after = state.after(transition).ok_or(CommandRefusal::NotAllowed(state))?;
        self.before.entry(row.order_id).or_insert(state);
        if let Some(row) = self.rows.get_mut(&row.order_id) {
            row.set_state(after);
            row.wake_time = row.wake_time.filter(|_| after.order == OrderStatus::Confirmed);
        }
        Ok(())
    }

    fn cancel(
        &mut self,
        row: &OrderRow,
        author: Author,
        act: What,
        reason: Option<Reason>,
        message: Option<&CustomerMessage>,
    ) -> Result<(), CommandRefusal> {
        self.apply(row, Transition::Cancel)?;
        let detail = reason.map(Reason::into_inner);
        self.act_log.push(ActLogRow::new(self.owner, row.order_id, act, author, detail).with_message(message));
        self.cancelled.push((row.order_id, self.reservations(row)));
        Ok(())
    }

    fn sums(&self, row: &OrderRow) -> db::Result<RefundSums> {
        RefundSums::of(&self.refunds.rows, row.order_id)
    }

    fn lines(&self, row: &OrderRow) -> &[Line] {
        self.lines.get(&row.order_id).map_or(&[][..], Vec::as_slice)
    }

    fn has_returned_all(&self, row: &OrderRow) -> bool {
        self.refunds.units_left(row.order_id, self.lines(row)).values().all(|left| *left == 0)
    }

    fn refund(
        &mut self,
        row: &OrderRow,
        author: Author,
        refund: &message::Refund,
    ) -> db::Result<Result<Effect, CommandRefusal>> {
        let Some(user_id) = author.user() else { return Ok(Err(CommandRefusal::NotAllowed(row.state()))) };
        let same_key = |known: &&RefundRow| {
            let key = refund.key.as_ref().map(|key| key.as_str());
            key.is_some() && known.user_id == user_id && known.idempotency_key.as_deref() == key
        };
        if let Some(known) = self.refunds.rows.iter().find(same_key) {
            return Ok(match &known.refusal {
                _ if known.fingerprint != refund.fingerprint.as_str() => Err(CommandRefusal::KeyReused),
                Some(_) => Err(CommandRefusal::NotAllowedBefore(row.state())),
                None => Ok(Effect::refund(known, true)),
            });
        }
        let sums = self.sums(row)?;
        let left = sums.left(row.pay_amount);
        let amount = refund.amount.unwrap_or(left);
        // Once a refund is parked, it is for an operator to decide how the money goes back.
        let is_admin = matches!(author, Author::Admin(_));
        let may_ask = is_admin || (row.shipping_status == ShippingStatus::Unshipped && sums.parked == Money::ZERO);
        let is_free = row.pay_amount == Money::ZERO;
        let transition = if is_free { Transition::Refund } else { Transition::RefundPart };
        let is_used_up = left == Money::ZERO && !is_free;
        if !may_ask || is_used_up || row.state().after(transition).is_none() {
            self.record_request(row, user_id, refund, Err(NOT_REFUNDABLE));
            return Ok(Err(CommandRefusal::NotAllowed(row.state())));
        }
        if amount > left {
            return Ok(Err(CommandRefusal::TooMuch(left)));
        }
        if let Err(excess) = check_units(&self.refunds.units_left(row.order_id, self.lines(row)), &refund.units) {
            return Ok(Err(CommandRefusal::TooManyUnits(excess)));
        }
        self.record_request(row, user_id, refund, Ok(amount));
        self.record_returned(row, author, refund);
        let reason = refund.reason.clone().map(Reason::into_inner);
        let detail = reason.as_ref().map_or_else(|| amount.to_string(), |reason| format!("{amount}: {reason}"));
        let act = match transition {
            Transition::Refund => What::Refunded,
            _ if amount == left => What::RefundRequested,
            _ => What::RefundedPart,
        };
        let facts = match transition {
            Transition::Refund => json!({"amount": amount}),
            _ => json!({"refund_id": refund.refund_id, "amount": amount}),
        };
        // The customer's own words are in the details.
        let message = refund.message.as_ref().filter(|_| is_admin);
        let act = ActLogRow::new(self.owner, row.order_id, act, author, Some(detail));
        self.act_log.push(act.with(&facts).with_message(message));
        if is_free {
            return Ok(self.release_free(row).map(|()| Effect::default()));
        }
        let request = RefundRequested {
            refund_id: refund.refund_id,
            order_id: row.order_id,
            pay_id: row.pay_id,
            amount,
            reason: reason.unwrap_or_else(|| "refund".to_owned()),
            message: refund.message.clone().map(CustomerMessage::into_inner),
        };
        self.refund_requests.push((row.order_id, request));
        Ok(Ok(Effect { refund_id: Some(refund.refund_id), is_replay: false }))
    }

    /// Refunds an order for which no platform was paid: its balance and coupon are released at once.
    fn release_free(&mut self, row: &OrderRow) -> Result<(), CommandRefusal> {
        self.apply(row, Transition::Refund)?;
        let release = (row.order_id, self.reservations(row));
        match row.shipping_status {
            ShippingStatus::Unshipped => self.refunded.push(release),
            ShippingStatus::Shipped | ShippingStatus::Received => self.refunded_shipped.push(release),
        }
        Ok(())
    }

    fn reservations(&self, row: &OrderRow) -> ReservationsReleased {
        reservations(row, self.lines(row))
    }

    /// Records the units that go back into stock with a refund. If the refund is done already, they go back now.
    fn record_returned(&mut self, row: &OrderRow, author: Author, refund: &message::Refund) {
        for units in &refund.units {
            let detail =
                format!("{} of goods {} with refund {}", units.goods_number.get(), units.goods_id, refund.refund_id);
            let Units { goods_id, goods_number } = units;
            let facts =
                json!({"refund_id": refund.refund_id, "goods_id": goods_id, "goods_number": goods_number.get()});
            let act = ActLogRow::new(self.owner, row.order_id, What::GoodsReturned, author, Some(detail));
            self.act_log.push(act.with(&facts));
            let row = ReturnedRow {
                refund_id: refund.refund_id,
                goods_id: units.goods_id,
                order_id: row.order_id,
                goods_number: units.goods_number,
            };
            self.refunds.returned.push(row);
            self.new_returned.push(row);
        }
        let request = self.new_refunds.last().filter(|request| request.status == RefundState::Done);
        self.returned.extend(request.and_then(|request| returned(request, refund.units.clone())));
    }

    /// Records a requested refund. A refusal is recorded only for a request with a key, because a repeated key must get
    /// the same refusal.
    fn record_request(
        &mut self,
        row: &OrderRow,
        user_id: UserId,
        refund: &message::Refund,
        outcome: Result<Money, &str>,
    ) {
        if outcome.is_err() && refund.key.is_none() {
            return;
        }
        let is_pending = outcome.is_ok_and(|amount| amount > Money::ZERO);
        let request = RefundRow {
            refund_id: refund.refund_id,
            order_id: row.order_id,
            user_id,
            idempotency_key: refund.key.as_ref().map(|key| key.as_str().to_owned()),
            fingerprint: refund.fingerprint.as_str().to_owned(),
            amount: outcome.unwrap_or_default(),
            refusal: outcome.err().map(str::to_owned),
            create_time: self.now,
            status: if is_pending { RefundState::Pending } else { RefundState::Done },
            revision: 0,
            done_time: (!is_pending).then_some(self.now),
            foreign_no: None,
        };
        self.refunds.rows.push(request.clone());
        self.new_refunds.push(request);
    }

    fn order(&self, order_id: OrderId) -> db::Result<message::Order> {
        let row = self.rows.get(&order_id).ok_or_else(|| db::Error::bug(format!("there is no order {order_id}")))?;
        row.clone().into_order(self.owner, self.lines.get(&order_id).cloned().unwrap_or_default(), &self.refunds)
    }

    fn write(self, db: &mut Db) -> db::Result<()> {
        row::write_states(db, &self.before, &self.rows)?;
        parcel::write(db, &self.parcels)?;
        insert_act_log(db, &self.act_log)?;
        ledger::record(db, &self.new_refunds);
        insert_all!(db, order_refund::table, &self.new_refunds)?;
        ledger::record(db, &self.new_returned);
        insert_all!(db, order_refund_goods::table, &self.new_returned)?;
        let context = &self.owner.context;
        outbox::write(db, context, ORDER_CANCELLED, Duration::ZERO, &self.cancelled)?;
        outbox::write(db, context, ORDER_GOODS_RETURNED, Duration::ZERO, &self.returned)?;
        outbox::write(db, context, ORDER_REFUNDED, Duration::ZERO, &self.refunded)?;
        outbox::write(db, context, ORDER_REFUNDED_SHIPPED, Duration::ZERO, &self.refunded_shipped)?;
        outbox::write(db, context, ORDER_REFUND_REQUESTED, Duration::ZERO, &self.refund_requests)
    }
}

/// The log row of the payments that were given up with a cancellation; `None` if there are none.
fn given_up_act(owner: &Order, task: &Command, given_up: &[GivenUp]) -> Option<ActLogRow> {
    let detail = given_up.iter().map(|GivenUp { pay_id, amount, provider }| {
        format!("payment {pay_id} of {amount} at {provider}, without its answer")
    });
    let detail = detail.reduce(|all, one| format!("{all}; {one}"))?;
    let act = ActLogRow::new(owner, task.order_id, What::GivenUp, task.author, Some(detail));
    Some(act.with(&json!({"payments": given_up})))
}

impl Author {
    /// The customer or administrator; `None` for the shop.
    const fn user(self) -> Option<UserId> {
        match self {
            Self::Shop => None,
            Self::Customer(user_id) | Self::Admin(user_id) => Some(user_id),
        }
    }
}

impl Action {
    const fn refund(&self) -> Option<&message::Refund> {
        match self {
            Self::Refund(refund) => Some(refund),
            _ => None,
        }
    }
}
