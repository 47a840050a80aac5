//! An order as a conventional application would write it: the statements of the bare loop, on Tradepost's tables, as
//! one transaction of prepared statements from a PostgreSQL client.

use std::process::Command;

use super::harness::shop::{BALANCE_USED, COUPON, COUPON_PRICE, GOODS, PRICE, SHIPPING, Shop, USER, USER_STEP};
use super::sample::Sample;
use super::server::Postgres;

/// First id of the orders.
const ORDER: u64 = 10_000_000_000;

/// Runs pgbench with `clients` clients for `seconds`. With `is_hot`, all orders are for the same product.
pub fn run(server: &Postgres, database: &str, shop: &Shop, is_hot: bool, clients: usize, seconds: u64) -> Sample {
    let script = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(script.path(), text(shop, is_hot, clients)).unwrap();
    let mut command = Command::new(server.program("pgbench"));
    command
        .args(["--no-vacuum", "--protocol=prepared", "--host=127.0.0.1", "--username=tradepost", "--define=n=0"])
        .arg(format!("--port={}", server.port()))
        .arg(format!("--client={clients}"))
        .arg(format!("--time={seconds}"))
        .arg("--file")
        .arg(script.path())
        .arg(database);
    let output = command.output().unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    let number = |before: &str| report.split_once(before)?.1.split_whitespace().next()?.parse::<f64>().ok();
    let (rate, failed) = (number("\ntps = "), number("number of failed transactions: "));
    assert!(output.status.success() && rate.is_some(), "{report}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(failed, Some(0.0), "{report}");
    Sample { per_second: rate.unwrap(), ..Sample::default() }
}

/// The script of a client. Each client takes every `clients`-th order number.
fn text(shop: &Shop, is_hot: bool, clients: usize) -> String {
    let Shop { users, goods, .. } = shop;
    let last = if is_hot { GOODS } else { GOODS + goods - 1 };
    let (amount, fingerprint) = (PRICE + SHIPPING, "0123456789abcdef".repeat(4));
    let pay = amount - COUPON_PRICE - BALANCE_USED;
    format!(
        r#"\set k :n * {clients} + :client_id
\set n :n + 1
\set order {ORDER} + :k
\set user {USER} + :k * {USER_STEP} % {users}
\set coupon {COUPON} + :k
\set goods random({GOODS}, {last})
\set now 1700000000000 + :k
\set later :now + 1800000
BEGIN;
INSERT INTO "order".orders (order_id, user_id, order_status, pay_status, shipping_status, address, consignee, goods_amount, shipping_fee, order_amount, coupon_id, coupon_paid, money_paid, pay_amount, add_time, idempotency_key, fingerprint, deadline_time, wake_time) VALUES (:order, :user, 0, 0, 0, '1 Main Street', 'load', {PRICE}, {SHIPPING}, {amount}, :coupon, {COUPON_PRICE}, {BALANCE_USED}, {pay}, :now, 'load-' || CAST(:k AS text), '{fingerprint}', :later, :later);
INSERT INTO "order".order_goods (order_id, goods_id, goods_number, goods_price) VALUES (:order, :goods, 1, {PRICE});
UPDATE goods.goods SET goods_number = goods_number - 1 WHERE goods_id = :goods AND goods_number >= 1;
INSERT INTO goods.goods_number_log (order_id, goods_id, direction, goods_number, log_time) VALUES (:order, :goods, 1, 1, :now);
UPDATE coupon.coupon SET is_used = 1, order_id = :order, used_time = :now WHERE coupon_id = :coupon AND is_used = 0;
UPDATE "user".users SET user_money = user_money - {BALANCE_USED} WHERE user_id = :user AND user_money >= {BALANCE_USED};
INSERT INTO "user".user_money_log (user_id, order_id, money_log_type, use_money, create_time) VALUES (:user, :order, 1, {BALANCE_USED}, :now);
UPDATE "order".orders SET order_status = 1, confirm_time = :now, wake_time = :later WHERE order_id = :order AND order_status = 0;
COMMIT;
"#
    )
}
