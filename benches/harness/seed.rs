//! Writes the rows of a [`Shop`] by SQL, because registering ten thousand users would take too long: hashing a password
//! is slow on purpose. Every stock and balance has an opening entry, as the audit requires.

use tradepost::db::migrate;
use tradepost::domain::clock::Clock;

use super::shop::{BALANCE, COUPON, COUPON_PRICE, GOODS, ORDER, PAY, PRICE, SHIPPING, STOCK, Shop, USER, USER_STEP};
use super::stores;

/// Time until the prepared unpaid orders expire: longer than any run.
const DAY_MS: i64 = 86_400_000;

/// Writes the rows of a shop into all stores at `url`, on any engine.
pub fn write(url: &str, shop: &Shop) {
    let now = Clock::default().now().0;
    let Shop { users, goods, coupons, payments } = *shop;
    let awaited = awaited(shop, now);
    let user = format!("{} {}", self::users(shop, now), opening_balances(shop, now));
    let goods_rows = format!("{} {} {}", self::goods(shop, now), opening_stock(shop, now), awaited.goods);
    stores::write(url, "user", migrate::USER, users, &user);
    stores::write(url, "goods", migrate::GOODS, (goods + 2).max(payments), &goods_rows);
    stores::write(url, "coupon", migrate::COUPON, coupons, &self::coupons(shop, now));
    stores::write(url, "order", migrate::ORDER, payments, &awaited.order);
    stores::write(url, "pay", migrate::PAY, payments, &awaited.pay);
}

/// The rows of `users`.
pub fn users(shop: &Shop, now: i64) -> String {
    format!(
        "INSERT INTO users (user_id, user_name, user_password, user_score, user_reg_time, user_money, user_role)
         SELECT {USER} + i, concat('load user ', i), 'none', 0, {now}, {BALANCE}, 0 FROM one WHERE i < {};",
        shop.users
    )
}

fn opening_balances(shop: &Shop, now: i64) -> String {
    format!(
        "INSERT INTO user_adjustment (adjustment_id, user_id, money, score, reason, create_time)
         SELECT {USER} + i, {USER} + i, {BALANCE}, 0, 'opening balance', {now} FROM one WHERE i < {};",
        shop.users
    )
}

/// The rows of `goods`: the shop's goods, the scarce ones, and those of the prepared unpaid orders.
pub fn goods(shop: &Shop, now: i64) -> String {
    format!(
        "INSERT INTO goods (goods_id, goods_name, goods_number, goods_price, goods_desc, add_time)
         SELECT {GOODS} + i, concat('load goods ', i), {STOCK}, {PRICE}, '', {now} FROM one WHERE i < {} + 2;",
        shop.goods
    )
}

fn opening_stock(shop: &Shop, now: i64) -> String {
    format!(
        "INSERT INTO goods_adjustment (adjustment_id, goods_id, delta, reason, create_time)
         SELECT {GOODS} + i, {GOODS} + i, {STOCK}, 'opening stock', {now} FROM one WHERE i < {} + 2;",
        shop.goods
    )
}

/// The rows of `coupon`.
pub fn coupons(shop: &Shop, now: i64) -> String {
    let Shop { users, coupons, .. } = shop;
    format!(
        "INSERT INTO coupon (coupon_id, coupon_price, user_id, is_used, add_time)
         SELECT {COUPON} + i, {COUPON_PRICE}, {USER} + i * {USER_STEP} % {users}, 0, {now} FROM one WHERE i < {coupons};"
    )
}

/// Sets the stock of the scarce goods to `stock`.
pub fn stock_scarce(url: &str, shop: &Shop, stock: u64) {
    let goods = shop.scarce();
    let statements = format!(
        "UPDATE goods SET goods_number = {stock} WHERE goods_id = {goods};
         UPDATE goods_adjustment SET delta = {stock} WHERE goods_id = {goods};"
    );
    stores::write(url, "goods", migrate::GOODS, 1, &statements);
}

/// Statements for the orders that wait for the callback of their payment, by owner.
struct Awaited {
    goods: String,
    order: String,
    pay: String,
}

/// Orders of one unit each, without coupon or balance. The platform does not know them: no status query is scheduled.
fn awaited(shop: &Shop, now: i64) -> Awaited {
    let Shop { users, payments, .. } = shop;
    let (goods, amount, later) = (shop.awaited(), PRICE + SHIPPING, now + DAY_MS);
    Awaited {
        goods: format!(
            "UPDATE goods SET goods_number = goods_number - {payments} WHERE goods_id = {goods};
             INSERT INTO goods_number_log (order_id, goods_id, direction, goods_number, log_time)
             SELECT {ORDER} + i, {goods}, 1, 1, {now} FROM one WHERE i < {payments};"
        ),
        order: format!(
            "INSERT INTO orders (order_id, user_id, order_status, pay_status, shipping_status, address, consignee,
                goods_amount, shipping_fee, order_amount, coupon_paid, money_paid, pay_amount, add_time, confirm_time,
                idempotency_key, fingerprint, deadline_time, wake_time)
             SELECT {ORDER} + i, {USER} + i * {USER_STEP} % {users}, 1, 1, 0, '1 Main Street', 'load', {PRICE}, {SHIPPING}, {amount},
                0, 0, {amount}, {now}, {now}, concat('awaited ', i), 'none', {now}, {later}
             FROM one WHERE i < {payments};
             INSERT INTO order_goods (order_id, goods_id, goods_number, goods_price)
             SELECT {ORDER} + i, {goods}, 1, {PRICE} FROM one WHERE i < {payments};"
        ),
        pay: format!(
            "INSERT INTO pay (pay_id, order_id, user_id, pay_amount, is_paid, provider, add_time)
             SELECT {PAY} + i, {ORDER} + i, {USER} + i * {USER_STEP} % {users}, {amount}, 1, 'sandbox', {now}
             FROM one WHERE i < {payments};
             INSERT INTO pay_open (pay_id, order_id, provider)
             SELECT {PAY} + i, {ORDER} + i, 'sandbox' FROM one WHERE i < {payments};"
        ),
    }
}
