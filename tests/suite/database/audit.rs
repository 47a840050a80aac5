//! The audit finds violations: a test plants one violation of each invariant and expects the audit to report it.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use awc::http::Method;
use serde_json::{Value, json};
use tradepost::audit::{self, NAMES, OwnerStores, Report};
use tradepost::cli::backup;
use tradepost::config;
use tradepost::db;
use tradepost::domain::clock::Clock;

use crate::server::{Engine, engine};
use crate::support::{GOODS, LIMITS, OrderBody, TestApp, USER};

/// Starts a shop with a paid order, a cancelled order, a refunded order, a confirmed order that is not paid yet, and one
/// with an open payment.
async fn busy_shop() -> TestApp {
    let app = TestApp::start().await;
    let (zs, _, _) = app.paid().await;
    let order = |key: &'static str| {
        let (app, zs) = (&app, &zs);
        async move { app.order(zs, key, &OrderBody::of(GOODS, 2)).await.expect(201).text_of("order_id") }
    };
    let (cancelled, refunded) = (order("cancelled").await, order("refunded").await);
    order("waits").await;
    let paying = order("paying").await;
    app.pay(&zs, "pay-paying", &paying).await.expect(201);
    app.pay(&zs, "pay-cancelled", &cancelled).await.expect(201);
    app.post(&format!("/v1/orders/{cancelled}/cancel"), &zs, json!({})).await.expect(200);
    let pay_id = app.pay(&zs, "pay-refunded", &refunded).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.refund(&zs, "refund", &refunded).await.expect(202);
    app.settle().await;
    app
}

/// Returns the audit's result for the invariant `name`.
fn verdict(app: &TestApp, name: &str) -> Value {
    let report = serde_json::to_value(app.audit()).unwrap();
    let invariants = report["invariants"].as_array().unwrap();
    assert_eq!(invariants.len(), NAMES.len());
    invariants.iter().find(|invariant| invariant["name"] == name).unwrap().clone()
}

/// A violation: the invariant, the statements that break it, each with the owner of its table, and a part of the audit's
/// sentence.
struct Violation {
    name: &'static str,
    statements: Vec<(&'static str, String)>,
    sentence: &'static str,
}

fn violation(name: &'static str, owner: &'static str, sql: &str, sentence: &'static str) -> Violation {
    Violation { name, statements: vec![(owner, sql.to_owned())], sentence }
}

/// The first violation of each invariant.
fn one_of_each() -> Vec<Violation> {
    vec![
        violation(
            "stock_ledger",
            "goods",
            &format!("UPDATE goods SET goods_number = 5 WHERE goods_id = {GOODS}"),
            GOODS,
        ),
        violation(
            "stock_order",
            "goods",
            "UPDATE goods_number_log SET goods_number = 3 WHERE direction = 1",
            "holds the stock",
        ),
        violation("money_ledger", "user", &format!("UPDATE users SET user_money = 1 WHERE user_id = {USER}"), USER),
        violation("money_order", "user", "UPDATE user_money_log SET use_money = 1", "took 0.01"),
        violation(
            "coupon_once",
            "coupon",
            "UPDATE coupon SET is_used = 0, order_id = NULL, used_time = NULL",
            "coupons []",
        ),
        violation("order_arithmetic", "order", "UPDATE order_goods SET goods_price = 1", "do not add up"),
        violation("paid_exactly", "pay", "DELETE FROM pay_log", "not logged"),
        violation("refund_bounded", "pay", "UPDATE pay_refund SET amount = amount + 1", "2000.01 go back"),
        violation("no_dead_money", "pay", "DELETE FROM pay_refund", "does not want payment"),
        violation("points_once", "user", "DELETE FROM user_score_log WHERE score_log_type = 1", "points"),
        violation("outbox_effect", "goods", "DELETE FROM mq_consumer", "is done and had no effect"),
        violation(
            "inbox_settled",
            "goods",
            "UPDATE mq_consumer SET consumer_status = 0, consumer_timestamp = 1",
            "never ended",
        ),
        violation("no_order_stuck", "order", "UPDATE orders SET wake_time = NULL", "without a next wake-up"),
        violation(
            "no_moment_ahead",
            "order",
            "UPDATE orders SET wake_time = 9000000000000 WHERE order_status = 1 AND pay_status = 0",
            "later than orders.pay_within allows",
        ),
        violation(
            "one_key_one_order",
            "order",
            "UPDATE orders SET idempotency_key = 'same'",
            "the key \"same\" led to 5 orders",
        ),
        violation(
            "status_legal",
            "order",
            "UPDATE orders SET shipping_status = 1 WHERE pay_status = 0",
            "does not fit",
        ),
        violation("notice_kept", "pay", "DELETE FROM pay_notice", "no notice says so"),
        violation("payment_matches", "pay", "UPDATE pay SET user_id = 1", "is of user 1"),
        violation("payment_watched", "pay", "DELETE FROM pay_ask", "its platform will never be asked"),
        violation("refund_made", "pay", "DELETE FROM pay_refund", "was requested and never made"),
        violation(
            "times_in_order",
            "order",
            "UPDATE orders SET pay_time = confirm_time - 1 WHERE pay_status = 2",
            "not in this order",
        ),
        violation("journal_complete", "order", "DELETE FROM order_act WHERE act = 'refund_requested'", "has 0 refunds"),
        violation("rows_have_owner", "user", &format!("DELETE FROM users WHERE user_id = {USER}"), "does not exist"),
        violation("chain_intact", "pay", "UPDATE ledger_link SET link_time = link_time + 1", "pay: link 0 of"),
        violation("ledger_chained", "user", "DELETE FROM user_adjustment", "is gone"),
    ]
}

/// Further ways to falsify the books.
fn further() -> Vec<Violation> {
    let ten_years_on = "4102444800000";
    let several = |name, statements: &[(&'static str, &str)], sentence| Violation {
        name,
        statements: statements.iter().map(|(owner, sql)| (*owner, (*sql).to_owned())).collect(),
        sentence,
    };
    vec![
        violation("rows_have_owner", "goods", &format!("DELETE FROM goods WHERE goods_id = {GOODS}"), "does not exist"),
        violation("rows_have_owner", "order", "UPDATE order_act SET user_id = 7 WHERE act = 'refunded'", "user 7"),
        violation("rows_have_owner", "coupon", "UPDATE coupon SET user_id = 7", "who does not exist"),
        violation("coupon_once", "coupon", "UPDATE coupon SET user_id = 7 WHERE is_used = 1", "is of user 7"),
        violation("order_arithmetic", "coupon", "UPDATE coupon SET coupon_price = 500", "its coupon covers 20.00"),
        violation(
            "order_arithmetic",
            "order",
            "UPDATE orders SET coupon_paid = 100, pay_amount = pay_amount - 100 WHERE pay_status = 0",
            "it should cover 0.00",
        ),
        violation(
            "stock_order",
            "goods",
            "INSERT INTO goods_number_part (refund_id, goods_id, order_id, goods_number, log_time) \
             SELECT order_id, goods_id, order_id, 1, log_time FROM goods_number_log WHERE direction = 1",
            "holds the stock",
        ),
        violation(
            "stock_order",
            "order",
            "INSERT INTO order_refund_goods (refund_id, goods_id, order_id, goods_number) \
             SELECT refund_id, 1, order_id, 1 FROM order_refund",
            "its journal has 0 returns of goods, and there are 1",
        ),
        violation(
            "paid_exactly",
            "order",
            "UPDATE orders SET pay_status = 0 WHERE order_status = 1 AND pay_status = 1",
            "is not being paid, but its payment",
        ),
        several(
            "paid_exactly",
            &[
                ("pay", "UPDATE pay SET close_time = add_time WHERE is_paid = 1 AND close_time IS NULL"),
                ("pay", "DELETE FROM pay_open"),
            ],
            "is being paid, but none of its payments is open",
        ),
        violation("refund_made", "order", "DELETE FROM order_refund", "0.00 of 2000.00 are back"),
        violation("refund_made", "order", "UPDATE order_refund SET amount = amount - 1", "never made"),
        violation("refund_made", "order", "UPDATE order_refund SET status = 2", "Order has it as Parked"),
        violation(
            "refund_made",
            "order",
            "UPDATE orders SET order_status = 1 WHERE order_status = 4",
            "is not refunded",
        ),
        violation(
            "points_once",
            "user",
            "INSERT INTO user_score_part (refund_id, order_id, user_id, score, create_time) \
             SELECT 1, order_id, user_id, 1, create_time FROM user_score_log WHERE score_log_type = 2",
            "points",
        ),
        violation(
            "no_dead_money",
            "pay",
            "INSERT INTO pay_parked (parked_id, provider, trade_no, pay_id, amount, currency, reason, status, create_time, \
             refund_id) SELECT 1, 'sandbox', 'T', pay_id, 1, 'CNY', 'x', 3, 1, NULL FROM pay WHERE pay_id = \
             (SELECT max(pay_id) FROM pay)",
            "no operator decided",
        ),
        violation(
            "no_dead_money",
            "pay",
            "UPDATE pay_refund SET status = 0, done_time = NULL, due_time = 1",
            "is forgotten",
        ),
        violation(
            "payment_watched",
            "pay",
            "INSERT INTO pay_open (pay_id, order_id, provider) SELECT pay_id, order_id, provider FROM pay WHERE is_paid = 2",
            "still listed as open",
        ),
        violation("payment_watched", "pay", "DELETE FROM pay_open", "not listed as open"),
        violation(
            "payment_watched",
            "pay",
            "DELETE FROM pay_ask WHERE pay_id NOT IN (SELECT pay_id FROM pay_open)",
            "can still be paid at its platform",
        ),
        violation(
            "payment_watched",
            "pay",
            "INSERT INTO pay_ask (pay_id, ask_time, asks) SELECT pay_id, add_time, 0 FROM pay WHERE is_paid = 2",
            "is paid and its platform is still to be asked",
        ),
        violation("payment_matches", "pay", "UPDATE pay_log SET pay_amount = 1", "is logged as 0.01"),
        violation("payment_matches", "pay", "DELETE FROM pay_request", "never requested"),
        violation(
            "payment_matches",
            "pay",
            "UPDATE pay SET trade_no = 'T' WHERE is_paid = 1 AND close_time IS NULL",
            "has one without being paid",
        ),
        violation("status_legal", "order", "DELETE FROM order_act WHERE act = 'cancelled'", "does not fit"),
        violation("status_legal", "order", "UPDATE orders SET tracking_no = '7' WHERE pay_status = 0", "does not fit"),
        violation("inbox_settled", "user", "UPDATE mq_consumer SET consumer_status = 2", "never ended"),
        several("money_order", &[("user", "DELETE FROM user_money_log")], "took 0.00"),
        // A time in the future is not taken for recent activity, which would exempt the order from its invariants.
        several(
            "stock_order",
            &[
                ("order", &format!("UPDATE orders SET add_time = {ten_years_on}")),
                ("goods", "DELETE FROM goods_number_log"),
            ],
            "holds the stock",
        ),
        violation(
            "times_in_order",
            "goods",
            &format!("UPDATE goods_number_log SET log_time = {ten_years_on}"),
            "in the future",
        ),
    ]
}

/// Plants a violation in the shop and expects the audit to report it under its invariant.
async fn expect_reported(app: TestApp, Violation { name, statements, sentence }: &Violation) {
    let before = verdict(&app, name);
    assert_eq!((&before["ok"], &before["violations"]), (&json!(true), &json!([])), "{name}");
    assert!(before["checked"].as_u64().unwrap() > 0, "{name} checks no row");
    for (owner, sql) in statements {
        if *name == "one_key_one_order" {
            // The table's unique key prevents this violation, so the table is replaced by one without constraints.
            app.alter(
                owner,
                "CREATE TABLE loose AS SELECT * FROM orders; DROP TABLE orders; ALTER TABLE loose RENAME TO orders",
            );
        }
        app.tamper(owner, sql);
    }
    let after = verdict(&app, name);
    assert_eq!(after["ok"], json!(false), "{name} after {statements:?}");
    assert!(after["violations"].to_string().replace("\\\"", "\"").contains(sentence), "{name}: {after}");
    app.finish_broken().await;
}

#[actix_web::test]
async fn the_audit_reports_a_violation_of_each_invariant() {
    let violations = one_of_each();
    let names: Vec<&str> = violations.iter().map(|violation| violation.name).collect();
    // A damaged file is planted by a test of its own.
    let expected: Vec<&str> = NAMES.into_iter().filter(|name| *name != "files_intact").collect();
    assert_eq!(names, expected);
    for violation in &violations {
        expect_reported(busy_shop().await, violation).await;
    }
}

#[actix_web::test]
async fn the_audit_reports_books_that_were_falsified_in_other_ways() {
    for violation in &further() {
        expect_reported(busy_shop().await, violation).await;
    }
}

#[actix_web::test]
async fn the_audit_reports_falsified_api_keys_and_references() {
    for violation in [
        violation("rows_have_owner", "user", "UPDATE users SET user_password = ''", "neither a password nor"),
        violation("rows_have_owner", "user", "UPDATE users SET user_password = 'x'", "can sign in in spite of"),
        violation(
            "rows_have_owner",
            "user",
            "UPDATE user_reference SET user_id = 7",
            "user_id 7, which does not exist",
        ),
        violation("journal_complete", "user", "UPDATE api_key SET revoke_time = 1", "has no revocation in the journal"),
        violation("journal_complete", "user", "UPDATE api_key SET api_key_id = 7", "has no creation in the journal"),
        violation("journal_complete", "user", "DELETE FROM api_key", "was created and is gone"),
        violation("ledger_chained", "user", "UPDATE api_key SET scopes = 'catalog'", "api_key"),
        violation("ledger_chained", "user", "UPDATE user_reference SET reference = 'x'", "user_reference"),
    ] {
        let app = busy_shop().await;
        let new_key = json!({"name": "front", "scopes": ["orders"]});
        let key = app.post("/admin/api-keys", &app.admin().await, new_key).await.expect(201).text_of("key");
        app.send(Method::GET, "/v1/users/me", &key, &[("tradepost-customer", "ann")], None).await.expect(200);
        expect_reported(app, &violation).await;
    }
}

#[actix_web::test]
async fn only_an_administrator_can_run_the_audit() {
    let app = busy_shop().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    app.get("/admin/audit", &zs).await.expect_problem(403, "forbidden");
    // Work that may still be in progress is not reported as a violation.
    let report = app.get("/admin/audit", &admin).await.expect(200).body;
    assert_eq!((&report["ok"], report["invariants"].as_array().unwrap().len()), (&json!(true), NAMES.len()));
    app.tamper("goods", &format!("UPDATE goods SET goods_number = 5 WHERE goods_id = {GOODS}"));
    let report = app.get("/admin/audit", &admin).await.expect(200).body;
    assert_eq!(report["ok"], json!(false));
    app.finish_broken().await;
}

/// The stores of a backup, opened from its folder.
fn stores_in(folder: &Path) -> OwnerStores {
    let open = |owner: &str| db::Store::new(&format!("sqlite://{}", folder.display()), owner, LIMITS).unwrap();
    OwnerStores {
        coupon: open("coupon"),
        goods: open("goods"),
        user: open("user"),
        order: open("order"),
        pay: open("pay"),
    }
}

#[actix_web::test]
async fn the_audit_reports_an_index_that_disagrees_with_its_table() {
    if engine() != Engine::Sqlite {
        return println!("a database server verifies its own files");
    }
    let app = busy_shop().await;
    let root =
        app.number("order", "SELECT rootpage AS n FROM sqlite_master WHERE name = 'orders_user_id_order_id_idx'");
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    let settings = config::read("", vec![("TRADEPOST__STORE__URL".to_owned(), app.store_url())]).unwrap();
    backup::copy_all(&settings, &copy).unwrap();
    let chains = audit::Expected { is_on: true, kept: &[] };
    let horizons = settings.horizons();
    let plan = audit::Plan { grace: Duration::ZERO, horizons: &horizons, chains, files: true, since: None };
    let audit = || audit::run(&stores_in(&copy), &Clock::default(), &plan, |_, _| {}).unwrap();
    let files = |report: &Report| report.invariants.iter().find(|found| found.name == "files_intact").unwrap().clone();
    assert!(files(&audit()).ok, "{:?}", audit());
    // The entries of the index, without the header of its page.
    let mut file = fs::OpenOptions::new().write(true).open(copy.join("order.db")).unwrap();
    file.seek(SeekFrom::Start((u64::try_from(root).unwrap() - 1) * 4096 + 100)).unwrap();
    file.write_all(&[0; 3900]).unwrap();
    let without_files = audit::Plan { files: false, ..plan };
    let without_files = audit::run(&stores_in(&copy), &Clock::default(), &without_files, |_, _| {}).unwrap();
    assert_eq!(files(&without_files).checked, 0, "audit.files is off");
    let found = files(&audit());
    assert!(!found.ok && found.violations.iter().all(|line| line.starts_with("the file of order: ")), "{found:?}");
    app.finish().await;
}
