//! Old orders, written by SQL: paid, cancelled, refunded and unpaid ones, with the rows of all owners. They make a
//! store like one that has been in use for a while.

use tradepost::db::migrate;

use super::stores;

/// Rows of Order, by `i`. Of ten orders seven are paid, one is cancelled, one refunded and one unpaid.
const ORDER: &str = "
INSERT INTO orders SELECT 1000 + i, BUYER + i % 10000, CASE i % 10 WHEN 7 THEN 2 WHEN 8 THEN 4 ELSE 1 END,
    CASE WHEN i % 10 IN (7, 9) THEN 0 ELSE 2 END, 0, 'address', 'consignee', 2000, 1000, 3000, NULL, 0, 100, 2900,
    1700000000000 + i, 1700000000000 + i, CASE WHEN i % 10 IN (7, 9) THEN NULL ELSE 1700000000001 + i END, 'key ' || i,
    'fingerprint', 1700000030000 + i, CASE i % 10 WHEN 9 THEN unixepoch() * 1000 + 1700000 END, NULL,
    CASE WHEN i % 10 IN (7, 9) THEN NULL ELSE 5000000000 + i END FROM one;
INSERT INTO order_goods SELECT 1000 + i, 1 + i % 1000, 1, 2000 FROM one;
INSERT INTO order_act SELECT i, 1000 + i, CASE i % 10 WHEN 7 THEN 'cancelled' ELSE 'refunded' END, 1, BUYER + i % 10000, NULL,
    1700000000002 + i FROM one WHERE i % 10 IN (7, 8);
INSERT INTO order_refund SELECT 7000000000 + i, 1000 + i, BUYER + i % 10000, 'refund ' || i, 'fingerprint', 2900, NULL,
    1700000000002 + i FROM one WHERE i % 10 = 8;
INSERT INTO mq_producer SELECT printf('%08x-0000-7000-8000-%012x', i, g), CASE g WHEN 0 THEN 'goods' ELSE 'user' END,
    'order', 'cancel', '' || (1000 + i), '{}', 1, 1700000000002 + i, 1700000000003 + i, 1, 0, NULL
    FROM one, (SELECT 0 AS g UNION ALL SELECT 1) WHERE i % 10 = 7;";

const GOODS: &str = "
INSERT INTO goods_number_log (goods_id, order_id, goods_number, direction, log_time)
    SELECT 1 + i % 1000, 1000 + i, 1, 1, 1700000000000 + i FROM one;
INSERT INTO goods_number_log (goods_id, order_id, goods_number, direction, log_time)
    SELECT 1 + i % 1000, 1000 + i, 1, 2, 1700000000003 + i FROM one WHERE i % 10 IN (7, 8);
INSERT INTO goods_adjustment (adjustment_id, goods_id, delta, reason, create_time)
    SELECT 1 + i, 1 + i, 100000000, 'opening stock', 1 FROM one WHERE i < 1000;
INSERT INTO goods (goods_id, goods_name, goods_number, goods_price, goods_desc, add_time)
    SELECT goods_id, 'goods', 100000000 + SUM(CASE direction WHEN 1 THEN -1 ELSE 1 END), 2000, '', 1
    FROM goods_number_log WHERE goods_id <= 1000 GROUP BY goods_id;
INSERT INTO mq_consumer SELECT printf('%08x-0000-7000-8000-%012x', i, 0), 'goods', 'cancel', '' || (1000 + i), '{}', 1, 1,
    1700000000003 + i, NULL FROM one WHERE i % 10 = 7;";

const USER: &str = "
INSERT INTO user_money_log SELECT BUYER + i % 10000, 1000 + i, 1, 100, 1700000000000 + i FROM one;
INSERT INTO user_money_log SELECT BUYER + i % 10000, 1000 + i, 2, 100, 1700000000003 + i FROM one WHERE i % 10 IN (7, 8);
INSERT INTO user_score_log (order_id, score_log_type, user_id, score, create_time)
    SELECT 1000 + i, 1, BUYER + i % 10000, 29, 1700000000002 + i FROM one WHERE i % 10 NOT IN (7, 9);
INSERT INTO user_score_log (order_id, score_log_type, user_id, score, create_time)
    SELECT 1000 + i, 2, BUYER + i % 10000, 29, 1700000000003 + i FROM one WHERE i % 10 = 8;
INSERT OR IGNORE INTO user_adjustment (adjustment_id, user_id, money, score, reason, create_time)
    SELECT BUYER + i, BUYER + i, 100000000, 0, 'opening balance', 1 FROM one WHERE i < 10000;
INSERT OR IGNORE INTO users (user_id, user_name, user_password, user_mobile, user_score, user_reg_time, user_money, user_role)
    SELECT BUYER + i, 'user ' || i, 'none', NULL, 0, 1, 100000000, 0 FROM one WHERE i < 10000;
UPDATE users SET
    user_money = user_money - (SELECT COALESCE(SUM(CASE money_log_type WHEN 1 THEN use_money ELSE -use_money END), 0)
        FROM user_money_log WHERE user_money_log.user_id = users.user_id),
    user_score = user_score + (SELECT COALESCE(SUM(CASE score_log_type WHEN 1 THEN score ELSE -score END), 0)
        FROM user_score_log WHERE user_score_log.user_id = users.user_id);
INSERT INTO mq_consumer SELECT printf('%08x-0000-7000-8000-%012x', i, 1), 'user', 'cancel', '' || (1000 + i), '{}', 1, 1,
    1700000000003 + i, NULL FROM one WHERE i % 10 = 7;";

const PAY: &str = "
INSERT INTO pay SELECT 5000000000 + i, 1000 + i, BUYER + i % 10000, 2900, 2, 'sandbox', 'sb' || i, 'redirect', 'http://shop',
    1700000000000 + i, 1700000000001 + i, NULL FROM one WHERE i % 10 NOT IN (7, 9);
INSERT INTO pay_request SELECT BUYER + i % 10000, 'pay ' || i, 'fingerprint', 5000000000 + i, NULL, 1700000000000 + i
    FROM one WHERE i % 10 NOT IN (7, 9);
INSERT INTO pay_log SELECT 5000000000 + i, 1000 + i, BUYER + i % 10000, 2900, 1700000000002 + i FROM one
    WHERE i % 10 NOT IN (7, 9);
INSERT INTO pay_notice SELECT 'sandbox', 'evt_sb' || i, 5000000000 + i, '{}', 1, NULL, 1, 1700000000001 + i FROM one
    WHERE i % 10 NOT IN (7, 9);
INSERT INTO pay_refund SELECT 7000000000 + i, 5000000000 + i, 1000 + i, 2900, 'refund', 1, 1, 1700000000003 + i,
    1700000000002 + i, 1700000000003 + i, NULL FROM one WHERE i % 10 = 8;";

/// Writes `orders` old orders into the SQLite stores at `url`. They belong to 10,000 users with ids from `buyer` on;
/// users that do not exist are created. The logs of these users must be empty.
pub fn fill(url: &str, orders: u64, buyer: u64) {
    let fill = |owner, migrations, statements: &str| {
        stores::write(url, owner, migrations, orders, &statements.replace("BUYER", &buyer.to_string()));
    };
    fill("order", migrate::ORDER, ORDER);
    fill("goods", migrate::GOODS, GOODS);
    fill("user", migrate::USER, USER);
    fill("pay", migrate::PAY, PAY);
    stores::write(url, "coupon", migrate::COUPON, 0, "");
}
