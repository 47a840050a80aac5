//! The ledgers: what is there is the sum of everything that was ever put in and taken out. Each ledger lies in one store
//! and is read in one transaction, so it must hold at every moment.

use std::collections::HashMap;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use super::{Books, Findings};
use crate::db::schema::{
    goods, goods_adjustment, goods_number_log, user_adjustment, user_money_log, user_score_log, users,
};
use crate::db::{self, each};
use crate::domain::id::{GoodsId, UserId};
use crate::domain::money::Money;
use crate::domain::status::Direction;

/// Per goods: adjustments - taken + returned = stock, never negative.
pub fn check_stock(books: &Books, findings: &mut Findings) -> db::Result<()> {
    let (stock, ledger) = db::snapshot(&mut *books.goods.reader()?, |db| {
        let stock: Vec<(GoodsId, i64)> =
            each!(db, goods::table.select((goods::goods_id, goods::goods_number)).load(db))?;
        let mut ledger: HashMap<GoodsId, i64> = HashMap::new();
        let adjustments = goods_adjustment::table.select((goods_adjustment::goods_id, goods_adjustment::delta));
        each!(db, {
            for row in adjustments.load_iter::<(GoodsId, i64), DefaultLoadingMode>(db)? {
                let (goods_id, delta) = row?;
                *ledger.entry(goods_id).or_default() += delta;
            }
        });
        let log = goods_number_log::table.select((
            goods_number_log::goods_id,
            goods_number_log::direction,
            goods_number_log::goods_number,
        ));
        each!(db, {
            for row in log.load_iter::<(GoodsId, Direction, i64), DefaultLoadingMode>(db)? {
                let (goods_id, direction, number) = row?;
                *ledger.entry(goods_id).or_default() += signed(direction, number);
            }
        });
        Ok((stock, ledger))
    })?;
    for (goods_id, number) in stock {
        let expected = ledger.get(&goods_id).copied().unwrap_or(0);
        let wrong = number != expected || number < 0;
        findings.check(
            "stock_ledger",
            wrong.then(|| format!("goods {goods_id}: stock is {number}, its log says {expected}")),
        );
    }
    Ok(())
}

/// Per user: adjustments - type 1 + type 2 = balance, never negative; adjustments + points of the log = points.
pub fn check_users(books: &Books, findings: &mut Findings) -> db::Result<()> {
    let (found, money, score) = db::snapshot(&mut *books.user.reader()?, |db| {
        let found: Vec<(UserId, Money, i64)> =
            each!(db, users::table.select((users::user_id, users::user_money, users::user_score)).load(db))?;
        let (mut money, mut score) = (HashMap::<UserId, i64>::new(), HashMap::<UserId, i64>::new());
        let adjustments =
            user_adjustment::table.select((user_adjustment::user_id, user_adjustment::money, user_adjustment::score));
        each!(db, {
            for row in adjustments.load_iter::<(UserId, Money, i64), DefaultLoadingMode>(db)? {
                let (user_id, delta, points) = row?;
                *money.entry(user_id).or_default() += delta.0;
                *score.entry(user_id).or_default() += points;
            }
        });
        let log = user_money_log::table.select((
            user_money_log::user_id,
            user_money_log::money_log_type,
            user_money_log::use_money,
        ));
        each!(db, {
            for row in log.load_iter::<(UserId, Direction, Money), DefaultLoadingMode>(db)? {
                let (user_id, direction, used) = row?;
                *money.entry(user_id).or_default() += signed(direction, used.0);
            }
        });
        let log = user_score_log::table.select((
            user_score_log::user_id,
            user_score_log::score_log_type,
            user_score_log::score,
        ));
        each!(db, {
            for row in log.load_iter::<(UserId, Direction, i64), DefaultLoadingMode>(db)? {
                let (user_id, direction, points) = row?;
                *score.entry(user_id).or_default() -= signed(direction, points);
            }
        });
        Ok((found, money, score))
    })?;
    for (user_id, has, points) in found {
        let expected = Money(money.get(&user_id).copied().unwrap_or(0));
        let wrong = has != expected || has < Money::ZERO;
        findings.check(
            "money_ledger",
            wrong.then(|| format!("user {user_id}: the balance is {has}, its log says {expected}")),
        );
        let expected = score.get(&user_id).copied().unwrap_or(0);
        findings.check(
            "points_once",
            (points != expected).then(|| format!("user {user_id}: has {points} points, the log says {expected}")),
        );
    }
    Ok(())
}

const fn signed(direction: Direction, amount: i64) -> i64 {
    match direction {
        Direction::Forward => -amount,
        Direction::Back => amount,
    }
}
