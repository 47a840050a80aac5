//! Goods off sale: kept for the orders that have them, and refused to new ones.

use std::time::Duration;

use awc::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tradepost::actor::fault::Fault;

use crate::support::{Answer, GOODS, OrderBody, TestApp, eventually};

impl TestApp {
    /// Takes goods off sale or puts them back.
    async fn put_on_sale(&self, goods_id: &str, on_sale: bool) -> Answer {
        let (path, body) = (format!("/admin/goods/{goods_id}"), json!({"on_sale": on_sale}));
        self.send(Method::PATCH, &path, &self.admin().await, &[], Some(&body)).await.expect(200)
    }

    async fn ids_of(&self, path: &str, token: &str) -> Vec<String> {
        let items = self.get(path, token).await.expect(200).body["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["goods_id"].as_str().unwrap().to_owned()).collect()
    }
}

#[actix_web::test]
async fn goods_off_sale_leave_the_catalogue_but_can_be_read() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let goods_id = app.goods(3, "20.00").await;
    let all = app.ids_of("/v1/goods", "").await;
    assert!(all.contains(&goods_id));
    let changed = app.put_on_sale(&goods_id, false).await.body;
    assert_eq!((&changed["on_sale"], &changed["goods_number"]), (&json!(false), &json!(3)));
    let left: Vec<String> = all.iter().filter(|id| **id != goods_id).cloned().collect();
    assert_eq!(app.ids_of("/v1/goods", "").await, left);
    assert_eq!(app.get(&format!("/v1/goods/{goods_id}"), "").await.expect(200).body, changed);
    for (query, expected) in [("", &all), ("?on_sale=true", &left), ("?on_sale=false", &vec![goods_id.clone()])] {
        assert_eq!(&app.ids_of(&format!("/admin/goods{query}"), &admin).await, expected, "{query}");
    }
    let wrong = app.get("/admin/goods?on_sale=yes", &admin).await.expect_problem(422, "invalid_request");
    assert_eq!(wrong.body["errors"][0]["allowed"], json!(["true", "false"]));
    app.put_on_sale(&goods_id, true).await;
    assert_eq!(app.ids_of("/v1/goods", "").await, all);
    app.finish().await;
}

#[actix_web::test]
async fn pages_of_the_catalogue_are_full_although_goods_between_are_off_sale() {
    let app = TestApp::start().await;
    let mut on_sale = Vec::new();
    for number in 0..12 {
        let goods_id = app.goods(1, "1.00").await;
        match number % 3 {
            0 => on_sale.push(goods_id),
            _ => drop(app.put_on_sale(&goods_id, false).await),
        }
    }
    on_sale.reverse();
    let page = app.get("/v1/goods?limit=3", "").await.expect(200);
    let of_page: Vec<&str> =
        page.body["items"].as_array().unwrap().iter().filter_map(|i| i["goods_id"].as_str()).collect();
    assert_eq!(of_page, on_sale[..3]);
    let next = app.ids_of(&format!("/v1/goods?limit=3&cursor={}", page.text_of("next_cursor")), "").await;
    assert_eq!(next[0], on_sale[3]);
    app.finish().await;
}

#[actix_web::test]
async fn new_goods_can_be_kept_off_sale_until_they_are_ready() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let body = json!({"goods_name": "soon", "goods_number": 5, "goods_price": "1.00", "on_sale": false});
    let goods = app.post("/admin/goods", &admin, body).await.expect(201);
    assert_eq!(goods.body["on_sale"], false);
    let goods_id = goods.text_of("goods_id");
    assert!(!app.ids_of("/v1/goods", "").await.contains(&goods_id));
    let (_, ann) = app.customer("ann", "0.00").await;
    app.order(&ann, "early", &OrderBody::of(&goods_id, 1)).await.expect_problem(409, "goods_off_sale");
    app.put_on_sale(&goods_id, true).await;
    app.order(&ann, "in-time", &OrderBody::of(&goods_id, 1)).await.expect(201);
    app.finish().await;
}

#[actix_web::test]
async fn a_new_order_or_quote_of_goods_off_sale_is_refused_and_names_the_lines() {
    let app = TestApp::start().await;
    let (_, ann) = app.customer("ann", "0.00").await;
    let (first, second) = (app.goods(3, "20.00").await, app.goods(3, "20.00").await);
    for goods_id in [&first, &second] {
        app.put_on_sale(goods_id, false).await;
    }
    let line = |id: &str, number: i64| json!({"goods_id": id, "goods_number": number});
    let lines = json!([line(GOODS, 1), line(&first, 1), line(&second, 4)]);
    let body = OrderBody::of(GOODS, 1).with("goods", lines);
    let before = app.stock(GOODS).await;
    let refused = app.order(&ann, "k", &body).await.expect_problem(409, "goods_off_sale");
    let error = |index: i64, id: &str| {
        json!({"field": format!("goods[{index}].goods_id"), "code": "goods_off_sale", "index": index, "goods_id": id,
            "detail": "must be goods on sale"})
    };
    assert_eq!(refused.body["errors"], json!([error(1, &first), error(2, &second)]));
    let quoted = app.post("/v1/quotes", "", json!({"goods": body.0["goods"]})).await.expect(200).body;
    assert_eq!(quoted["problems"], refused.body["errors"]);
    assert_eq!((&quoted["goods"][1]["goods_price"], &quoted["goods"][1]["available"]), (&json!("20.00"), &json!(3)));
    let order = app.get(&format!("/v1/orders/{}", refused.text_of("order_id")), &ann).await.expect(200).body;
    assert_eq!((&order["order_status"], &order["refusal"]), (&json!("invalid"), &json!("goods_off_sale")));
    assert_eq!(order["refusal_data"][0], json!({"code": "goods_off_sale", "goods_id": first}));
    // The outcome of a key does not change when the goods are on sale again.
    for goods_id in [&first, &second] {
        app.put_on_sale(goods_id, true).await;
    }
    let again = app.order(&ann, "k", &body).await.expect_problem(409, "goods_off_sale");
    assert_eq!(again.body["errors"], refused.body["errors"]);
    assert_eq!(app.stock(GOODS).await, before);
    app.finish().await;
}

#[actix_web::test]
async fn orders_in_flight_are_paid_shipped_and_refunded_after_their_goods_went_off_sale() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let (_, ann) = app.customer("ann", "0.00").await;
    let goods_id = app.goods(10, "20.00").await;
    let mut orders: Vec<Value> = Vec::new();
    for key in ["shipped", "refunded", "cancelled"] {
        orders.push(app.order(&ann, key, &OrderBody::of(&goods_id, 2)).await.expect(201).body);
    }
    app.put_on_sale(&goods_id, false).await;
    let ids: Vec<&str> = orders.iter().map(|order| order["order_id"].as_str().unwrap()).collect();
    for (order, order_id) in orders.iter().zip(&ids) {
        assert_eq!(&app.get(&format!("/v1/orders/{order_id}"), &ann).await.expect(200).body, order);
    }
    let again = app.order(&ann, "shipped", &OrderBody::of(&goods_id, 2)).await.expect(201);
    assert_eq!(again.body, orders[0], "a repeated request is the same order");
    for order_id in &ids[..2] {
        let pay_id = app.pay(&ann, order_id, order_id).await.expect(201).text_of("pay_id");
        app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    }
    app.post(&format!("/admin/orders/{}/ship", ids[0]), &admin, json!({})).await.expect(200);
    app.refund(&ann, "refund", ids[1]).await.expect(202);
    app.post(&format!("/v1/orders/{}/cancel", ids[2]), &ann, json!({})).await.expect(200);
    app.settle().await;
    let status = async |id: &str| app.get(&format!("/v1/orders/{id}"), &ann).await.expect(200).body;
    assert_eq!(status(ids[0]).await["shipping_status"], "shipped");
    assert_eq!(status(ids[1]).await["order_status"], "refunded");
    assert_eq!(status(ids[2]).await["order_status"], "cancelled");
    // The units are back in stock, and still not for sale.
    assert_eq!(app.stock(&goods_id).await, 8);
    app.order(&ann, "late", &OrderBody::of(&goods_id, 1)).await.expect_problem(409, "goods_off_sale");
    assert!(!app.ids_of("/v1/goods", "").await.contains(&goods_id));
    app.finish().await;
}

#[actix_web::test]
async fn an_order_whose_goods_go_off_sale_before_its_stock_is_reserved_is_compensated() {
    let quick = [("ORDERS__BACKOFF__FIRST", "2ms"), ("ORDERS__BACKOFF__LONGEST", "10ms")];
    let app = TestApp::with(&quick).await;
    let (_, ann) = app.customer("ann", "5.00").await;
    let goods_id = app.goods(3, "20.00").await;
    let body = OrderBody::of(&goods_id, 1).with("money_paid", json!("5.00"));
    // No batch of Goods commits until the goods are off sale, so the order has a quote and no stock.
    app.faults.plan("goods.before_commit", Fault::Error, 0, u32::MAX);
    let placing = app.order(&ann, "k", &body);
    let taking_off = async {
        let reserving = async || (app.faults.fired("goods.before_commit") > 0).then_some(());
        eventually(Duration::from_secs(30), "the order does not reserve", reserving).await;
        app.tamper("goods", &format!("UPDATE goods SET on_sale = 0 WHERE goods_id = {goods_id}"));
        app.faults.plan("goods.before_commit", Fault::Error, 0, 0);
    };
    let (refused, ()) = futures_util::future::join(placing, taking_off).await;
    let refused = refused.expect_problem(409, "goods_off_sale");
    assert_eq!(refused.body["errors"][0]["index"], 0);
    app.settle().await;
    let order = app.get(&format!("/v1/orders/{}", refused.text_of("order_id")), &ann).await.expect(200).body;
    assert_eq!((&order["order_status"], &order["refusal"]), (&json!("cancelled"), &json!("goods_off_sale")));
    let me = app.get("/v1/users/me", &ann).await.expect(200).body;
    assert_eq!((app.stock(&goods_id).await, &me["user_money"]), (3, &json!("5.00")));
    app.finish().await;
}

#[actix_web::test]
async fn no_order_takes_units_after_its_goods_went_off_sale() {
    let app = TestApp::start().await;
    let (_, ann) = app.customer("ann", "0.00").await;
    let goods_id = app.goods(100, "1.00").await;
    let body = OrderBody::of(&goods_id, 1);
    let keys: Vec<String> = (0..30).map(|number| format!("k{number}")).collect();
    let orders = join_all(keys.iter().map(|key| app.order(&ann, key, &body)));
    let off_sale = async {
        app.put_on_sale(&goods_id, false).await;
        app.stock(&goods_id).await
    };
    let (orders, left) = futures_util::future::join(orders, off_sale).await;
    for order in &orders {
        assert!(order.status == 201 || order.body["code"] == "goods_off_sale", "{}", order.text);
    }
    app.settle().await;
    let sold = orders.iter().filter(|order| order.status == 201).count();
    assert_eq!((app.stock(&goods_id).await, left), (100 - i64::try_from(sold).unwrap(), left));
    assert_eq!(app.stock(&goods_id).await, left, "a unit left after the goods were off sale");
    app.finish().await;
}

#[actix_web::test]
async fn the_journal_says_who_took_goods_off_sale() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    app.put_on_sale(GOODS, false).await;
    // Taken off sale again, they stay as they are.
    app.put_on_sale(GOODS, false).await;
    app.put_on_sale(GOODS, true).await;
    let journal = app.get("/admin/journal", &admin).await.expect(200).body;
    let by = app.number("user", "SELECT user_id AS n FROM users WHERE user_name = 'admin'").to_string();
    let acts: Vec<(&Value, &Value)> =
        journal["items"].as_array().unwrap().iter().map(|act| (&act["user_id"], &act["data"])).collect();
    let change = |from: bool, to: bool| json!({"on_sale": {"from": from, "to": to}});
    assert_eq!(acts, [(&json!(by), &change(false, true)), (&json!(by), &change(true, false))]);
    app.finish().await;
}
