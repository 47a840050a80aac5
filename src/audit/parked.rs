//! Audits parked charges. Each decision has its effect and its log row, and a refund of a charge gives back exactly that.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;

use super::overdue::Overdue;
use super::{Findings, OwnerStores};
use crate::db::schema::{pay, pay_act, pay_parked, pay_refund};
use crate::db::{self, Db, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{EntryId, RefundId};
use crate::domain::money::Money;
use crate::domain::status::{ChargeState, RefundState};

const PAGE_SIZE: i64 = 1_000;

/// Columns of `pay_parked`: id, platform, trade, amount, status, refund.
type Charge = (EntryId, String, String, Money, ChargeState, Option<RefundId>);
/// Columns of `pay_refund`: charge, amount, status, due time, attempts, platform.
type Columns = (Option<EntryId>, Money, RefundState, Timestamp, i32, String);

/// The refund of a charge.
struct Refund {
    parked_id: Option<EntryId>,
    amount: Money,
    is_forgotten: bool,
}

/// Checks each charge. A pending refund of a charge that was due before `cutoff` is overdue.
pub fn check(stores: &OwnerStores, cutoff: Timestamp, findings: &mut Findings) -> db::Result<()> {
    let mut after = EntryId::new(0);
    loop {
        let (page, paid, refunds, decided) = db::snapshot(&mut *stores.pay.reader()?, |db| {
            let page = pay_parked::table.filter(pay_parked::parked_id.gt(after)).order(pay_parked::parked_id);
            let page: Vec<Charge> = with_conn!(
                db,
                page.limit(PAGE_SIZE)
                    .select((
                        pay_parked::parked_id,
                        pay_parked::provider,
                        pay_parked::trade_no,
                        pay_parked::amount,
                        pay_parked::status,
                        pay_parked::refund_id,
                    ))
                    .load(db)
            )?;
            let trades: Vec<&str> = page.iter().map(|charge| charge.2.as_str()).collect();
            let paid: Vec<(String, Option<String>)> = db::load_by(&trades, |trades| {
                let trades = trades.iter().map(|trade| Some((*trade).to_owned()));
                let paid = pay::table.filter(pay::trade_no.eq_any(trades));
                with_conn!(db, paid.select((pay::provider, pay::trade_no)).load(db))
            })?;
            let refunds: Vec<RefundId> = page.iter().filter_map(|charge| charge.5).collect();
            let refunds = load_refunds(db, &refunds, cutoff)?;
            let ids: Vec<i64> = page.iter().map(|charge| charge.0.get()).collect();
            let decided: Vec<i64> = db::load_by(&ids, |ids| {
                let acts = pay_act::table.filter(pay_act::subject_id.eq_any(ids));
                with_conn!(db, acts.select(pay_act::subject_id).load(db))
            })?;
            Ok((page, paid, refunds, decided))
        })?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.0;
        let paid: HashSet<(String, String)> =
            paid.into_iter().filter_map(|(provider, trade_no)| Some((provider, trade_no?))).collect();
        let decided: HashSet<i64> = decided.into_iter().collect();
        for charge in page {
            let refund = charge.5.and_then(|id| refunds.get(&id));
            let is_paid = paid.contains(&(charge.1.clone(), charge.2.clone()));
            let is_decided = decided.contains(&charge.0.get());
            let problem = problem(&charge, refund, is_paid, is_decided);
            let violation = problem.map(|problem| format!("parked charge {}: {problem}", charge.0));
            findings.check("no_dead_money", violation);
        }
    }
}

/// Loads refunds by their ids.
fn load_refunds(db: &mut Db, ids: &[RefundId], cutoff: Timestamp) -> db::Result<HashMap<RefundId, Refund>> {
    let rows: Vec<(RefundId, Columns)> = db::load_by(ids, |ids| {
        let columns = (
            pay_refund::parked_id,
            pay_refund::amount,
            pay_refund::status,
            pay_refund::due_time,
            pay_refund::attempts,
            pay_refund::provider,
        );
        let refunds = pay_refund::table.filter(pay_refund::refund_id.eq_any(ids));
        with_conn!(db, refunds.select((pay_refund::refund_id, columns)).load(db))
    })?;
    let mut overdue = Overdue::new(cutoff);
    let mut refunds = HashMap::with_capacity(rows.len());
    for (refund_id, (parked_id, amount, status, due_time, attempts, provider)) in rows {
        let is_forgotten = status == RefundState::Pending && overdue.is_forgotten(&provider, due_time, attempts, db)?;
        refunds.insert(refund_id, Refund { parked_id, amount, is_forgotten });
    }
    Ok(refunds)
}

fn problem(
    (parked_id, _, _, amount, status, _): &Charge,
    refund: Option<&Refund>,
    is_paid: bool,
    is_decided: bool,
) -> Option<&'static str> {
    match (status, refund) {
        (ChargeState::Parked, _) => None,
        (ChargeState::Accepted, _) => (!is_paid).then_some("was accepted, and no payment is paid by it"),
        (ChargeState::Returned | ChargeState::Dismissed, _) if !is_decided => {
            Some("no operator decided what it became")
        }
        (ChargeState::Dismissed, _) => None,
        (ChargeState::Returned, None) => Some("goes back, and there is no refund of it"),
        (ChargeState::Returned, Some(refund)) => {
            let differs = refund.parked_id != Some(*parked_id) || refund.amount != *amount;
            (refund.is_forgotten || differs).then_some("its refund is of another amount or charge, or is forgotten")
        }
    }
}
