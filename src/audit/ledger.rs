//! Audits the ledgers: each stock, balance and points total must equal the sum of its log. A ledger is in one store and
//! is read in one transaction, so the rule holds at any time, without a grace period. The database computes the sums,
//! so that no log is loaded into memory.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{Findings, OwnerStores};
use crate::db::schema::{goods, users};
use crate::db::{self, Db, with_conn};
use crate::domain::id::{GoodsId, UserId};
use crate::domain::money::Money;
use crate::domain::status::Direction;

const PAGE_SIZE: i64 = 5_000;

/// A key and the sum of its rows.
#[derive(QueryableByName)]
struct Sum {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// Sums the expression `amount` over the rows of `table`, grouped by the column `id`. `range` is (exclusive lower
/// bound, inclusive upper bound) of `id`.
fn sums(db: &mut Db, table: &str, id: &str, amount: &str, range: (i64, i64)) -> db::Result<HashMap<i64, i64>> {
    let integer = db.bigint_type();
    let (after, last) = range;
    // The query is built from constants and integers only, so it cannot be injected into.
    let query = format!(
        "SELECT {id} AS id, CAST(SUM({amount}) AS {integer}) AS total FROM {table} \
         WHERE {id} > {after} AND {id} <= {last} GROUP BY {id}"
    );
    let rows: Vec<Sum> = with_conn!(db, diesel::sql_query(query).load(db))?;
    Ok(rows.into_iter().map(|row| (row.id, row.total)).collect())
}

/// The SQL expression for what a log row adds to the total: negative for `Forward`, positive for `Back`.
fn signed_amount(direction: &str, amount: &str) -> String {
    let forward = Direction::Forward.number();
    format!("CASE {direction} WHEN {forward} THEN -{amount} ELSE {amount} END")
}

/// Checks each product: stock = adjustments - units taken + units returned, and stock is not negative.
pub fn check_stock(stores: &OwnerStores, findings: &mut Findings) -> db::Result<()> {
    let mut after = GoodsId::new(0);
    loop {
        let (page, adjusted, moved) = db::snapshot(&mut *stores.goods.reader()?, |db| {
            let page = goods::table.filter(goods::goods_id.gt(after)).order(goods::goods_id).limit(PAGE_SIZE);
            let page: Vec<(GoodsId, i64)> =
                with_conn!(db, page.select((goods::goods_id, goods::goods_number)).load(db))?;
            let range = (after.get(), page.last().map_or(0, |(id, _)| id.get()));
            let moved = signed_amount("direction", "goods_number");
            let moved = sums(db, "goods_number_log", "goods_id", &moved, range)?;
            Ok((page, sums(db, "goods_adjustment", "goods_id", "delta", range)?, moved))
        })?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        for (goods_id, number) in page {
            let total = |sums: &HashMap<i64, i64>| sums.get(&goods_id.get()).copied().unwrap_or(0);
            let expected = total(&adjusted) + total(&moved);
            let wrong = number != expected || number < 0;
            let violation = || format!("goods {goods_id}: stock is {number}, its log says {expected}");
            findings.check("stock_ledger", wrong.then(violation));
        }
    }
}

/// Checks each user: balance = adjustments - amounts taken + amounts returned, and is not negative; points =
/// adjustments + points added - points removed.
pub fn check_users(stores: &OwnerStores, findings: &mut Findings) -> db::Result<()> {
    let mut after = UserId::new(0);
    loop {
        let (page, money, score) = db::snapshot(&mut *stores.user.reader()?, |db| {
            let page = users::table.filter(users::user_id.gt(after)).order(users::user_id).limit(PAGE_SIZE);
            let columns = (users::user_id, users::user_money, users::user_score);
            let page: Vec<(UserId, Money, i64)> = with_conn!(db, page.select(columns).load(db))?;
            let range = (after.get(), page.last().map_or(0, |(id, ..)| id.get()));
            let money_change = signed_amount("money_log_type", "use_money");
            let money = [
                sums(db, "user_adjustment", "user_id", "money", range)?,
                sums(db, "user_money_log", "user_id", &money_change, range)?,
            ];
            let score_change = signed_amount("score_log_type", "score");
            let score = [
                sums(db, "user_adjustment", "user_id", "score", range)?,
                sums(db, "user_score_log", "user_id", &format!("-({score_change})"), range)?,
            ];
            Ok((page, money, score))
        })?;
        let Some((last, ..)) = page.last() else { return Ok(()) };
        after = *last;
        for (user_id, balance, points) in page {
            let total =
                |sums: &[HashMap<i64, i64>]| -> i64 { sums.iter().filter_map(|sums| sums.get(&user_id.get())).sum() };
            let expected = Money::from_minor(total(&money));
            let wrong = balance != expected || balance < Money::ZERO;
            let violation = || format!("user {user_id}: the balance is {balance}, its log says {expected}");
            findings.check("money_ledger", wrong.then(violation));
            let expected = total(&score);
            let violation = || format!("user {user_id}: has {points} points, the log says {expected}");
            findings.check("points_once", (points != expected).then(violation));
        }
    }
}
