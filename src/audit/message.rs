//! Audits messages: a delivered message had its effect, no message is pending for longer than the grace period, and a
//! dead message has a reason.

use std::collections::HashSet;

use diesel::prelude::*;

use super::{Findings, OwnerStores};
use crate::db::schema::{mq_consumer, mq_producer};
use crate::db::{self, Store, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::status::{ConsumerStatus, MessageStatus};

const PAGE_SIZE: i64 = 500;

/// Columns of `mq_producer`: id, consumer group, status, creation time, remark.
type Row = (String, String, MessageStatus, Timestamp, Option<String>);

/// Checks both outboxes page by page, from the messages written at `since` on, then all inboxes.
pub fn check(
    stores: &OwnerStores,
    since: Option<Timestamp>,
    cutoff: Timestamp,
    findings: &mut Findings,
) -> db::Result<()> {
    for producer in [&stores.order, &stores.pay] {
        let mut after = since.map_or_else(String::new, before_ids_of);
        loop {
            let messages =
                mq_producer::table.filter(mq_producer::id.gt(&after)).order(mq_producer::id).limit(PAGE_SIZE).select((
                    mq_producer::id,
                    mq_producer::group_name,
                    mq_producer::msg_status,
                    mq_producer::create_time,
                    mq_producer::remark,
                ));
            let page: Vec<Row> = {
                // Given back before the inboxes are read, one of which may be in this store.
                let db = &mut *producer.reader()?;
                with_conn!(db, messages.load(db))?
            };
            let Some((last, ..)) = page.last() else { break };
            after.clone_from(last);
            check_page(stores, &page, cutoff, findings)?;
        }
    }
    check_inboxes(stores, cutoff, findings)
}

/// A text before the ids of all messages that were written at `time` or later. They are UUIDs of version 7, which begin
/// with the milliseconds in hexadecimal.
fn before_ids_of(time: Timestamp) -> String {
    let hex = format!("{:012x}", time.0.max(0));
    let (high, low) = hex.split_at_checked(8).unwrap_or((hex.as_str(), ""));
    format!("{high}-{low}")
}

/// Checks all inboxes: no message is in processing for longer than the grace period, and none failed. A message that
/// cannot be applied is kept in its outbox, and its inbox has no row of it.
fn check_inboxes(stores: &OwnerStores, cutoff: Timestamp, findings: &mut Findings) -> db::Result<()> {
    for store in [&stores.coupon, &stores.goods, &stores.user, &stores.order, &stores.pay] {
        let db = &mut *store.reader()?;
        let total: i64 = with_conn!(db, mq_consumer::table.count().get_result(db))?;
        let unfinished = (mq_consumer::consumer_status.eq(ConsumerStatus::Processing))
            .and(mq_consumer::consumer_timestamp.lt(cutoff))
            .or(mq_consumer::consumer_status.eq(ConsumerStatus::Failed));
        let unfinished = mq_consumer::table.filter(unfinished).limit(PAGE_SIZE);
        let unfinished = unfinished.select((mq_consumer::msg_id, mq_consumer::group_name));
        let unfinished: Vec<(String, String)> = with_conn!(db, unfinished.load(db))?;
        let valid = u64::try_from(total).unwrap_or(0).saturating_sub(u64::try_from(unfinished.len()).unwrap_or(0));
        findings.add_valid("inbox_settled", valid);
        for (id, group) in unfinished {
            findings.check("inbox_settled", Some(format!("message {id} for {group}: was begun and never ended")));
        }
    }
    Ok(())
}

/// The store of the owner that consumes for `group`; `None` if the group is unknown.
fn consumer<'a>(stores: &'a OwnerStores, group: &str) -> Option<&'a Store> {
    match group {
        "goods" => Some(&stores.goods),
        "coupon" => Some(&stores.coupon),
        "user" | "points" => Some(&stores.user),
        "order" => Some(&stores.order),
        "pay" | "pay_log" => Some(&stores.pay),
        _ => None,
    }
}

/// Checks one page of an outbox against the inboxes of the consumers.
fn check_page(stores: &OwnerStores, page: &[Row], cutoff: Timestamp, findings: &mut Findings) -> db::Result<()> {
    let groups: HashSet<&str> = page.iter().map(|(_, group, ..)| group.as_str()).collect();
    let mut consumed: HashSet<(String, String)> = HashSet::new();
    for group in groups {
        let Some(store) = consumer(stores, group) else { continue };
        let ids: Vec<&str> = page.iter().filter(|row| row.1 == group).map(|row| row.0.as_str()).collect();
        let done = mq_consumer::table
            .filter(mq_consumer::msg_id.eq_any(ids).and(mq_consumer::consumer_status.eq(ConsumerStatus::Done)))
            .select((mq_consumer::msg_id, mq_consumer::group_name));
        let db = &mut *store.reader()?;
        let found: Vec<(String, String)> = with_conn!(db, done.load(db))?;
        consumed.extend(found);
    }
    for (id, group, status, created, remark) in page {
        let wrong = match status {
            MessageStatus::Pending if *created < cutoff => Some("is still not delivered"),
            MessageStatus::Done if !consumed.contains(&(id.clone(), group.clone())) => {
                Some("is done and had no effect")
            }
            MessageStatus::Dead if remark.is_none() => Some("is dead without a reason"),
            _ => None,
        };
        findings.check("outbox_effect", wrong.map(|problem| format!("message {id} for {group}: {problem}")));
    }
    Ok(())
}
