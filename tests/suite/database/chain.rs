//! The chains of the ledgers: forgeries that are consistent in all tables show, and honest work never does.

use std::time::Duration;

use diesel::prelude::*;
use serde_json::json;
use tradepost::audit::{KeptHead, Report};
use tradepost::db::ledger::chain::{self, Link};
use tradepost::db::schema::ledger_link;
use tradepost::db::{self, with_conn};

use crate::support::{GOODS, OrderBody, TestApp, USER};

/// A shop with a paid order, a part refund, a cancelled order and an order that waits for its payment. Its records are
/// sealed.
async fn shop() -> TestApp {
    let mut app = TestApp::start().await;
    let (zs, paid, _) = app.paid().await;
    let admin = app.admin().await;
    let part = json!({"amount": "100.00", "reason": "scratched"});
    app.post(&format!("/admin/orders/{paid}/refund"), &admin, part).await.expect(202);
    let cancelled = app.order(&zs, "cancelled", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    app.post(&format!("/v1/orders/{cancelled}/cancel"), &zs, json!({})).await.expect(200);
    app.order(&zs, "unpaid", &OrderBody::of(GOODS, 1)).await.expect(201);
    app.settle().await;
    app.restart().await;
    app
}

/// The violations that the audit reports under `name`.
fn violations(report: &Report, name: &str) -> Vec<String> {
    report.invariants.iter().find(|invariant| invariant.name == name).unwrap().violations.clone()
}

fn heads(app: &TestApp) -> Vec<KeptHead> {
    let heads = app.audit().heads;
    heads.iter().map(|head| format!("{}={}", head.owner, head.head).parse().unwrap()).collect()
}

#[actix_web::test]
async fn a_forgery_that_is_consistent_in_all_tables_is_named_with_its_row_and_its_link() {
    let add_adjustment = "INSERT INTO user_adjustment (adjustment_id, user_id, money, score, reason, create_time) \
                          SELECT 7, user_id, 5, 0, 'gift', user_reg_time FROM users WHERE user_id = ";
    let unpaid = "order_status = 1 AND pay_status = 0";
    let forgeries: Vec<(Vec<(&str, String)>, &str)> = vec![
        (
            vec![
                ("user", format!("UPDATE users SET user_money = user_money + 5 WHERE user_id = {USER}")),
                ("user", format!("UPDATE user_adjustment SET money = money + 5 WHERE user_id = {USER}")),
            ],
            "money 100005 instead of 100000",
        ),
        (
            vec![
                ("user", format!("UPDATE users SET user_money = user_money + 5 WHERE user_id = {USER}")),
                ("user", format!("{add_adjustment}{USER}")),
            ],
            "user_adjustment 7 was added beside the application",
        ),
        (vec![("user", format!("UPDATE users SET user_role = 1 WHERE user_id = {USER}"))], "user_role 1 instead of 0"),
        (
            vec![("goods", format!("UPDATE goods SET goods_price = 1 WHERE goods_id = {GOODS}"))],
            "goods_price 1 instead of 100000",
        ),
        (vec![("order", "UPDATE orders SET address = 'elsewhere'".to_owned())], "another address"),
        (
            vec![(
                "order",
                format!(
                    "UPDATE orders SET shipping_fee = 1000, order_amount = order_amount + 1000, \
                     pay_amount = pay_amount + 1000 WHERE {unpaid}"
                ),
            )],
            "shipping_fee 1000 instead of 0",
        ),
        (
            vec![("order", "UPDATE order_act SET detail = 'another' WHERE act = 'cancelled'".to_owned())],
            "another detail",
        ),
        (vec![("pay", "UPDATE pay SET trade_no = 'another' WHERE is_paid = 2".to_owned())], "another trade_no"),
        (vec![("pay", "UPDATE pay_notice SET body = 'declined' WHERE verdict = 1".to_owned())], "another body"),
        (
            vec![
                (
                    "order",
                    format!("DELETE FROM order_goods WHERE order_id = (SELECT order_id FROM orders WHERE {unpaid})"),
                ),
                ("order", format!("DELETE FROM orders WHERE {unpaid}")),
            ],
            "is gone, link ",
        ),
    ];
    for (statements, sentence) in forgeries {
        let app = shop().await;
        assert_eq!(violations(&app.audit(), "ledger_chained"), [""; 0]);
        for (owner, statement) in &statements {
            app.tamper(owner, statement);
        }
        let named = violations(&app.audit(), "ledger_chained");
        let owner = statements[0].0;
        let is_named = |line: &String| line.starts_with(&format!("{owner}: ")) && line.contains(sentence);
        assert!(named.iter().any(is_named), "{statements:?}: {named:?}");
        app.finish_broken().await;
    }
}

/// Writes the whole chain of an owner anew, with `forge` applied to its lines and all hashes computed again.
fn write_anew(app: &TestApp, owner: &str, forge: impl Fn(&str) -> String) {
    let db = &mut *app.store(owner).writer().unwrap();
    let mut previous = String::new();
    for link in chain::links(db, 0).unwrap() {
        let mut link = Link { entries: forge(&link.entries), ..link };
        link.hash = link.expected_hash(&previous);
        previous.clone_from(&link.hash);
        let row = ledger_link::table.find(link.link_number);
        let values = (ledger_link::entries.eq(&link.entries), ledger_link::hash.eq(&link.hash));
        with_conn!(db, diesel::update(row).set(values).execute(db)).unwrap();
    }
}

#[actix_web::test]
async fn a_chain_that_was_written_anew_shows_by_a_head_that_was_kept() {
    let mut app = shop().await;
    let kept = heads(&app);
    assert_eq!(kept.len(), 5, "{kept:?}");
    let zs = app.zs().await;
    app.order(&zs, "later", &OrderBody::of(GOODS, 1)).await.expect(201);
    app.settle().await;
    app.restart().await;
    assert!(app.audit_with(&kept).ok, "the chains have grown, and the kept heads are still on them");
    app.tamper("user", &format!("UPDATE users SET user_money = user_money + 5 WHERE user_id = {USER}"));
    app.tamper("user", &format!("UPDATE user_adjustment SET money = money + 5 WHERE user_id = {USER}"));
    write_anew(&app, "user", |lines| lines.replace(&format!("{USER} 100000 "), &format!("{USER} 100005 ")));
    let report = app.audit();
    assert!(report.ok, "nothing in the store shows the forgery: {:?}", report.invariants);
    let report = app.audit_with(&kept);
    let named = violations(&report, "chain_intact");
    assert_eq!(named.len(), 1, "{named:?}");
    assert!(named[0].starts_with("user: the kept head user=") && named[0].contains("was written anew"), "{named:?}");
    app.finish().await;
}

#[actix_web::test]
async fn deleted_links_and_a_deleted_chain_show() {
    let app = shop().await;
    let kept = heads(&app);
    app.tamper("order", "DELETE FROM ledger_link WHERE link_number > 0");
    let named = violations(&app.audit_with(&kept), "chain_intact");
    assert!(named.iter().any(|line| line.contains("is beyond the last link, 0")), "{named:?}");
    app.tamper("order", "DELETE FROM ledger_link");
    let named = violations(&app.audit(), "chain_intact");
    assert!(named.iter().any(|line| line.starts_with("order: there is no chain")), "{named:?}");
    app.finish_broken().await;
}

#[actix_web::test]
async fn a_change_of_a_price_by_an_administrator_is_no_forgery() {
    let mut app = TestApp::start().await;
    let admin = app.admin().await;
    for price in ["900.00", "950.00", "900.00"] {
        let change = json!({"goods_price": price});
        app.send(awc::http::Method::PATCH, &format!("/admin/goods/{GOODS}"), &admin, &[], Some(&change))
            .await
            .expect(200);
    }
    app.restart().await;
    app.finish().await;
}

#[actix_web::test]
async fn rows_that_are_older_than_the_chain_are_counted_and_not_compared() {
    let mut app = shop().await;
    app.stop(Duration::from_secs(5)).await;
    for owner in ["coupon", "goods", "user", "order", "pay"] {
        // As an upgrade finds the stores: with rows, and without a chain.
        app.tamper(owner, "DELETE FROM ledger_link");
    }
    app.restart().await;
    assert!(app.audit().ok);
    app.tamper("order", "UPDATE orders SET address = 'elsewhere'");
    assert!(app.audit().ok, "the content of older rows is not covered");
    app.tamper("order", "DELETE FROM order_act WHERE act = 'cancelled'");
    let named = violations(&app.audit(), "ledger_chained");
    assert!(named.iter().any(|line| line.starts_with("order: order_act has ")), "{named:?}");
    app.finish_broken().await;
}

#[actix_web::test]
async fn a_chain_that_was_interrupted_begins_again() {
    let mut app = shop().await;
    app.set("AUDIT__CHAIN", "false");
    app.restart().await;
    let zs = app.zs().await;
    app.order(&zs, "not-recorded", &OrderBody::of(GOODS, 1)).await.expect(201);
    app.settle().await;
    assert!(app.audit().ok, "without the setting, nothing is compared");
    app.set("AUDIT__CHAIN", "true");
    let report = app.audit();
    assert!(violations(&report, "chain_intact").iter().all(|line| line.contains("the chain has ended")), "{report:?}");
    app.restart().await;
    app.order(&zs, "recorded-again", &OrderBody::of(GOODS, 1)).await.expect(201);
    app.settle().await;
    assert!(app.audit().ok);
    app.tamper("order", "UPDATE orders SET address = 'elsewhere' WHERE idempotency_key = 'recorded-again'");
    assert_eq!(violations(&app.audit(), "ledger_chained").len(), 1);
    app.finish_broken().await;
}

#[actix_web::test]
async fn records_become_links_while_the_shop_is_open() {
    let app = TestApp::with(&[("AUDIT__SEAL_EVERY", "100ms")]).await;
    let zs = app.zs().await;
    app.order(&zs, "one", &OrderBody::of(GOODS, 1)).await.expect(201);
    let link = |db: &mut db::Db| chain::head(db).unwrap().unwrap().number;
    crate::support::eventually(Duration::from_secs(20), "the records are sealed", || async {
        let db = &mut *app.store("order").reader().unwrap();
        (link(db) > 0 && chain::unsealed(db).unwrap().is_empty()).then_some(())
    })
    .await;
    app.finish().await;
}

#[actix_web::test]
async fn an_audit_since_a_time_reads_what_was_changed_since_then() {
    let mut app = shop().await;
    app.clock.advance(Duration::from_secs(60));
    let since = app.clock.now();
    let zs = app.zs().await;
    let later = app.order(&zs, "later", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    app.settle().await;
    app.restart().await;
    let report = app.audit_since(since);
    let checked = |name| report.invariants.iter().find(|invariant| invariant.name == name).unwrap().checked;
    assert!(report.ok, "{report:?}");
    assert_eq!(checked("order_arithmetic"), 1, "only the later order is read");
    app.tamper("order", "UPDATE order_act SET detail = 'another' WHERE act = 'cancelled'");
    assert!(app.audit_since(since).ok, "nothing of it was changed since then by the application");
    app.tamper("order", &format!("UPDATE orders SET address = 'elsewhere' WHERE order_id = {later}"));
    let named = violations(&app.audit_since(since), "ledger_chained");
    assert!(named.len() == 1 && named[0].contains("another address"), "{named:?}");
    app.tamper("goods", &format!("DELETE FROM goods_number_log WHERE order_id = {later}"));
    assert!(violations(&app.audit_since(since), "stock_order")[0].contains(&later));
    app.finish_broken().await;
}

#[actix_web::test]
async fn a_node_that_was_stopped_while_it_made_a_link_does_not_hold_up_the_start_of_another() {
    let app = shop().await;
    let store = app.store("order");
    if store.is_embedded() {
        return app.finish().await;
    }
    let (stopped, starting) = (&mut store.spare_connection().unwrap(), &mut *store.writer().unwrap());
    stopped.batch_execute("START TRANSACTION READ WRITE").unwrap();
    let first = ledger_link::table.filter(ledger_link::link_number.eq(0)).select(ledger_link::link_number);
    let locked: i64 = with_conn!(stopped, db::for_update(first).get_result(stopped)).unwrap();
    assert_eq!(locked, 0);
    chain::begin(starting, "order", true, app.clock.now()).expect("a start that does not wait");
    stopped.batch_execute("ROLLBACK").unwrap();
    app.finish().await;
}
