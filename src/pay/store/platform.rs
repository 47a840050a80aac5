//! Counts what is open at each platform.

use std::collections::BTreeMap;

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::parked;
use crate::actor::{Access, Priority, Task};
use crate::db::schema::{pay, pay_open, pay_refund};
use crate::db::{self, Db, with_conn};
use crate::domain::money::{CURRENCY, Money};
use crate::domain::status::{ChargeState, RefundState};
use crate::pay::Pay;
use crate::pay::message::{CountByPlatform, FindPlatforms, PlatformCounts};

impl Task<Pay> for CountByPlatform {
    type Outcome = BTreeMap<String, PlatformCounts>;
    const ACCESS: Access = Access::Read;
    const PRIORITY: Priority = Priority::Accepted;

    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<BTreeMap<String, PlatformCounts>>> {
        let mut counts: BTreeMap<String, PlatformCounts> = BTreeMap::new();
        let open = pay_open::table.group_by(pay_open::provider).select((pay_open::provider, count_star()));
        let open: Vec<(String, i64)> = with_conn!(db, open.load(db))?;
        for (provider, open) in open {
            counts.entry(provider).or_default().open = open;
        }
        for (provider, pending) in count_refunds(db, RefundState::Pending)? {
            counts.entry(provider).or_default().refunds_pending = pending;
        }
        for (provider, parked) in count_refunds(db, RefundState::Parked)? {
            counts.entry(provider).or_default().parked = parked;
        }
        for (provider, parked) in parked::count_by_platform(db)? {
            counts.entry(provider).or_default().parked += parked;
        }
        for Sum { provider, total } in sums(db)? {
            let amount = &mut counts.entry(provider).or_default().amount;
            *amount = amount.checked_add(Money::from_minor(total)).unwrap_or(Money::LARGEST);
        }
        Ok(vec![counts; batch.len()])
    }
}

impl Task<Pay> for FindPlatforms {
    type Outcome = Vec<String>;
    const ACCESS: Access = Access::Read;
    const PRIORITY: Priority = Priority::Accepted;

    /// Each name is found by one look into the index, however many payments have it.
    fn run(_: &Pay, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<String>>> {
        let mut names: Vec<String> = Vec::new();
        loop {
            let last = names.last().cloned().unwrap_or_default();
            let next = pay::table.filter(pay::provider.gt(last)).order(pay::provider).select(pay::provider).limit(1);
            let next: Vec<String> = with_conn!(db, next.load(db))?;
            if next.is_empty() {
                return Ok(vec![names; batch.len()]);
            }
            names.extend(next);
        }
    }
}

/// Numbers of refunds in `state` by platform.
fn count_refunds(db: &mut Db, state: RefundState) -> db::Result<Vec<(String, i64)>> {
    let is_open = pay_refund::status.eq(state).and(pay_refund::dismiss_time.is_null());
    let refunds = pay_refund::table.filter(is_open).group_by(pay_refund::provider);
    Ok(with_conn!(db, refunds.select((pay_refund::provider, count_star())).load(db))?)
}

/// A platform and a sum in minor units.
#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = Text)]
    provider: String,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// The sums of the open payments of each platform, of its refunds that are neither done nor dismissed, and of its parked
/// charges.
fn sums(db: &mut Db) -> db::Result<Vec<Sum>> {
    let integer = db.bigint_type();
    let (done, parked) = (RefundState::Done.number(), ChargeState::Parked.number());
    // The queries are built from constants only, so they cannot be injected into.
    let open = format!(
        // Not joined, because a plan for a join may begin with all payments.
        "SELECT provider, CAST(SUM((SELECT pay_amount FROM pay WHERE pay.pay_id = pay_open.pay_id)) AS {integer}) \
         AS total FROM pay_open GROUP BY provider"
    );
    let refunds = format!(
        "SELECT provider, CAST(SUM(amount) AS {integer}) AS total FROM pay_refund \
         WHERE status <> {done} AND dismiss_time IS NULL GROUP BY provider"
    );
    let charges = format!(
        "SELECT provider, CAST(SUM(amount) AS {integer}) AS total FROM pay_parked \
         WHERE status = {parked} AND currency = '{CURRENCY}' GROUP BY provider"
    );
    let mut sums = Vec::new();
    for query in [open, refunds, charges] {
        let of_query: Vec<Sum> = with_conn!(db, diesel::sql_query(query).load(db))?;
        sums.extend(of_query);
    }
    Ok(sums)
}
