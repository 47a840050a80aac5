//! Adjustments of balance and points by hand.

use diesel::prelude::*;
use serde_json::json;

use super::account;
use crate::actor::{Access, Task};
use crate::db::ledger::{self, Entry, Line};
use crate::db::schema::{user_adjustment, users};
use crate::db::{self, Db, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{EntryId, UserId};
use crate::domain::money::Money;
use crate::domain::text::CustomerMessage;
use crate::journal::{self, Act, KeyReused, Performed};
use crate::user::User;
use crate::user::error::AdjustRefusal;
use crate::user::message::{self, Adjustment};

/// Adjusts balance and points and records each adjustment.
impl Task<User> for message::Adjust {
    type Outcome = Result<Performed<message::User>, AdjustRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        let now = owner.context.clock.now();
        let adjust = |task: &Self| {
            let earlier = match journal::find_earlier(db, Some(&task.request))? {
                Some(Err(KeyReused)) => return Ok(Err(AdjustRefusal::KeyReused)),
                earlier => earlier.is_some(),
            };
            account::lock(db, std::iter::once(task.user_id))?;
            let Some(mut user) = account::find(db, std::iter::once(task.user_id))?.remove(&task.user_id) else {
                return Ok(Err(AdjustRefusal::NotFound));
            };
            if earlier {
                return Ok(Ok(Performed::before(user)));
            }
            let money = user.user_money.checked_add(task.money).filter(|money| is_balance(*money, task.money));
            let (Some(money), Some(score)) = (money, user.user_score.checked_add(task.score)) else {
                return Ok(Err(AdjustRefusal::OutOfRange(user.user_money)));
            };
            let unchanged = users::table.find(task.user_id).filter(users::user_money.eq(user.user_money));
            let updated = with_conn!(
                db,
                diesel::update(unchanged).set((users::user_money.eq(money), users::user_score.eq(score))).execute(db)
            )?;
            db::expect_rows(updated, 1)?;
            let reason = task.reason.clone();
            let delta = (task.money, task.score);
            let message = task.message.clone().map(CustomerMessage::into_inner);
            let words = (reason.clone().into_inner(), message);
            let act_id = insert(owner, db, task.user_id, delta, words, now)?;
            let data = json!({"delta": task.money, "user_money": {"from": user.user_money, "to": money}});
            let subject_id = task.user_id.get();
            let act = Act { act_id, subject_id, act: "balance_adjusted", reason: Some(reason), data };
            journal::record(db, &owner.context, Some(&task.request), act)?;
            (user.user_money, user.user_score) = (money, score);
            Ok(Ok(Performed::now(user)))
        };
        batch.iter().map(adjust).collect()
    }
}

/// A row of `user_adjustment`.
#[derive(Queryable, Insertable)]
#[diesel(table_name = user_adjustment, treat_none_as_default_value = false)]
struct AdjustmentRow {
    adjustment_id: EntryId,
    user_id: UserId,
    money: Money,
    score: i64,
    reason: String,
    create_time: Timestamp,
    /// Words of an administrator for the customer.
    message: Option<String>,
}

impl Entry for AdjustmentRow {
    const LEDGER: &'static str = "user_adjustment";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.adjustment_id.get()).integer(self.user_id.get()).integer(self.money.minor());
        line.integer(self.score).text(&self.reason).integer(self.create_time.0);
    }
}

/// Whether a balance may be adjusted by `delta` to `money`. A balance above the limit, to which orders have returned
/// something, can only be lowered.
fn is_balance(money: Money, delta: Money) -> bool {
    money >= Money::ZERO && (money <= Money::LIMIT || delta < Money::ZERO)
}

/// Records an adjustment with its reason and words for the customer. Returns its id.
pub fn insert(
    owner: &User,
    db: &mut Db,
    user_id: UserId,
    (money, score): (Money, i64),
    (reason, message): (String, Option<String>),
    now: Timestamp,
) -> db::Result<EntryId> {
    let adjustment_id = owner.context.ids.next();
    let row = AdjustmentRow { adjustment_id, user_id, money, score, reason, create_time: now, message };
    ledger::record(db, std::slice::from_ref(&row));
    with_conn!(db, diesel::insert_into(user_adjustment::table).values(row).execute(db))?;
    Ok(adjustment_id)
}

/// Reads pages of adjustments, newest first.
impl Task<User> for message::ListAdjustments {
    type Outcome = Vec<Adjustment>;
    const ACCESS: Access = Access::Report;

    fn run(_: &User, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Adjustment>>> {
        use user_adjustment::dsl;
        let page = |task: &Self| {
            let older = dsl::adjustment_id.lt(task.before.unwrap_or(EntryId::new(i64::MAX)));
            let page = dsl::user_adjustment.filter(older).order(dsl::adjustment_id.desc()).limit(task.limit);
            let rows: Vec<AdjustmentRow> = match task.user_id {
                Some(user_id) => with_conn!(db, page.filter(dsl::user_id.eq(user_id)).load(db)),
                None => with_conn!(db, page.load(db)),
            }?;
            let authors = journal::authors(db, &rows.iter().map(|row| row.adjustment_id).collect::<Vec<_>>())?;
            let view = |row: AdjustmentRow| Adjustment {
                adjustment_id: row.adjustment_id,
                user_id: row.user_id,
                money: row.money,
                score: row.score,
                reason: row.reason,
                message: row.message,
                by: authors.get(&row.adjustment_id).copied(),
                create_time: row.create_time,
            };
            Ok(rows.into_iter().map(view).collect())
        };
        batch.iter().map(page).collect()
    }
}
