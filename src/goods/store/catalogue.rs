//! The catalogue: listing, creating and changing goods, and adjusting their stock by hand.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use serde_json::{Value, json};

use crate::actor::{Access, Task};
use crate::db::ledger::{self, Entry, Line};
use crate::db::schema::{goods, goods_adjustment};
use crate::db::{self, Db, any_of, for_update, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{EntryId, GoodsId};
use crate::domain::quantity::Stock;
use crate::goods::Goods;
use crate::goods::error::{AdjustRefusal, ChangeRefusal};
use crate::goods::message::{self, Adjustment, Change};
use crate::journal::{self, Act, KeyReused, Performed};

#[derive(Queryable, Insertable)]
#[diesel(table_name = goods_adjustment, treat_none_as_default_value = false)]
struct AdjustmentRow {
    adjustment_id: EntryId,
    goods_id: GoodsId,
    delta: i64,
    reason: String,
    create_time: Timestamp,
}

impl Entry for AdjustmentRow {
    const LEDGER: &'static str = "goods_adjustment";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.adjustment_id.get()).integer(self.goods_id.get()).integer(self.delta);
        line.text(&self.reason).integer(self.create_time.0);
    }
}

impl Entry for message::Goods {
    const LEDGER: &'static str = "goods";

    fn write(&self, line: &mut Line<'_>) {
        line.integer(self.goods_id.get()).integer(self.goods_price.minor()).integer(self.add_time.0);
    }
}

/// Reads pages of goods, newest first.
impl Task<Goods> for message::List {
    type Outcome = Vec<message::Goods>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Goods, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<message::Goods>>> {
        let page = |task: &Self| {
            let older = goods::table.filter(goods::goods_id.lt(task.before.unwrap_or(GoodsId::new(i64::MAX))));
            let page = older.order(goods::goods_id.desc()).limit(task.limit);
            Ok(match task.on_sale {
                Some(on_sale) => with_conn!(db, page.filter(goods::on_sale.eq(on_sale)).load(db)),
                None => with_conn!(db, page.load(db)),
            }?)
        };
        batch.iter().map(page).collect()
    }
}

/// Finds goods by their ids with one query for the whole batch.
impl Task<Goods> for message::Find {
    type Outcome = Vec<message::Goods>;
    const ACCESS: Access = Access::Read;

    fn run(_: &Goods, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<message::Goods>>> {
        let ids: HashSet<GoodsId> = batch.iter().flat_map(|task| task.goods.iter().copied()).collect();
        let rows: Vec<message::Goods> = db::load_by(&ids.into_iter().collect::<Vec<_>>(), |ids| {
            with_conn!(db, goods::table.filter(any_of(goods::goods_id, ids)).load(db))
        })?;
        let rows: HashMap<GoodsId, message::Goods> = rows.into_iter().map(|row| (row.goods_id, row)).collect();
        Ok(batch.iter().map(|task| task.goods.iter().filter_map(|id| rows.get(id).cloned()).collect()).collect())
    }
}

/// Inserts goods. The opening stock is recorded as their first adjustment.
impl Task<Goods> for message::Create {
    type Outcome = Result<Performed<message::Goods>, KeyReused>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Goods, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        let now = owner.context.clock.now();
        let create = |task: &Self| {
            match journal::find_earlier(db, task.request.as_ref())? {
                None => {}
                Some(Err(reused)) => return Ok(Err(reused)),
                Some(Ok(goods_id)) => {
                    let row = goods::table.find(GoodsId::new(goods_id));
                    return Ok(Ok(Performed::before(with_conn!(db, row.get_result(db))?)));
                }
            }
            let row = message::Goods {
                goods_id: task.goods_id,
                goods_name: task.goods_name.clone().into_inner(),
                goods_number: task.goods_number.get(),
                goods_price: task.goods_price,
                goods_desc: task.goods_desc.clone().into_inner(),
                add_time: now,
                on_sale: task.on_sale,
                revision: 1,
            };
            let values = (
                goods::goods_id.eq(row.goods_id),
                goods::goods_name.eq(&row.goods_name),
                goods::goods_number.eq(row.goods_number),
                goods::goods_price.eq(row.goods_price),
                goods::goods_desc.eq(&row.goods_desc),
                goods::add_time.eq(row.add_time),
                goods::on_sale.eq(row.on_sale),
                goods::revision.eq(row.revision),
            );
            with_conn!(db, diesel::insert_into(goods::table).values(values).execute(db))?;
            ledger::record(db, std::slice::from_ref(&row));
            let opening = "opening stock".to_owned();
            let act_id = insert_adjustment(owner, db, row.goods_id, row.goods_number, opening, now)?;
            let data = json!({
                "goods_name": row.goods_name, "goods_number": row.goods_number, "goods_price": row.goods_price,
                "on_sale": row.on_sale
            });
            let act = Act { act_id, subject_id: row.goods_id.get(), act: "goods_created", reason: None, data };
            journal::record(db, &owner.context, task.request.as_ref(), act)?;
            Ok(Ok(Performed::now(row)))
        };
        batch.iter().map(create).collect()
    }
}

/// The attributes that differ between two states of goods, with both values.
fn differences(before: &message::Goods, after: &message::Goods) -> serde_json::Map<String, Value> {
    let attributes = |goods: &message::Goods| {
        [
            ("goods_name", json!(goods.goods_name)),
            ("goods_price", json!(goods.goods_price)),
            ("goods_desc", json!(goods.goods_desc)),
            ("on_sale", json!(goods.on_sale)),
        ]
    };
    let pairs = attributes(before).into_iter().zip(attributes(after));
    let changed = pairs.filter(|((_, from), (_, to))| from != to);
    changed.map(|((name, from), (_, to))| (name.to_owned(), json!({"from": from, "to": to}))).collect()
}

impl Change {
    /// The goods with the new values of this change.
    fn apply(&self, before: &message::Goods) -> message::Goods {
        let mut after = before.clone();
        if let Some(name) = self.goods_name.clone() {
            after.goods_name = name.into_inner();
        }
        if let Some(desc) = self.goods_desc.clone() {
            after.goods_desc = desc.into_inner();
        }
        after.goods_price = self.goods_price.unwrap_or(before.goods_price);
        after.on_sale = self.on_sale.unwrap_or(before.on_sale);
        after
    }

    /// Whether the change may be made to this revision.
    fn expects(&self, revision: i64) -> bool {
        self.expected.as_ref().is_none_or(|expected| expected.contains(&revision))
    }
}

/// Updates goods; attributes that are `None` keep their value. A change without a difference is no new revision.
impl Task<Goods> for Change {
    type Outcome = Result<message::Goods, ChangeRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Goods, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        let change = |task: &Change| {
            let row = goods::table.find(task.goods_id);
            let found = with_conn!(db, for_update(row).get_result::<message::Goods>(db)).optional()?;
            let Some(before) = found else { return Ok(Err(ChangeRefusal::NotFound)) };
            let mut after = task.apply(&before);
            let data = differences(&before, &after);
            // Also if the revision is another: the answer to an earlier request may have been lost.
            if data.is_empty() {
                return Ok(Ok(before));
            }
            if !task.expects(before.revision) {
                return Ok(Err(ChangeRefusal::Outdated));
            }
            after.revision = before.revision.saturating_add(1);
            let values = (
                goods::goods_name.eq(&after.goods_name),
                goods::goods_price.eq(after.goods_price),
                goods::goods_desc.eq(&after.goods_desc),
                goods::on_sale.eq(after.on_sale),
                goods::revision.eq(after.revision),
            );
            db::expect_rows(with_conn!(db, diesel::update(row).set(values).execute(db))?, 1)?;
            if after.goods_price != before.goods_price {
                ledger::record_change(db, &after);
            }
            let (act_id, subject_id) = (owner.context.ids.next(), task.goods_id.get());
            let act = Act { act_id, subject_id, act: "goods_changed", reason: None, data: data.into() };
            journal::record(db, &owner.context, Some(&task.request), act)?;
            Ok(Ok(after))
        };
        batch.iter().map(change).collect()
    }
}

/// Adjusts the stock of goods and records each adjustment.
impl Task<Goods> for message::Adjust {
    type Outcome = Result<Performed<message::Goods>, AdjustRefusal>;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Goods, batch: &[Self], db: &mut Db) -> db::Result<Vec<Self::Outcome>> {
        let now = owner.context.clock.now();
        let adjust = |task: &Self| {
            let earlier = match journal::find_earlier(db, Some(&task.request))? {
                Some(Err(KeyReused)) => return Ok(Err(AdjustRefusal::KeyReused)),
                earlier => earlier.is_some(),
            };
            let Some(mut row) =
                with_conn!(db, for_update(goods::table.find(task.goods_id)).get_result::<message::Goods>(db))
                    .optional()?
            else {
                return Ok(Err(AdjustRefusal::NotFound));
            };
            if earlier {
                return Ok(Ok(Performed::before(row)));
            }
            let number = row.goods_number.saturating_add(task.delta.get());
            // Above the limit, to which orders have returned something, the stock can only be lowered.
            let is_lowered = number >= 0 && task.delta.get() < 0;
            if !is_lowered && Stock::try_from(number).is_err() {
                return Ok(Err(AdjustRefusal::OutOfRange(row.goods_number)));
            }
            let unchanged = goods::table.find(task.goods_id).filter(goods::goods_number.eq(row.goods_number));
            db::expect_rows(
                with_conn!(db, diesel::update(unchanged).set(goods::goods_number.eq(number)).execute(db))?,
                1,
            )?;
            let (reason, delta) = (task.reason.clone(), task.delta.get());
            let act_id = insert_adjustment(owner, db, task.goods_id, delta, reason.clone().into_inner(), now)?;
            let data = json!({"delta": delta, "goods_number": {"from": row.goods_number, "to": number}});
            let subject_id = task.goods_id.get();
            let act = Act { act_id, subject_id, act: "stock_adjusted", reason: Some(reason), data };
            journal::record(db, &owner.context, Some(&task.request), act)?;
            row.goods_number = number;
            Ok(Ok(Performed::now(row)))
        };
        batch.iter().map(adjust).collect()
    }
}

fn insert_adjustment(
    owner: &Goods,
    db: &mut Db,
    goods_id: GoodsId,
    delta: i64,
    reason: String,
    now: Timestamp,
) -> db::Result<EntryId> {
    let adjustment_id = owner.context.ids.next();
    let row = AdjustmentRow { adjustment_id, goods_id, delta, reason, create_time: now };
    ledger::record(db, std::slice::from_ref(&row));
    with_conn!(db, diesel::insert_into(goods_adjustment::table).values(row).execute(db))?;
    Ok(adjustment_id)
}

/// Reads pages of adjustments, newest first.
impl Task<Goods> for message::ListAdjustments {
    type Outcome = Vec<Adjustment>;
    const ACCESS: Access = Access::Report;

    fn run(_: &Goods, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Adjustment>>> {
        use goods_adjustment::dsl;
        let page = |task: &Self| {
            let older = dsl::adjustment_id.lt(task.before.unwrap_or(EntryId::new(i64::MAX)));
            let page = dsl::goods_adjustment.filter(older).order(dsl::adjustment_id.desc()).limit(task.limit);
            let rows: Vec<AdjustmentRow> = match task.goods_id {
                Some(goods_id) => with_conn!(db, page.filter(dsl::goods_id.eq(goods_id)).load(db)),
                None => with_conn!(db, page.load(db)),
            }?;
            let authors = journal::authors(db, &rows.iter().map(|row| row.adjustment_id).collect::<Vec<_>>())?;
            let view = |row: AdjustmentRow| Adjustment {
                adjustment_id: row.adjustment_id,
                goods_id: row.goods_id,
                delta: row.delta,
                reason: row.reason,
                by: authors.get(&row.adjustment_id).copied(),
                create_time: row.create_time,
            };
            Ok(rows.into_iter().map(view).collect())
        };
        batch.iter().map(page).collect()
    }
}
