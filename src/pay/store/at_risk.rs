//! Sums up the money at risk. Every query reads only what is at risk: by the list of the open payments, or by the index
//! of a state.

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::actor::{Access, Priority, Task};
use crate::db::schema::{pay, pay_refund};
use crate::db::{self, Db, any_of, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{PayId, RefundId};
use crate::domain::money::{CURRENCY, Money};
use crate::domain::status::{ChargeState, RefundState};
use crate::messaging::contract::{PAYMENT_PAID, Paid};
use crate::messaging::outbox;
use crate::pay::Pay;
use crate::pay::message::{AtRisk, RequestedRefund, RiskKind, SumAtRisk};

/// The consumer group of Order.
const ORDER: &str = "order";

/// The sums so far, by kind and platform.
#[derive(Default)]
struct Sums(BTreeMap<(RiskKind, String), AtRisk>);

impl Sums {
    fn add(&mut self, kind: RiskKind, provider: String, count: i64, amount: Money, oldest: Option<Timestamp>) {
        let of_kind = self.0.entry((kind, provider.clone()));
        let sum = of_kind.or_insert_with(|| AtRisk { kind, provider, count: 0, amount: Money::ZERO, oldest: None });
        sum.count = sum.count.saturating_add(count);
        sum.amount = sum.amount.checked_add(amount).unwrap_or(Money::LARGEST);
        sum.oldest = [sum.oldest, oldest].into_iter().flatten().min();
    }
}

impl Task<Pay> for SumAtRisk {
    type Outcome = Vec<AtRisk>;
    const ACCESS: Access = Access::Report;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<AtRisk>>> {
        let sum = |task: &Self| {
            db::snapshot(db, |db| {
                let mut sums = Sums::default();
                add_open(db, &mut sums)?;
                add_unbooked(db, &mut sums)?;
                add_requested(db, &task.requested, &mut sums)?;
                add_refunds(db, RefundState::Pending, RiskKind::PendingRefund, &mut sums)?;
                add_refunds(db, RefundState::Parked, RiskKind::ParkedRefund, &mut sums)?;
                add_charges(db, &mut sums)?;
                Ok(sums.0.into_values().collect())
            })
        };
        batch.iter().map(sum).collect()
    }
}

/// The sums of a query at one platform.
#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = Text)]
    provider: String,
    #[diesel(sql_type = BigInt)]
    items: i64,
    /// In minor units.
    #[diesel(sql_type = BigInt)]
    total: i64,
    #[diesel(sql_type = BigInt)]
    oldest: i64,
}

/// Adds what is summed up by `amount` and `since` over the rows of `from`, by `provider`. All are constants.
fn add(db: &mut Db, kind: RiskKind, [provider, amount, since, from]: [&str; 4], sums: &mut Sums) -> db::Result<()> {
    let integer = db.bigint_type();
    let query = format!(
        "SELECT {provider} AS provider, COUNT(*) AS items, CAST(SUM({amount}) AS {integer}) AS total, \
         MIN({since}) AS oldest FROM {from} GROUP BY {provider}"
    );
    let rows: Vec<Sum> = with_conn!(db, diesel::sql_query(query).load(db))?;
    for Sum { provider, items, total, oldest } in rows {
        sums.add(kind, provider, items, Money::from_minor(total), Some(Timestamp(oldest)));
    }
    Ok(())
}

fn add_open(db: &mut Db, sums: &mut Sums) -> db::Result<()> {
    // SQLite reads the tables of a CROSS JOIN in this order. Of itself it may begin with all payments.
    let from = "pay_open CROSS JOIN pay WHERE pay.pay_id = pay_open.pay_id";
    add(db, RiskKind::OpenPayment, ["pay.provider", "pay.pay_amount", "pay.add_time", from], sums)
}

/// Adds the paid payments whose messages Order has not acknowledged. Until then, the order may not count them.
fn add_unbooked(db: &mut Db, sums: &mut Sums) -> db::Result<()> {
    let messages: Vec<(Paid, Timestamp)> = outbox::undelivered(db, PAYMENT_PAID, ORDER)?;
    let written: HashMap<PayId, Timestamp> = messages.into_iter().map(|(paid, at)| (paid.pay_id, at)).collect();
    let ids: Vec<PayId> = written.keys().copied().collect();
    let rows: Vec<(PayId, String, Money, Option<Money>)> = db::load_by(&ids, |ids| {
        let paid = pay::table.filter(any_of(pay::pay_id, ids));
        with_conn!(db, paid.select((pay::pay_id, pay::provider, pay::pay_amount, pay::charged)).load(db))
    })?;
    for (pay_id, provider, amount, charged) in rows {
        sums.add(RiskKind::UnbookedPayment, provider, 1, charged.unwrap_or(amount), written.get(&pay_id).copied());
    }
    Ok(())
}

/// Adds the refunds that Order has asked for, unless Pay has recorded them.
fn add_requested(db: &mut Db, requested: &[RequestedRefund], sums: &mut Sums) -> db::Result<()> {
    let ids: Vec<RefundId> = requested.iter().map(|refund| refund.refund_id).collect();
    let recorded: Vec<RefundId> = db::load_by(&ids, |ids| {
        let refunds = pay_refund::table.filter(any_of(pay_refund::refund_id, ids));
        with_conn!(db, refunds.select(pay_refund::refund_id).load(db))
    })?;
    let recorded: HashSet<RefundId> = recorded.into_iter().collect();
    let payments: Vec<PayId> = requested.iter().filter_map(|refund| refund.pay_id).collect();
    let providers: Vec<(PayId, String)> = db::load_by(&payments, |ids| {
        with_conn!(db, pay::table.filter(any_of(pay::pay_id, ids)).select((pay::pay_id, pay::provider)).load(db))
    })?;
    let providers: HashMap<PayId, String> = providers.into_iter().collect();
    for refund in requested.iter().filter(|refund| !recorded.contains(&refund.refund_id)) {
        let provider = refund.pay_id.and_then(|id| providers.get(&id)).cloned().unwrap_or_default();
        sums.add(RiskKind::RequestedRefund, provider, 1, refund.amount, Some(refund.create_time));
    }
    Ok(())
}

fn add_refunds(db: &mut Db, state: RefundState, kind: RiskKind, sums: &mut Sums) -> db::Result<()> {
    let from = format!("pay_refund WHERE status = {} AND dismiss_time IS NULL", state.number());
    add(db, kind, ["provider", "amount", "create_time", &from], sums)
}

fn add_charges(db: &mut Db, sums: &mut Sums) -> db::Result<()> {
    let from = format!("pay_parked WHERE status = {}", ChargeState::Parked.number());
    let amount = format!("CASE WHEN currency = '{CURRENCY}' THEN amount ELSE 0 END");
    add(db, RiskKind::ParkedCharge, ["provider", &amount, "create_time", &from], sums)
}
