//! The tables of Pay. This module consumes messages of other owners.

mod at_risk;
mod decide;
mod ended;
mod given_back;
mod judge;
mod listing;
mod notification;
mod notification_list;
mod parked;
mod payment;
mod platform;
mod record;
mod refund;
mod refund_batch;
mod refund_list;
mod refund_row;
mod removed;
mod row;
mod schedule;
mod start;
mod sync;
mod view;

use std::collections::HashSet;

use diesel::prelude::*;

use super::Pay;
use crate::db::ledger::{self, Entry, Line};
use crate::db::schema::pay_log;
use crate::db::{self, Db, any_of, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, PayId, UserId};
use crate::domain::money::Money;
use crate::messaging::contract::{PAYMENT_PAID, Paid};
use crate::messaging::inbox::parse_bodies;
use crate::messaging::outbox;

/// Consumes payment/paid (writes the log of payments) and order/repay (records refunds).
pub fn consume(owner: &Pay, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let (paid, refunds): (Vec<&outbox::Message>, Vec<&outbox::Message>) =
        messages.iter().partition(|message| is_paid(message));
    let mut logged = log(owner, &paid, db)?.into_iter();
    let mut recorded = refund::record(owner, &refunds, db)?.into_iter();
    let outcome = |message: &&outbox::Message| {
        let next = if is_paid(message) { logged.next() } else { recorded.next() };
        next.unwrap_or_else(|| Err("no answer".to_owned()))
    };
    Ok(messages.iter().map(outcome).collect())
}

fn is_paid(message: &outbox::Message) -> bool {
    message.tag == PAYMENT_PAID.tag
}

/// A row of `pay_log`.
#[derive(Insertable)]
#[diesel(table_name = pay_log, treat_none_as_default_value = false)]
struct LogRow {
    pay_id: PayId,
    order_id: OrderId,
    user_id: UserId,
    pay_amount: Money,
    log_time: Timestamp,
}

impl Entry for LogRow {
    const LEDGER: &'static str = "pay_log";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.pay_id.get()).integer(self.order_id.get()).integer(self.user_id.get());
        line.integer(self.pay_amount.minor()).integer(self.log_time.0);
    }
}

/// Consumes payment/paid: logs each paid payment once.
fn log(owner: &Pay, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let now = owner.context.clock.now();
    let paid: Vec<Result<Paid, String>> = parse_bodies(messages);
    let ids: Vec<PayId> = paid.iter().flatten().map(|paid| paid.pay_id).collect();
    let known: Vec<PayId> = db::load_by(&ids, |ids| {
        with_conn!(db, pay_log::table.filter(any_of(pay_log::pay_id, ids)).select(pay_log::pay_id).load(db))
    })?;
    let mut known: HashSet<PayId> = known.into_iter().collect();
    let rows: Vec<_> = paid
        .iter()
        .flatten()
        .filter(|paid| known.insert(paid.pay_id))
        .map(|paid| LogRow {
            pay_id: paid.pay_id,
            order_id: paid.order_id,
            user_id: paid.user_id,
            pay_amount: paid.pay_amount,
            log_time: now,
        })
        .collect();
    ledger::record(db, &rows);
    insert_all!(db, pay_log::table, &rows)?;
    Ok(paid.into_iter().map(|paid| paid.map(drop)).collect())
}
