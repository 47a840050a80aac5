//! Requests and payments: opening, finding and counting payments, and their checkouts.

use std::collections::{HashMap, HashSet, hash_map};

use diesel::prelude::*;
use serde::Serialize;

use super::row::PaymentRow;
use super::{ended, parked, refund, refund_row, row, sync, view};
use crate::actor::{Access, Priority, Task};
use crate::db::ledger;
use crate::db::query::bulk::{Change, Kind, Update, change};
use crate::db::schema::{pay, pay_open, pay_request};
use crate::db::{self, Db, any_of_pairs, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, PayId, UserId};
use crate::domain::money::Money;
use crate::domain::occurrence::Occurrence;
use crate::domain::status::IsPaid;
use crate::pay::Pay;
use crate::pay::error::RequestRefusal;
use crate::pay::message::turn::START_LEASE;
use crate::pay::message::{
    self, AheadCounts, CountAhead, CountPending, FindRequest, OpenPayment, Payment, PendingCounts, PriorRequest,
    SetCheckout,
};

/// A row of `pay_request`: an idempotency key and the payment or the refusal it led to.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = pay_request, treat_none_as_default_value = false)]
struct RequestRow {
    user_id: UserId,
    idempotency_key: String,
    fingerprint: String,
    pay_id: Option<PayId>,
    refusal: Option<String>,
    create_time: Timestamp,
    /// 1 if the payment was open already.
    is_reuse: Option<i32>,
}

/// A row of `pay_open`, which has one row for each open payment.
#[derive(Insertable)]
#[diesel(table_name = pay_open, treat_none_as_default_value = false)]
struct OpenRow<'a> {
    pay_id: PayId,
    order_id: OrderId,
    provider: &'a str,
    start_until: Option<Timestamp>,
    start_node: Option<i32>,
}

/// Requests by user and idempotency key.
type Requests = HashMap<(UserId, String), RequestRow>;

fn read_requests<'a>(db: &mut Db, keys: impl Iterator<Item = (UserId, &'a str)>) -> db::Result<Requests> {
    let unique: HashSet<(UserId, &str)> = keys.collect();
    let pairs: Vec<(UserId, &str)> = unique.iter().copied().collect();
    let rows: Vec<RequestRow> = db::load_by_pairs(db, &pairs, |db, keys| {
        if let [(user_id, key)] = keys {
            // diesel writes the text of this statement once, and that of a list each time.
            let of_key = pay_request::user_id.eq(*user_id).and(pay_request::idempotency_key.eq(*key));
            return with_conn!(db, pay_request::table.filter(of_key).load(db));
        }
        with_conn!(
            db,
            pay_request::table
                .filter(any_of_pairs((pay_request::user_id, pay_request::idempotency_key), keys))
                .load(db)
        )
    })?;
    let exact = rows.into_iter().filter(|row| unique.contains(&(row.user_id, row.idempotency_key.as_str())));
    Ok(exact.map(|row| ((row.user_id, row.idempotency_key.clone()), row)).collect())
}

/// Converts a stored request; `payments` must contain the payment it led to.
fn prior_request(request: &RequestRow, payments: &HashMap<PayId, Payment>) -> db::Result<PriorRequest> {
    let payment = request.pay_id.and_then(|id| payments.get(&id)).map(|payment| Ok(payment.clone()));
    let refusal = request.refusal.as_deref().and_then(RequestRefusal::from_code).map(Err);
    let outcome = payment.or(refusal).ok_or_else(|| db::Error::bug("a payment request without an outcome"))?;
    Ok(PriorRequest {
        fingerprint: request.fingerprint.clone(),
        outcome,
        is_new: false,
        is_reuse: request.is_reuse == Some(1),
        is_replay: true,
    })
}

/// Finds requests by idempotency key.
impl Task<Pay> for FindRequest {
    type Outcome = Option<PriorRequest>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<PriorRequest>>> {
        let requests = read_requests(db, batch.iter().map(|task| (task.user_id, task.key.as_str())))?;
        let rows = row::read(db, &requests.values().filter_map(|row| row.pay_id).collect::<Vec<_>>())?;
        let payments = view::payments(db, rows.into_values())?;
        let find = |task: &Self| {
            let request = requests.get(&(task.user_id, task.key.as_str().to_owned()));
            request.map(|request| prior_request(request, &payments)).transpose()
        };
        batch.iter().map(find).collect()
    }
}

/// Opens payments in arrival order. An order that has a paid payment is refused here too, because Order may not have
/// consumed the message yet.
impl Task<Pay> for OpenPayment {
    type Outcome = PriorRequest;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<PriorRequest>> {
        let now = owner.context.clock.now();
        let mut requests = read_requests(db, batch.iter().map(|task| (task.user_id, task.key.as_str())))?;
        let orders: Vec<OrderId> = batch.iter().map(|task| task.order_id).collect();
        let of_orders = row::lock_of_orders(db, &orders)?;
        let mut rows = row::read(db, &requests.values().filter_map(|row| row.pay_id).collect::<Vec<_>>())?;
        rows.extend(of_orders.into_iter().map(|row| (row.pay_id, row)));
        let (mut new_requests, mut new_payments) = (Vec::new(), Vec::new());
        let (mut first_with_key, mut starts) = (HashSet::new(), HashMap::new());
        for task in batch {
            let key = (task.user_id, task.key.as_str().to_owned());
            if let hash_map::Entry::Vacant(request) = requests.entry(key.clone()) {
                let reusable = task.amount.and_then(|amount| reusable_payment(task, amount, &rows));
                let pay_id = match reusable {
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
                    refusal: reusable.err().map(|refusal| refusal.code().to_owned()),
                    create_time: now,
                    is_reuse: matches!(reusable, Ok(Some(_))).then_some(1),
                };
                // Further tasks of this batch with the same key are replays.
                first_with_key.insert(key.clone());
                new_requests.push(row.clone());
                request.insert(row);
            }
            if let Some((pay_id, start_no)) = requests.get(&key).and_then(|row| row.pay_id).zip(task.start_no) {
                let latest = starts.entry(pay_id).or_default();
                *latest = start_no.max(*latest);
            }
        }
        ledger::record(db, &new_payments);
        insert_all!(db, pay::table, &new_payments)?;
        new_payments.iter().for_each(|row| db.count(Occurrence::PaymentStarted, &row.provider));
        let open: Vec<OpenRow<'_>> = new_payments
            .iter()
            .map(|row| OpenRow {
                pay_id: row.pay_id,
                order_id: row.order_id,
                provider: &row.provider,
                start_until: Some(now.plus(START_LEASE)),
                start_node: Some(owner.context.node.get()),
            })
            .collect();
        insert_all!(db, pay_open::table, &open)?;
        sync::schedule(db, &new_payments, now.plus(owner.first_sync_after))?;
        insert_all!(db, pay_request::table, &new_requests)?;
        ended::start_again(owner, db, &rows, &starts)?;
        let payments = view::payments(db, rows.into_values())?;
        // The first request for a new payment has its turn.
        let mut turns: HashSet<PayId> = new_payments.iter().map(|row| row.pay_id).collect();
        let outcome = |task: &Self| {
            let key = (task.user_id, task.key.as_str().to_owned());
            let request = requests.get(&key);
            let request = request.ok_or_else(|| db::Error::bug("a request that was just made is missing"))?;
            let is_new = request.pay_id.is_some_and(|pay_id| turns.remove(&pay_id));
            let is_replay = !first_with_key.remove(&key);
            Ok(PriorRequest { is_new, is_replay, ..prior_request(request, &payments)? })
        };
        batch.iter().map(outcome).collect()
    }
}

/// Finds a payment of the order that is open on the same platform for the same amount.
///
/// # Errors
/// A payment of the order is paid.
fn reusable_payment(
    task: &OpenPayment,
    amount: Money,
    payments: &HashMap<PayId, PaymentRow>,
) -> Result<Option<PayId>, RequestRefusal> {
    let of_order = || payments.values().filter(|row| row.order_id == task.order_id);
    if of_order().any(|row| row.is_paid == IsPaid::Yes) {
        return Err(RequestRefusal::OrderNotPayable);
    }
    let open =
        of_order().find(|row| row.is_open() && row.provider == task.provider.as_str() && row.pay_amount == amount);
    Ok(open.map(|row| row.pay_id))
}

fn new_payment(owner: &Pay, task: &OpenPayment, now: Timestamp) -> PaymentRow {
    PaymentRow {
        pay_id: owner.context.ids.next(),
        order_id: task.order_id,
        user_id: task.user_id,
        pay_amount: task.amount.unwrap_or_default(),
        is_paid: IsPaid::No,
        provider: task.provider.to_string(),
        trade_no: None,
        checkout_kind: None,
        add_time: now,
        pay_time: None,
        close_time: None,
        checkout: None,
        expire_time: task.expire_time,
        charged: None,
        return_url: task.return_url.clone(),
        start_no: task.start_no.unwrap_or_default(),
    }
}

/// Parameters of [`WriteCheckout`] for one payment.
#[derive(Serialize)]
struct StoredCheckout {
    id: i64,
    kind: &'static str,
    text: String,
}

struct WriteCheckout;

impl Change for WriteCheckout {
    const UPDATE: Update = Update {
        table: "pay",
        given: &[("id", Kind::Integer), ("kind", Kind::Text), ("text", Kind::Text)],
        condition: "pay_id = given.id",
        set: "checkout_kind = given.kind, checkout = given.text",
    };
}

/// Stores checkouts.
impl Task<Pay> for SetCheckout {
    type Outcome = Option<Payment>;
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<Payment>>> {
        let ids: Vec<PayId> = batch.iter().map(|task| task.pay_id).collect();
        let mut rows = row::lock(db, &ids)?;
        // The payment was closed while its checkout was being created. It is closed at the platform at once.
        let closed = rows.values().filter(|row| row.status() == message::Status::Closed).map(|row| row.pay_id);
        sync::hasten(db, &closed.collect::<Vec<_>>(), owner.context.clock.now())?;
        let checkouts: Vec<StoredCheckout> = batch
            .iter()
            .map(|task| StoredCheckout {
                id: task.pay_id.get(),
                kind: task.checkout.code(),
                text: task.checkout.text(),
            })
            .collect();
        change::<WriteCheckout, _>(db, &checkouts)?;
        for StoredCheckout { id, kind, text } in checkouts {
            if let Some(row) = rows.get_mut(&PayId::new(id)) {
                (row.checkout_kind, row.checkout) = (Some(kind.to_owned()), Some(text));
            }
        }
        let payments = view::payments(db, rows.into_values())?;
        Ok(ids.iter().map(|id| payments.get(id).cloned()).collect())
    }
}

/// Finds payments of their customers.
impl Task<Pay> for message::Find {
    type Outcome = Option<Payment>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Option<Payment>>> {
        let rows = row::read(db, &batch.iter().map(|task| task.pay_id).collect::<Vec<_>>())?;
        let customers: HashMap<PayId, UserId> = rows.iter().map(|(id, row)| (*id, row.user_id)).collect();
        let payments = view::payments(db, rows.into_values())?;
        let is_customer = |task: &Self| customers.get(&task.pay_id) == Some(&task.user_id);
        Ok(batch.iter().map(|task| payments.get(&task.pay_id).filter(|_| is_customer(task)).cloned()).collect())
    }

    fn order_of(found: &Option<Payment>) -> Option<OrderId> {
        found.as_ref().map(|payment| payment.order_id)
    }
}

/// Counts open payments and refunds.
impl Task<Pay> for CountPending {
    type Outcome = PendingCounts;
    const ACCESS: Access = Access::Read;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<PendingCounts>> {
        let open: i64 = with_conn!(db, pay_open::table.count().get_result(db))?;
        let watched = sync::count(db)?.saturating_sub(open);
        let (refunds_pending, refunds_parked) = refund_row::count(db)?;
        let charges_parked = parked::count(db)?;
        Ok(vec![PendingCounts { open, watched, refunds_pending, refunds_parked, charges_parked }; batch.len()])
    }
}

/// Counts what is due later than the settings allow.
impl Task<Pay> for CountAhead {
    type Outcome = AheadCounts;
    const ACCESS: Access = Access::Read;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<AheadCounts>> {
        let now = owner.context.clock.now();
        let mut count = |task: &Self| {
            let payments = sync::count_ahead(db, task.sync, now)?;
            Ok(AheadCounts { payments, refunds: refund::count_ahead(db, task.refund, now)? })
        };
        batch.iter().map(&mut count).collect()
    }
}
