//! Money that waits for an operator: charges that do not match a payment of ours (table `pay_parked`) and parked refunds, and
//! the log of what operators decided (table `pay_act`).

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::refund_row::{self, RefundRow};
use super::row;
use crate::actor::{Access, Task};
use crate::db::ledger::{Entry, Line};
use crate::db::schema::{pay, pay_act, pay_parked};
use crate::db::{self, Db, any_of, for_update, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{EntryId, OrderId, PayId, RefundId, UserId};
use crate::domain::money::Money;
use crate::domain::status::{ChargeState, RefundState};
use crate::gateway;
use crate::pay::Pay;
use crate::pay::error::Rejected;
use crate::pay::message::{self, LoggedDecision, Notify, ParkedItem, ParkedKind};

/// A row of `pay_parked`.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = pay_parked, treat_none_as_default_value = false)]
pub struct ChargeRow {
    pub parked_id: EntryId,
    pub provider: String,
    pub trade_no: String,
    /// The payment that the platform names; `None` if its number is not a payment id.
    pub pay_id: Option<PayId>,
    pub amount: Money,
    pub currency: String,
    pub reason: String,
    pub status: ChargeState,
    pub create_time: Timestamp,
    /// The refund that gives the charge back.
    pub refund_id: Option<RefundId>,
}

/// A row of `pay_act`.
#[derive(Queryable, Insertable)]
#[diesel(table_name = pay_act, treat_none_as_default_value = false)]
pub struct ActRow {
    pub act_id: EntryId,
    pub subject_id: i64,
    pub order_id: Option<OrderId>,
    pub act: String,
    pub user_id: UserId,
    pub reason: String,
    pub create_time: Timestamp,
}

impl Entry for ActRow {
    const LEDGER: &'static str = "pay_act";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.act_id.get()).integer(self.subject_id).optional(self.order_id.map(OrderId::get));
        line.text(&self.act).integer(self.user_id.get()).text(&self.reason).integer(self.create_time.0);
    }
}

/// Charges that were parked earlier, with the trades that a batch of notifications names.
pub struct KnownCharges(Vec<ChargeRow>);

impl KnownCharges {
    /// Locks the charges of the trades that are named in `batch`. The payments are locked before.
    pub fn lock(db: &mut Db, batch: &[Notify]) -> db::Result<Self> {
        let trades: Vec<&str> =
            batch.iter().filter(|task| is_charge(task)).map(|task| task.notification.trade_no.as_str()).collect();
        let rows = db::load_by(&trades, |trades| {
            let charges = pay_parked::table.filter(any_of(pay_parked::trade_no, trades)).order(pay_parked::parked_id);
            with_conn!(db, for_update(charges).load(db))
        })?;
        Ok(Self(rows))
    }

    fn find(&self, task: &Notify) -> Option<&ChargeRow> {
        let trade_no = &task.notification.trade_no;
        self.0.iter().find(|row| row.provider == task.provider.as_str() && row.trade_no == *trade_no)
    }

    /// Whether an operator gives back the charge that `task` reports. It pays nothing any more.
    pub fn is_given_back(&self, task: &Notify) -> bool {
        self.find(task).is_some_and(|row| row.status == ChargeState::Returned)
    }

    /// Keeps the charge of each rejected notification of a payment, once per trade of a platform. A charge whose
    /// notification is accepted after all is not parked any more. Nothing is kept of a trade that is in `paid`, the trades
    /// that pay payments: its money is counted already, and would be given back twice.
    pub fn keep(
        mut self,
        owner: &Pay,
        db: &mut Db,
        batch: &[Notify],
        pay_ids: &[Option<PayId>],
        outcomes: &[Result<(), Rejected>],
        paid: &HashMap<(String, String), PayId>,
    ) -> db::Result<()> {
        let mut new: Vec<ChargeRow> = Vec::new();
        let charges = batch.iter().zip(pay_ids).zip(outcomes).filter(|((task, _), _)| is_charge(task));
        for ((task, pay_id), outcome) in charges {
            let Err(rejected) = outcome else { continue };
            let notice = &task.notification;
            let is_counted = paid.contains_key(&(task.provider.to_string(), notice.trade_no.clone()));
            if is_counted || self.find(task).is_some() || notice.amount <= Money::ZERO {
                continue;
            }
            let row = ChargeRow {
                parked_id: owner.context.ids.next(),
                provider: task.provider.to_string(),
                trade_no: notice.trade_no.clone(),
                pay_id: *pay_id,
                amount: notice.amount,
                currency: notice.currency.chars().take(8).collect(),
                reason: rejected.to_string(),
                status: ChargeState::Parked,
                create_time: owner.context.clock.now(),
                refund_id: None,
            };
            self.0.push(row.clone());
            new.push(row);
        }
        insert_all!(db, pay_parked::table, &new)?;
        let accepted = batch.iter().zip(outcomes).filter(|(task, outcome)| is_charge(task) && outcome.is_ok());
        let known = accepted.filter_map(|(task, _)| self.find(task));
        for charge in known.filter(|charge| charge.status == ChargeState::Parked) {
            let row = pay_parked::table.find(charge.parked_id);
            with_conn!(db, diesel::update(row).set(pay_parked::status.eq(ChargeState::Accepted)).execute(db))?;
        }
        Ok(())
    }
}

fn is_charge(task: &Notify) -> bool {
    matches!(task.notification.event, gateway::Event::Paid)
}

/// Counts the charges that wait for an operator.
pub fn count(db: &mut Db) -> db::Result<i64> {
    let parked = pay_parked::table.filter(pay_parked::status.eq(ChargeState::Parked)).count();
    Ok(with_conn!(db, parked.get_result(db))?)
}

/// Counts the charges that wait for an operator, by platform.
pub fn count_by_platform(db: &mut Db) -> db::Result<Vec<(String, i64)>> {
    let parked = pay_parked::table.filter(pay_parked::status.eq(ChargeState::Parked)).group_by(pay_parked::provider);
    Ok(with_conn!(db, parked.select((pay_parked::provider, count_star())).load(db))?)
}

/// Reads charges by their ids.
pub fn by_ids(db: &mut Db, ids: &[EntryId]) -> db::Result<HashMap<EntryId, ChargeRow>> {
    let rows: Vec<ChargeRow> =
        db::load_by(ids, |ids| with_conn!(db, pay_parked::table.filter(any_of(pay_parked::parked_id, ids)).load(db)))?;
    Ok(rows.into_iter().map(|row| (row.parked_id, row)).collect())
}

/// The charges of an order's payments that wait for an operator.
impl Task<Pay> for message::FindParkedCharges {
    type Outcome = Vec<ParkedItem>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<ParkedItem>>> {
        let find = |task: &Self| {
            let payments = pay::table.filter(pay::order_id.eq(task.order_id)).select(pay::pay_id);
            let payments: Vec<PayId> = with_conn!(db, payments.load(db))?;
            let ids = payments.into_iter().map(Some);
            let parked = pay_parked::pay_id.eq_any(ids).and(pay_parked::status.eq(ChargeState::Parked));
            let rows: Vec<ChargeRow> =
                with_conn!(db, pay_parked::table.filter(parked).order(pay_parked::parked_id).load(db))?;
            charge_items(db, rows)
        };
        batch.iter().map(find).collect()
    }
}

/// Reads pages of what waits for an operator, newest first.
impl Task<Pay> for message::ListParked {
    type Outcome = Vec<ParkedItem>;
    const ACCESS: Access = Access::Report;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<ParkedItem>>> {
        let page = |task: &Self| {
            let before = task.before.map_or(i64::MAX, EntryId::get);
            let charges = pay_parked::table
                .filter(pay_parked::status.eq(ChargeState::Parked))
                .filter(pay_parked::parked_id.lt(EntryId::new(before)))
                .order(pay_parked::parked_id.desc())
                .limit(task.limit);
            let charges: Vec<ChargeRow> = with_conn!(db, charges.load(db))?;
            let mut items = charge_items(db, charges)?;
            let refunds = refund_row::parked_page(db, RefundId::new(before), task.limit)?;
            items.extend(refund_items(db, refunds)?);
            items.sort_by_key(|item| std::cmp::Reverse(item.parked_id));
            items.truncate(usize::try_from(task.limit).unwrap_or(usize::MAX));
            Ok(items)
        };
        batch.iter().map(page).collect()
    }
}

pub fn charge_items(db: &mut Db, rows: Vec<ChargeRow>) -> db::Result<Vec<ParkedItem>> {
    let payments = row::read(db, &rows.iter().filter_map(|row| row.pay_id).collect::<Vec<_>>())?;
    let item = |row: ChargeRow| ParkedItem {
        parked_id: row.parked_id,
        kind: ParkedKind::Charge,
        order_id: row.pay_id.and_then(|id| payments.get(&id)).map(|payment| payment.order_id),
        pay_id: row.pay_id,
        provider: row.provider,
        trade_no: Some(row.trade_no),
        amount: row.amount,
        reason: row.reason,
        refund_id: row.refund_id,
        status: row.status,
        create_time: row.create_time,
    };
    Ok(rows.into_iter().map(item).collect())
}

pub fn refund_items(db: &mut Db, rows: Vec<RefundRow>) -> db::Result<Vec<ParkedItem>> {
    let payments = row::read(db, &rows.iter().map(|row| row.pay_id).collect::<Vec<_>>())?;
    let charges = by_ids(db, &rows.iter().filter_map(|row| row.parked_id).collect::<Vec<_>>())?;
    let item = |row: RefundRow| {
        let payment = payments.get(&row.pay_id);
        let charge = row.parked_id.and_then(|id| charges.get(&id));
        ParkedItem {
            parked_id: EntryId::new(row.refund_id.get()),
            kind: ParkedKind::Refund,
            order_id: payment.map(|payment| payment.order_id),
            pay_id: Some(row.pay_id),
            provider: payment
                .map(|payment| payment.provider.clone())
                .or_else(|| charge.map(|charge| charge.provider.clone()))
                .unwrap_or_default(),
            trade_no: payment.and_then(|payment| payment.trade_no.clone()),
            amount: row.amount,
            refund_id: Some(row.refund_id),
            status: shown_state(&row),
            create_time: row.create_time,
            reason: row.remark.unwrap_or(row.reason),
        }
    };
    Ok(rows.into_iter().map(item).collect())
}

/// The state of a refund as an item that waits for an operator.
pub fn shown_state(row: &RefundRow) -> ChargeState {
    match row.state() {
        RefundState::Pending => ChargeState::Returned,
        RefundState::Done => ChargeState::Accepted,
        RefundState::Parked => ChargeState::Parked,
        RefundState::Dismissed => ChargeState::Dismissed,
    }
}

/// Reads pages of what operators decided, newest first.
impl Task<Pay> for message::ListDecisions {
    type Outcome = Vec<LoggedDecision>;
    const ACCESS: Access = Access::Report;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<LoggedDecision>>> {
        let page = |task: &Self| {
            let older = pay_act::act_id.lt(task.before.unwrap_or(EntryId::new(i64::MAX)));
            let rows: Vec<ActRow> = match task.order_id {
                Some(order_id) => {
                    let of_order = pay_act::table.filter(older.and(pay_act::order_id.eq(Some(order_id))));
                    with_conn!(db, of_order.order(pay_act::act_id.desc()).limit(task.limit).load(db))
                }
                None => {
                    let page = pay_act::table.filter(older).order(pay_act::act_id.desc()).limit(task.limit);
                    with_conn!(db, page.load(db))
                }
            }?;
            let act = |row: ActRow| LoggedDecision {
                act_id: row.act_id,
                order_id: row.order_id,
                act: row.act,
                user_id: row.user_id,
                detail: format!("{}: {}", row.subject_id, row.reason),
                create_time: row.create_time,
            };
            Ok(rows.into_iter().map(act).collect())
        };
        batch.iter().map(page).collect()
    }
}
