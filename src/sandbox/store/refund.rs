//! Makes and finds refunds, and reads the statement.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use super::trade::{enqueue_refunds, lock};
use crate::actor::{Access, Task};
use crate::db::schema::{sandbox_refund, sandbox_trade};
use crate::db::{self, Db, Error, Result as DbResult, any_of, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::money::Money;
use crate::sandbox::Sandbox;
use crate::sandbox::error::RefundRefusal;
use crate::sandbox::message::{Charged, FindRefund, Refund, Statement};
use crate::sandbox::notification::Body;
use crate::sandbox::trade::{Status, Trade};

#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = sandbox_refund, treat_none_as_default_value = false)]
struct Row {
    out_trade_no: String,
    out_request_no: String,
    amount: Money,
    create_time: Timestamp,
}

/// Loads the refunds of the trades `ids`, oldest first.
fn load(db: &mut Db, ids: &[&String]) -> DbResult<Vec<Row>> {
    use sandbox_refund::dsl;
    db::load_by(ids, |ids| {
        let refunds = dsl::sandbox_refund.filter(any_of(dsl::out_trade_no, ids));
        with_conn!(db, refunds.order((dsl::create_time, dsl::out_request_no)).load(db))
    })
}

/// Decides on a refund. `known` is the stored refund with the same ids, if there is one.
///
/// # Errors
/// The reason for refusing the refund.
fn judge(trade: Option<&Trade>, known: Option<&Row>, task: &Refund) -> Result<(), RefundRefusal> {
    let trade = trade.ok_or(RefundRefusal::NotFound)?;
    let left = trade.charged.checked_sub(trade.refunded).unwrap_or_default();
    match known {
        _ if trade.status != Status::Paid => Err(RefundRefusal::NotPaid(trade.status)),
        _ if task.amount <= Money::ZERO => Err(RefundRefusal::AmountNotPositive),
        Some(known) if known.amount == task.amount => Ok(()),
        Some(_) => Err(RefundRefusal::AmountDiffers),
        None if task.amount > left => Err(RefundRefusal::TooMuch(left)),
        None => Ok(()),
    }
}

/// Writes the total of the refunds of each trade.
fn write_totals(db: &mut Db, totals: &BTreeMap<&str, Money>) -> DbResult<()> {
    use sandbox_trade::dsl;
    for (out_trade_no, total) in totals {
        let row = dsl::sandbox_trade.find(*out_trade_no);
        db::expect_rows(with_conn!(db, diesel::update(row).set(dsl::refunded.eq(*total)).execute(db))?, 1)?;
    }
    Ok(())
}

/// Makes refunds in arrival order. A callback is sent when a refund is made, not when the request is repeated.
impl Task<Sandbox> for Refund {
    type Outcome = Result<Trade, RefundRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<Result<Trade, RefundRefusal>>> {
        let now = owner.context.clock.now();
        let mut trades = lock(db, batch.iter().map(|task| &task.out_trade_no))?;
        let ids: Vec<&String> = batch.iter().map(|task| &task.out_trade_no).collect();
        let mut known = load(db, &ids)?;
        let (mut new, mut events) = (Vec::new(), Vec::new());
        let mut totals: BTreeMap<&str, Money> = BTreeMap::new();
        let mut outcomes = Vec::with_capacity(batch.len());
        for task in batch {
            let same = |row: &&Row| row.out_trade_no == task.out_trade_no && row.out_request_no == task.out_request_no;
            let made = known.iter().find(same);
            let decision = judge(trades.get(&task.out_trade_no), made, task);
            let is_new = made.is_none();
            outcomes.push(match (decision, trades.get_mut(&task.out_trade_no)) {
                (Ok(()), Some(trade)) => {
                    if is_new {
                        let refunded = trade.refunded.checked_add(task.amount);
                        trade.refunded =
                            refunded.ok_or_else(|| Error::bug("the refunds of a trade leave the range"))?;
                        totals.insert(&task.out_trade_no, trade.refunded);
                        let row = Row {
                            out_trade_no: task.out_trade_no.clone(),
                            out_request_no: task.out_request_no.clone(),
                            amount: task.amount,
                            create_time: now,
                        };
                        let event = Body::of_refund(trade, &task.out_request_no, task.amount, &owner.merchant_id, now);
                        events.push((trade.clone(), event));
                        known.push(row.clone());
                        new.push(row);
                    }
                    Ok(trade.clone())
                }
                (Err(refusal), _) => Err(refusal),
                (Ok(()), None) => Err(RefundRefusal::NotFound),
            });
        }
        insert_all!(db, sandbox_refund::table, &new)?;
        write_totals(db, &totals)?;
        enqueue_refunds(owner, events.iter().map(|(trade, event)| (trade, event.clone())).collect(), db)?;
        Ok(outcomes)
    }
}

/// Finds the amounts of refunds.
impl Task<Sandbox> for FindRefund {
    type Outcome = Option<Money>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<Option<Money>>> {
        let known = load(db, &batch.iter().map(|task| &task.out_trade_no).collect::<Vec<_>>())?;
        let amount = |task: &FindRefund| {
            let same = |row: &&Row| row.out_trade_no == task.out_trade_no && row.out_request_no == task.out_request_no;
            known.iter().find(same).map(|row| row.amount)
        };
        Ok(batch.iter().map(amount).collect())
    }
}

/// Reads pages of charged trades with their refunds.
impl Task<Sandbox> for Statement {
    type Outcome = Vec<Charged>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<Vec<Charged>>> {
        use sandbox_trade::dsl;
        let page = |task: &Statement| {
            let paid = dsl::sandbox_trade
                .filter(dsl::out_trade_no.gt(&task.after).and(dsl::status.eq(Status::Paid)))
                .filter(dsl::provider.eq(&task.provider))
                .order(dsl::out_trade_no)
                .limit(task.limit)
                .select((dsl::out_trade_no, dsl::trade_no, dsl::charged, dsl::pay_time));
            let paid: Vec<(String, String, Money, Option<Timestamp>)> = with_conn!(db, paid.load(db))?;
            let mut refunds: HashMap<String, Vec<(String, Money, Timestamp)>> = HashMap::new();
            for row in load(db, &paid.iter().map(|row| &row.0).collect::<Vec<_>>())? {
                refunds.entry(row.out_trade_no).or_default().push((row.out_request_no, row.amount, row.create_time));
            }
            let charged = |(out_trade_no, trade_no, amount, at): (String, String, Money, Option<Timestamp>)| Charged {
                refunds: refunds.remove(&out_trade_no).unwrap_or_default(),
                at: at.unwrap_or(Timestamp(0)),
                out_trade_no,
                trade_no,
                amount,
            };
            Ok(paid.into_iter().map(charged).collect())
        };
        batch.iter().map(page).collect()
    }
}
