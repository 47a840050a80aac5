//! Actions on orders after they were placed: cancel, expire, ship, receive and refund.
//!
//! Each action is one transaction with its log row and the resulting messages. An action that the state of the order
//! does not allow is refused.

use std::collections::HashMap;
use std::time::Duration;

use diesel::prelude::*;

use super::row::{self, OrderRow};
use crate::actor::{Access, Task};
use crate::db::schema::{order_act, order_refund};
use crate::db::{self, Db, any_of, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{EntryId, OrderId, RefundId, UserId};
use crate::domain::lifecycle::{OrderState, Transition};
use crate::domain::money::Money;
use crate::domain::order::Line;
use crate::domain::status::{AuthorKind, OrderStatus, ShippingStatus};
use crate::domain::text::Reason;
use crate::messaging::contract::{ORDER_CANCELLED, ORDER_REFUNDED, ORDER_REFUNDED_SHIPPED, ORDER_REPAY};
use crate::messaging::contract::{RefundRequested, ReservationsReleased};
use crate::messaging::outbox;
use crate::order::Order;
use crate::order::error::CommandRefusal;
use crate::order::message::{self, Action, Author, Command};

/// A row of `order_act`.
#[derive(Insertable)]
#[diesel(table_name = order_act, treat_none_as_default_value = false)]
pub struct ActLogRow {
    pub act_id: EntryId,
    pub order_id: OrderId,
    pub act: &'static str,
    pub by_whom: AuthorKind,
    pub user_id: Option<UserId>,
    pub detail: Option<String>,
    pub create_time: Timestamp,
}

impl ActLogRow {
    /// Creates a log row. `detail` is cut to 200 characters.
    pub fn new(owner: &Order, order_id: OrderId, act: &'static str, author: Author, detail: Option<String>) -> Self {
        let (by_whom, user_id) = match author {
            Author::Shop => (AuthorKind::Shop, None),
            Author::Customer(user_id) => (AuthorKind::Customer, Some(user_id)),
            Author::Admin(user_id) => (AuthorKind::Admin, Some(user_id)),
        };
        let context = &owner.context;
        let detail = detail.map(|text| text.chars().take(200).collect());
        Self { act_id: context.ids.next(), order_id, act, by_whom, user_id, detail, create_time: context.clock.now() }
    }
}

/// Inserts rows of `order_act`.
pub fn insert_act_log(db: &mut Db, rows: &[ActLogRow]) -> db::Result<()> {
    insert_all!(db, order_act::table, rows)
}

/// A row of `order_refund`: a requested refund and, if it was refused, the reason.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = order_refund, treat_none_as_default_value = false)]
struct RefundRequestRow {
    refund_id: RefundId,
    order_id: OrderId,
    user_id: UserId,
    idempotency_key: Option<String>,
    fingerprint: String,
    amount: Money,
    refusal: Option<String>,
    create_time: Timestamp,
}

/// Refusal code of a refund that the state of its order does not allow.
const NOT_REFUNDABLE: &str = "order_not_refundable";

/// The rows that a batch of commands works on: read and locked first, changed in memory, written at the end.
struct TransitionBatch<'a> {
    owner: &'a Order,
    now: Timestamp,
    rows: HashMap<OrderId, OrderRow>,
    lines: HashMap<OrderId, Vec<Line>>,
    /// All known refunds: the stored ones and those of this batch.
    refunds: Vec<RefundRequestRow>,
    /// State of each changed order at the time it was locked.
    before: HashMap<OrderId, OrderState>,
    act_log: Vec<ActLogRow>,
    new_refunds: Vec<RefundRequestRow>,
    cancelled: Vec<(OrderId, ReservationsReleased)>,
    refunded: Vec<(OrderId, ReservationsReleased)>,
    refunded_shipped: Vec<(OrderId, ReservationsReleased)>,
    refund_requests: Vec<(OrderId, RefundRequested)>,
}

/// Carries out commands in arrival order.
impl Task<Order> for Command {
    type Outcome = Result<message::Order, CommandRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Result<message::Order, CommandRefusal>>> {
        let ids: Vec<OrderId> = batch.iter().map(|task| task.order_id).collect();
        let rows = row::lock(db, &ids)?;
        let mut transitions = TransitionBatch {
            owner,
            now: owner.context.clock.now(),
            rows,
            lines: row::read_lines(db, &ids)?,
            refunds: read_refunds(db, batch)?,
            before: HashMap::new(),
            act_log: Vec::new(),
            new_refunds: Vec::new(),
            cancelled: Vec::new(),
            refunded: Vec::new(),
            refunded_shipped: Vec::new(),
            refund_requests: Vec::new(),
        };
        let mut outcomes = Vec::with_capacity(batch.len());
        for task in batch {
            outcomes.push(match transitions.decide(task) {
                Ok(()) => Ok(transitions.order(task.order_id)?),
                Err(refusal) => Err(refusal),
            });
        }
        transitions.write(db)?;
        Ok(outcomes)
    }
}

/// Reads the refunds of the orders in a batch and the refunds that its idempotency keys were used for, which may belong
/// to other orders.
fn read_refunds(db: &mut Db, batch: &[Command]) -> db::Result<Vec<RefundRequestRow>> {
    let refund_tasks = || batch.iter().filter_map(|task| Some((task, task.author.user()?, task.action.refund()?)));
    let ids: Vec<OrderId> = refund_tasks().map(|(task, ..)| task.order_id).collect();
    let mut refunds: Vec<RefundRequestRow> = db::load_by(&ids, |ids| {
        with_conn!(
            db,
            order_refund::table.filter(any_of(order_refund::order_id, ids)).order(order_refund::refund_id).load(db)
        )
    })?;
    for (_, user_id, refund) in refund_tasks() {
        let Some(key) = &refund.key else { continue };
        let of_key = order_refund::user_id.eq(user_id).and(order_refund::idempotency_key.eq(Some(key.as_str())));
        let found: Vec<RefundRequestRow> = with_conn!(db, order_refund::table.filter(of_key).load(db))?;
        let of_other_orders = found.into_iter().filter(|row| !ids.contains(&row.order_id));
        refunds.extend(of_other_orders.collect::<Vec<_>>());
    }
    Ok(refunds)
}

impl TransitionBatch<'_> {
    /// Carries out a command in memory, or refuses it.
    fn decide(&mut self, task: &Command) -> Result<(), CommandRefusal> {
        let row = self.rows.get(&task.order_id).filter(|row| match task.author {
            Author::Customer(user_id) => row.user_id == user_id,
            Author::Shop | Author::Admin(_) => true,
        });
        let row = row.ok_or(CommandRefusal::NotFound)?.clone();
        match &task.action {
            Action::Cancel(reason) => self.cancel(&row, task.author, "cancelled", reason.clone()),
            Action::Expire if row.confirm_time.is_none_or(|time| self.now < time.plus(self.owner.pay_within)) => {
                Err(CommandRefusal::NotAllowed)
            }
            Action::Expire => self.cancel(&row, task.author, "expired", None),
            Action::Ship => self.step(&row, task.author, Transition::Ship, "shipped"),
            Action::Receive => self.step(&row, task.author, Transition::Receive, "received"),
            Action::Refund(refund) => self.refund(&row, task.author, refund),
        }
    }

    /// Applies a transition that needs nothing but a log row.
    fn step(
        &mut self,
        row: &OrderRow,
        author: Author,
        transition: Transition,
        act: &'static str,
    ) -> Result<(), CommandRefusal> {
        self.apply(row, transition)?;
        self.act_log.push(ActLogRow::new(self.owner, row.order_id, act, author, None));
        Ok(())
    }

    /// Takes an order to its next state; refuses a transition that its state does not allow.
    fn apply(&mut self, row: &OrderRow, transition: Transition) -> Result<(), CommandRefusal> {
        let state = row.state();
        let after = state.after(transition).ok_or(CommandRefusal::NotAllowed)?;
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
        act: &'static str,
        reason: Option<Reason>,
    ) -> Result<(), CommandRefusal> {
        self.apply(row, Transition::Cancel)?;
        let detail = reason.map(Reason::into_inner);
        self.act_log.push(ActLogRow::new(self.owner, row.order_id, act, author, detail));
        self.cancelled.push((row.order_id, self.reservations(row)));
        Ok(())
    }

    /// The message that releases the reservations of an order.
    fn reservations(&self, row: &OrderRow) -> ReservationsReleased {
        let goods = self.lines.get(&row.order_id).into_iter().flatten().map(|line| line.goods_id).collect();
        ReservationsReleased { order_id: row.order_id, user_id: row.user_id, coupon_id: row.coupon_id, goods }
    }

    fn refund(&mut self, row: &OrderRow, author: Author, refund: &message::Refund) -> Result<(), CommandRefusal> {
        let user_id = author.user().ok_or(CommandRefusal::NotAllowed)?;
        let same_key = |known: &&RefundRequestRow| {
            let key = refund.key.as_ref().map(|key| key.as_str());
            key.is_some() && known.user_id == user_id && known.idempotency_key.as_deref() == key
        };
        if let Some(known) = self.refunds.iter().find(same_key) {
            return match &known.refusal {
                _ if known.fingerprint != refund.fingerprint.as_str() => Err(CommandRefusal::KeyReused),
                Some(_) => Err(CommandRefusal::NotAllowed),
                None => Ok(()),
            };
        }
        let of_order = self.refunds.iter().filter(|known| known.order_id == row.order_id);
        let refunded = of_order.fold(Money::ZERO, |sum, known| sum.checked_add(known.amount).unwrap_or(sum));
        let left = row.pay_amount.checked_sub(refunded).unwrap_or_default();
        let amount = refund.amount.unwrap_or(left);
        let transition = if amount == left { Transition::Refund } else { Transition::RefundPart };
        let unshipped_or_admin = matches!(author, Author::Admin(_)) || row.shipping_status == ShippingStatus::Unshipped;
        if !unshipped_or_admin || row.state().after(transition).is_none() {
            self.record_request(row, user_id, refund, Err(NOT_REFUNDABLE));
            return Err(CommandRefusal::NotAllowed);
        }
        if amount > left {
            return Err(CommandRefusal::TooMuch(left));
        }
        self.apply(row, transition)?;
        self.record_request(row, user_id, refund, Ok(amount));
        let reason = refund.reason.clone().map(Reason::into_inner);
        let detail = reason.as_ref().map_or_else(|| amount.to_string(), |reason| format!("{amount}: {reason}"));
        let act = if transition == Transition::Refund { "refunded" } else { "refunded_part" };
        self.act_log.push(ActLogRow::new(self.owner, row.order_id, act, author, Some(detail)));
        if amount > Money::ZERO {
            let request = RefundRequested {
                refund_id: refund.refund_id,
                order_id: row.order_id,
                pay_id: row.pay_id,
                amount,
                reason: reason.unwrap_or_else(|| "refund".to_owned()),
            };
            self.refund_requests.push((row.order_id, request));
        }
        if transition == Transition::Refund {
            let release = (row.order_id, self.reservations(row));
            match row.shipping_status {
                ShippingStatus::Unshipped => self.refunded.push(release),
                ShippingStatus::Shipped | ShippingStatus::Received => self.refunded_shipped.push(release),
            }
        }
        Ok(())
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
        let request = RefundRequestRow {
            refund_id: refund.refund_id,
            order_id: row.order_id,
            user_id,
            idempotency_key: refund.key.as_ref().map(|key| key.as_str().to_owned()),
            fingerprint: refund.fingerprint.as_str().to_owned(),
            amount: outcome.unwrap_or_default(),
            refusal: outcome.err().map(str::to_owned),
            create_time: self.now,
        };
        self.refunds.push(request.clone());
        self.new_refunds.push(request);
    }

    fn order(&self, order_id: OrderId) -> db::Result<message::Order> {
        let row = self.rows.get(&order_id).ok_or_else(|| db::Error::bug(format!("there is no order {order_id}")))?;
        row.clone().into_order(self.lines.get(&order_id).cloned().unwrap_or_default())
    }

    fn write(self, db: &mut Db) -> db::Result<()> {
        row::write_states(db, &self.before, &self.rows)?;
        insert_act_log(db, &self.act_log)?;
        insert_all!(db, order_refund::table, &self.new_refunds)?;
        let context = &self.owner.context;
        outbox::write(db, context, ORDER_CANCELLED, Duration::ZERO, &self.cancelled)?;
        outbox::write(db, context, ORDER_REFUNDED, Duration::ZERO, &self.refunded)?;
        outbox::write(db, context, ORDER_REFUNDED_SHIPPED, Duration::ZERO, &self.refunded_shipped)?;
        outbox::write(db, context, ORDER_REPAY, Duration::ZERO, &self.refund_requests)
    }
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
