//! How much of the stock the public sees.

use awc::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::{OrderBody, TestApp};

/// The stock of goods as the public sees it: in the list, of the goods themselves, and in a quote.
async fn shown(app: &TestApp, goods_id: &str) -> (Value, Value, Value) {
    let list = app.get("/v1/goods?limit=1", "").await.expect(200).body["items"][0]["goods_number"].clone();
    let one = app.get(&format!("/v1/goods/{goods_id}"), "").await.expect(200);
    let quoted = app.post("/v1/quotes", "", json!({"goods": [{"goods_id": goods_id, "goods_number": 1}]})).await;
    let quoted = quoted.expect(200).body["goods"][0]["available"].clone();
    (list, one.body["goods_number"].clone(), quoted)
}

/// Review L7.
#[actix_web::test]
async fn the_public_sees_no_exact_stock_unless_the_settings_say_so() {
    for (setting, stock, seen) in [
        ("few", 37, 10),
        ("few", 10, 10),
        ("few", 9, 9),
        ("few", 0, 0),
        ("availability", 37, 1),
        ("availability", 0, 0),
        ("exact", 37, 37),
        ("", 37, 37),
    ] {
        let app = TestApp::with(&[("ORDERS__STOCK_SHOWN", setting)]).await;
        let admin = app.admin().await;
        let goods_id = app.goods(stock, "1.00").await;
        assert_eq!(shown(&app, &goods_id).await, (json!(seen), json!(seen), json!(seen)), "{setting} {stock}");
        let exact = app.get(&format!("/admin/goods/{goods_id}"), &admin).await.expect(200);
        assert_eq!(exact.body["goods_number"], stock, "administrators see all of it");
        app.finish().await;
    }
}

#[actix_web::test]
async fn a_refusal_says_no_number_that_is_wrong() {
    for (setting, stock, available, at_least, detail) in [
        ("few", 37, 10, json!(true), "must be lower: fewer units are in stock, but at least 10"),
        ("few", 9, 9, Value::Null, "must be at most 9, the units in stock"),
        ("few", 0, 0, Value::Null, "must be at most 0, the units in stock"),
        ("availability", 37, 1, json!(true), "must be lower: fewer units are in stock, but at least 1"),
        ("availability", 0, 0, Value::Null, "must be at most 0, the units in stock"),
        ("exact", 37, 37, Value::Null, "must be at most 37, the units in stock"),
    ] {
        let app = TestApp::with(&[("ORDERS__STOCK_SHOWN", setting)]).await;
        let zs = app.zs().await;
        let goods_id = app.goods(stock, "1.00").await;
        let refused = app.order(&zs, "too-many", &OrderBody::of(&goods_id, 99)).await;
        let again = app.order(&zs, "too-many", &OrderBody::of(&goods_id, 99)).await;
        let body = json!({"goods": [{"goods_id": goods_id, "goods_number": 99}]});
        let quoted = app.post("/v1/quotes", &zs, body).await.expect(200);
        let of_answers = [&refused, &again].map(|answer| answer.body["errors"][0].clone());
        for error in of_answers.into_iter().chain([quoted.body["problems"][0].clone()]) {
            let found = (&error["available"], &error["at_least"], &error["detail"]);
            assert_eq!(found, (&json!(available), &at_least, &json!(detail)), "{setting} {stock}");
        }
        app.finish().await;
    }
}

#[actix_web::test]
async fn no_tag_refusal_or_page_reveals_the_stock_that_is_not_shown() {
    let app = TestApp::with(&[("ORDERS__STOCK_SHOWN", "few")]).await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let goods_id = app.goods(37, "1.00").await;
    let path = format!("/v1/goods/{goods_id}");
    let tag = app.get(&path, "").await.expect(200).header("etag").to_owned();
    app.post(&format!("/admin/goods/{goods_id}/stock"), &admin, json!({"delta": 5, "reason": "delivery"}))
        .await
        .expect(200);
    let again = app.send(Method::GET, &path, "", &[("if-none-match", &tag)], None).await;
    assert_eq!(again.status, 304, "the public sees the same, so the tag is the same");

    let refused = app.order(&zs, "too-many", &OrderBody::of(&goods_id, 99)).await;
    let refused = refused.expect_problem(409, "insufficient_stock");
    assert_eq!(refused.body["errors"][0]["available"], 10, "{}", refused.text);
    let order = app.get(&format!("/v1/orders/{}", refused.text_of("order_id")), &zs).await.expect(200);
    let data = json!([{"code": "insufficient_stock", "goods_id": goods_id, "available": 10, "at_least": true}]);
    assert_eq!(order.body["refusal_data"], data, "{}", order.text);
    for path in ["/".to_owned(), format!("/goods/{goods_id}")] {
        let page = Browser::new(&app).get(&path).await.expect(200).text;
        assert!(page.contains("In stock") && !page.contains("42 in stock"), "{page}");
    }
    // Whatever is shown can be ordered.
    app.order(&zs, "some", &OrderBody::of(&goods_id, 10)).await.expect(201);
    // Orders that all found enough, until one of them took it.
    let wanted = app.goods(37, "1.00").await;
    let body = OrderBody::of(&wanted, 20);
    let keys: Vec<String> = (0..8).map(|n| format!("at-once-{n}")).collect();
    let answers = join_all(keys.iter().map(|key| app.order(&zs, key, &body))).await;
    let (placed, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((placed.len(), refused.len()), (1, 7));
    for answer in refused {
        let answer = answer.expect_problem(409, "insufficient_stock");
        assert_eq!(answer.body["errors"][0]["available"], 10, "{}", answer.text);
    }
    app.finish().await;
}
