//! Keys: a user's idempotency key led to one order. The table says so too; here it is looked at and not believed.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{Findings, OwnerStores};
use crate::db::schema::orders;
use crate::db::{self, with_conn};

#[derive(QueryableByName)]
struct Twice {
    #[diesel(sql_type = BigInt)]
    user_id: i64,
    #[diesel(sql_type = Text)]
    idempotency_key: String,
    #[diesel(sql_type = BigInt)]
    times: i64,
}

const TWICE: &str = "SELECT user_id, idempotency_key, count(*) AS times FROM orders \
                     GROUP BY user_id, idempotency_key HAVING count(*) > 1 LIMIT 1000";

/// Looks for keys that led to several orders; answers how many orders there are.
pub fn check(stores: &OwnerStores, findings: &mut Findings) -> db::Result<u64> {
    let (all, twice) = db::snapshot(&mut *stores.order.reader()?, |db| {
        let all: i64 = with_conn!(db, orders::table.count().get_result(db))?;
        let twice: Vec<Twice> = with_conn!(db, diesel::sql_query(TWICE).load(db))?;
        Ok((u64::try_from(all).unwrap_or(0), twice))
    })?;
    findings.looked_at("one_key_one_order", all.saturating_sub(u64::try_from(twice.len()).unwrap_or(0)));
    for Twice { user_id, idempotency_key, times } in twice {
        let violation = format!("user {user_id}: the key {idempotency_key:?} led to {times} orders");
        findings.check("one_key_one_order", Some(violation));
    }
    Ok(all)
}
