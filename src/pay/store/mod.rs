//! The tables of Pay. This module consumes messages of other owners.

mod judge;
mod listing;
mod notification;
mod payment;
mod record;
mod refund;
mod row;
mod sync;
mod view;

use std::collections::HashSet;

use diesel::prelude::*;

use super::Pay;
use crate::db::schema::pay_log;
use crate::db::{self, Db, any_of, insert_all, with_conn};
use crate::domain::id::PayId;
use crate::messaging::contract::{PAYMENT_PAID, Paid};
use crate::messaging::inbox::bodies;
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

/// Consumes payment/paid: logs each paid payment once.
fn log(owner: &Pay, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let now = owner.context.clock.now();
    let paid: Vec<Result<Paid, String>> = bodies(messages);
    let ids: Vec<PayId> = paid.iter().flatten().map(|paid| paid.pay_id).collect();
    let known: Vec<PayId> = db::load_by(&ids, |ids| {
        with_conn!(db, pay_log::table.filter(any_of(pay_log::pay_id, ids)).select(pay_log::pay_id).load(db))
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
