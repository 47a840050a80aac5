//! The pages of the figures: overview, actors, messages, sagas and audit, in both languages.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::browser::{Browser, hidden, text};
use crate::support::{Answer, GOODS, OrderBody, TestApp, eventually};

/// The page at `path` in English and in Chinese.
async fn in_both(browser: &mut Browser<'_>, path: &str) -> [Answer; 2] {
    let english = browser.get(&format!("/language/en?page={path}")).await.expect(200);
    let chinese = browser.get(&format!("/language/zh-CN?page={path}")).await.expect(200);
    browser.get("/language/en?page=/console").await.expect(200);
    for page in [&english, &chinese] {
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(!page.text.contains(" style=") && !page.text.contains("<script>"), "{path}");
    }
    [english, chinese]
}

#[track_caller]
fn assert_has(page: &Answer, words: &[&str]) {
    let text = text(page);
    for word in words {
        assert!(text.contains(word), "{word:?} is not in {text}");
    }
}

#[actix_web::test]
async fn the_overview_shows_money_at_risk_the_books_and_the_latest_orders() {
    let app = TestApp::start().await;
    let (_, order_id, _) = app.paying().await;
    let mut browser = Browser::operator(&app).await;
    let [english, chinese] = in_both(&mut browser, "/console/overview").await;
    assert_has(&english, &["Money at risk", "880.00 CNY", "1 open payments", "not checked since the start", &order_id]);
    assert_has(&chinese, &["在途资金", "880.00 CNY", "1 笔待支付", "启动后尚未检查", &order_id]);
    for actor in ["coordinator", "goods", "order", "relay", "settlement"] {
        assert!(english.text.contains(&format!(">{actor}</text>")), "{actor}");
    }
    app.get("/admin/audit", &app.admin().await).await.expect(200);
    let page = browser.get("/console").await.expect(200);
    assert_has(&page, &["26 of 26 invariants hold", "0 rows violate"]);
    app.finish().await;
}

#[actix_web::test]
async fn the_overview_names_what_needs_a_person() {
    let app = TestApp::start().await;
    let (_, _, pay_id) = app.paying().await;
    app.tamper("sandbox", &format!("UPDATE sandbox_trade SET amount = 1 WHERE out_trade_no = '{pay_id}'"));
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    let mut browser = Browser::operator(&app).await;
    let page = browser.get("/console/overview").await.expect(200);
    assert_has(&page, &["Charges that match no payment 1", "Dead messages 0", "Sagas without a wake-up 0"]);
    app.fail_at("pay.handle");
    assert_has(&browser.get("/console/overview").await.expect(200), &["no answer"]);
    app.clear_fault("pay.handle");
    app.finish_broken().await;
}

#[actix_web::test]
async fn the_actors_have_figures_a_graph_and_fifteen_minutes_of_samples() {
    let app = TestApp::start().await;
    app.paying().await;
    let mut browser = Browser::operator(&app).await;
    let [english, chinese] = in_both(&mut browser, "/console/actors").await;
    assert_has(&english, &["coordinator running", "Tasks/batch", "Last 15 minutes"]);
    assert_has(&chinese, &["coordinator 运行中", "每批任务", "最近 15 分钟"]);
    assert!(english.text.contains("uplot-") && english.text.contains("plots-"), "the scripts of the plots");
    let columns = eventually(Duration::from_secs(10), "two samples", async || {
        let columns = app.samples().await;
        (columns["at"].as_array().unwrap().len() >= 2).then_some(columns)
    });
    let columns = columns.await;
    let number = columns["at"].as_array().unwrap().len();
    for (part, name) in [("rate", "order"), ("p99", "coordinator"), ("depth", "goods"), ("pending", "pay_log")] {
        let series = columns[part].as_array().unwrap().iter().find(|series| series["name"] == name).unwrap();
        assert_eq!(series["values"].as_array().unwrap().len(), number, "{part} {name}");
    }
    app.finish().await;
}

impl TestApp {
    /// The samples as the plots read them.
    async fn samples(&self) -> Value {
        let cookie = format!("tradepost_console={}", self.admin().await);
        let headers = [("cookie", cookie.as_str())];
        let answer = self.fetch(awc::http::Method::GET, "/console/actors/samples", &headers, Vec::new()).await;
        answer.expect(200).body
    }
}

#[actix_web::test]
async fn messages_are_grouped_by_cause_and_replayed_after_a_preview_with_a_result_each() {
    let app = TestApp::start().await;
    let (_, _, pay_id) = app.paying().await;
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    app.tamper("pay", "UPDATE mq_producer SET msg_status = 2, remark = 'no answer 17' WHERE group_name = 'order'");
    app.tamper("order", "UPDATE mq_producer SET msg_status = 2, remark = 'another cause' WHERE group_name = 'points'");
    let mut browser = Browser::operator(&app).await;
    let [english, chinese] = in_both(&mut browser, "/console/messages").await;
    assert_has(
        &english,
        &["dead pay order payment/paid no answer … 1", "dead order points order/paid another cause 1"],
    );
    assert_has(&chinese, &["死信 pay order payment/paid no answer … 1"]);
    let pending = browser.get("/console/messages?status=pending").await.expect(200);
    assert_has(&pending, &["Nothing matches."]);

    let link = english.text.split("href=\"").map(|rest| rest.split('"').next().unwrap());
    let links: Vec<String> =
        link.filter(|link| link.contains("cause=")).map(|link| link.replace("&amp;", "&")).collect();
    let mut shown = Vec::new();
    for link in &links {
        shown.push(browser.get(link).await.expect(200));
    }
    let group = shown.iter().position(|page| text(page).contains("pay → order")).unwrap();
    let cause = links[group].split("cause=").nth(1).unwrap();
    let preview = browser.post("/console/messages/replay", &[("cause", cause)]).await.expect(200);
    assert_has(&preview, &["Nothing has been done yet.", "no answer 17"]);
    let dead = "SELECT count(*) AS n FROM mq_producer WHERE msg_status = 2";
    assert_eq!(app.number("pay", dead), 1, "a preview changes nothing");
    let results = browser.post("/console/act", &[("token", &hidden(&preview, "token"))]).await.expect(200);
    assert_has(&results, &["Results of the replay"]);
    app.settle().await;
    let address = format!("/console/messages?replayed={}", replayed_id(&app));
    assert_has(&browser.get(&address).await.expect(200), &["delivered"]);
    assert_eq!((app.number("pay", dead), app.number("order", dead)), (0, 1), "only those of the cause");
    app.tamper("order", "UPDATE mq_producer SET msg_status = 1, remark = NULL WHERE msg_status = 2");
    app.finish().await;
}

/// The id of the message of Pay to Order, as the sum of its rows: there is one.
fn replayed_id(app: &TestApp) -> String {
    use diesel::prelude::*;
    use tradepost::db::with_conn;
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        id: String,
    }
    let store = app.store("pay");
    let db = &mut *store.reader().unwrap();
    let query = diesel::sql_query("SELECT id FROM mq_producer WHERE group_name = 'order'");
    with_conn!(db, query.get_result::<Row>(db)).unwrap().id
}

#[actix_web::test]
async fn a_saga_says_what_it_waits_for_and_when_it_goes_on() {
    let app = TestApp::with(&[("ORDERS__ANSWER_WITHIN", "200ms")]).await;
    let zs = app.zs().await;
    app.fail_at("goods.apply");
    let placed = app.order(&zs, "order", &OrderBody::golden()).await.expect(202);
    let order_id = placed.text_of("order_id");
    let mut browser = Browser::operator(&app).await;
    let [english, chinese] = in_both(&mut browser, "/console/sagas").await;
    assert_has(&english, &[&format!("{order_id} stock"), "1 running here", "1 unconfirmed in the store"]);
    assert_has(&chinese, &[&format!("{order_id} 库存"), "1 本节点运行中"]);
    app.clear_fault("goods.apply");
    app.settle().await;
    assert_has(&browser.get("/console/sagas").await.expect(200), &["0 running here", "Nothing matches."]);
    app.finish().await;
}

#[actix_web::test]
async fn an_audit_is_run_from_its_page_and_its_violations_lead_to_their_objects() {
    let app = TestApp::with(&[("AUDIT__GRACE", "0s")]).await;
    let (_, order_id, _) = app.paying().await;
    let mut browser = Browser::operator(&app).await;
    let [english, chinese] = in_both(&mut browser, "/console/audit").await;
    assert_has(&english, &["No audit was run since the start"]);
    assert_has(&chinese, &["本进程启动后尚未运行审计"]);
    browser.post("/console/audit", &[]).await.expect(200);
    let report = async |browser: &mut Browser<'_>, wanted: &str| {
        for _ in 0..200 {
            let page = browser.get("/console/audit").await.expect(200);
            if text(&page).contains(wanted) {
                return page;
            }
            actix_web::rt::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no audit says {wanted:?}");
    };
    let page = report(&mut browser, "Every invariant holds.").await;
    assert_has(&page, &["The stock of goods is what its log says.", "No more is refunded than was paid."]);
    app.tamper("order", &format!("UPDATE orders SET goods_amount = goods_amount + 1, order_amount = order_amount + 1, pay_amount = pay_amount + 1 WHERE order_id = {order_id}"));
    browser.post("/console/audit", &[]).await.expect(200);
    let page = report(&mut browser, "Some rows violate an invariant.").await;
    assert!(page.text.contains(&format!("<a class=\"id\" href=\"/console/orders/{order_id}\"")), "{}", text(&page));
    app.finish_broken().await;
}

#[actix_web::test]
async fn the_pages_of_figures_are_shown_while_the_shop_is_at_work() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let mut browser = Browser::operator(&app).await;
    for number in 0..3 {
        app.order(&zs, &format!("order-{number}"), &OrderBody::of(GOODS, 1)).await.expect(201);
        for page in ["overview", "actors", "messages", "sagas", "audit"] {
            browser.get(&format!("/console/{page}")).await.expect(200);
        }
    }
    app.finish().await;
}
