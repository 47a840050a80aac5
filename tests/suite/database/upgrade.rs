//! Upgrade from release 0.1: its data, with orders in progress, is migrated and the orders are completed.

use std::time::Duration;

use diesel_migrations::MigrationHarness;
use serde_json::json;
use tradepost::db::{Db, migrate, with_conn};

use crate::support::{GOODS, OrderBody, TestApp};

/// Reverts the migrations that each owner has added since release 0.1.
fn revert_to_0_1(app: &TestApp) {
    type MigrationsOf = fn() -> migrate::Migrations;
    let all: [(&str, MigrationsOf, i64); 6] = [
        ("coupon", || migrate::COUPON, 3),
        ("goods", || migrate::GOODS, 4),
        ("user", || migrate::USER, 5),
        ("order", || migrate::ORDER, 5),
        ("pay", || migrate::PAY, 7),
        ("sandbox", || migrate::SANDBOX, 3),
    ];
    for (owner, migrations, last) in all {
        let mut connection = app.migrator(owner);
        let db = &mut connection;
        let newest = |db: &mut Db| -> i64 {
            let versions = with_conn!(db, db.applied_migrations()).unwrap();
            versions.iter().map(|version| version.to_string().parse().unwrap()).max().unwrap()
        };
        while newest(db) > last {
            with_conn!(db, db.revert_last_migration(migrations()).map(drop)).unwrap();
        }
    }
}

#[actix_web::test]
async fn orders_of_release_0_1_in_progress_are_paid_or_expire_and_keep_their_points() {
    let mut app = TestApp::start().await;
    let zs = app.zs().await;
    let mut orders = Vec::new();
    for key in ["paid", "paying", "lost", "unpaid"] {
        orders.push(app.order(&zs, key, &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id"));
    }
    let mut payments = Vec::new();
    for order_id in &orders[..3] {
        payments.push(app.pay(&zs, order_id, order_id).await.expect(201).text_of("pay_id"));
    }
    app.pay_at_platform(&payments[0], json!({})).await.expect(200);
    app.stop(Duration::from_secs(5)).await;
    revert_to_0_1(&app);
    // In release 0.1 the message that adds the points came from Pay. It is not delivered yet.
    app.tamper("user", "DELETE FROM user_score_log");
    app.tamper("user", "UPDATE users SET user_score = 100 WHERE user_score > 100");
    app.tamper("user", "DELETE FROM mq_consumer");
    app.tamper("order", "DELETE FROM mq_producer WHERE msg_tag = 'paid'");
    app.tamper(
        "pay",
        "UPDATE mq_producer SET group_name = 'points', msg_status = 0, due_time = 1 WHERE group_name = 'pay_log'",
    );
    app.restart().await;
    app.settle().await;
    assert_eq!(app.get("/v1/users/me", &zs).await.expect(200).body["user_score"], 1100);
    app.pay_at_platform(&payments[1], json!({})).await.expect(200);
    app.assert_order_paid(&zs, &orders[1]).await;
    app.pay_at_platform(&payments[2], json!({"lose": true})).await.expect(200);
    app.advance(Duration::from_secs(31 * 60)).await;
    app.assert_order_paid(&zs, &orders[0]).await;
    app.assert_order_paid(&zs, &orders[2]).await;
    let unpaid = app.get(&format!("/v1/orders/{}", orders[3]), &zs).await.expect(200).body;
    assert_eq!(unpaid["order_status"], "cancelled", "an order of release 0.1 has no expiry time and gets one");
    // Release 0.1 did not record which payment paid the order. The refund finds it anyway.
    app.refund(&zs, "refund", &orders[0]).await.expect(202);
    app.settle().await;
    assert_eq!(app.get(&format!("/v1/payments/{}", payments[0]), &zs).await.body["status"], "refunded");
    app.finish().await;
}
