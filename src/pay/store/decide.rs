//! Carries out what an operator decides about a parked charge or a parked refund, together with its log row.

use std::collections::HashMap;
use std::time::Duration;

use diesel::prelude::*;

use super::notification::{delete_open, record_paid};
use super::parked::{self, ActRow, ChargeRow};
use super::refund_batch::RefundBatch;
use super::refund_row::{NEUTRAL, RefundRow};
use super::row::{self, PaymentRow};
use super::{ended, paid_log, sync};
use crate::actor::{Access, Task};
use crate::db::ledger;
use crate::db::schema::{pay, pay_act, pay_parked, pay_refund};
use crate::db::{self, Db, for_update, insert_all, with_conn};
use crate::domain::id::{OrderId, PayId, RefundId};
use crate::domain::money::{CURRENCY, Money};
use crate::domain::occurrence::Occurrence;
use crate::domain::status::{ChargeState, IsPaid, RefundState};
use crate::messaging::contract::{PAYMENT_PAID, Paid};
use crate::messaging::outbox;
use crate::pay::Pay;
use crate::pay::error::{DecisionRefusal, Rejected};
use crate::pay::message::{Decide, Decision, MatchedOrder, ParkedItem};

/// The item after the decision, or why it was refused.
type Decided = Result<ParkedItem, DecisionRefusal>;

/// Carries out decisions one after the other. A decision that is repeated changes nothing.
impl Task<Pay> for Decide {
    type Outcome = Decided;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Decided>> {
        batch.iter().map(|task| decide(owner, task, db)).collect()
    }
}

fn decide(owner: &Pay, task: &Decide, db: &mut Db) -> db::Result<Decided> {
    let charge = pay_parked::table.find(task.parked_id).select(pay_parked::pay_id);
    let charge: Option<Option<PayId>> = with_conn!(db, charge.get_result(db)).optional()?;
    if let Some(pay_id) = charge {
        return decide_charge(owner, task, pay_id, db);
    }
    let refund = pay_refund::table.find(RefundId::new(task.parked_id.get())).select(pay_refund::pay_id);
    let refund: Option<PayId> = with_conn!(db, refund.get_result(db)).optional()?;
    match refund {
        Some(pay_id) => decide_refund(owner, task, pay_id, db),
        None => Ok(Err(DecisionRefusal::NotFound)),
    }
}

fn log(owner: &Pay, task: &Decide, order_id: Option<OrderId>, db: &mut Db) -> db::Result<()> {
    let row = ActRow {
        act_id: owner.context.ids.next(),
        subject_id: task.parked_id.get(),
        order_id,
        act: format!("parked_{}", task.decision.word()),
        user_id: task.admin,
        reason: task.reason.clone(),
        create_time: owner.context.clock.now(),
    };
    let rows = vec![row];
    ledger::record(db, &rows);
    insert_all!(db, pay_act::table, &rows)
}

/// The state of a charge after a decision; `None` if the decision does not fit a charge.
const fn charge_after(decision: &Decision) -> Option<ChargeState> {
    match decision {
        Decision::Refund => Some(ChargeState::Returned),
        Decision::Accept | Decision::Match(_) => Some(ChargeState::Accepted),
        Decision::Dismiss => Some(ChargeState::Dismissed),
        Decision::Retry => None,
    }
}

fn decide_charge(owner: &Pay, task: &Decide, pay_id: Option<PayId>, db: &mut Db) -> db::Result<Decided> {
    // The payment is locked before the charge, as by notifications.
    let locked = ended::with_siblings(db, &pay_id.into_iter().collect::<Vec<_>>())?;
    let payment = row::lock(db, &locked)?.into_values().find(|row| Some(row.pay_id) == pay_id);
    let charge = pay_parked::table.find(task.parked_id);
    let mut charge: ChargeRow = with_conn!(db, for_update(charge).get_result(db))?;
    let Some(after) = charge_after(&task.decision) else {
        return Ok(Err(DecisionRefusal::NotPossible("a charge cannot be sent again".to_owned())));
    };
    if charge.status == after {
        return item(db, charge).map(Ok);
    }
    if charge.status != ChargeState::Parked {
        return Ok(Err(DecisionRefusal::AlreadyDecided(charge.status)));
    }
    let mut order_id = payment.as_ref().map(|payment| payment.order_id);
    let carried_out = match &task.decision {
        Decision::Refund => give_back(owner, &mut charge, payment.as_ref(), task, db)?,
        Decision::Accept => accept(owner, &charge, payment.as_ref(), db)?,
        Decision::Match(order) => {
            order_id = Some(order.order_id);
            assign(owner, &charge, payment.as_ref(), *order, db)?
        }
        Decision::Dismiss | Decision::Retry => Ok(()),
    };
    if let Err(why) = carried_out {
        return Ok(Err(DecisionRefusal::NotPossible(why.to_owned())));
    }
    charge.status = after;
    let changes = (pay_parked::status.eq(after), pay_parked::refund_id.eq(charge.refund_id));
    let row = pay_parked::table.find(task.parked_id);
    db::expect_rows(with_conn!(db, diesel::update(row).set(changes).execute(db))?, 1)?;
    log(owner, task, order_id, db)?;
    item(db, charge).map(Ok)
}

fn item(db: &mut Db, charge: ChargeRow) -> db::Result<ParkedItem> {
    let item = parked::charge_items(db, vec![charge])?.pop();
    item.ok_or_else(|| db::Error::bug("a parked charge is missing"))
}

/// Whether a decision could be carried out, or why it is not possible.
type Carried = Result<(), &'static str>;

/// Records a refund of the charge. The platform decides whether there is money to give back.
fn give_back(
    owner: &Pay,
    charge: &mut ChargeRow,
    payment: Option<&PaymentRow>,
    task: &Decide,
    db: &mut Db,
) -> db::Result<Carried> {
    let Some(pay_id) = charge.pay_id else { return Ok(Err("its number is not one of this shop's payments")) };
    if charge.currency != CURRENCY {
        return Ok(Err("its currency is not the shop's"));
    }
    // Releases before this one kept what was said wrongly of a trade that had paid its payment.
    if payment.is_some_and(|payment| payment.trade_no.as_deref() == Some(charge.trade_no.as_str())) {
        return Ok(Err("its trade has paid the payment: refund the order, and dismiss the charge"));
    }
    let now = owner.context.clock.now();
    let refund_id = owner.context.ids.next();
    let refund = RefundRow {
        refund_id,
        pay_id,
        order_id: payment.map_or(OrderId::new(0), |payment| payment.order_id),
        amount: charge.amount,
        reason: task.reason.clone(),
        status: RefundState::Pending,
        attempts: 0,
        due_time: now,
        create_time: now,
        done_time: None,
        remark: None,
        provider: charge.provider.clone(),
        foreign_no: None,
        unnamed: Money::ZERO,
        revision: 0,
        dismiss_time: None,
        parked_id: Some(charge.parked_id),
        message: Some(task.message.clone().unwrap_or_else(|| NEUTRAL.to_owned())),
    };
    let rows = vec![refund];
    ledger::record(db, &rows);
    insert_all!(db, pay_refund::table, &rows)?;
    db.count(Occurrence::RefundRequested, &charge.provider);
    charge.refund_id = Some(refund_id);
    // The customer cannot pay it any more: the platform has closed it with this charge.
    close(owner, payment, db)?;
    Ok(Ok(()))
}

fn close(owner: &Pay, payment: Option<&PaymentRow>, db: &mut Db) -> db::Result<()> {
    let Some(payment) = payment.filter(|payment| payment.is_open()) else { return Ok(()) };
    let at = owner.context.clock.now().max(payment.add_time);
    let row = pay::table.find(payment.pay_id);
    db::expect_rows(with_conn!(db, diesel::update(row).set(pay::close_time.eq(Some(at))).execute(db))?, 1)?;
    delete_open(db, &[payment.pay_id])?;
    db.count(Occurrence::PaymentClosed, &payment.provider);
    ended::report(owner, db, &[(payment.pay_id, payment.order_id)])
}

/// Takes the charge as the payment that it names, although it is more than was asked for. Order decides what to do with
/// the payment, as with any other.
fn accept(owner: &Pay, charge: &ChargeRow, payment: Option<&PaymentRow>, db: &mut Db) -> db::Result<Carried> {
    let Some(payment) = payment.filter(|payment| payment.provider == charge.provider) else {
        return Ok(Err("it names no payment of this shop; match it to an order"));
    };
    if payment.is_paid == IsPaid::Yes {
        return Ok(Err("its payment is paid already"));
    }
    if charge.reason != Rejected::Amount.to_string() {
        return Ok(Err("it differs in more than the amount"));
    }
    if charge.amount < payment.pay_amount {
        return Ok(Err("it is less than was asked for"));
    }
    let at = owner.context.clock.now().max(payment.add_time);
    record_paid(db, payment.pay_id, &charge.trade_no, at);
    let row = pay::table.find(payment.pay_id);
    let paid = (
        pay::is_paid.eq(IsPaid::Yes),
        pay::trade_no.eq(Some(&charge.trade_no)),
        pay::pay_time.eq(Some(at)),
        pay::charged.eq(Some(charge.amount)),
    );
    db::expect_rows(with_conn!(db, diesel::update(row).set(paid).execute(db))?, 1)?;
    delete_open(db, &[payment.pay_id])?;
    report_paid(owner, payment, db)?;
    Ok(Ok(()))
}

/// Logs a paid payment and reports it to Order. Its platform is not queried any more, and the order's other payments are closed.
fn report_paid(owner: &Pay, payment: &PaymentRow, db: &mut Db) -> db::Result<()> {
    let PaymentRow { pay_id, order_id, user_id, pay_amount, .. } = payment;
    db.count(Occurrence::PaymentPaid, &payment.provider);
    let now = owner.context.clock.now();
    sync::hasten_others(db, &[(*pay_id, *order_id)], now)?;
    sync::unschedule(db, &[*pay_id])?;
    let body = Paid { pay_id: *pay_id, order_id: *order_id, user_id: *user_id, pay_amount: *pay_amount };
    paid_log::write(db, std::iter::once(&body), now)?;
    outbox::write(db, &owner.context, PAYMENT_PAID, Duration::ZERO, &[(*pay_id, body)])
}

/// Books the charge of an unknown payment as a payment of an order, for example after the restore of a backup that was
/// made before the payment.
fn assign(
    owner: &Pay,
    charge: &ChargeRow,
    payment: Option<&PaymentRow>,
    order: MatchedOrder,
    db: &mut Db,
) -> db::Result<Carried> {
    if let Some(payment) = payment {
        let is_same = payment.order_id == order.order_id;
        return if is_same {
            accept(owner, charge, Some(payment), db)
        } else {
            Ok(Err("it names a payment of another order"))
        };
    }
    let Some(pay_id) = charge.pay_id else { return Ok(Err("its number is not one of this shop's payments")) };
    if charge.currency != CURRENCY {
        return Ok(Err("its currency is not the shop's"));
    }
    if charge.amount < order.pay_amount || order.pay_amount == Money::ZERO {
        return Ok(Err("it is less than the order asks for, or the order asks for nothing"));
    }
    let now = owner.context.clock.now();
    let row = PaymentRow {
        pay_id,
        order_id: order.order_id,
        user_id: order.user_id,
        pay_amount: order.pay_amount,
        is_paid: IsPaid::Yes,
        provider: charge.provider.clone(),
        trade_no: Some(charge.trade_no.clone()),
        checkout_kind: None,
        add_time: now,
        pay_time: Some(now),
        close_time: None,
        checkout: None,
        expire_time: None,
        charged: Some(charge.amount),
        return_url: None,
        start_no: 0,
    };
    let rows = vec![row];
    ledger::record(db, &rows);
    record_paid(db, pay_id, &charge.trade_no, now);
    insert_all!(db, pay::table, &rows)?;
    rows.iter().try_for_each(|row| report_paid(owner, row, db))?;
    Ok(Ok(()))
}

fn decide_refund(owner: &Pay, task: &Decide, pay_id: PayId, db: &mut Db) -> db::Result<Decided> {
    let payments = row::lock(db, &[pay_id])?;
    let mut refunds = RefundBatch::lock(owner, &payments, &[pay_id], db)?;
    let refund_id = RefundId::new(task.parked_id.get());
    let found = refunds.rows().iter().find(|row| row.refund_id == refund_id).cloned();
    let Some(refund) = found else { return Ok(Err(DecisionRefusal::NotFound)) };
    let after = match task.decision {
        Decision::Retry => RefundState::Pending,
        Decision::Accept => RefundState::Done,
        Decision::Dismiss => RefundState::Dismissed,
        Decision::Refund | Decision::Match(_) => {
            return Ok(Err(DecisionRefusal::NotPossible(
                "it is a refund already: retry, accept or dismiss it".to_owned(),
            )));
        }
    };
    if refund.state() == after {
        return refund_item(db, refund).map(Ok);
    }
    if !refund.is_parked() {
        return Ok(Err(DecisionRefusal::AlreadyDecided(parked::shown_state(&refund))));
    }
    if after != RefundState::Dismissed && refund.amount > left(&refunds, &payments, &refund) {
        let left = left(&refunds, &payments, &refund);
        let why = format!("only {left} of the payment is left; dismiss it and refund that");
        return Ok(Err(DecisionRefusal::NotPossible(why)));
    }
    refunds.decide(refund_id, after);
    let refund = refunds.rows().iter().find(|row| row.refund_id == refund_id).cloned().unwrap_or(refund);
    refunds.write(owner, db)?;
    if let Some(parked_id) = refund.parked_id.filter(|_| after == RefundState::Dismissed) {
        // The charge waits for another decision.
        let row = pay_parked::table.find(parked_id);
        let open = (pay_parked::status.eq(ChargeState::Parked), pay_parked::refund_id.eq(None::<RefundId>));
        with_conn!(db, diesel::update(row).set(open).execute(db))?;
    }
    log(owner, task, payments.get(&pay_id).map(|payment| payment.order_id), db)?;
    refund_item(db, refund).map(Ok)
}

/// The most that a refund may give back: the amount left of its payment, or all of its charge.
fn left(refunds: &RefundBatch, payments: &HashMap<PayId, PaymentRow>, refund: &RefundRow) -> Money {
    if refund.parked_id.is_some() {
        return refund.amount;
    }
    let paid = payments.get(&refund.pay_id).map_or(Money::ZERO, |payment| payment.pay_amount);
    let others = refunds.rows().iter().filter(|row| row.pay_id == refund.pay_id && row.counts());
    others.fold(paid, |left, row| left.checked_sub(row.amount).unwrap_or_default())
}

fn refund_item(db: &mut Db, refund: RefundRow) -> db::Result<ParkedItem> {
    let item = parked::refund_items(db, vec![refund])?.pop();
    item.ok_or_else(|| db::Error::bug("a parked refund is missing"))
}
