//! Messages: what an outbox calls done has had its effect; nothing waits for longer than the grace; what is dead says why.

use std::collections::HashSet;

use diesel::prelude::*;

use super::{Findings, OwnerStores};
use crate::db::schema::{mq_consumer, mq_producer};
use crate::db::{self, Store, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::status::{ConsumerStatus, MessageStatus};

const PAGE: i64 = 500;

type Row = (String, String, MessageStatus, Timestamp, Option<String>);

/// Checks both outboxes, a page at a time, and all inboxes.
pub fn check(stores: &OwnerStores, cutoff: Timestamp, findings: &mut Findings) -> db::Result<()> {
    for producer in [&stores.order, &stores.pay] {
        let mut after = String::new();
        loop {
            let messages =
                mq_producer::table.filter(mq_producer::id.gt(&after)).order(mq_producer::id).limit(PAGE).select((
                    mq_producer::id,
                    mq_producer::group_name,
                    mq_producer::msg_status,
                    mq_producer::create_time,
                    mq_producer::remark,
                ));
            let db = &mut *producer.reader()?;
            let page: Vec<Row> = with_conn!(db, messages.load(db))?;
            let Some((last, ..)) = page.last() else { break };
            after.clone_from(last);
            check_page(stores, &page, cutoff, findings)?;
        }
    }
    check_inboxes(stores, cutoff, findings)
}

/// Checks all inboxes: no consumer has left a message half done.
fn check_inboxes(stores: &OwnerStores, cutoff: Timestamp, findings: &mut Findings) -> db::Result<()> {
    for store in [&stores.coupon, &stores.goods, &stores.user, &stores.order, &stores.pay] {
        let db = &mut *store.reader()?;
        let all: i64 = with_conn!(db, mq_consumer::table.count().get_result(db))?;
        let begun =
            mq_consumer::consumer_status.eq(ConsumerStatus::Processing).and(mq_consumer::consumer_timestamp.lt(cutoff));
        let left = mq_consumer::table.filter(begun).limit(PAGE).select((mq_consumer::msg_id, mq_consumer::group_name));
        let left: Vec<(String, String)> = with_conn!(db, left.load(db))?;
        let fine = u64::try_from(all).unwrap_or(0).saturating_sub(u64::try_from(left.len()).unwrap_or(0));
        findings.looked_at("inbox_settled", fine);
        for (id, group) in left {
            findings.check("inbox_settled", Some(format!("message {id} for {group}: was begun and never ended")));
        }
    }
    Ok(())
}

/// Who consumes for a group.
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

fn check_page(stores: &OwnerStores, page: &[Row], cutoff: Timestamp, findings: &mut Findings) -> db::Result<()> {
    let groups: HashSet<&str> = page.iter().map(|(_, group, ..)| group.as_str()).collect();
    let mut known: HashSet<(String, String)> = HashSet::new();
    for group in groups {
        let Some(store) = consumer(stores, group) else { continue };
        let ids: Vec<&str> = page.iter().filter(|row| row.1 == group).map(|row| row.0.as_str()).collect();
        let done = mq_consumer::table
            .filter(mq_consumer::msg_id.eq_any(ids).and(mq_consumer::consumer_status.eq(ConsumerStatus::Done)))
            .select((mq_consumer::msg_id, mq_consumer::group_name));
        let db = &mut *store.reader()?;
        let found: Vec<(String, String)> = with_conn!(db, done.load(db))?;
        known.extend(found);
    }
    for (id, group, status, created, remark) in page {
        let wrong = match status {
            MessageStatus::Pending if *created < cutoff => Some("is still not delivered"),
            MessageStatus::Done if !known.contains(&(id.clone(), group.clone())) => Some("is done and had no effect"),
            MessageStatus::Dead if remark.is_none() => Some("is dead without a reason"),
            _ => None,
        };
        findings.check("outbox_effect", wrong.map(|what| format!("message {id} for {group}: {what}")));
    }
    Ok(())
}
