//! The changes that the chains have recorded since some time.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::table::table_of;
use crate::audit::OwnerStores;
use crate::db::schema::{pay, pay_refund};
use crate::db::{self, with_conn};
use crate::domain::id::{OrderId, PayId, RefundId, UserId};

/// The orders and users that lines of the chains name.
#[derive(Debug, Default)]
pub struct Changes {
    orders: BTreeSet<i64>,
    users: BTreeSet<i64>,
    payments: BTreeSet<i64>,
    refunds: BTreeSet<i64>,
}

impl Changes {
    /// Adds what a line names.
    pub fn add(&mut self, line: &str) {
        let mut words = line.split(' ').skip(1);
        let Some(table) = words.next().and_then(table_of) else { return };
        for (column, word) in table.columns.iter().zip(words) {
            let ids = match *column {
                "order_id" => &mut self.orders,
                "user_id" => &mut self.users,
                "pay_id" => &mut self.payments,
                "refund_id" => &mut self.refunds,
                _ => continue,
            };
            ids.extend(word.parse::<i64>().ok());
        }
    }

    /// The users, in ascending order.
    pub fn users(&self) -> Vec<UserId> {
        self.users.iter().copied().map(UserId::new).collect()
    }

    /// The orders, those of the payments and refunds included, in ascending order.
    pub fn orders(&self, stores: &OwnerStores) -> db::Result<Vec<OrderId>> {
        let db = &mut *stores.pay.reader()?;
        let payments: Vec<PayId> = self.payments.iter().copied().map(PayId::new).collect();
        let refunds: Vec<RefundId> = self.refunds.iter().copied().map(RefundId::new).collect();
        let mut orders: BTreeSet<OrderId> = self.orders.iter().copied().map(OrderId::new).collect();
        orders.extend(db::load_by(&payments, |ids| {
            with_conn!(db, pay::table.filter(pay::pay_id.eq_any(ids)).select(pay::order_id).load::<OrderId>(db))
        })?);
        orders.extend(db::load_by(&refunds, |ids| {
            let of_ids = pay_refund::table.filter(pay_refund::refund_id.eq_any(ids));
            with_conn!(db, of_ids.select(pay_refund::order_id).load::<OrderId>(db))
        })?);
        Ok(orders.into_iter().collect())
    }
}
