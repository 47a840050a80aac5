//! Reconciliation with a platform's statement: each kind of difference is reported, nothing is changed without
//! `--apply`, and each repair is made once.

use std::time::Duration;

use serde_json::json;
use tradepost::cli::reconcile;
use tradepost::config;
use tradepost::gateway::statement::Bill;
use tradepost::reconcile::{Kind, Report};

use crate::support::{GOODS, OrderBody, TestApp};

pub async fn compare(app: &TestApp, statement: &str, apply: bool) -> anyhow::Result<Report> {
    let settings = config::read("", vec![("TRADEPOST__STORE__URL".to_owned(), app.store_url())]).unwrap();
    let arguments = reconcile::Arguments { provider: "sandbox", bill: Bill::Trade, apply };
    reconcile::reconcile(&settings, &arguments, statement).await
}

fn counts(report: &Report) -> [u64; 5] {
    [Kind::Matched, Kind::MissingHere, Kind::MissingThere, Kind::Amount, Kind::Status]
        .map(|kind| report.counts.get(&kind).copied().unwrap_or(0))
}

/// Places `count` orders and pays them as `how` says; returns the order ids with the payment ids.
async fn paid(app: &TestApp, zs: &str, count: usize, how: serde_json::Value) -> Vec<(String, String)> {
    let mut paid = Vec::new();
    for n in 0..count {
        let key = format!("{n}-{how}").replace(['{', '}', '"', ' '], "");
        let order_id = app.order(zs, &key, &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
        let pay_id = app.pay(zs, &key, &order_id).await.expect(201).text_of("pay_id");
        app.pay_at_platform(&pay_id, how.clone()).await.expect(200);
        paid.push((order_id, pay_id));
    }
    paid
}

#[actix_web::test]
async fn a_statement_that_equals_the_stores_matches() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let orders = paid(&app, &zs, 3, json!({})).await;
    app.refund(&zs, "refund", &orders[0].0).await.expect(202);
    app.settle().await;
    let statement = app.get("/sandbox/statement", "").await.expect(200).text;
    assert_eq!(statement.lines().count(), 1 + 3 + 1, "{statement}");
    let before = app.rows();
    for apply in [false, true] {
        let report = compare(&app, &statement, apply).await.unwrap();
        assert_eq!((counts(&report), report.repaired, report.differences.len()), ([4, 0, 0, 0, 0], 0, 0));
    }
    assert_eq!(app.rows(), before);
    app.finish().await;
}

/// Review L2.
#[actix_web::test]
async fn no_control_character_of_a_statement_reaches_the_terminal_of_an_operator() {
    let app = TestApp::start().await;
    let head = "out_trade_no,trade_no,type,out_request_no,amount,time";
    let good = ["77", "sb1", "refund", "78", "880.00", "2026-01-02T03:04:05Z"];
    for at in 0..good.len() {
        for bad in ["\u{1b}[2J", "77\u{1b}]0;title\u{7}", "7\r7", "\u{9b}31m", "\u{202e}77"] {
            let mut cells = good.map(str::to_owned);
            cells[at] = bad.to_owned();
            let error = compare(&app, &format!("{head}\n{}\n", cells.join(",")), true).await.unwrap_err();
            let text = format!("{error:#}");
            assert!(!text.contains(|c: char| c.is_control() || c == '\u{202e}'), "{text:?}");
        }
    }
    // A statement without lines is an error and no panic.
    for empty in ["", head, "\u{1b}[2J\n"] {
        let text = format!("{:#}", compare(&app, empty, true).await.unwrap_err());
        assert!(!text.contains(char::is_control), "{text:?}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_payment_with_lost_callbacks_is_reported_and_repaired_once_on_request() {
    let app = TestApp::with(&[("PAYMENTS__ASK__FIRST", "10h"), ("PAYMENTS__ASK__LONGEST", "10h")]).await;
    let zs = app.zs().await;
    paid(&app, &zs, 2, json!({})).await;
    let lost = paid(&app, &zs, 2, json!({"lose": true})).await;
    let statement = app.get("/sandbox/statement?provider=sandbox", "").await.expect(200).text;
    let before = app.rows();
    let preview = compare(&app, &statement, false).await.unwrap();
    assert_eq!((counts(&preview), preview.repaired, preview.differences.len()), ([2, 2, 0, 0, 0], 0, 2));
    assert_eq!(app.rows(), before, "a preview changes nothing");
    let applied = compare(&app, &statement, true).await.unwrap();
    assert_eq!((counts(&applied), applied.repaired, applied.differences.len()), ([2, 2, 0, 0, 0], 2, 0));
    app.settle().await;
    for (order_id, _) in &lost {
        app.assert_order_paid(&zs, order_id).await;
    }
    let again = compare(&app, &statement, true).await.unwrap();
    assert_eq!((counts(&again), again.repaired), ([4, 0, 0, 0, 0], 0));
    app.finish().await;
}

#[actix_web::test]
async fn a_refund_without_an_answer_is_repaired_from_the_statement() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let orders = paid(&app, &zs, 1, json!({})).await;
    app.tamper("pay", "UPDATE pay SET provider = 'gone'");
    app.refund(&zs, "refund", &orders[0].0).await.expect(202);
    app.settle().await;
    app.tamper("pay", "UPDATE pay SET provider = 'sandbox'");
    let number = app.number("pay", "SELECT refund_id AS n FROM pay_refund");
    let (order_id, pay_id) = &orders[0];
    let body = json!({"amount": "1000.00", "out_request_no": number.to_string()});
    let mut statement = app.get("/sandbox/statement", "").await.expect(200).text;
    let trade_no = app.get(&format!("/sandbox/trades/{pay_id}"), "").await.body["trade_no"].clone();
    let line = format!("{pay_id},{},refund,{number},1000.00,2026-01-01T00:00:00Z\n", trade_no.as_str().unwrap());
    statement.push_str(&line);
    let report = compare(&app, &statement, true).await.unwrap();
    assert_eq!((counts(&report), report.repaired), ([1, 0, 0, 0, 1], 1), "{report:?}");
    assert_eq!(app.get(&format!("/v1/payments/{pay_id}"), &zs).await.body["status"], "refunded");
    app.post(&format!("/sandbox/trades/{pay_id}/refund"), "", body).await.expect(200);
    app.settle().await;
    assert_eq!(app.get(&format!("/v1/orders/{order_id}"), &zs).await.body["order_status"], "refunded");
    app.finish().await;
}

#[actix_web::test]
async fn differences_that_cannot_be_repaired_are_reported_every_time() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let orders = paid(&app, &zs, 3, json!({})).await;
    app.clock.advance(Duration::from_secs(1));
    let statement = app.get("/sandbox/statement", "").await.expect(200).text;
    let mut lines: Vec<String> = statement.lines().map(str::to_owned).collect();
    let line_of = |pay_id: &str, lines: &[String]| lines.iter().position(|line| line.starts_with(pay_id)).unwrap();
    let (one, two) = (line_of(&orders[0].1, &lines), line_of(&orders[1].1, &lines));
    lines[one] = lines[one].replace("1000.00", "999.99");
    let removed = lines.remove(two);
    // The statement covers the whole period.
    lines.push("5,sb5,payment,,1.00,2020-01-01T00:00:00Z".to_owned());
    lines.push("x,sb6,payment,,1.00,2035-01-01T00:00:00Z".to_owned());
    let before = app.rows();
    for apply in [false, true, true] {
        let report = compare(&app, &lines.join("\n"), apply).await.unwrap();
        assert_eq!((counts(&report), report.repaired), ([1, 2, 1, 1, 0], 0), "{report:?}");
    }
    assert_eq!(app.rows(), before);
    assert!(removed.starts_with(&orders[1].1));
    app.finish().await;
}

#[actix_web::test]
async fn a_malformed_statement_and_an_unknown_platform_are_refused() {
    let app = TestApp::start().await;
    let statement = app.get("/sandbox/statement", "").await.expect(200).text;
    let error = compare(&app, &format!("{statement}nonsense\n"), true).await.unwrap_err().to_string();
    assert!(error.starts_with("line 2: "), "{error}");
    let settings = config::read("", vec![("TRADEPOST__STORE__URL".to_owned(), app.store_url())]).unwrap();
    let arguments = reconcile::Arguments { provider: "missing_platform", bill: Bill::Trade, apply: true };
    let error = reconcile::reconcile(&settings, &arguments, &statement).await.unwrap_err().to_string();
    assert!(error.contains("missing_platform"), "{error}");
    app.finish().await;
}
