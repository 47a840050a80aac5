//! Opens, pays, declines and closes trades, and writes their callbacks to the outbox.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use crate::actor::{Access, Priority, Task};
use crate::db::schema::{sandbox_delivery, sandbox_trade};
use crate::db::{Db, ROWS_PER_INSERT, Result as DbResult, any_of, for_update, load_by, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::EntryId;
use crate::domain::money::Money;
use crate::messaging::outbox;
use crate::sandbox::Sandbox;
use crate::sandbox::error::{OpenRefusal, Refusal};
use crate::sandbox::message::{CALLBACK, Callback, Callbacks, Close, Decline, Delay, Find, Open, Pay, Record};
use crate::sandbox::notification::{Body, Kind};
use crate::sandbox::trade::{Attempt, Status, Trade};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sandbox_trade, treat_none_as_default_value = false)]
struct Row {
    out_trade_no: String,
    trade_no: String,
    amount: Money,
    status: Status,
    charged: Money,
    refunded: Money,
    add_time: Timestamp,
    pay_time: Option<Timestamp>,
    provider: String,
    return_url: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = sandbox_delivery, treat_none_as_default_value = false)]
struct DeliveryRow<'a> {
    delivery_id: EntryId,
    out_trade_no: &'a str,
    event_id: &'a str,
    status_code: i32,
    create_time: Timestamp,
}

/// Loads the trades `ids` with their delivery attempts, by id. Trades that do not exist are not in the result.
fn load<'a>(db: &mut Db, ids: impl Iterator<Item = &'a String>) -> DbResult<HashMap<String, Trade>> {
    use sandbox_trade::dsl;
    let ids: Vec<&String> = ids.collect();
    let rows = load_by(&ids, |ids| {
        let trades = dsl::sandbox_trade.filter(any_of(dsl::out_trade_no, ids));
        with_conn!(db, trades.select(Row::as_select()).load(db))
    })?;
    with_deliveries(db, rows)
}

/// Loads trades like [`load`], and locks their rows until the transaction ends.
pub fn lock<'a>(db: &mut Db, ids: impl Iterator<Item = &'a String>) -> DbResult<HashMap<String, Trade>> {
    use sandbox_trade::dsl;
    let ids: Vec<&String> = ids.collect();
    let rows = load_by(&ids, |ids| {
        let trades = dsl::sandbox_trade.filter(any_of(dsl::out_trade_no, ids)).order(dsl::out_trade_no);
        with_conn!(db, for_update(trades.select(Row::as_select())).load(db))
    })?;
    with_deliveries(db, rows)
}

/// Converts rows into trades with their delivery attempts.
fn with_deliveries(db: &mut Db, rows: Vec<Row>) -> DbResult<HashMap<String, Trade>> {
    use sandbox_delivery::dsl;
    let ids: Vec<String> = rows.iter().map(|row| row.out_trade_no.clone()).collect();
    let mut trades: HashMap<String, Trade> =
        rows.into_iter().map(|row| (row.out_trade_no.clone(), trade(row))).collect();
    let attempts: Vec<(String, Timestamp, String, i32)> = load_by(&ids, |ids| {
        let deliveries = dsl::sandbox_delivery
            .filter(any_of(dsl::out_trade_no, ids))
            .order((dsl::create_time, dsl::delivery_id))
            .select((dsl::out_trade_no, dsl::create_time, dsl::event_id, dsl::status_code));
        with_conn!(db, deliveries.load(db))
    })?;
    for (out_trade_no, at, event_id, status_code) in attempts {
        if let Some(trade) = trades.get_mut(&out_trade_no) {
            trade.deliveries.push(Attempt { at, event_id, status_code });
        }
    }
    Ok(trades)
}

/// Converts a row into a trade without its delivery attempts.
fn trade(row: Row) -> Trade {
    Trade {
        out_trade_no: row.out_trade_no,
        trade_no: row.trade_no,
        status: row.status,
        amount: row.amount,
        charged: row.charged,
        refunded: row.refunded,
        provider: row.provider,
        pay_time: row.pay_time,
        return_url: row.return_url,
        deliveries: Vec::new(),
    }
}

impl Task<Sandbox> for Open {
    type Outcome = Result<Trade, OpenRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<Result<Trade, OpenRefusal>>> {
        let mut trades = lock(db, batch.iter().map(|open| &open.out_trade_no))?;
        let now = owner.context.clock.now();
        let mut rows = Vec::new();
        let mut outcomes = Vec::with_capacity(batch.len());
        for Open { out_trade_no, amount, provider, return_url } in batch {
            outcomes.push(match trades.get(out_trade_no) {
                Some(trade) if trade.amount == *amount => Ok(trade.clone()),
                Some(_) => Err(OpenRefusal::AmountDiffers),
                None if *amount <= Money::ZERO => Err(OpenRefusal::AmountNotPositive),
                None => {
                    let trade = Trade {
                        out_trade_no: out_trade_no.clone(),
                        trade_no: format!("sb{}", owner.context.ids.next::<crate::domain::id::Entry>()),
                        status: Status::Open,
                        amount: *amount,
                        charged: Money::ZERO,
                        refunded: Money::ZERO,
                        provider: provider.to_string(),
                        pay_time: None,
                        return_url: return_url.clone(),
                        deliveries: Vec::new(),
                    };
                    rows.push(row(&trade, now));
                    trades.insert(out_trade_no.clone(), trade.clone());
                    Ok(trade)
                }
            });
        }
        for rows in rows.chunks(ROWS_PER_INSERT) {
            with_conn!(db, diesel::insert_into(sandbox_trade::table).values(rows).execute(db))?;
        }
        Ok(outcomes)
    }
}

fn row(trade: &Trade, add_time: Timestamp) -> Row {
    Row {
        out_trade_no: trade.out_trade_no.clone(),
        trade_no: trade.trade_no.clone(),
        amount: trade.amount,
        status: trade.status,
        charged: trade.charged,
        refunded: trade.refunded,
        add_time,
        pay_time: trade.pay_time,
        provider: trade.provider.clone(),
        return_url: trade.return_url.clone(),
    }
}

impl Task<Sandbox> for Find {
    type Outcome = Option<Trade>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<Option<Trade>>> {
        let trades = load(db, batch.iter().map(|find| &find.out_trade_no))?;
        Ok(batch.iter().map(|find| trades.get(&find.out_trade_no).cloned()).collect())
    }
}

impl Task<Sandbox> for Pay {
    type Outcome = Result<Trade, Refusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<Result<Trade, Refusal>>> {
        let mut trades = lock(db, batch.iter().map(|pay| &pay.out_trade_no))?;
        let now = owner.context.clock.now();
        let mut charged = Vec::new();
        let mut callbacks = Vec::new();
        let mut outcomes = Vec::with_capacity(batch.len());
        for Pay { out_trade_no, callbacks: faults } in batch {
            let outcome = match trades.get_mut(out_trade_no) {
                None => Err(Refusal::NotFound),
                Some(trade) if trade.status == Status::Paid => Ok(trade.clone()),
                Some(trade) if trade.status == Status::Open => {
                    trade.status = Status::Paid;
                    trade.charged = trade.amount;
                    trade.pay_time = Some(now);
                    charged.push(out_trade_no);
                    Ok(trade.clone())
                }
                Some(trade) => Err(Refusal::Ended(trade.status)),
            };
            if let Ok(trade) = &outcome
                && !faults.lose
            {
                let event = Body::new(Kind::Succeeded, trade, &owner.merchant_id, trade.pay_time.unwrap_or(now));
                callbacks.push((faults.delay_ms, callback(trade, event, faults)));
            }
            outcomes.push(outcome);
        }
        for charged in charged.chunks(ROWS_PER_INSERT) {
            use sandbox_trade::dsl;
            let open = any_of(dsl::out_trade_no, charged).and(dsl::status.eq(Status::Open));
            with_conn!(
                db,
                diesel::update(dsl::sandbox_trade.filter(open))
                    .set((dsl::status.eq(Status::Paid), dsl::charged.eq(dsl::amount), dsl::pay_time.eq(Some(now))))
                    .execute(db)
            )?;
        }
        enqueue(owner, callbacks, db)?;
        Ok(outcomes)
    }
}

impl Task<Sandbox> for Decline {
    type Outcome = Result<Trade, Refusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<Result<Trade, Refusal>>> {
        let now = owner.context.clock.now();
        let ids: Vec<&String> = batch.iter().map(|decline| &decline.out_trade_no).collect();
        let (outcomes, declined) = end(&ids, Status::Declined, &[Status::Open], db)?;
        let callbacks = declined
            .iter()
            .map(|trade| {
                let event = Body::new(Kind::Declined, trade, &owner.merchant_id, now);
                (Delay::default(), callback(trade, event, &Callbacks::default()))
            })
            .collect();
        enqueue(owner, callbacks, db)?;
        Ok(outcomes)
    }
}

impl Task<Sandbox> for Close {
    type Outcome = Result<Trade, Refusal>;
    const ACCESS: Access = Access::Write;

    fn run(_: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<Result<Trade, Refusal>>> {
        let ids: Vec<&String> = batch.iter().map(|close| &close.out_trade_no).collect();
        // The shop also closes trades that the customer declined.
        let (outcomes, _) = end(&ids, Status::Closed, &[Status::Open, Status::Declined], db)?;
        Ok(outcomes)
    }
}

/// The outcome for each id, and the trades that changed.
type Ended = (Vec<Result<Trade, Refusal>>, Vec<Trade>);

/// Moves the trades `ids` from a status in `from` to `to`. A trade that is already `to` stays so and is a success.
fn end(ids: &[&String], to: Status, from: &[Status], db: &mut Db) -> DbResult<Ended> {
    let mut trades = lock(db, ids.iter().copied())?;
    let mut ended: Vec<Trade> = Vec::new();
    let mut outcomes = Vec::with_capacity(ids.len());
    for out_trade_no in ids {
        outcomes.push(match trades.get_mut(*out_trade_no) {
            None => Err(Refusal::NotFound),
            Some(trade) if trade.status == to => Ok(trade.clone()),
            Some(trade) if from.contains(&trade.status) => {
                trade.status = to;
                ended.push(trade.clone());
                Ok(trade.clone())
            }
            Some(trade) => Err(Refusal::Ended(trade.status)),
        });
    }
    for ended in ended.chunks(ROWS_PER_INSERT) {
        use sandbox_trade::dsl;
        let ids: Vec<&str> = ended.iter().map(|trade| trade.out_trade_no.as_str()).collect();
        let unpaid = any_of(dsl::out_trade_no, &ids).and(dsl::status.eq_any(from));
        with_conn!(db, diesel::update(dsl::sandbox_trade.filter(unpaid)).set(dsl::status.eq(to)).execute(db))?;
    }
    Ok((outcomes, ended))
}

fn callback(trade: &Trade, event: Body, faults: &Callbacks) -> Callback {
    Callback {
        provider: trade.provider.clone(),
        event,
        copies: faults.copies,
        concurrent: faults.concurrent,
        tamper: faults.tamper,
    }
}

/// Writes the callbacks of refunds to the outbox.
pub fn enqueue_refunds(owner: &Sandbox, events: Vec<(&Trade, Body)>, db: &mut Db) -> DbResult<()> {
    let callbacks =
        events.into_iter().map(|(trade, event)| (Delay::default(), callback(trade, event, &Callbacks::default())));
    enqueue(owner, callbacks.collect(), db)
}

/// Writes callbacks to the outbox, each with its delay.
fn enqueue(owner: &Sandbox, callbacks: Vec<(Delay, Callback)>, db: &mut Db) -> DbResult<()> {
    let mut by_delay: BTreeMap<Delay, Vec<(String, Callback)>> = BTreeMap::new();
    for (delay, callback) in callbacks {
        by_delay.entry(delay).or_default().push((callback.event.data.out_trade_no.clone(), callback));
    }
    by_delay
        .into_iter()
        .try_for_each(|(delay, messages)| outbox::write(db, &owner.context, CALLBACK, delay.get(), &messages))
}

impl Task<Sandbox> for Record {
    type Outcome = ();
    const ACCESS: Access = Access::Write;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(owner: &Sandbox, batch: &[Self], db: &mut Db) -> DbResult<Vec<()>> {
        let rows: Vec<DeliveryRow<'_>> = batch
            .iter()
            .map(|Record { out_trade_no, attempt }| DeliveryRow {
                delivery_id: owner.context.ids.next(),
                out_trade_no,
                event_id: &attempt.event_id,
                status_code: attempt.status_code,
                create_time: attempt.at,
            })
            .collect();
        for rows in rows.chunks(ROWS_PER_INSERT) {
            with_conn!(db, diesel::insert_into(sandbox_delivery::table).values(rows).execute(db))?;
        }
        Ok(batch.iter().map(|_| ()).collect())
    }
}
