//! Pay in its tables: requests and payments. Notices are in `notice`.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use serde::Serialize;

use super::Pay;
use super::error::RequestRefusal;
use super::message::{self, CountUnsettled, Find, FindRequest, Open, Paid, Payment, Prior, SetCheckout, Unsettled};
use super::row::{PAID, Row, UNPAID};
use super::{ask, refund};
use crate::db::bulk::{Kind, Update};
use crate::db::schema::{pay, pay_log, pay_open, pay_request};
use crate::db::{self, Db, among, among_pairs, each, insert_all, locked};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, PayId, UserId};
use crate::domain::money::Money;
use crate::messaging::inbox::bodies;
use crate::messaging::outbox::Message;

#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = pay_request, treat_none_as_default_value = false)]
struct RequestRow {
    user_id: UserId,
    idempotency_key: String,
    fingerprint: String,
    pay_id: Option<PayId>,
    refusal: Option<String>,
    create_time: Timestamp,
}

/// That a payment is open.
#[derive(Insertable)]
#[diesel(table_name = pay_open, treat_none_as_default_value = false)]
struct OpenRow<'a> {
    pay_id: PayId,
    order_id: OrderId,
    provider: &'a str,
}

type Requests = HashMap<(UserId, String), RequestRow>;

fn read_requests<'a>(db: &mut Db, keys: impl Iterator<Item = (UserId, &'a str)>) -> db::Result<Requests> {
    let wanted: HashSet<(UserId, &str)> = keys.collect();
    let keys: Vec<(UserId, &str)> = wanted.iter().copied().collect();
    let rows: Vec<RequestRow> = db::load_by_pairs(&keys, |keys| {
        each!(
            db,
            pay_request::table.filter(among_pairs((pay_request::user_id, pay_request::idempotency_key), keys)).load(db)
        )
    })?;
    let exact = rows.into_iter().filter(|row| wanted.contains(&(row.user_id, row.idempotency_key.as_str())));
    Ok(exact.map(|row| ((row.user_id, row.idempotency_key.clone()), row)).collect())
}

/// Payments by their ids, locked until the transaction ends.
pub fn lock(db: &mut Db, ids: &[PayId]) -> db::Result<HashMap<PayId, Row>> {
    let rows: Vec<Row> = db::load_by(ids, |ids| {
        each!(db, locked(pay::table.filter(among(pay::pay_id, ids)).order(pay::pay_id)).load(db))
    })?;
    Ok(rows.into_iter().map(|row| (row.pay_id, row)).collect())
}

/// Payments by their ids.
pub fn read(db: &mut Db, ids: &[PayId]) -> db::Result<HashMap<PayId, Row>> {
    let rows: Vec<Row> = db::load_by(ids, |ids| each!(db, pay::table.filter(among(pay::pay_id, ids)).load(db)))?;
    Ok(rows.into_iter().map(|row| (row.pay_id, row)).collect())
}

/// Rows as their customers see them, by their ids.
pub fn payments(db: &mut Db, rows: impl Iterator<Item = Row>) -> db::Result<HashMap<PayId, Payment>> {
    let rows: Vec<Row> = rows.collect();
    // Only what was paid can have gone back: most lists have nothing to be looked up.
    let paid: Vec<PayId> = rows.iter().filter(|row| row.is_paid == PAID).map(|row| row.pay_id).collect();
    let refunded = refund::sums_done(db, &paid)?;
    let payment = |row: Row| (row.pay_id, row.to_payment(refunded.get(&row.pay_id).copied().unwrap_or_default()));
    Ok(rows.into_iter().map(payment).collect())
}

fn prior(request: &RequestRow, payments: &HashMap<PayId, Payment>) -> db::Result<Prior> {
    let payment = request.pay_id.and_then(|id| payments.get(&id)).map(|payment| Ok(payment.clone()));
    let refusal = request.refusal.as_deref().and_then(RequestRefusal::from_code).map(Err);
    let outcome = payment.or(refusal).ok_or_else(|| db::Error::bug("a payment request without an outcome"))?;
    Ok(Prior { fingerprint: request.fingerprint.clone(), outcome })
}

/// What keys led to.
pub fn find_request(_: &Pay, batch: &[FindRequest], db: &mut Db) -> db::Result<Vec<Option<Prior>>> {
    let requests = read_requests(db, batch.iter().map(|task| (task.user_id, task.key.as_str())))?;
    let rows = read(db, &requests.values().filter_map(|row| row.pay_id).collect::<Vec<_>>())?;
    let payments = payments(db, rows.into_values())?;
    let find = |task: &FindRequest| {
        let request = requests.get(&(task.user_id, task.key.as_str().to_owned()));
        request.map(|request| prior(request, &payments)).transpose()
    };
    batch.iter().map(find).collect()
}

/// Records what keys lead to, in arrival order. An order that is paid already is refused here too: its own row may not
/// have heard of it yet.
pub fn open(owner: &Pay, batch: &[Open], db: &mut Db) -> db::Result<Vec<Prior>> {
    let now = owner.kit.clock.now();
    let mut requests = read_requests(db, batch.iter().map(|task| (task.user_id, task.key.as_str())))?;
    let orders: Vec<OrderId> = batch.iter().map(|task| task.order_id).collect();
    let of_orders: Vec<Row> = db::load_by(&orders, |ids| {
        each!(db, locked(pay::table.filter(among(pay::order_id, ids)).order(pay::pay_id)).load(db))
    })?;
    let mut rows = read(db, &requests.values().filter_map(|row| row.pay_id).collect::<Vec<_>>())?;
    rows.extend(of_orders.into_iter().map(|row| (row.pay_id, row)));
    let (mut new_requests, mut new_payments) = (Vec::new(), Vec::new());
    for task in batch {
        if let Entry::Vacant(request) = requests.entry((task.user_id, task.key.as_str().to_owned())) {
            let led_to = task.amount.and_then(|amount| payable(task, amount, &rows));
            let pay_id = match led_to {
                Ok(Some(pay_id)) => Some(pay_id),
                Ok(None) => {
                    let row = new_payment(owner, task, now);
                    new_payments.push(row.clone());
                    let pay_id = row.pay_id;
                    rows.insert(pay_id, row);
                    Some(pay_id)
                }
                Err(_) => None,
            };
            let row = RequestRow {
                user_id: task.user_id,
                idempotency_key: task.key.as_str().to_owned(),
                fingerprint: task.fingerprint.as_str().to_owned(),
                pay_id,
                refusal: led_to.err().map(|refusal| refusal.code().to_owned()),
                create_time: now,
            };
            new_requests.push(row.clone());
            request.insert(row);
        }
    }
    insert_all!(db, pay::table, &new_payments)?;
    let open: Vec<OpenRow<'_>> = new_payments
        .iter()
        .map(|row| OpenRow { pay_id: row.pay_id, order_id: row.order_id, provider: &row.provider })
        .collect();
    insert_all!(db, pay_open::table, &open)?;
    ask::plan(db, &new_payments, now.plus(owner.ask_after))?;
    insert_all!(db, pay_request::table, &new_requests)?;
    let payments = payments(db, rows.into_values())?;
    let led_to = |task: &Open| {
        let request = requests.get(&(task.user_id, task.key.as_str().to_owned()));
        prior(request.ok_or_else(|| db::Error::bug("a request that was just made is missing"))?, &payments)
    };
    batch.iter().map(led_to).collect()
}

/// The payment of the order that is open on this platform, if any.
fn payable(task: &Open, amount: Money, payments: &HashMap<PayId, Row>) -> Result<Option<PayId>, RequestRefusal> {
    let of_order = || payments.values().filter(|row| row.order_id == task.order_id);
    if of_order().any(|row| row.is_paid == PAID) {
        return Err(RequestRefusal::OrderNotPayable);
    }
    let open = of_order().find(|row| row.is_open() && row.provider == task.provider && row.pay_amount == amount);
    Ok(open.map(|row| row.pay_id))
}

fn new_payment(owner: &Pay, task: &Open, now: Timestamp) -> Row {
    Row {
        pay_id: owner.kit.ids.next(),
        order_id: task.order_id,
        user_id: task.user_id,
        pay_amount: task.amount.unwrap_or_default(),
        is_paid: UNPAID,
        provider: task.provider.to_owned(),
        trade_no: None,
        checkout_kind: None,
        add_time: now,
        pay_time: None,
        close_time: None,
        checkout: None,
    }
}

#[derive(Serialize)]
struct GivenCheckout {
    id: i64,
    kind: &'static str,
    text: String,
}

const SET_CHECKOUT: Update = Update {
    table: "pay",
    given: &[("id", Kind::Integer), ("kind", Kind::Text), ("text", Kind::Text)],
    only: "pay_id = given.id",
    set: "checkout_kind = given.kind, checkout = given.text",
};

/// Where payments are to be paid.
pub fn set_checkout(_: &Pay, batch: &[SetCheckout], db: &mut Db) -> db::Result<Vec<Option<Payment>>> {
    let ids: Vec<PayId> = batch.iter().map(|task| task.pay_id).collect();
    lock(db, &ids)?;
    let given: Vec<GivenCheckout> = batch
        .iter()
        .map(|task| GivenCheckout { id: task.pay_id.get(), kind: task.checkout.code(), text: task.checkout.text() })
        .collect();
    SET_CHECKOUT.run(db, &given)?;
    let rows = read(db, &ids)?;
    let payments = payments(db, rows.into_values())?;
    Ok(ids.iter().map(|id| payments.get(id).cloned()).collect())
}

/// Payments that are the asking user's.
pub fn find(_: &Pay, batch: &[Find], db: &mut Db) -> db::Result<Vec<Option<Payment>>> {
    let rows = read(db, &batch.iter().map(|task| task.pay_id).collect::<Vec<_>>())?;
    let owners: HashMap<PayId, UserId> = rows.iter().map(|(id, row)| (*id, row.user_id)).collect();
    let payments = payments(db, rows.into_values())?;
    let is_ours = |task: &Find| owners.get(&task.pay_id) == Some(&task.user_id);
    Ok(batch.iter().map(|task| payments.get(&task.pay_id).filter(|_| is_ours(task)).cloned()).collect())
}

/// How much is not settled with the platforms.
pub fn count_unsettled(_: &Pay, batch: &[CountUnsettled], db: &mut Db) -> db::Result<Vec<Unsettled>> {
    let open = each!(db, pay_open::table.count().get_result(db))?;
    let (refunds_pending, refunds_parked) = refund::count(db)?;
    Ok(vec![Unsettled { open, refunds_pending, refunds_parked }; batch.len()])
}

/// Consumes payment/paid (the log of payments) and order/repay (money that goes back).
pub fn consume(owner: &Pay, fresh: &[&Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let (paid, repay): (Vec<&Message>, Vec<&Message>) = fresh.iter().partition(|message| is_paid(message));
    let mut logged = log(owner, &paid, db)?.into_iter();
    let mut planned = refund::plan(owner, &repay, db)?.into_iter();
    let answer = |message: &&Message| {
        let own = if is_paid(message) { logged.next() } else { planned.next() };
        own.unwrap_or_else(|| Err("no answer".to_owned()))
    };
    Ok(fresh.iter().map(answer).collect())
}

fn is_paid(message: &Message) -> bool {
    message.tag == message::PAID.tag
}

/// Consumes payment/paid: the log of payments.
fn log(owner: &Pay, fresh: &[&Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let now = owner.kit.clock.now();
    let paid: Vec<Result<Paid, String>> = bodies(fresh);
    let ids: Vec<PayId> = paid.iter().flatten().map(|paid| paid.pay_id).collect();
    let known: Vec<PayId> = db::load_by(&ids, |ids| {
        each!(db, pay_log::table.filter(among(pay_log::pay_id, ids)).select(pay_log::pay_id).load(db))
    })?;
    let mut known: HashSet<PayId> = known.into_iter().collect();
    let rows: Vec<_> = paid
        .iter()
        .flatten()
        .filter(|paid| known.insert(paid.pay_id))
        .map(|paid| {
            (
                pay_log::pay_id.eq(paid.pay_id),
                pay_log::order_id.eq(paid.order_id),
                pay_log::user_id.eq(paid.user_id),
                pay_log::pay_amount.eq(paid.pay_amount),
                pay_log::log_time.eq(now),
            )
        })
        .collect();
    insert_all!(db, pay_log::table, &rows)?;
    Ok(paid.into_iter().map(|paid| paid.map(drop)).collect())
}
