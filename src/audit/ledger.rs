//! Audits the ledgers: each stock, balance and points total must equal the sum of its log. A ledger is in one store and
//! is read in one transaction, so the rule holds at any time, without a grace period. The database computes the sums,
//! so that no log is loaded into memory.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{Findings, OwnerStores};
use crate::db::schema::{coupon, goods, users};
use crate::db::{self, Db, with_conn};
use crate::domain::id::{CouponId, GoodsId, UserId};
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

/// Rows of `table` whose `id` has no row in `accounts`: at most 100 ids.
fn orphans(db: &mut Db, table: &str, accounts: &str, id: &str) -> db::Result<Vec<i64>> {
    // The query is built from constants only, so it cannot be injected into.
    let query = format!(
        "SELECT DISTINCT log.{id} AS id, CAST(0 AS {integer}) AS total FROM {table} log \
         LEFT JOIN {accounts} account ON account.{id} = log.{id} WHERE account.{id} IS NULL LIMIT 100",
        integer = db.bigint_type()
    );
    let rows: Vec<Sum> = with_conn!(db, diesel::sql_query(query).load(db))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Checks that every row of a log belongs to a product or a user that exists, and every coupon to a user.
pub fn check_accounts(stores: &OwnerStores, findings: &mut Findings) -> db::Result<()> {
    let logs = [
        (&stores.goods, "goods_adjustment", "goods", "goods_id"),
        (&stores.goods, "goods_number_log", "goods", "goods_id"),
        (&stores.goods, "goods_number_part", "goods", "goods_id"),
        (&stores.user, "user_adjustment", "users", "user_id"),
        (&stores.user, "user_money_log", "users", "user_id"),
        (&stores.user, "user_reference", "users", "user_id"),
        (&stores.user, "user_score_log", "users", "user_id"),
        (&stores.user, "user_score_part", "users", "user_id"),
    ];
    for (store, table, accounts, id) in logs {
        let orphans = orphans(&mut *store.reader()?, table, accounts, id)?;
        findings.add_valid("rows_have_owner", 1);
        for orphan in orphans {
            findings.check("rows_have_owner", Some(format!("{table} has rows of {id} {orphan}, which does not exist")));
        }
    }
    check_coupons(stores, findings)
}

fn check_coupons(stores: &OwnerStores, findings: &mut Findings) -> db::Result<()> {
    let mut after = CouponId::new(0);
    loop {
        let page = coupon::table.filter(coupon::coupon_id.gt(after)).order(coupon::coupon_id).limit(PAGE_SIZE);
        let page: Vec<(CouponId, UserId)> = {
            let db = &mut *stores.coupon.reader()?;
            with_conn!(db, page.select((coupon::coupon_id, coupon::user_id)).load(db))?
        };
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        let ids: Vec<UserId> = page.iter().map(|(_, user_id)| *user_id).collect();
        let db = &mut *stores.user.reader()?;
        let known: Vec<UserId> = db::load_by(&ids, |ids| {
            with_conn!(db, users::table.filter(users::user_id.eq_any(ids)).select(users::user_id).load(db))
        })?;
        let known: HashSet<UserId> = known.into_iter().collect();
        for (coupon_id, user_id) in page {
            let orphan = (!known.contains(&user_id))
                .then(|| format!("coupon {coupon_id} is of user {user_id}, who does not exist"));
            findings.check("rows_have_owner", orphan);
        }
    }
}

/// The SQL expression for what a log row adds to the total: negative for `Forward`, positive for `Back`.
fn signed_amount(direction: &str, amount: &str) -> String {
    let forward = Direction::Forward.number();
    format!("CASE {direction} WHEN {forward} THEN -{amount} ELSE {amount} END")
}

/// Checks each product: stock = adjustments - units taken + units returned, also with refunds, and stock is not negative.
pub fn check_stock(stores: &OwnerStores, findings: &mut Findings) -> db::Result<()> {
    let mut after = GoodsId::new(0);
    loop {
        let (page, adjusted, moved, parts) = db::snapshot(&mut *stores.goods.reader()?, |db| {
            let page = goods::table.filter(goods::goods_id.gt(after)).order(goods::goods_id).limit(PAGE_SIZE);
            let page: Vec<(GoodsId, i64)> =
                with_conn!(db, page.select((goods::goods_id, goods::goods_number)).load(db))?;
            let range = (after.get(), page.last().map_or(0, |(id, _)| id.get()));
            let moved = signed_amount("direction", "goods_number");
            let moved = sums(db, "goods_number_log", "goods_id", &moved, range)?;
            let parts = sums(db, "goods_number_part", "goods_id", "goods_number", range)?;
            Ok((page, sums(db, "goods_adjustment", "goods_id", "delta", range)?, moved, parts))
        })?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = *last;
        for (goods_id, number) in page {
            let total = |sums: &HashMap<i64, i64>| sums.get(&goods_id.get()).copied().unwrap_or(0);
            let expected = total(&adjusted) + total(&moved) + total(&parts);
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
        let (page, sums) = db::snapshot(&mut *stores.user.reader()?, |db| {
            let page = users::table.filter(users::user_id.gt(after)).order(users::user_id).limit(PAGE_SIZE);
            let page: Vec<Account> = with_conn!(db, page.select(ACCOUNT).load(db))?;
            let range = (after.get(), page.last().map_or(0, |(id, ..)| id.get()));
            Ok((page, UserSums::read(db, range)?))
        })?;
        let Some((last, ..)) = page.last() else { return Ok(()) };
        after = *last;
        page.into_iter().for_each(|account| check_user(account, &sums, findings));
    }
}

/// Checks some users as [`check_users`] does.
pub fn check_some_users(stores: &OwnerStores, ids: &[UserId], findings: &mut Findings) -> db::Result<()> {
    for id in ids {
        let found = db::snapshot(&mut *stores.user.reader()?, |db| {
            let account: Option<Account> =
                with_conn!(db, users::table.find(*id).select(ACCOUNT).get_result(db)).optional()?;
            let range = (id.get().saturating_sub(1), id.get());
            account.map(|account| Ok((account, UserSums::read(db, range)?))).transpose()
        })?;
        // The chain names a user that is gone.
        found.into_iter().for_each(|(account, sums)| check_user(account, &sums, findings));
    }
    Ok(())
}

/// A user with balance and points.
type Account = (UserId, Money, i64);
const ACCOUNT: (users::user_id, users::user_money, users::user_score) =
    (users::user_id, users::user_money, users::user_score);

/// The sums of the adjustments and the logs of users.
struct UserSums {
    money: [HashMap<i64, i64>; 2],
    score: [HashMap<i64, i64>; 3],
}

impl UserSums {
    /// Reads the sums of the users in `range`; see [`sums`].
    fn read(db: &mut Db, range: (i64, i64)) -> db::Result<Self> {
        let money_change = signed_amount("money_log_type", "use_money");
        let score_change = signed_amount("score_log_type", "score");
        Ok(Self {
            money: [
                sums(db, "user_adjustment", "user_id", "money", range)?,
                sums(db, "user_money_log", "user_id", &money_change, range)?,
            ],
            score: [
                sums(db, "user_adjustment", "user_id", "score", range)?,
                sums(db, "user_score_log", "user_id", &format!("-({score_change})"), range)?,
                sums(db, "user_score_part", "user_id", "-score", range)?,
            ],
        })
    }
}

fn check_user((user_id, balance, points): Account, sums: &UserSums, findings: &mut Findings) {
    let total = |sums: &[HashMap<i64, i64>]| -> i64 { sums.iter().filter_map(|sums| sums.get(&user_id.get())).sum() };
    let expected = Money::from_minor(total(&sums.money));
    let wrong = balance != expected || balance < Money::ZERO;
    let violation = || format!("user {user_id}: the balance is {balance}, its log says {expected}");
    findings.check("money_ledger", wrong.then(violation));
    let expected = total(&sums.score);
    let violation = || format!("user {user_id}: has {points} points, the log says {expected}");
    findings.check("points_once", (points != expected).then(violation));
}
