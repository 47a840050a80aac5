//! The operator's work in the console: what is broken is seen, and mended where that is possible.

use std::time::Duration;

use awc::http::Method;
use serde_json::json;
use tradepost::actor::fault::Fault;

use crate::chromium::{Light, PHONE, Page};
use crate::steps::operate;
use crate::support::{GOODS, ONE_ATTEMPT, OrderBody, TestApp};

#[actix_web::test]
async fn a_dead_message_is_found_looked_at_and_replayed_with_a_double_click() {
    let app = TestApp::with(&ONE_ATTEMPT).await;
    app.with_dead_message().await;
    assert_eq!(app.stock(GOODS).await, 999, "the stock of the cancelled order is not back");
    let mut page = Page::open(&app.url()).await;
    operate(&mut page, "/console/overview").await;
    page.click_in(".needs", "Dead messages").await;
    page.is_at("/console/messages").await;
    page.assert_accessible().await;
    page.click("Show").await;
    page.sees("order → goods").await;
    page.sees("missing field").await;
    page.assert_accessible().await;
    page.click("Replay these …").await;
    page.sees("Nothing has been done yet.").await;
    page.assert_accessible().await;
    // What the goods could not read is mended by then, such as by a newer version.
    app.rename_in_bodies("gods", "goods");
    page.double_click("Replay").await;
    page.sees("Results of the replay").await;
    app.settle().await;
    let results = page.path().await;
    page.goto(&results).await;
    page.sees_in("main td", "delivered").await;
    page.assert_accessible().await;
    assert_eq!(app.stock(GOODS).await, 1000, "it has its effect once");
    page.goto("/console/messages?status=dead").await;
    page.sees("Nothing matches.").await;
    drop(page);
    app.finish().await;
}

#[actix_web::test]
async fn an_actor_that_is_killed_is_seen_restarting_and_running_again_without_a_reload() {
    let app = TestApp::start().await;
    let mut page = Page::open(&app.url()).await;
    operate(&mut page, "/console/actors").await;
    page.sees_in("#live-actors", "goods").await;
    page.value("window.isTheSamePage = true").await;
    page.sees_no("restarting").await;
    // Every message kills the actor of the goods, so that it restarts all the time.
    app.faults.plan("goods.handle", Fault::Panic, 0, u32::MAX);
    let traffic = async {
        loop {
            app.fetch(Method::GET, &format!("/v1/goods/{GOODS}"), &[], Vec::new()).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let watch = async {
        page.sees_in("#live-actors", "restarting").await;
        page.picture("console-actors").await;
        page.assert_accessible().await;
    };
    tokio::select! {
        () = traffic => {}
        () = watch => {}
    }
    app.faults.plan("goods.handle", Fault::Panic, 0, 0);
    page.sees_no("restarting").await;
    let row =
        "[...document.querySelectorAll('#live-actors tr')].find(row => row.innerText.startsWith('goods')).innerText";
    page.until(&format!("{row}.includes('running') && {row}.includes('panic: ')")).await;
    assert_eq!(page.value("window.isTheSamePage").await, true);
    let zs = app.zs().await;
    app.order(&zs, "order", &OrderBody::of(GOODS, 1)).await.expect(201);
    drop(page);
    app.finish().await;
}

#[actix_web::test]
async fn a_violation_is_named_by_an_audit_that_is_run_from_the_page() {
    let app = TestApp::with(&[("AUDIT__GRACE", "0s")]).await;
    let (_, order_id, _) = app.paying().await;
    let mut page = Page::open(&app.url()).await;
    operate(&mut page, "/console/audit").await;
    page.sees("No audit was run").await;
    page.click("Run now").await;
    page.sees("Every invariant holds.").await;
    page.assert_accessible().await;
    let amounts = ["goods_amount", "order_amount", "pay_amount"].map(|column| format!("{column} = {column} + 1"));
    app.tamper("order", &format!("UPDATE orders SET {} WHERE order_id = {order_id}", amounts.join(", ")));
    page.click("Run now").await;
    page.sees("Some rows violate an invariant.").await;
    page.sees_in("main h2", "A payment agrees with its order.").await;
    page.assert_accessible().await;
    page.picture("console-audit").await;
    page.click_in("main ul", &order_id).await;
    page.is_at(&format!("/console/orders/{order_id}")).await;
    drop(page);
    app.finish_broken().await;
}

#[actix_web::test]
async fn the_focus_stays_where_it_is_while_the_page_changes() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let mut page = Page::open(&app.url()).await;
    operate(&mut page, "/console/overview").await;
    page.tab_to("Parked refunds").await;
    for key in ["a", "b"] {
        let order_id = app.order(&zs, key, &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
        page.sees(&order_id).await;
        page.sees_in("#live-figures", "orders").await;
        assert_eq!(page.value("document.activeElement.innerText").await, "Parked refunds");
    }
    page.assert_accessible().await;
    drop(page);
    app.finish().await;
}

#[actix_web::test]
async fn an_api_key_is_shown_once_and_revoked() {
    let app = TestApp::start().await;
    let mut page = Page::open(&app.url()).await;
    operate(&mut page, "/console/api-keys").await;
    page.click("Create an API key …").await;
    page.fill("Name of the server", "web").await;
    page.click_label("orders: all that a customer can do, on behalf of the customer").await;
    page.assert_accessible().await;
    page.click_in("form.fields", "Preview").await;
    page.sees("Nothing has been done yet.").await;
    page.double_click("Create an API key").await;
    page.sees("Copy it now.").await;
    page.assert_accessible().await;
    let key = page.value("document.querySelector('.secret').innerText").await.as_str().unwrap().to_owned();
    let as_server = async |status| {
        let headers = [("authorization", format!("Bearer {key}")), ("tradepost-customer", "ann".to_owned())];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        app.fetch(Method::GET, "/v1/users/me", &headers, Vec::new()).await.expect(status);
    };
    as_server(200).await;
    assert_eq!(app.number("user", "SELECT count(*) AS n FROM api_key"), 1, "a double click is one key");
    page.click("I have kept it: to the list").await;
    page.is_at("/console/api-keys").await;
    page.sees_no(&key).await;
    page.sees(&key[..16]).await;
    page.assert_accessible().await;
    page.click(&format!("Revoke: {}", &key[..16])).await;
    page.sees("The key is refused from then on.").await;
    page.click("Revoke").await;
    page.sees_in("main td", "revoked").await;
    as_server(401).await;
    drop(page);
    app.finish().await;
}

/// Every page of the console that needs no object.
pub const PAGES: [&str; 17] = [
    "overview",
    "orders",
    "payments",
    "refunds",
    "customers",
    "goods",
    "coupons",
    "actors",
    "messages",
    "sagas",
    "notices",
    "audit",
    "reconcile",
    "journal",
    "nodes",
    "settings",
    "api-keys",
];

#[actix_web::test]
async fn every_page_fits_a_phone_and_is_accessible_in_the_dark_and_in_chinese() {
    let app = TestApp::start().await;
    let (_, order_id, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.settle().await;
    let mut page = Page::open(&app.url()).await;
    page.set_light(Light::Dark).await;
    operate(&mut page, "/console/overview").await;
    page.sees(&order_id).await;
    page.picture("console-overview-dark").await;
    page.set_language("zh-CN").await;
    page.set_light(Light::Light).await;
    page.goto("/console/overview").await;
    page.sees("在途资金").await;
    page.picture("console-overview-zh").await;
    page.set_light(Light::Dark).await;
    page.set_size(PHONE).await;
    let objects = [format!("orders/{order_id}"), format!("payments/{pay_id}")];
    for path in PAGES.into_iter().chain(objects.iter().map(String::as_str)) {
        page.goto(&format!("/console/{path}")).await;
        assert_eq!(page.value("document.documentElement.lang").await, "zh-CN");
        page.assert_fits().await;
        page.assert_accessible().await;
        if path == objects[0] {
            page.picture("console-order-phone").await;
        }
    }
    drop(page);
    app.finish().await;
}
