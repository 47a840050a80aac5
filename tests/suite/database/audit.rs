//! The audit finds violations: a test plants one violation of each invariant and expects the audit to report it.

use serde_json::{Value, json};
use tradepost::audit::NAMES;

use crate::support::{GOODS, OrderBody, TestApp, USER};

/// Starts a shop with a paid order, a cancelled order, a refunded order and a confirmed order that is not paid yet.
async fn busy_shop() -> TestApp {
    let app = TestApp::start().await;
    let (zs, _, _) = app.paid().await;
    let order = |key: &'static str| {
        let (app, zs) = (&app, &zs);
        async move { app.order(zs, key, &OrderBody::of(GOODS, 2)).await.expect(201).text_of("order_id") }
    };
    let (cancelled, refunded) = (order("cancelled").await, order("refunded").await);
    order("waits").await;
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

/// A violation: the invariant, the owner of the table, the statement that breaks it, part of the audit's sentence.
type Violation = (&'static str, &'static str, String, &'static str);

fn violations() -> Vec<Violation> {
    let violation = |name, owner, sql: &str, sentence| (name, owner, sql.to_owned(), sentence);
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
            "one_key_one_order",
            "order",
            "UPDATE orders SET idempotency_key = 'same'",
            "the key \"same\" led to 4 orders",
        ),
        violation(
            "status_legal",
            "order",
            "UPDATE orders SET shipping_status = 1 WHERE pay_status = 0",
            "does not fit",
        ),
        violation("notice_kept", "pay", "DELETE FROM pay_notice", "no notice says so"),
    ]
}

#[actix_web::test]
async fn the_audit_reports_each_planted_violation() {
    let violations = violations();
    assert_eq!(violations.iter().map(|violation| violation.0).collect::<Vec<_>>().len(), NAMES.len());
    for name in NAMES {
        let (_, owner, sql, sentence) = violations.iter().find(|violation| violation.0 == name).expect(name);
        let app = busy_shop().await;
        let before = verdict(&app, name);
        assert_eq!((&before["ok"], &before["violations"]), (&json!(true), &json!([])), "{name}");
        assert!(before["checked"].as_u64().unwrap() > 0, "{name} checks no row");
        if name == "one_key_one_order" {
            // The table's unique key prevents this violation, so the table is replaced by one without constraints.
            app.alter(
                owner,
                "CREATE TABLE loose AS SELECT * FROM orders; DROP TABLE orders; ALTER TABLE loose RENAME TO orders",
            );
        }
        app.tamper(owner, sql);
        let after = verdict(&app, name);
        assert_eq!(after["ok"], json!(false), "{name}");
        assert!(after["violations"].to_string().replace("\\\"", "\"").contains(sentence), "{name}: {after}");
        app.finish_broken().await;
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
