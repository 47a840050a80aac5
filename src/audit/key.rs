//! Audits idempotency keys: each key of a user belongs to one order. The table has a unique constraint for it; the
//! audit does not rely on it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{Findings, OwnerStores};
use crate::db::schema::orders;
use crate::db::{self, with_conn};

#[derive(QueryableByName)]
struct ReusedKey {
    #[diesel(sql_type = BigInt)]
    user_id: i64,
    #[diesel(sql_type = Text)]
    idempotency_key: String,
    #[diesel(sql_type = BigInt)]
    times: i64,
}

const REUSED_KEYS: &str = "SELECT user_id, idempotency_key, count(*) AS times FROM orders \
                           GROUP BY user_id, idempotency_key HAVING count(*) > 1 LIMIT 1000";

/// Finds keys with several orders. Returns the number of orders.
pub fn check(stores: &OwnerStores, findings: &mut Findings) -> db::Result<u64> {
    let (total, reused) = db::snapshot(&mut *stores.order.reader()?, |db| {
        let total: i64 = with_conn!(db, orders::table.count().get_result(db))?;
        let reused: Vec<ReusedKey> = with_conn!(db, diesel::sql_query(REUSED_KEYS).load(db))?;
        Ok((u64::try_from(total).unwrap_or(0), reused))
    })?;
    findings.add_valid("one_key_one_order", total.saturating_sub(u64::try_from(reused.len()).unwrap_or(0)));
    for ReusedKey { user_id, idempotency_key, times } in reused {
        let violation = format!("user {user_id}: the key {idempotency_key:?} led to {times} orders");
        findings.check("one_key_one_order", Some(violation));
    }
    Ok(total)
}
