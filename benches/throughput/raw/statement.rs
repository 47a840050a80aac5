//! The eight statements of an order. Diesel keeps inserts prepared but prepares its updates again each time. The
//! updates are therefore written as SQL, each with a query id of its own, and stay prepared too.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::BigInt;
use diesel::sqlite::Sqlite;
use tradepost::db::schema::{goods_number_log, order_goods, orders, user_money_log};
use tradepost::domain::clock::Clock;

use crate::harness::shop::{BALANCE_USED, COUPON_PRICE, PRICE, SHIPPING, Shop};

const AMOUNT: i64 = (PRICE + SHIPPING) as i64;
const TAKE_STOCK: usize = 0;
const USE_COUPON: usize = 1;
const TAKE_BALANCE: usize = 2;
const CONFIRM: usize = 3;
/// The updates, each split at its bind parameters.
const UPDATES: [&[&str]; 4] = [
    &["UPDATE goods SET goods_number = goods_number - 1 WHERE goods_id = ", " AND goods_number >= 1"],
    &["UPDATE coupon SET is_used = 1, order_id = ", ", used_time = ", " WHERE coupon_id = ", " AND is_used = 0"],
    &["UPDATE users SET user_money = user_money - ", " WHERE user_id = ", " AND user_money >= ", ""],
    &[
        "UPDATE orders SET order_status = 1, confirm_time = ",
        ", wake_time = ",
        " WHERE order_id = ",
        " AND order_status = 0",
    ],
];

/// The update at index `AT` of [`UPDATES`], with its values.
struct Update<'a, const AT: usize>(&'a [i64]);

impl<const AT: usize> QueryId for Update<'_, AT> {
    type QueryId = Update<'static, AT>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<const AT: usize> RunQueryDsl<SqliteConnection> for Update<'_, AT> {}

impl<const AT: usize> QueryFragment<Sqlite> for Update<'_, AT> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        for (at, piece) in UPDATES[AT].iter().enumerate() {
            out.push_sql(piece);
            if let Some(value) = self.0.get(at) {
                out.push_bind_param::<BigInt, i64>(value)?;
            }
        }
        Ok(())
    }
}

#[derive(Insertable)]
#[diesel(table_name = orders, treat_none_as_default_value = false)]
struct OrderRow<'a> {
    order_id: i64,
    user_id: i64,
    order_status: i32,
    pay_status: i32,
    shipping_status: i32,
    address: &'a str,
    consignee: &'a str,
    goods_amount: i64,
    shipping_fee: i64,
    order_amount: i64,
    coupon_id: Option<i64>,
    coupon_paid: i64,
    money_paid: i64,
    pay_amount: i64,
    add_time: i64,
    confirm_time: Option<i64>,
    pay_time: Option<i64>,
    idempotency_key: &'a str,
    fingerprint: &'a str,
    deadline_time: i64,
    wake_time: Option<i64>,
    refusal: Option<&'a str>,
    pay_id: Option<i64>,
}

/// Writes the rows of orders.
pub struct Statements<'a> {
    pub shop: &'a Shop,
    pub clock: Clock,
}

impl Statements<'_> {
    /// Writes the rows of the order `number` and confirms it.
    pub fn order(&self, db: &mut SqliteConnection, order_id: i64, number: u64) -> QueryResult<()> {
        let spec = self.shop.order_spec(number);
        let [user_id, goods_id, coupon_id] = [spec.user, spec.goods, spec.coupon].map(|id| id as i64);
        let (now, used) = (self.clock.now().0, BALANCE_USED as i64);
        let later = now + 30_000;
        let row = OrderRow {
            order_id,
            user_id,
            order_status: 0,
            pay_status: 0,
            shipping_status: 0,
            address: "1 Main Street",
            consignee: "load",
            goods_amount: PRICE as i64,
            shipping_fee: SHIPPING as i64,
            order_amount: AMOUNT,
            coupon_id: Some(coupon_id),
            coupon_paid: COUPON_PRICE as i64,
            money_paid: used,
            pay_amount: AMOUNT - COUPON_PRICE as i64 - used,
            add_time: now,
            confirm_time: None,
            pay_time: None,
            idempotency_key: &format!("load-{number}"),
            fingerprint: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            deadline_time: later,
            wake_time: Some(later),
            refusal: None,
            pay_id: None,
        };
        diesel::insert_into(orders::table).values(&row).execute(db)?;
        diesel::insert_into(order_goods::table)
            .values((
                order_goods::order_id.eq(order_id),
                order_goods::goods_id.eq(goods_id),
                order_goods::goods_number.eq(1_i64),
                order_goods::goods_price.eq(PRICE as i64),
            ))
            .execute(db)?;
        assert_one(Update::<TAKE_STOCK>(&[goods_id]).execute(db)?);
        diesel::insert_into(goods_number_log::table)
            .values((
                goods_number_log::order_id.eq(order_id),
                goods_number_log::goods_id.eq(goods_id),
                goods_number_log::direction.eq(1),
                goods_number_log::goods_number.eq(1_i64),
                goods_number_log::log_time.eq(now),
            ))
            .execute(db)?;
        assert_one(Update::<USE_COUPON>(&[order_id, now, coupon_id]).execute(db)?);
        assert_one(Update::<TAKE_BALANCE>(&[used, user_id, used]).execute(db)?);
        diesel::insert_into(user_money_log::table)
            .values((
                user_money_log::user_id.eq(user_id),
                user_money_log::order_id.eq(order_id),
                user_money_log::money_log_type.eq(1),
                user_money_log::use_money.eq(used),
                user_money_log::create_time.eq(now),
            ))
            .execute(db)?;
        assert_one(Update::<CONFIRM>(&[now, now + 1_800_000, order_id]).execute(db)?);
        Ok(())
    }
}

/// Checks that an update matched exactly one row.
fn assert_one(rows: usize) {
    assert_eq!(rows, 1, "an update matched no row");
}
