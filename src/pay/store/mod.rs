//! The tables of Pay. This module consumes messages of other owners.

mod at_risk;
mod decide;
mod ended;
mod given_back;
mod judge;
mod listing;
mod notification;
mod notification_list;
mod paid_log;
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

use super::Pay;
use crate::db::{self, Db};
use crate::messaging::contract::PAYMENT_PAID;
use crate::messaging::outbox;

/// Consumes order/repay (records refunds), and payment/paid of earlier releases (writes the log of payments).
pub fn consume(owner: &Pay, messages: &[&outbox::Message], db: &mut Db) -> db::Result<Vec<Result<(), String>>> {
    let (paid, refunds): (Vec<&outbox::Message>, Vec<&outbox::Message>) =
        messages.iter().partition(|message| is_paid(message));
    let mut logged = paid_log::consume(owner, &paid, db)?.into_iter();
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
