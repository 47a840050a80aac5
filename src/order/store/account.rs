//! The accounts of customers: the caps on what one account may hold in unpaid orders.
//!
//! An account is locked while its unpaid orders are counted and an order is added, so that orders that arrive at once, at
//! this node and at others, cannot exceed a cap together. Without caps, accounts are neither read nor written.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use serde::Serialize;

use super::row;
use crate::actor::{Access, Task};
use crate::db::query::bulk::{Kind, Update};
use crate::db::schema::{order_account, orders};
use crate::db::{self, Db, any_of, for_update, insert_all, with_conn};
use crate::domain::cap::{Caps, Held};
use crate::domain::id::{GoodsId, OrderId, UserId};
use crate::domain::money::Money;
use crate::domain::order::Line;
use crate::domain::pricing::Price;
use crate::domain::quantity::Quantity;
use crate::domain::refusal::{Cause, Refused};
use crate::domain::status::{OrderStatus, PayStatus};
use crate::order::Order;
use crate::order::message::{CheckCaps, Draft};

/// A row of `order_account`. No unpaid order of the user has an id below `open_from`, so that an old account with many
/// orders is counted as fast as a new one.
#[derive(Debug, Clone, Copy, Queryable, Insertable)]
#[diesel(table_name = order_account, treat_none_as_default_value = false)]
struct AccountRow {
    user_id: UserId,
    open_from: OrderId,
}

/// An account that is locked.
struct Account {
    /// The stored value.
    open_from: OrderId,
    /// The smallest id of an unpaid order; `None` if there is none.
    first_open: Option<OrderId>,
    held: Held,
}

/// The locked accounts of a batch of new orders.
pub struct Accounts {
    caps: Caps,
    accounts: BTreeMap<UserId, Account>,
}

impl Accounts {
    /// Locks the accounts of the customers whose orders count, and reads what they hold. An account that is missing is
    /// created; if another node creates it at the same time, the batch is repeated.
    pub fn lock<'a>(owner: &Order, db: &mut Db, batch: impl Iterator<Item = &'a Draft>) -> db::Result<Self> {
        let caps = owner.caps;
        let counted = batch.filter(|draft| caps.are_set() && counts(draft)).map(|draft| draft.user_id);
        let users: Vec<UserId> = counted.collect::<BTreeSet<_>>().into_iter().collect();
        let rows: Vec<AccountRow> = db::load_by(&users, |users| {
            let accounts = order_account::table.filter(any_of(order_account::user_id, users));
            with_conn!(db, for_update(accounts.order(order_account::user_id)).load(db))
        })?;
        let mut open_from: BTreeMap<UserId, OrderId> =
            rows.into_iter().map(|row| (row.user_id, row.open_from)).collect();
        let missing = users.iter().filter(|user_id| !open_from.contains_key(user_id));
        let missing: Vec<AccountRow> =
            missing.map(|user_id| AccountRow { user_id: *user_id, open_from: OrderId::new(0) }).collect();
        insert_all!(db, order_account::table, &missing)?;
        open_from.extend(missing.iter().map(|row| (row.user_id, row.open_from)));
        let account = |(user_id, open_from)| (user_id, Account { open_from, first_open: None, held: Held::default() });
        let mut accounts: BTreeMap<UserId, Account> = open_from.into_iter().map(account).collect();
        for Open { user_id, order_id, lines } in read_open(db, caps, &users)? {
            let Some(account) = accounts.get_mut(&user_id) else { continue };
            account.held.add(units(&lines));
            account.first_open = Some(account.first_open.map_or(order_id, |first| first.min(order_id)));
        }
        Ok(Self { caps, accounts })
    }

    /// The same order as a refused one if it would exceed a cap. Otherwise its account holds it from now on.
    pub fn refuse_or_add(&mut self, draft: &Draft) -> Option<Draft> {
        let account = self.accounts.get_mut(&draft.user_id).filter(|_| counts(draft))?;
        let causes = account.held.exceeded(self.caps, units(&draft.lines));
        if let Some(refused) = Refused::for_causes(causes) {
            let (lines, price) = (Vec::new(), Price::default());
            return Some(Draft { lines, price, refused: Some(refused), ..draft.clone() });
        }
        account.held.add(units(&draft.lines));
        account.first_open = Some(account.first_open.map_or(draft.order_id, |first| first.min(draft.order_id)));
        None
    }

    /// Writes the accounts whose smallest unpaid order has changed.
    ///
    /// # Errors
    /// A database error.
    pub fn write(self, db: &mut Db) -> db::Result<()> {
        let changed = self.accounts.into_iter().filter_map(|(user_id, account)| {
            let first_open = account.first_open.filter(|first| *first != account.open_from)?;
            Some(OpenFrom { id: user_id.get(), first: first_open.get() })
        });
        let changed: Vec<OpenFrom> = changed.collect();
        db::expect_rows(SET_OPEN_FROM.run(db, &changed)?, changed.len())
    }
}

/// Whether an order holds something until it is paid on a platform.
fn counts(draft: &Draft) -> bool {
    draft.refused.is_none() && draft.price.pay_amount > Money::ZERO
}

fn units(lines: &[Line]) -> impl Iterator<Item = (GoodsId, Quantity)> + Clone {
    lines.iter().map(|line| (line.goods_id, line.goods_number))
}

/// An unpaid order.
struct Open {
    user_id: UserId,
    order_id: OrderId,
    lines: Vec<Line>,
}

/// Reads the unpaid orders of accounts, with two queries for all of them. Orders below `open_from` are not read, and with a
/// cap on orders there are no more of an account than that, so the time does not grow with what an account has ordered.
fn read_open(db: &mut Db, caps: Caps, users: &[UserId]) -> db::Result<Vec<Open>> {
    let is_open = orders::order_status.eq(OrderStatus::Unconfirmed).or(orders::order_status.eq(OrderStatus::Confirmed));
    let is_unpaid = orders::pay_status.ne(PayStatus::Paid).and(orders::pay_amount.gt(Money::ZERO));
    let is_recent = orders::order_id.ge(order_account::open_from);
    let of_accounts = orders::table.inner_join(order_account::table.on(orders::user_id.eq(order_account::user_id)));
    let rows: Vec<(UserId, OrderId)> = db::load_by(users, |users| {
        let unpaid = of_accounts
            .filter(any_of(order_account::user_id, users))
            .filter(is_recent.and(is_open).and(is_unpaid))
            .select((orders::user_id, orders::order_id));
        with_conn!(db, unpaid.load(db))
    })?;
    // Without a cap on units, the lines are not needed.
    let ids: Vec<OrderId> = rows.iter().map(|(_, order_id)| *order_id).filter(|_| caps.limits_units()).collect();
    let mut lines = row::read_lines(db, &ids)?;
    let open = |(user_id, order_id)| Open { user_id, order_id, lines: lines.remove(&order_id).unwrap_or_default() };
    Ok(rows.into_iter().map(open).collect())
}

/// Parameters of [`SET_OPEN_FROM`] for one account.
#[derive(Serialize)]
struct OpenFrom {
    id: i64,
    first: i64,
}

const SET_OPEN_FROM: Update = Update {
    table: "order_account",
    given: &[("id", Kind::Integer), ("first", Kind::Integer)],
    condition: "user_id = given.id",
    set: "open_from = given.first",
};

/// Judges the caps without a lock, for a quote.
impl Task<Order> for CheckCaps {
    type Outcome = Vec<Cause>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Cause>>> {
        let users: Vec<UserId> = batch.iter().map(|task| task.user_id).collect();
        let mut held: BTreeMap<UserId, Held> = BTreeMap::new();
        for Open { user_id, lines, .. } in read_open(db, owner.caps, &users)? {
            held.entry(user_id).or_default().add(units(&lines));
        }
        let check = |task: &Self| {
            held.get(&task.user_id).cloned().unwrap_or_default().exceeded(owner.caps, task.lines.iter().copied())
        };
        Ok(batch.iter().map(check).collect())
    }
}
