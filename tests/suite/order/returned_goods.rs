//! Units that go back into stock with a refund, because an operator said so.

use awc::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::server::{Engine, engine};
use crate::support::{Answer, OrderBody, TestApp};

/// The settings of two nodes that know each other's sessions and callbacks.
const SHARED: [(&str, &str); 2] = [
    ("SESSION__SECRET", "the secret of the sessions of two nodes"),
    ("GATEWAY__SANDBOX__SECRET", "the secret of the sandbox of two nodes"),
];

/// A paid order of two products.
struct Paid {
    zs: String,
    admin: String,
    order_id: String,
    /// Five units of the first and two of the second.
    goods: [String; 2],
}

impl Paid {
    async fn new(app: &TestApp) -> Self {
        let (zs, admin) = (app.zs().await, app.admin().await);
        let goods = [app.goods(10, "300.00").await, app.goods(10, "100.00").await];
        let lines = json!([{"goods_id": goods[0], "goods_number": 5}, {"goods_id": goods[1], "goods_number": 2}]);
        let order_body = OrderBody::of(&goods[0], 1).with("goods", lines);
        let order_id = app.order(&zs, "order", &order_body).await.expect(201).text_of("order_id");
        let pay_id = app.pay(&zs, "pay", &order_id).await.expect(201).text_of("pay_id");
        app.pay_at_platform(&pay_id, json!({})).await.expect(200);
        Self { zs, admin, order_id, goods }
    }

    /// Refunds 1.00 and returns so many units of each product.
    async fn refund(&self, app: &TestApp, key: &str, units: [i64; 2]) -> Answer {
        self.refund_all(app, key, json!({"amount": "1.00", "reason": "damaged", "goods": self.lines(units)})).await
    }

    async fn refund_all(&self, app: &TestApp, key: &str, body: Value) -> Answer {
        let path = format!("/admin/orders/{}/refund", self.order_id);
        app.send(Method::POST, &path, &self.admin, &[("idempotency-key", key)], Some(&body)).await
    }

    async fn preview(&self, app: &TestApp, body: Value) -> Answer {
        app.post(&format!("/admin/orders/{}/refund/preview", self.order_id), &self.admin, body).await
    }

    fn lines(&self, units: [i64; 2]) -> Value {
        let line = |(goods_id, number): (&String, i64)| json!({"goods_id": goods_id, "goods_number": number});
        self.goods.iter().zip(units).filter(|(_, number)| *number > 0).map(line).collect()
    }

    async fn stock(&self, app: &TestApp) -> [i64; 2] {
        app.settle().await;
        [app.stock(&self.goods[0]).await, app.stock(&self.goods[1]).await]
    }
}

#[actix_web::test]
async fn the_units_of_a_part_refund_are_in_stock_again_and_a_full_refund_returns_the_rest() {
    let mut app = TestApp::start().await;
    let paid = Paid::new(&app).await;
    assert_eq!(paid.stock(&app).await, [5, 8]);
    let preview = paid.preview(&app, json!({"amount": "1.00", "goods": paid.lines([2, 1])})).await.expect(200);
    assert_eq!((&preview.body["stock"], &preview.body["goods"]), (&paid.lines([2, 1]), &json!(false)));
    let order = paid.refund(&app, "first", [2, 1]).await.expect(202).body;
    assert_eq!(order["refunds"][0]["goods"], paid.lines([2, 1]));
    assert_eq!(paid.stock(&app).await, [7, 9]);
    app.restart().await;
    // The same key is the same refund.
    paid.refund(&app, "first", [2, 1]).await.expect(202);
    paid.refund(&app, "first", [2, 0]).await.expect_problem(422, "idempotency_key_reused");
    paid.refund(&app, "second", [0, 1]).await.expect(202);
    assert_eq!(paid.stock(&app).await, [7, 10]);
    let preview = paid.preview(&app, json!({})).await.expect(200);
    assert_eq!((&preview.body["stock"], &preview.body["goods"]), (&paid.lines([3, 0]), &json!(true)));
    paid.refund_all(&app, "rest", json!({"reason": "damaged"})).await.expect(202);
    assert_eq!(paid.stock(&app).await, [10, 10]);
    let order = app.get(&format!("/v1/orders/{}", paid.order_id), &paid.zs).await.expect(200).body;
    assert_eq!((&order["order_status"], &order["refunds"][2]["goods"]), (&json!("refunded"), &json!([])));
    let journal = app.get(&format!("/admin/journal?order_id={}", paid.order_id), &paid.admin).await.expect(200).body;
    let returns = journal["items"].as_array().unwrap().iter().filter(|entry| entry["act"] == "goods_returned");
    assert_eq!(returns.count(), 3);
    let events = app.get(&format!("/v1/orders/{}/events", paid.order_id), &paid.zs).await.expect(200).body;
    let given_back = events["items"].as_array().unwrap().iter().filter(|event| event["what"] == "stock_given_back");
    assert_eq!(given_back.count(), 5);
    app.finish().await;
}

#[actix_web::test]
async fn no_more_units_are_returned_than_the_order_has_left() {
    let app = TestApp::start().await;
    let paid = Paid::new(&app).await;
    let other = app.goods(1, "1.00").await;
    paid.refund(&app, "first", [4, 0]).await.expect(202);
    for (units, field, detail) in [
        (paid.lines([2, 0]), "goods[0].goods_number", "must be at most the 1 that are left"),
        (paid.lines([1, 3]), "goods[1].goods_number", "must be at most the 2 that are left"),
        (json!([{"goods_id": other, "goods_number": 1}]), "goods[0].goods_id", "must be goods of the order"),
        (json!([{"goods_id": other, "goods_number": 0}]), "goods[0].goods_number", "must be an integer from 1 to 9999"),
        (json!([{"goods_id": other}]), "goods[0].goods_number", "is required"),
        (
            json!([{"goods_id": paid.goods[1], "goods_number": 1}, {"goods_id": paid.goods[1], "goods_number": 1}]),
            "goods[1].goods_id",
            "must differ from the lines before",
        ),
    ] {
        let refund = json!({"amount": "1.00", "reason": "damaged", "goods": units});
        let refused = paid.refund_all(&app, "second", refund).await.expect_problem(422, "invalid_request").body;
        let error = &refused["errors"][0];
        assert_eq!((&error["field"], &error["detail"]), (&json!(field), &json!(detail)));
        let preview = json!({"amount": "1.00", "goods": units});
        assert_eq!(
            paid.preview(&app, preview).await.expect_problem(422, "invalid_request").body["errors"],
            refused["errors"]
        );
    }
    assert_eq!(paid.stock(&app).await, [9, 8]);
    // The key was not used up. An empty list is the default.
    paid.refund_all(&app, "second", json!({"amount": "1.00", "reason": "damaged", "goods": []})).await.expect(202);
    paid.refund_all(&app, "second", json!({"amount": "1.00", "reason": "damaged"})).await.expect(202);
    assert_eq!(paid.stock(&app).await, [9, 8]);
    app.finish().await;
}

#[actix_web::test]
async fn of_concurrent_part_refunds_only_those_return_units_that_the_order_has_left() {
    let app = TestApp::start().await;
    let paid = Paid::new(&app).await;
    let keys: Vec<String> = (0..12).map(|n| format!("key-{n}")).collect();
    let answers = join_all(keys.iter().map(|key| paid.refund(&app, key, [2, 0]))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![202; 2], vec![422; 10]].concat());
    assert_eq!(paid.stock(&app).await, [9, 8]);
    app.finish().await;
}

#[actix_web::test]
async fn two_nodes_return_no_more_units_than_the_order_has_left() {
    if engine() == Engine::Sqlite {
        return println!("one process per file");
    }
    let one = TestApp::with(&SHARED).await;
    let url = one.store_url();
    let two = TestApp::with(&[&SHARED[..], &[("STORE__URL", &url)]].concat()).await;
    let paid = Paid::new(&one).await;
    let keys: Vec<String> = (0..12).map(|n| format!("key-{n}")).collect();
    let nodes = [&one, &two];
    let refund = |(n, key): (usize, &String)| {
        let (node, key, paid) = (nodes[n % 2], key.clone(), &paid);
        async move { paid.refund(node, &key, [2, 1]).await.status }
    };
    let mut statuses = join_all(keys.iter().enumerate().map(refund)).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![202; 2], vec![422; 10]].concat());
    assert_eq!(paid.stock(&one).await, [9, 10]);
    two.finish().await;
    one.finish().await;
}

#[actix_web::test]
async fn units_come_back_from_a_shipped_order_only_if_the_operator_says_so() {
    let app = TestApp::start().await;
    let paid = Paid::new(&app).await;
    app.post(&format!("/admin/orders/{}/ship", paid.order_id), &paid.admin, json!({})).await.expect(200);
    assert_eq!(paid.preview(&app, json!({})).await.expect(200).body["stock"], json!([]));
    let refund = json!({"reason": "sent back", "goods": paid.lines([3, 2])});
    paid.refund_all(&app, "all", refund).await.expect(202);
    assert_eq!(paid.stock(&app).await, [8, 10]);
    let order = app.get(&format!("/v1/orders/{}", paid.order_id), &paid.zs).await.expect(200).body;
    assert_eq!(order["order_status"], "refunded");
    app.finish().await;
}

#[actix_web::test]
async fn an_order_whose_units_are_all_in_stock_again_is_not_shipped() {
    let app = TestApp::start().await;
    let paid = Paid::new(&app).await;
    let ship = format!("/admin/orders/{}/ship", paid.order_id);
    paid.refund(&app, "first", [5, 2]).await.expect(202);
    app.post(&ship, &paid.admin, json!({})).await.expect_problem(409, "order_not_shippable");
    assert_eq!(paid.stock(&app).await, [10, 10]);
    app.post(&ship, &paid.admin, json!({})).await.expect_problem(409, "order_not_shippable");
    app.finish().await;
}

#[actix_web::test]
async fn units_return_when_the_money_is_back_and_not_with_a_dismissed_refund() {
    let app = TestApp::start().await;
    let paid = Paid::new(&app).await;
    let pay_id = app.get(&format!("/v1/orders/{}", paid.order_id), &paid.zs).await.expect(200).text_of("pay_id");
    // The platform forgets the trade, so the refund is parked.
    app.tamper("sandbox", &format!("UPDATE sandbox_trade SET status = 3 WHERE out_trade_no = '{pay_id}'"));
    let order = paid.refund(&app, "first", [5, 0]).await.expect(202).body;
    assert_eq!(paid.stock(&app).await, [5, 8]);
    paid.refund(&app, "second", [1, 0]).await.expect_problem(422, "invalid_request");
    let refund_id = order["refunds"][0]["refund_id"].as_str().unwrap();
    let dismiss = format!("/admin/parked/{refund_id}/dismiss");
    app.post(&dismiss, &paid.admin, json!({"reason": "by mistake"})).await.expect(200);
    app.settle().await;
    app.tamper("sandbox", &format!("UPDATE sandbox_trade SET status = 1 WHERE out_trade_no = '{pay_id}'"));
    paid.refund(&app, "second", [5, 0]).await.expect(202);
    assert_eq!(paid.stock(&app).await, [10, 8]);
    app.finish().await;
}

#[actix_web::test]
async fn an_order_paid_by_balance_returns_units_after_shipping() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let goods = app.goods(5, "50.00").await;
    let order_body = OrderBody::of(&goods, 2).with("money_paid", json!("110.00"));
    let order_id = app.order(&zs, "order", &order_body).await.expect(201).text_of("order_id");
    app.post(&format!("/admin/orders/{order_id}/ship"), &admin, json!({})).await.expect(200);
    let refund = json!({"reason": "sent back", "goods": [{"goods_id": goods, "goods_number": 1}]});
    app.post(&format!("/admin/orders/{order_id}/refund"), &admin, refund).await.expect(202);
    app.settle().await;
    assert_eq!(app.stock(&goods).await, 4);
    app.finish().await;
}
