//! Upgrade from release 0.1: its data, with orders in every state, is migrated and the orders go on.

use std::time::Duration;

use diesel_migrations::MigrationHarness;
use serde_json::json;
use tradepost::db::{Db, migrate, with_conn};

use crate::server::{Engine, engine};
use crate::support::{GOODS, OrderBody, TestApp};

type MigrationsOf = fn() -> migrate::Migrations;

/// Each owner with its migrations.
const OWNERS: [(&str, MigrationsOf); 6] = [
    ("coupon", || migrate::COUPON),
    ("goods", || migrate::GOODS),
    ("user", || migrate::USER),
    ("order", || migrate::ORDER),
    ("pay", || migrate::PAY),
    ("sandbox", || migrate::SANDBOX),
];

/// The newest migration of each owner when 0.1 was first deployed.
const FIRST: [i64; 6] = [3, 4, 5, 5, 7, 3];
/// The newest migration of each owner in release 0.1.0.
const RELEASE_0_1_0: [i64; 6] = [3, 4, 5, 9, 13, 5];

/// Reverts the migrations that each owner has added since these.
fn revert_to(app: &TestApp, newest: [i64; 6]) {
    for ((owner, migrations), last) in OWNERS.into_iter().zip(newest) {
        let mut connection = app.migrator(owner);
        let db = &mut connection;
        #[cfg(feature = "sqlite")]
        if engine() == Engine::Sqlite {
            super::integer_key::widen(db);
        }
        let newest = |db: &mut Db| -> i64 {
            let versions = with_conn!(db, db.applied_migrations()).unwrap();
            versions.iter().map(|version| version.to_string().parse().unwrap()).max().unwrap()
        };
        while newest(db) > last {
            with_conn!(db, db.revert_last_migration(migrations()).map(drop)).unwrap();
        }
    }
}

/// Adds the message of a payment to Order once more to Pay's outbox, for the consumer group `group`.
fn message_to(group: &str) -> String {
    format!(
        "INSERT INTO mq_producer (id, group_name, msg_topic, msg_tag, msg_key, msg_body, msg_status, create_time, \
         due_time, attempts) SELECT REPLACE(id, '-', ''), '{group}', msg_topic, msg_tag, msg_key, msg_body, 0, \
         create_time, 1, 0 FROM mq_producer WHERE msg_tag = 'paid' AND group_name = 'order'"
    )
}

#[actix_web::test]
async fn a_payment_that_an_earlier_release_has_marked_as_paid_is_logged_once() {
    // The chain would name the row that is written again.
    let app = TestApp::with(&[("AUDIT__CHAIN", "false")]).await;
    let (_, _, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let logged = format!("SELECT count(*) AS n FROM pay_log WHERE pay_id = {pay_id}");
    // Earlier releases left the log to a message from Pay to itself.
    app.tamper("pay", "DELETE FROM pay_log");
    app.tamper("pay", &message_to("pay_log"));
    app.settle().await;
    assert_eq!(app.number("pay", &logged), 1);
    // It comes again after the inbox has forgotten it.
    app.tamper("pay", "DELETE FROM mq_consumer");
    app.tamper("pay", "UPDATE mq_producer SET msg_status = 0, due_time = 1 WHERE group_name = 'pay_log'");
    app.settle().await;
    assert_eq!(app.number("pay", &logged), 1);
    app.finish().await;
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
    revert_to(&app, FIRST);
    // In release 0.1 the message that adds the points came from Pay. It is not delivered yet.
    app.tamper("user", "DELETE FROM user_score_log");
    app.tamper("user", "UPDATE users SET user_score = 100 WHERE user_score > 100");
    app.tamper("user", "DELETE FROM mq_consumer");
    app.tamper("order", "DELETE FROM mq_producer WHERE msg_tag = 'paid'");
    app.tamper("pay", &message_to("points"));
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

/// Fields of an order that release 0.1.0 had.
const KEPT: [&str; 14] = [
    "order_status",
    "pay_status",
    "shipping_status",
    "address",
    "consignee",
    "goods_amount",
    "shipping_fee",
    "order_amount",
    "coupon_paid",
    "money_paid",
    "pay_amount",
    "add_time",
    "confirm_time",
    "pay_time",
];

#[actix_web::test]
async fn orders_of_release_0_1_0_in_every_state_keep_it_and_go_on() {
    let mut app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let wrong_price =
        OrderBody::of(GOODS, 1).with("goods", json!([{"goods_id": GOODS, "goods_number": 1, "goods_price": "1.00"}]));
    let invalid = app.order(&zs, "invalid", &wrong_price).await.expect(422).text_of("order_id");
    let place = async |key: &str| app.order(&zs, key, &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let (unpaid, paying, cancelled) = (place("unpaid").await, place("paying").await, place("cancelled").await);
    let pay_id = app.pay(&zs, "paying", &paying).await.expect(201).text_of("pay_id");
    app.post(&format!("/v1/orders/{cancelled}/cancel"), &zs, json!({})).await.expect(200);
    let mut paid = Vec::new();
    for key in ["paid", "shipped", "received", "part", "refunded"] {
        let order_id = place(key).await;
        let pay_id = app.pay(&zs, key, &order_id).await.expect(201).text_of("pay_id");
        app.pay_at_platform(&pay_id, json!({})).await.expect(200);
        app.settle().await;
        paid.push(order_id);
    }
    let [paid, shipped, received, part, refunded] = paid.try_into().unwrap();
    let ship = async |app: &TestApp, order_id: &str| {
        app.post(&format!("/admin/orders/{order_id}/ship"), &admin, json!({})).await.expect(200)
    };
    let receive = async |app: &TestApp, order_id: &str| {
        app.post(&format!("/v1/orders/{order_id}/receive"), &zs, json!({})).await.expect(200)
    };
    for order_id in [&shipped, &received] {
        ship(&app, order_id).await;
    }
    receive(&app, &received).await;
    app.admin_refund(&admin, &part, Some("100.00")).await.expect(202);
    app.refund(&zs, "refunded", &refunded).await.expect(202);
    app.settle().await;
    let orders = [&invalid, &unpaid, &paying, &cancelled, &paid, &shipped, &received, &part, &refunded];
    let read = async |app: &TestApp| {
        let mut found = Vec::new();
        for order_id in orders {
            let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.expect(200).body;
            found.push(KEPT.map(|field| order[field].clone()));
        }
        found
    };
    let before = read(&app).await;
    app.stop(Duration::from_secs(5)).await;
    revert_to(&app, RELEASE_0_1_0);
    // Release 0.1.0 took no points back for a part of the money.
    app.tamper("user", "UPDATE users SET user_score = user_score + 100 WHERE user_name = 'zs'");
    app.restart().await;
    app.settle().await;
    assert_eq!(read(&app).await, before);
    let report = app.audit();
    assert!(report.ok, "{report:?}");

    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.assert_order_paid(&zs, &paying).await;
    let pay_id = app.pay(&zs, "unpaid", &unpaid).await.expect(201).text_of("pay_id");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.assert_order_paid(&zs, &unpaid).await;
    ship(&app, &paid).await;
    receive(&app, &shipped).await;
    for order_id in [&received, &part] {
        app.admin_refund(&admin, order_id, None).await.expect(202);
        app.settle().await;
        let order = app.get(&format!("/v1/orders/{order_id}"), &zs).await.expect(200).body;
        assert_eq!((&order["order_status"], &order["refunded_amount"]), (&json!("refunded"), &order["pay_amount"]));
    }
    app.finish().await;
}
