//! Changes that an administrator makes by hand: once per key, with an author, and visible to whom they concern.

use awc::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, GOODS, OrderBody, TestApp, USER};

impl TestApp {
    /// Posts `body` as an administrator, with an idempotency key.
    async fn post_with_key(&self, path: &str, admin: &str, key: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, admin, &[("idempotency-key", key)], Some(body)).await
    }

    async fn items(&self, path: &str, token: &str) -> Vec<Value> {
        self.get(path, token).await.expect(200).body["items"].as_array().unwrap().clone()
    }
}

/// The requests that make something: path, body, another body, store, and the query for the number that changes.
fn changes() -> [(String, Value, Value, &'static str, String); 4] {
    let count = |table: &str| format!("SELECT count(*) AS n FROM {table}");
    [
        (
            format!("/admin/users/{USER}/balance"),
            json!({"delta": "10.00", "reason": "goodwill"}),
            json!({"delta": "11.00", "reason": "goodwill"}),
            "user",
            format!("SELECT user_money AS n FROM users WHERE user_id = {USER}"),
        ),
        (
            format!("/admin/goods/{GOODS}/stock"),
            json!({"delta": 5, "reason": "delivery"}),
            json!({"delta": 5, "reason": "another"}),
            "goods",
            format!("SELECT goods_number AS n FROM goods WHERE goods_id = {GOODS}"),
        ),
        (
            "/admin/coupons".to_owned(),
            json!({"user_id": USER, "coupon_price": "20.00"}),
            json!({"user_id": USER, "coupon_price": "20.01"}),
            "coupon",
            count("coupon"),
        ),
        (
            "/admin/goods".to_owned(),
            json!({"goods_name": "tea", "goods_number": 1, "goods_price": "1.00"}),
            json!({"goods_name": "tea", "goods_number": 1, "goods_price": "1.01"}),
            "goods",
            count("goods"),
        ),
    ]
}

#[actix_web::test]
async fn a_change_by_hand_that_is_sent_again_under_its_key_is_made_once() {
    let mut app = TestApp::start().await;
    for (path, body, other, owner, number) in changes() {
        let admin = app.admin().await;
        let (key, another) = (format!("key{path}"), format!("another{path}"));
        let first = app.post_with_key(&path, &admin, &key, &body).await;
        assert!([200, 201].contains(&first.status), "{}", first.text);
        assert_eq!(first.header("idempotent-replayed"), "");
        let after = app.number(owner, &number);
        app.restart().await;
        let admin = app.admin().await;
        let again = app.post_with_key(&path, &admin, &key, &body).await.expect(first.status);
        assert_eq!((again.header("idempotent-replayed"), &again.body), ("true", &first.body), "{path}");
        app.post_with_key(&path, &admin, &key, &other).await.expect_problem(422, "idempotency_key_reused");
        assert_eq!(app.number(owner, &number), after, "{path}");
        // Under another key it is another change.
        let third = app.post_with_key(&path, &admin, &another, &body).await.expect(first.status);
        assert_eq!(third.header("idempotent-replayed"), "");
        assert_ne!(app.number(owner, &number), after, "{path}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn of_concurrent_changes_under_one_key_one_is_made() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for (path, body, _, owner, number) in changes() {
        let before = app.number(owner, &number);
        let key = format!("key{path}");
        let answers = join_all((0..20).map(|_| app.post_with_key(&path, &admin, &key, &body))).await;
        assert!(answers.iter().all(|answer| [200, 201].contains(&answer.status)), "{answers:?}");
        let made = answers.iter().filter(|answer| answer.header("idempotent-replayed").is_empty());
        assert_eq!(made.count(), 1, "{path}");
        let after = app.number(owner, &number);
        app.post_with_key(&path, &admin, &key, &body).await;
        assert_eq!(app.number(owner, &number), after);
        assert_ne!(after, before, "{path}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn the_journal_names_who_changed_a_balance_a_stock_a_price_or_a_coupon_and_from_what_to_what() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let by = app.number("user", "SELECT user_id AS n FROM users WHERE user_name = 'admin'").to_string();
    for (path, body, ..) in changes() {
        app.post(&path, &admin, body).await;
    }
    let path = format!("/admin/goods/{GOODS}");
    let change = json!({"goods_price": "900.00", "goods_name": "a better phone"});
    app.send(Method::PATCH, &path, &admin, &[], Some(&change)).await.expect(200);
    // What stays as it is is no act.
    app.send(Method::PATCH, &path, &admin, &[], Some(&change)).await.expect(200);
    let journal = app.items("/admin/journal", &admin).await;
    let acts: Vec<&str> = journal.iter().map(|act| act["act"].as_str().unwrap()).collect();
    assert_eq!(acts, ["goods_changed", "goods_created", "coupon_created", "stock_adjusted", "balance_adjusted"]);
    assert!(journal.iter().all(|act| act["user_id"] == by.as_str()), "{journal:?}");
    assert_eq!(journal[0]["data"]["goods_price"], json!({"from": "1000.00", "to": "900.00"}));
    assert_eq!(journal[0]["subject"], json!({"kind": "goods", "id": GOODS}));
    assert_eq!((&journal[3]["detail"], &journal[3]["data"]["delta"]), (&json!("delivery"), &json!(5)));
    assert_eq!(journal[4]["data"]["user_money"], json!({"from": "1000.00", "to": "1010.00"}));
    assert_eq!(journal[2]["data"], json!({"of_user": USER, "coupon_price": "20.00"}));

    let adjustments = app.items("/admin/adjustments?limit=3", &admin).await;
    let opening = json!("opening stock");
    assert_eq!((&adjustments[0]["reason"], &adjustments[0]["by"]), (&opening, &json!(by)), "{adjustments:?}");
    assert_eq!((&adjustments[1]["kind"], &adjustments[1]["delta"]), (&json!("stock"), &json!(5)));
    assert_eq!((&adjustments[2]["kind"], &adjustments[2]["delta"]), (&json!("balance"), &json!("10.00")));
    let of_user = app.items(&format!("/admin/adjustments?user_id={USER}"), &admin).await;
    assert_eq!((of_user.len(), &of_user[1]["by"]), (2, &Value::Null), "the opening balance has no author");
    let of_goods = app.items(&format!("/admin/adjustments?goods_id={GOODS}"), &admin).await;
    assert!(of_goods.iter().all(|item| item["goods_id"] == GOODS) && of_goods.len() == 2, "{of_goods:?}");
    app.finish().await;
}

#[actix_web::test]
async fn the_changes_in_a_customers_logs_add_up_to_the_balance_and_the_points() {
    let app = TestApp::start().await;
    let (zs, order_id, _) = app.paid().await;
    let admin = app.admin().await;
    let balance = format!("/admin/users/{USER}/balance");
    for delta in ["77.77", "-0.01"] {
        app.post(&balance, &admin, json!({"delta": delta, "reason": "not for the customer's eyes"})).await.expect(200);
    }
    app.admin_refund(&admin, &order_id, Some("80.00")).await.expect(202);
    app.settle().await;
    // An order that takes no balance and adds no points leaves no entry.
    let cancelled = app.order(&zs, "cancelled", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    app.post(&format!("/v1/orders/{cancelled}/cancel"), &zs, json!({})).await.expect(200);
    app.settle().await;
    let me = app.get("/v1/users/me", &zs).await.expect(200).body;
    let minor = |text: &Value| text.as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    let mut log = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.get(&format!("/v1/users/me/money-log?limit=1{cursor}"), &zs).await.expect(200).body;
        log.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let kinds: Vec<&str> = log.iter().map(|entry| entry["money_log_type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["adjusted", "adjusted", "paid", "adjusted"], "{log:?}");
    assert_eq!(log.iter().map(|entry| minor(&entry["delta"])).sum::<i64>(), minor(&me["user_money"]));
    assert!(!log.iter().any(|entry| entry.to_string().contains("eyes")), "reasons are for operators");
    let log = app.items("/v1/users/me/score-log", &zs).await;
    assert_eq!(
        log.iter().map(|entry| entry["delta"].as_i64().unwrap()).sum::<i64>(),
        me["user_score"].as_i64().unwrap()
    );
    assert!(log.iter().all(|entry| entry["delta"] != 0) && log.len() == 3, "{log:?}");
    app.finish().await;
}
