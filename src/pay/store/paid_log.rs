//! The log of paid payments, table `pay_log`: one row for each payment, written in the transaction that marks it as paid.

use std::collections::HashSet;

use diesel::prelude::*;

use crate::db::ledger::{self, Entry, Line};
use crate::db::schema::pay_log;
use crate::db::{self, Db, any_of, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{OrderId, PayId, UserId};
use crate::domain::money::Money;
use crate::messaging::contract::Paid;
use crate::messaging::inbox::parse_bodies;
use crate::messaging::outbox;
use crate::pay::Pay;

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

/// Logs payments that the open transaction marks as paid.
pub fn write<'a>(db: &mut Db, paid: impl Iterator<Item = &'a Paid>, now: Timestamp) -> db::Result<()> {
    let row = |paid: &Paid| LogRow {
        pay_id: paid.pay_id,
        order_id: paid.order_id,
        user_id: paid.user_id,
        pay_amount: paid.pay_amount,
        log_time: now,
    };
    let rows: Vec<LogRow> = paid.map(row).collect();
    ledger::record(db, &rows);
    insert_all!(db, pay_log::table, &rows)
}

/// Consumes payment/paid of earlier releases, which did not log a payment when they marked it as paid. Their nodes may
/// still run. Logs each payment once.
pub fn consume(owner: &Pay, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let paid: Vec<Result<Paid, String>> = parse_bodies(messages);
    let ids: Vec<PayId> = paid.iter().flatten().map(|paid| paid.pay_id).collect();
    let known: Vec<PayId> = db::load_by(&ids, |ids| {
        with_conn!(db, pay_log::table.filter(any_of(pay_log::pay_id, ids)).select(pay_log::pay_id).load(db))
    })?;
    let mut known: HashSet<PayId> = known.into_iter().collect();
    let unlogged = paid.iter().flatten().filter(|paid| known.insert(paid.pay_id));
    write(db, unlogged, owner.context.clock.now())?;
    Ok(paid.into_iter().map(|paid| paid.map(drop)).collect())
}
