//! The accounts of customers: the caps on what one account may hold in unpaid orders.
//!
//! An account is locked while an order is counted and added, so that orders that arrive at once, at this node and at
//! others, cannot exceed a cap together. Without caps, accounts are neither read nor written.
//!
//! An account has upper bounds of what it holds. Only an order that these bounds do not allow is judged by the account's
//! unpaid orders, which are read for that and give the lowest bounds. So an order costs the same however much its account
//! holds, and what ends an order need not know of the account.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diesel::prelude::*;
use serde::Serialize;

use super::row;
use crate::actor::{Access, Task};
use crate::db::query::bulk::{Change, Kind, Update, change};
use crate::db::schema::{order_account, orders};
use crate::db::{self, Db, any_of, for_update, insert_all, with_conn};
use crate::domain::cap::{Bounds, Caps, Held};
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
/// orders is counted as fast as a new one. The bounds are those of the orders up to `counted_to`; later ones were placed
/// by a node without caps or with an older version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = order_account, treat_none_as_default_value = false)]
struct AccountRow {
    user_id: UserId,
    open_from: OrderId,
    counted_to: OrderId,
    orders_bound: i64,
    units_bound: i64,
    product_units_bound: i64,
}

impl AccountRow {
    /// The row of a user of whom nothing has been counted.
    const fn new(user_id: UserId) -> Self {
        let (open_from, counted_to) = (OrderId::new(0), OrderId::new(0));
        Self { user_id, open_from, counted_to, orders_bound: 0, units_bound: 0, product_units_bound: 0 }
    }

    /// New rows for the users who are not among `rows`.
    fn missing(users: &BTreeSet<UserId>, rows: &[Self]) -> Vec<Self> {
        let known: BTreeSet<UserId> = rows.iter().map(|row| row.user_id).collect();
        users.difference(&known).map(|user_id| Self::new(*user_id)).collect()
    }
}

/// An account and what it holds.
struct Account {
    /// The row as it was read.
    stored: AccountRow,
    open_from: OrderId,
    counted_to: OrderId,
    bounds: Bounds,
    /// The unpaid orders of the account, if they have been read.
    held: Option<Held>,
}

impl Account {
    fn of(stored: AccountRow) -> Self {
        let AccountRow { open_from, counted_to, orders_bound, units_bound, product_units_bound, .. } = stored;
        let bounds = Bounds { orders: orders_bound, units_in_all: units_bound, units: product_units_bound };
        Self { stored, open_from, counted_to, bounds, held: None }
    }

    /// The account holds one more order.
    fn add(&mut self, order_id: OrderId, lines: &[Line]) {
        self.open_from = if self.bounds.orders == 0 { order_id } else { self.open_from.min(order_id) };
        self.counted_to = self.counted_to.max(order_id);
        self.bounds.add(units(lines));
        if let Some(held) = &mut self.held {
            held.add(units(lines));
        }
    }

    /// The account holds these orders and no others.
    fn set_held(&mut self, open: &[Open]) {
        let mut held = Held::default();
        self.bounds = Bounds::default();
        for Open { order_id, lines } in open {
            self.add(*order_id, lines);
            held.add(units(lines));
        }
        self.bounds = Bounds::from(&held);
        self.held = Some(held);
    }

    /// The caps that one more order would exceed. What is held must have been read if the bounds do not allow the order.
    fn exceeded(&self, caps: Caps, lines: impl Iterator<Item = (GoodsId, Quantity)> + Clone) -> Vec<Cause> {
        self.held.as_ref().map(|held| held.exceeded(caps, lines)).unwrap_or_default()
    }

    /// The row as it should be; `None` if it is stored so.
    fn changed(&self) -> Option<AccountRow> {
        let row = AccountRow {
            user_id: self.stored.user_id,
            open_from: self.open_from,
            counted_to: self.counted_to,
            orders_bound: self.bounds.orders,
            units_bound: self.bounds.units_in_all,
            product_units_bound: self.bounds.units,
        };
        (row != self.stored).then_some(row)
    }
}

/// The accounts of a batch.
pub struct Accounts {
    caps: Caps,
    accounts: BTreeMap<UserId, Account>,
}

impl Accounts {
    /// Locks the accounts of the customers whose orders count, and reads as much of what they hold as it takes to judge
    /// these orders. An account that is missing is created; if another node creates it at the same time, the batch is
    /// repeated.
    pub fn lock<'a>(owner: &Order, db: &mut Db, batch: impl Iterator<Item = &'a Draft>) -> db::Result<Self> {
        let caps = owner.caps;
        let counted: Vec<&Draft> = batch.filter(|draft| caps.are_set() && counts(draft)).collect();
        let users: BTreeSet<UserId> = counted.iter().map(|draft| draft.user_id).collect();
        let mut rows: Vec<AccountRow> = db::load_by(&Vec::from_iter(users.iter().copied()), |users| {
            let accounts = order_account::table.filter(any_of(order_account::user_id, users));
            with_conn!(db, for_update(accounts.order(order_account::user_id)).load(db))
        })?;
        let missing = AccountRow::missing(&users, &rows);
        insert_all!(db, order_account::table, &missing)?;
        rows.extend(missing);
        let orders = counted.iter().map(|draft| (draft.user_id, units(&draft.lines)));
        Self::read(db, caps, rows, Vec::new(), orders)
    }

    /// Reads as much of what accounts hold as it takes to judge `orders`, of these accounts. The rows of `new` are not
    /// stored, so nothing bounds what these accounts hold, and all of it is read.
    fn read<L>(
        db: &mut Db,
        caps: Caps,
        stored: Vec<AccountRow>,
        new: Vec<AccountRow>,
        orders: impl Iterator<Item = (UserId, L)>,
    ) -> db::Result<Self>
    where
        L: Iterator<Item = (GoodsId, Quantity)>,
    {
        let users = |rows: &[AccountRow]| rows.iter().map(|row| row.user_id).collect::<Vec<_>>();
        let (of_stored, of_new) = (users(&stored), users(&new));
        let mut accounts: BTreeMap<UserId, Account> =
            stored.into_iter().chain(new).map(|row| (row.user_id, Account::of(row))).collect();
        for (user_id, open) in read_open(db, &of_stored, Extent::Uncounted)? {
            let Some(account) = accounts.get_mut(&user_id) else { continue };
            open.iter().for_each(|open| account.add(open.order_id, &open.lines));
        }
        let mut open = read_open(db, &of_new, Extent::WithoutRow)?;
        for user_id in of_new {
            let Some(account) = accounts.get_mut(&user_id) else { continue };
            account.set_held(&open.remove(&user_id).unwrap_or_default());
        }
        let unread = accounts.iter().filter(|(_, account)| account.held.is_none());
        let mut bounds: BTreeMap<UserId, Bounds> =
            unread.map(|(user_id, account)| (*user_id, account.bounds)).collect();
        for (user_id, lines) in orders {
            if let Some(bounds) = bounds.get_mut(&user_id) {
                bounds.add(lines);
            }
        }
        let unsure: Vec<UserId> =
            bounds.into_iter().filter(|(_, bounds)| !bounds.are_within(caps)).map(|(user_id, _)| user_id).collect();
        let mut open = read_open(db, &unsure, Extent::All)?;
        for user_id in unsure {
            let Some(account) = accounts.get_mut(&user_id) else { continue };
            account.set_held(&open.remove(&user_id).unwrap_or_default());
        }
        Ok(Self { caps, accounts })
    }

    /// The same order as a refused one if it would exceed a cap. Otherwise its account holds it from now on.
    pub fn refuse_or_add(&mut self, draft: &Draft) -> Option<Draft> {
        let account = self.accounts.get_mut(&draft.user_id).filter(|_| counts(draft))?;
        let causes = account.exceeded(self.caps, units(&draft.lines));
        if let Some(refused) = Refused::for_causes(causes) {
            let (lines, price) = (Arc::default(), Price::default());
            return Some(Draft { lines, price, refused: Some(refused), ..draft.clone() });
        }
        account.add(draft.order_id, &draft.lines);
        None
    }

    /// Writes the accounts that have changed.
    ///
    /// # Errors
    /// A database error.
    pub fn write(self, db: &mut Db) -> db::Result<()> {
        let changed = self.accounts.values().filter_map(Account::changed).map(|row| Counted {
            id: row.user_id.get(),
            first: row.open_from.get(),
            last: row.counted_to.get(),
            orders: row.orders_bound,
            units: row.units_bound,
            product_units: row.product_units_bound,
        });
        let changed: Vec<Counted> = changed.collect();
        db::expect_rows(change::<SetCounted, _>(db, &changed)?, changed.len())
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
    order_id: OrderId,
    lines: Vec<Line>,
}

/// The unpaid orders of an account that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// Those that its bounds do not have. Most accounts have none.
    Uncounted,
    /// All of them.
    All,
    /// All of accounts that have no row.
    WithoutRow,
}

/// Reads unpaid orders of accounts, with two queries for all of them. Of an account with a row, orders below `open_from` are
/// not read, and with a cap on orders there are no more of an account than that, so the time does not grow with what the
/// account has ordered.
fn read_open(db: &mut Db, users: &[UserId], extent: Extent) -> db::Result<BTreeMap<UserId, Vec<Open>>> {
    let is_open = orders::order_status.eq(OrderStatus::Unconfirmed).or(orders::order_status.eq(OrderStatus::Confirmed));
    let is_unpaid = orders::pay_status.ne(PayStatus::Paid).and(orders::pay_amount.gt(Money::ZERO));
    let of_accounts = orders::table.inner_join(order_account::table.on(orders::user_id.eq(order_account::user_id)));
    let ids = (orders::user_id, orders::order_id);
    let rows: Vec<(UserId, OrderId)> = db::load_by(users, |users| {
        let unpaid = of_accounts.filter(any_of(order_account::user_id, users).and(is_open).and(is_unpaid)).select(ids);
        match extent {
            Extent::Uncounted => with_conn!(db, unpaid.filter(orders::order_id.gt(order_account::counted_to)).load(db)),
            Extent::All => with_conn!(db, unpaid.filter(orders::order_id.ge(order_account::open_from)).load(db)),
            Extent::WithoutRow => {
                let unpaid = orders::table.filter(any_of(orders::user_id, users).and(is_open).and(is_unpaid));
                with_conn!(db, unpaid.select(ids).load(db))
            }
        }
    })?;
    let mut lines = row::read_lines(db, &rows.iter().map(|(_, order_id)| *order_id).collect::<Vec<_>>())?;
    let mut open: BTreeMap<UserId, Vec<Open>> = BTreeMap::new();
    for (user_id, order_id) in rows {
        let lines = lines.remove(&order_id).unwrap_or_default();
        open.entry(user_id).or_default().push(Open { order_id, lines });
    }
    Ok(open)
}

/// Parameters of [`SetCounted`] for one account.
#[derive(Serialize)]
struct Counted {
    id: i64,
    first: i64,
    last: i64,
    orders: i64,
    units: i64,
    product_units: i64,
}

struct SetCounted;

impl Change for SetCounted {
    const UPDATE: Update = Update {
        table: "order_account",
        given: &[
            ("id", Kind::Integer),
            ("first", Kind::Integer),
            ("last", Kind::Integer),
            ("orders", Kind::Integer),
            ("units", Kind::Integer),
            ("product_units", Kind::Integer),
        ],
        condition: "user_id = given.id",
        set: "open_from = given.first, counted_to = given.last, orders_bound = given.orders, units_bound = given.units, \
              product_units_bound = given.product_units",
    };
}

/// Judges the caps without a lock, for a quote.
impl Task<Order> for CheckCaps {
    type Outcome = Vec<Cause>;
    const ACCESS: Access = Access::Read;

    fn run(owner: &Order, batch: &[Self], db: &mut Db) -> db::Result<Vec<Vec<Cause>>> {
        let users: BTreeSet<UserId> = batch.iter().map(|task| task.user_id).collect();
        let stored: Vec<AccountRow> = db::load_by(&Vec::from_iter(users.iter().copied()), |users| {
            with_conn!(db, order_account::table.filter(any_of(order_account::user_id, users)).load(db))
        })?;
        let new = AccountRow::missing(&users, &stored);
        let orders = batch.iter().map(|task| (task.user_id, task.lines.iter().copied()));
        let Accounts { accounts, caps } = Accounts::read(db, owner.caps, stored, new, orders)?;
        let check = |task: &Self| {
            let account = accounts.get(&task.user_id);
            account.map(|account| account.exceeded(caps, task.lines.iter().copied())).unwrap_or_default()
        };
        Ok(batch.iter().map(check).collect())
    }
}
