//! Writing new orders.

use std::collections::HashMap;

use diesel::prelude::*;

use super::account::Accounts;
use super::read;
use crate::actor::{Access, Task};
use crate::db::ledger::{self, Entry, Line as LedgerLine};
use crate::db::schema::{order_goods, orders};
use crate::db::{self, Db, any_of_pairs, insert_all, with_conn};
use crate::domain::clock::Timestamp;
use crate::domain::id::{CouponId, GoodsId, OrderId, UserId};
use crate::domain::money::{CURRENCY, Money};
use crate::domain::quantity::Quantity;
use crate::domain::refusal::{Refusal, Refused};
use crate::domain::status::{OrderStatus, PayStatus, ShippingStatus};
use crate::order::Order;
use crate::order::message::{self, Draft, PreOrder, PreOrdered};

/// The row of a new order. The other columns are NULL or have their defaults.
#[derive(Insertable)]
#[diesel(table_name = orders, treat_none_as_default_value = false)]
struct NewRow<'a> {
    order_id: OrderId,
    user_id: UserId,
    order_status: OrderStatus,
    pay_status: PayStatus,
    shipping_status: ShippingStatus,
    address: &'a str,
    consignee: &'a str,
    goods_amount: Money,
    shipping_fee: Money,
    order_amount: Money,
    coupon_id: Option<CouponId>,
    coupon_paid: Money,
    money_paid: Money,
    pay_amount: Money,
    add_time: Timestamp,
    idempotency_key: &'a str,
    fingerprint: &'a str,
    deadline_time: Timestamp,
    wake_time: Option<Timestamp>,
    refusal: Option<&'static str>,
    refusal_data: Option<String>,
}

impl Entry for NewRow<'_> {
    const LEDGER: &'static str = "orders";

    fn write(&self, line: &mut LedgerLine<'_>) {
        line.integer(self.order_id.get()).integer(self.user_id.get()).text(self.address).text(self.consignee);
        line.integer(self.goods_amount.minor()).integer(self.shipping_fee.minor()).integer(self.order_amount.minor());
        line.optional(self.coupon_id.map(CouponId::get)).integer(self.coupon_paid.minor());
        line.integer(self.money_paid.minor()).integer(self.pay_amount.minor()).integer(self.add_time.0);
        line.text(self.idempotency_key).text(self.fingerprint);
    }
}

impl<'a> NewRow<'a> {
    fn of(order: &'a message::Order, idempotency_key: &'a str) -> Self {
        Self {
            order_id: order.order_id,
            user_id: order.user_id,
            order_status: order.order_status,
            pay_status: order.pay_status,
            shipping_status: order.shipping_status,
            address: &order.address,
            consignee: &order.consignee,
            goods_amount: order.goods_amount,
            shipping_fee: order.shipping_fee,
            order_amount: order.order_amount,
            coupon_id: order.coupon_id,
            coupon_paid: order.coupon_paid,
            money_paid: order.money_paid,
            pay_amount: order.pay_amount,
            add_time: order.add_time,
            idempotency_key,
            fingerprint: order.fingerprint.as_str(),
            deadline_time: order.deadline_time,
            wake_time: order.refusal.is_none().then_some(order.deadline_time),
            refusal: order.refusal.map(Refusal::code),
            refusal_data: Refused::stored(&order.refusal_data),
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = order_goods, treat_none_as_default_value = false)]
struct LineRow<'a> {
    order_id: OrderId,
    goods_id: GoodsId,
    goods_number: Quantity,
    goods_price: Money,
    goods_name: Option<&'a str>,
}

impl Entry for LineRow<'_> {
    const LEDGER: &'static str = "order_goods";

    fn write(&self, line: &mut LedgerLine<'_>) {
        line.integer(self.order_id.get()).integer(self.goods_id.get());
        line.integer(self.goods_number.get()).integer(self.goods_price.minor());
    }
}

impl<'a> LineRow<'a> {
    fn of(order: &'a message::Order) -> impl Iterator<Item = Self> {
        order.goods.iter().map(|line| Self {
            order_id: order.order_id,
            goods_id: line.goods_id,
            goods_number: line.goods_number,
            goods_price: line.goods_price,
            goods_name: line.goods_name.as_deref(),
        })
    }
}

/// The order of a draft, as it is written now.
fn new_order(owner: &Order, draft: &Draft, now: Timestamp) -> message::Order {
    let mut order = message::Order {
        order_id: draft.order_id,
        user_id: draft.user_id,
        order_status: if draft.refused.is_some() { OrderStatus::Invalid } else { OrderStatus::Unconfirmed },
        pay_status: PayStatus::Unpaid,
        shipping_status: ShippingStatus::Unshipped,
        address: draft.address.clone(),
        consignee: draft.consignee.clone(),
        carrier: None,
        tracking_no: None,
        goods: draft.lines.clone(),
        goods_amount: draft.price.goods_amount,
        shipping_fee: draft.price.shipping_fee,
        order_amount: draft.price.order_amount,
        coupon_id: draft.coupon_id,
        coupon_paid: draft.price.coupon_paid,
        money_paid: draft.price.money_paid,
        pay_amount: draft.price.pay_amount,
        currency: CURRENCY,
        pay_before: None,
        add_time: now,
        confirm_time: None,
        pay_time: None,
        pay_id: None,
        refunded_amount: Money::ZERO,
        refunds: Vec::new(),
        refusal: draft.refused.as_ref().map(|refused| refused.refusal),
        refusal_data: draft.refused.as_ref().map(|refused| refused.causes.clone()).unwrap_or_default(),
        deadline_time: draft.deadline,
        fingerprint: draft.fingerprint.clone(),
    };
    order.pay_before = owner.pay_before(order.state(), order.confirm_time);
    order
}

/// A user and an idempotency key.
type Key<'a> = (UserId, &'a str);

/// Reads the orders that the keys of a batch were used for.
fn read_by_keys<'a>(owner: &Order, db: &mut Db, batch: &'a [PreOrder]) -> db::Result<HashMap<Key<'a>, message::Order>> {
    let keys: Vec<Key<'a>> = batch.iter().map(|PreOrder(draft)| (draft.user_id, draft.key.as_str())).collect();
    // Most keys are new, and for those the index answers alone.
    let columns = (orders::user_id, orders::idempotency_key, orders::order_id);
    let used: Vec<(UserId, String, OrderId)> = db::load_by_pairs(db, &keys, |db, keys| {
        if let [(user_id, key)] = keys {
            // diesel writes the text of this statement once, and that of a list each time.
            let of_key = orders::user_id.eq(*user_id).and(orders::idempotency_key.eq(*key));
            return with_conn!(db, orders::table.filter(of_key).select(columns).load(db));
        }
        let used = orders::table.filter(any_of_pairs((orders::user_id, orders::idempotency_key), keys));
        with_conn!(db, used.select(columns).load(db))
    })?;
    if used.is_empty() {
        return Ok(HashMap::new());
    }
    let keys: HashMap<Key<'_>, Key<'a>> = keys.into_iter().map(|key| (key, key)).collect();
    let mut found = read(owner, db, &used.iter().map(|(.., order_id)| *order_id).collect::<Vec<_>>())?;
    let by_key = |(user_id, key, order_id): &(UserId, String, OrderId)| {
        Some((*keys.get(&(*user_id, key.as_str()))?, found.remove(order_id)?))
    };
    Ok(used.iter().filter_map(by_key).collect())
}

/// Inserts orders whose key is new. The key is looked up first, so that a key that was used before has an outcome and
/// does not fail the batch.
impl Task<Order> for PreOrder {
    type Outcome = PreOrdered;
    const ACCESS: Access = Access::Write;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<PreOrdered>> {
        let now = owner.context.clock.now();
        let existing = read_by_keys(owner, db, batch)?;
        // Index of the first task with each key in this batch.
        let mut first_index: HashMap<Key<'_>, usize> = HashMap::with_capacity(batch.len());
        let is_new = |draft: &&Draft| !existing.contains_key(&(draft.user_id, draft.key.as_str()));
        let drafts = batch.iter().map(|Self(draft)| &**draft);
        let mut accounts = Accounts::lock(owner, db, drafts.clone().filter(is_new))?;
        let mut outcomes: Vec<PreOrdered> = Vec::with_capacity(batch.len());
        for draft in drafts {
            let key = (draft.user_id, draft.key.as_str());
            let first = *first_index.entry(key).or_insert(outcomes.len());
            let duplicate = outcomes.get(first).map(PreOrdered::order);
            outcomes.push(match duplicate.or_else(|| existing.get(&key)) {
                Some(order) => PreOrdered::Existed(order.clone()),
                None => {
                    let capped = accounts.refuse_or_add(draft);
                    PreOrdered::Written(new_order(owner, capped.as_ref().unwrap_or(draft), now))
                }
            });
        }
        accounts.write(db)?;
        write(db, batch, &outcomes)?;
        Ok(outcomes)
    }
}

/// Inserts the orders of `outcomes` that are new, and their lines.
fn write(db: &mut Db, batch: &[PreOrder], outcomes: &[PreOrdered]) -> db::Result<()> {
    let written = outcomes.iter().zip(batch).filter_map(|(outcome, PreOrder(draft))| match outcome {
        PreOrdered::Written(order) => Some((order, draft.key.as_str())),
        PreOrdered::Existed(_) => None,
    });
    let (mut rows, mut lines) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
    for (order, key) in written {
        rows.push(NewRow::of(order, key));
        lines.extend(LineRow::of(order));
    }
    ledger::record(db, &rows);
    ledger::record(db, &lines);
    insert_all!(db, orders::table, &rows)?;
    insert_all!(db, order_goods::table, &lines)
}
