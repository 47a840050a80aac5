//! The ledgers as they are now: their rows as the lines that the chain recorded of them.

use std::collections::HashMap;

use diesel::prelude::*;

use crate::db::ledger::Line;
use crate::db::schema::{
    admin_act, api_key, coupon, coupon_log, goods, goods_adjustment, goods_number_log, goods_number_part, order_act,
    order_goods, order_refund, order_refund_goods, orders, pay, pay_act, pay_log, pay_notice, pay_refund,
    user_adjustment, user_money_log, user_reference, user_score_log, user_score_part, users,
};
use crate::db::{self, Db, with_conn};
use crate::domain::status::{IsPaid, RefundState, Verdict};

/// How the rows of a ledger are read.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// The name of the ledger.
    pub name: &'static str,
    /// The columns of a line, in order. The first is the id by which rows are found.
    pub columns: &'static [&'static str],
    /// How many of the columns identify a row.
    pub key: usize,
    /// Reads the rows with one of the given ids, as lines.
    pub read: fn(&mut Db, &[i64]) -> db::Result<Vec<String>>,
}

impl Table {
    /// The part of a row that identifies it: the name of its ledger and its key columns.
    pub fn key<'a>(&self, row: &'a str) -> &'a str {
        let end = row.match_indices(' ').nth(self.key).map_or(row.len(), |(at, _)| at);
        row.split_at_checked(end).map_or(row, |(key, _)| key)
    }

    /// The column by which rows are found.
    pub fn id_column(&self) -> &'static str {
        self.columns.first().copied().unwrap_or_default()
    }

    /// Reads the present state of `rows`, by key.
    pub fn rows_now<'a>(
        &self,
        db: &mut Db,
        rows: impl Iterator<Item = &'a str>,
    ) -> db::Result<HashMap<String, String>> {
        let ids: Vec<i64> = rows.filter_map(|row| row.split(' ').nth(1)?.parse().ok()).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let now = (self.read)(db, &ids)?;
        Ok(now.into_iter().map(|row| (self.key(&row).to_owned(), row)).collect())
    }
}

/// A column of a line.
trait Column {
    fn write(&self, line: &mut Line<'_>);
}

impl Column for i64 {
    fn write(&self, line: &mut Line<'_>) {
        line.integer(*self);
    }
}

impl Column for i32 {
    fn write(&self, line: &mut Line<'_>) {
        line.integer(*self);
    }
}

impl Column for String {
    fn write(&self, line: &mut Line<'_>) {
        line.text(self);
    }
}

impl Column for Option<i64> {
    fn write(&self, line: &mut Line<'_>) {
        line.optional(*self);
    }
}

impl Column for Option<String> {
    fn write(&self, line: &mut Line<'_>) {
        line.optional_text(self.as_deref());
    }
}

/// A [`Table`]: name in the chain, table, number of key columns, the columns with their types, and a condition.
macro_rules! table {
    ($name:literal, $table:ident, $key:literal, [$first:ident: $first_type:ty $(, $column:ident: $type:ty)*] $(, $filter:expr)?) => {
        Table {
            name: $name,
            columns: &[stringify!($first) $(, stringify!($column))*],
            key: $key,
            read: |db, ids| {
                let rows: Vec<($first_type, $($type,)*)> = db::load_by(ids, |ids| {
                    let ids = ids.iter().map(|id| <$first_type>::from(*id));
                    let rows = $table::table.filter($table::$first.eq_any(ids));
                    $(let rows = rows.filter($filter);)?
                    with_conn!(db, rows.select(($table::$first, $($table::$column,)*)).load(db))
                })?;
                let line = |($first, $($column,)*): ($first_type, $($type,)*)| {
                    let mut text = String::new();
                    let mut line = Line::begin($name, &mut text);
                    Column::write(&$first, &mut line);
                    $(Column::write(&$column, &mut line);)*
                    text
                };
                Ok(rows.into_iter().map(line).collect())
            },
        }
    };
}

/// All tables. The columns and their order are those that the owners record; see [`Entry`](crate::db::ledger::Entry).
const TABLES: &[Table] = &[
    table!("coupon", coupon, 1, [coupon_id: i64, coupon_price: i64, user_id: i64, add_time: i64]),
    table!("coupon_log", coupon_log, 2, [order_id: i64, direction: i32, coupon_id: i64, log_time: i64]),
    table!("goods", goods, 1, [goods_id: i64, goods_price: i64, add_time: i64]),
    table!("goods_adjustment", goods_adjustment, 1, [
        adjustment_id: i64, goods_id: i64, delta: i64, reason: String, create_time: i64
    ]),
    table!("goods_number_log", goods_number_log, 3, [
        order_id: i64, goods_id: i64, direction: i32, goods_number: i64, log_time: i64
    ]),
    table!("goods_number_part", goods_number_part, 2, [
        refund_id: i64, goods_id: i64, order_id: i64, goods_number: i64, log_time: i64
    ]),
    table!("users", users, 1, [user_id: i64, user_name: String, user_role: i32, user_reg_time: i64]),
    table!("user_adjustment", user_adjustment, 1, [
        adjustment_id: i64, user_id: i64, money: i64, score: i64, reason: String, create_time: i64
    ]),
    table!("user_money_log", user_money_log, 3, [
        order_id: i64, user_id: i64, money_log_type: i32, use_money: i64, create_time: i64
    ]),
    table!("user_reference", user_reference, 1, [user_id: i64, key_name: String, reference: String, create_time: i64]),
    table!("api_key", api_key, 1, [
        api_key_id: i64, key_name: String, key_prefix: String, key_hash: String, scopes: String, create_time: i64
    ]),
    table!("user_score_log", user_score_log, 3, [
        order_id: i64, user_id: i64, score_log_type: i32, score: i64, create_time: i64
    ]),
    table!("user_score_part", user_score_part, 1, [
        refund_id: i64, order_id: i64, user_id: i64, score: i64, create_time: i64
    ]),
    table!("orders", orders, 1, [
        order_id: i64, user_id: i64, address: String, consignee: String, goods_amount: i64, shipping_fee: i64,
        order_amount: i64, coupon_id: Option<i64>, coupon_paid: i64, money_paid: i64, pay_amount: i64, add_time: i64,
        idempotency_key: String, fingerprint: String
    ]),
    table!("order_goods", order_goods, 2, [order_id: i64, goods_id: i64, goods_number: i64, goods_price: i64]),
    table!("order_act", order_act, 1, [
        act_id: i64, order_id: i64, act: String, by_whom: i32, user_id: Option<i64>, detail: Option<String>,
        create_time: i64
    ]),
    table!("order_refund", order_refund, 1, [
        refund_id: i64, order_id: i64, user_id: i64, idempotency_key: Option<String>, fingerprint: String, amount: i64,
        refusal: Option<String>, create_time: i64
    ]),
    table!("order_refund_goods", order_refund_goods, 2, [refund_id: i64, goods_id: i64, order_id: i64, goods_number: i64]),
    table!("pay", pay, 1, [
        pay_id: i64, order_id: i64, user_id: i64, pay_amount: i64, provider: String, add_time: i64
    ]),
    table!("paid", pay, 1, [pay_id: i64, trade_no: Option<String>, pay_time: Option<i64>], pay::is_paid.eq(IsPaid::Yes)),
    table!("admin_act", admin_act, 1, [
        act_id: i64, user_id: i64, subject_id: i64, act: String, reason: Option<String>, data: String, create_time: i64
    ]),
    table!("pay_act", pay_act, 1, [
        act_id: i64, subject_id: i64, order_id: Option<i64>, act: String, user_id: i64, reason: String, create_time: i64
    ]),
    table!("pay_log", pay_log, 1, [pay_id: i64, order_id: i64, user_id: i64, pay_amount: i64, log_time: i64]),
    table!("pay_notice", pay_notice, 3, [
        pay_id: Option<i64>, provider: String, event_id: String, body: String, create_time: i64
    ], pay_notice::verdict.eq(Verdict::Accepted)),
    table!("pay_refund", pay_refund, 1, [
        refund_id: i64, pay_id: i64, order_id: i64, amount: i64, reason: String, create_time: i64
    ]),
    table!("refunded", pay_refund, 1, [refund_id: i64, done_time: Option<i64>], pay_refund::status.eq(RefundState::Done)),
];

/// The table of a ledger.
pub fn table_of(ledger: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == ledger)
}
