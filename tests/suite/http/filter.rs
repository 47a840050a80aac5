//! Filters of the lists, and the details that they lead to.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{GOODS, OrderBody, TestApp, USER};

/// Reads all items of a list, in pages of `limit`.
async fn all(app: &TestApp, path: &str, limit: usize, token: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    let sign = if path.contains('?') { '&' } else { '?' };
    loop {
        let page = app.get(&format!("{path}{sign}limit={limit}{cursor}"), token).await.expect(200).body;
        items.extend(page["items"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

fn each(items: &[Value], field: &str) -> Vec<String> {
    items.iter().map(|item| item[field].as_str().unwrap_or_else(|| panic!("{item}")).to_owned()).collect()
}

#[actix_web::test]
async fn an_operator_finds_orders_by_time_id_recipient_goods_and_amount() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let (tea, cup) = (app.goods(100, "20.00").await, app.goods(100, "200.00").await);
    let mut orders = Vec::new();
    let mut times = Vec::new();
    for (key, goods_id, number, consignee) in [
        ("one", &tea, 1, "Ann Lee"),
        ("two", &cup, 1, "Bo"),
        ("three", &tea, 4, "Ann Lee"),
        ("four", &cup, 2, "ann lee"),
    ] {
        let body = OrderBody::of(goods_id, number).with("consignee", json!(consignee));
        let order = app.order(&zs, key, &body).await.expect(201);
        orders.push(order.text_of("order_id"));
        times.push(order.text_of("add_time"));
        app.advance(Duration::from_secs(60)).await;
    }
    let found = |numbers: &[usize]| numbers.iter().map(|number| orders[*number].clone()).collect::<Vec<_>>();
    for (query, expected) in [
        ("consignee=Ann%20Lee".to_owned(), found(&[2, 0])),
        ("consignee=Ann".to_owned(), vec![]),
        (format!("goods_id={cup}"), found(&[3, 1])),
        (format!("goods_id={tea}&consignee=Ann%20Lee&amount_min=50.00"), found(&[2])),
        ("goods_id=1".to_owned(), vec![]),
        (format!("order_id={}", orders[1]), found(&[1])),
        (format!("order_id={}&order_status=cancelled", orders[1]), vec![]),
        (format!("from={}", times[1]), found(&[3, 2, 1])),
        (format!("before={}", times[1]), found(&[0])),
        (format!("from={}&before={}", times[1], times[3]), found(&[2, 1])),
        (format!("from={}&before={}", times[3], times[1]), vec![]),
        ("amount_min=90.00&amount_max=200.00".to_owned(), found(&[2, 1])),
        ("amount_max=30".to_owned(), found(&[0])),
        (format!("user_id={USER}&amount_min=200.01"), found(&[3])),
        ("user_id=1".to_owned(), vec![]),
    ] {
        for limit in [1, 2, 100] {
            let items = all(&app, &format!("/admin/orders?{query}"), limit, &admin).await;
            assert_eq!(each(&items, "order_id"), expected, "{query}");
        }
    }
    for wrong in ["from=yesterday", "before=2026-01-01", "amount_min=x", "goods_id=x", "order_id=", "consignee="] {
        let refused = app.get(&format!("/admin/orders?{wrong}"), &admin).await.expect_problem(422, "invalid_request");
        assert_eq!(refused.body["errors"][0]["field"], wrong.split('=').next().unwrap(), "{wrong}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_refused_order_is_in_the_customers_list_only_if_it_is_asked_for() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let ordered = app.order(&zs, "good", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let refused = app.order(&zs, "bad", &OrderBody::of("1", 1)).await.expect(422).text_of("order_id");
    let cancelled = app.order(&zs, "over", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    app.post(&format!("/v1/orders/{cancelled}/cancel"), &zs, json!({})).await.expect(200);
    for (query, expected) in [
        ("", vec![&cancelled, &ordered]),
        ("?include=refused", vec![&cancelled, &refused, &ordered]),
        ("?order_status=invalid", vec![&refused]),
        ("?order_status=confirmed", vec![&ordered]),
        ("?order_status=confirmed&include=refused", vec![&ordered]),
        ("?order_status=cancelled&pay_status=unpaid", vec![&cancelled]),
        ("?order_status=unconfirmed", vec![]),
        ("?pay_status=paid", vec![]),
        ("?pay_status=unpaid", vec![&cancelled, &ordered]),
        ("?shipping_status=shipped", vec![]),
    ] {
        let items = all(&app, &format!("/v1/orders{query}"), 2, &zs).await;
        assert_eq!(each(&items, "order_id").iter().collect::<Vec<_>>(), expected, "{query}");
    }
    // The order itself can always be read.
    let order = app.get(&format!("/v1/orders/{refused}"), &zs).await.expect(200).body;
    assert_eq!(order["refusal"], "goods_not_found");
    let unknown = app.get("/v1/orders?include=all", &zs).await.expect_problem(422, "invalid_request");
    assert_eq!(unknown.body["errors"][0]["allowed"], json!(["refused"]));
    app.finish().await;
}

#[actix_web::test]
async fn no_order_of_one_instant_is_lost_between_pages() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let goods_id = app.goods(100, "5.00").await;
    let body = OrderBody::of(&goods_id, 1);
    let keys: Vec<String> = (0..20).map(|number| format!("order-{number}")).collect();
    let placed = join_all(keys.iter().map(|key| app.order(&zs, key, &body))).await;
    let placed: BTreeSet<String> = placed.into_iter().map(|order| order.expect(201).text_of("order_id")).collect();
    for (path, token) in [
        ("/v1/orders".to_owned(), &zs),
        (format!("/admin/orders?goods_id={goods_id}&from=2020-01-01T00:00:00Z"), &admin),
        ("/admin/orders?consignee=zs&order_status=confirmed".to_owned(), &admin),
    ] {
        for limit in [1, 3, 7] {
            let items = each(&all(&app, &path, limit, token).await, "order_id");
            assert_eq!(items.len(), placed.len(), "{path} in pages of {limit}");
            assert_eq!(items.into_iter().collect::<BTreeSet<_>>(), placed, "{path} in pages of {limit}");
        }
    }
    app.finish().await;
}

#[actix_web::test]
async fn users_are_found_by_the_beginning_of_their_names() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    for name in ["ann", "anna", "an_na", "Anne", "an.na", "anxna", "bob"] {
        app.customer(name, "0.00").await;
    }
    for (prefix, expected) in [
        ("ann", &["anna", "ann"][..]),
        ("an_", &["an_na"]),
        ("an.", &["an.na"]),
        ("A", &["Anne"]),
        ("an", &["anxna", "an.na", "an_na", "anna", "ann"]),
        ("bobby", &[]),
    ] {
        for limit in [1, 100] {
            let items = all(&app, &format!("/admin/users?user_name_prefix={prefix}"), limit, &admin).await;
            assert_eq!(each(&items, "user_name"), expected, "{prefix}");
        }
    }
    let both = all(&app, "/admin/users?user_name_prefix=an&user_name=ann", 2, &admin).await;
    assert_eq!(each(&both, "user_name"), ["ann"]);
    app.get("/admin/users?user_name_prefix=%25", &admin).await.expect_problem(422, "invalid_request");
    app.finish().await;
}

#[actix_web::test]
async fn an_operator_reads_one_user_one_payment_and_all_goods() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let me = app.get("/v1/users/me", &zs).await.expect(200).body;
    let mut user = app.get(&format!("/admin/users/{USER}"), &admin).await.expect(200).body;
    let fields = user.as_object_mut().unwrap();
    assert_eq!(fields.remove("user_role"), Some(json!("customer")));
    assert_eq!(fields.remove("disable_time"), Some(Value::Null));
    assert_eq!(fields.remove("second_factor_time"), Some(Value::Null));
    assert_eq!(user, me);
    let admin_id = app.get("/v1/users/me", &admin).await.expect(200).text_of("user_id");
    assert_eq!(app.get(&format!("/admin/users/{admin_id}"), &admin).await.expect(200).body["user_role"], "admin");
    app.get("/admin/users/1", &admin).await.expect_problem(404, "not_found");
    let order_id = app.order(&zs, "order", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    let payment = app.pay(&zs, "pay", &order_id).await.expect(201);
    let path = format!("/admin/payments/{}", payment.text_of("pay_id"));
    let mut own = payment.body;
    assert!(own.as_object_mut().unwrap().remove("page_path").is_some(), "only for the customer");
    assert_eq!(app.get(&path, &admin).await.expect(200).body, own);
    app.get("/admin/payments/1", &admin).await.expect_problem(404, "not_found");
    let shown = all(&app, "/v1/goods", 2, "").await;
    assert_eq!(each(&all(&app, "/admin/goods", 2, &admin).await, "goods_id"), each(&shown, "goods_id"));
    app.finish().await;
}
