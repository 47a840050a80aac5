//! Entity tags of goods: reads of a state that the client has, and changes of a state that it has not.

use awc::http::Method;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, GOODS, OrderBody, TestApp};

/// Reads goods as a caller who has the state `known`.
async fn read(app: &TestApp, path: &str, token: &str, known: &str) -> Answer {
    app.send(Method::GET, path, token, &[("if-none-match", known)], None).await
}

/// Changes the demo goods if they are in the state `expected`.
async fn change(app: &TestApp, admin: &str, expected: &str, body: &Value) -> Answer {
    let path = format!("/admin/goods/{GOODS}");
    app.send(Method::PATCH, &path, admin, &[("if-match", expected)], Some(body)).await
}

async fn tag(app: &TestApp) -> String {
    let answer = app.get(&format!("/v1/goods/{GOODS}"), "").await.expect(200);
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    answer.header("etag").to_owned()
}

#[actix_web::test]
async fn goods_are_sent_again_only_if_they_or_their_stock_have_changed() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    for (path, token) in [(format!("/v1/goods/{GOODS}"), ""), (format!("/admin/goods/{GOODS}"), admin.as_str())] {
        let first = app.get(&path, token).await.expect(200);
        let known = first.header("etag").to_owned();
        assert!(known.starts_with('"') && known.ends_with('"'), "{known}");
        for header in [known.clone(), format!("W/{known}"), format!("\"x\", {known}"), "*".to_owned()] {
            let unchanged = read(&app, &path, token, &header).await.expect(304);
            assert_eq!((unchanged.text.as_str(), unchanged.header("etag")), ("", known.as_str()), "{header}");
        }
        assert_eq!(read(&app, &path, token, "\"x\"").await.expect(200).body, first.body);
        let key = format!("order{path}");
        app.order(&zs, &key, &OrderBody::of(GOODS, 1)).await.expect(201);
        let sold = read(&app, &path, token, &known).await.expect(200);
        assert_ne!((sold.header("etag"), &sold.body), (known.as_str(), &first.body));
        for on_sale in [false, true] {
            let before = app.get(&path, token).await.expect(200).header("etag").to_owned();
            change(&app, &admin, "*", &json!({"on_sale": on_sale})).await.expect(200);
            read(&app, &path, token, &before).await.expect(200);
        }
        let wrong = read(&app, &path, token, "unquoted").await.expect_problem(422, "invalid_request");
        assert_eq!(wrong.body["errors"][0]["field"], "If-None-Match");
    }
    let head = app.send(Method::HEAD, &format!("/v1/goods/{GOODS}"), "", &[], None).await.expect(200);
    assert_eq!(head.header("etag"), tag(&app).await);
    app.get("/admin/goods/1", &admin).await.expect_problem(404, "not_found");
    app.finish().await;
}

#[actix_web::test]
async fn a_change_of_an_outdated_state_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let read = tag(&app).await;
    let changed = change(&app, &admin, &read, &json!({"goods_price": "900.00"})).await.expect(200);
    let next = changed.header("etag").to_owned();
    assert_eq!(next, tag(&app).await);
    let acts = app.number("goods", "SELECT count(*) AS n FROM admin_act");
    for body in [json!({"goods_price": "950.00"}), json!({"goods_name": "x"}), json!({"on_sale": false})] {
        for expected in [read.as_str(), "\"x\"", "\"other.1\"", &format!("W/{next}")] {
            change(&app, &admin, expected, &body).await.expect_problem(412, "precondition_failed");
        }
    }
    let wrong = change(&app, &admin, next.trim_matches('"'), &json!({})).await.expect_problem(422, "invalid_request");
    assert_eq!(wrong.body["errors"][0]["field"], "If-Match");
    assert_eq!(app.number("goods", "SELECT count(*) AS n FROM admin_act"), acts);
    let now = app.get(&format!("/v1/goods/{GOODS}"), "").await.expect(200).body;
    assert_eq!(now, changed.body);
    // The answer was lost, and the request is sent again.
    let again = change(&app, &admin, &read, &json!({"goods_price": "900.00"})).await.expect(200);
    assert_eq!((again.header("etag"), &again.body), (next.as_str(), &changed.body));
    assert_eq!(app.number("goods", "SELECT count(*) AS n FROM admin_act"), acts);
    let list = format!("{read}, {next}");
    change(&app, &admin, &list, &json!({"goods_name": "a better phone"})).await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn an_order_between_reading_and_changing_does_not_refuse_the_change() {
    let app = TestApp::start().await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let read = tag(&app).await;
    app.order(&zs, "between", &OrderBody::of(GOODS, 1)).await.expect(201);
    let stock = json!({"delta": 5, "reason": "delivery"});
    app.post(&format!("/admin/goods/{GOODS}/stock"), &admin, stock).await.expect(200);
    assert_ne!(tag(&app).await, read);
    change(&app, &admin, &read, &json!({"goods_price": "900.00"})).await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn of_concurrent_changes_of_one_state_one_is_made() {
    let app = TestApp::start().await;
    let admin = app.admin().await;
    let read = tag(&app).await;
    let bodies: Vec<Value> = (1..=20).map(|price| json!({"goods_price": format!("{price}.00")})).collect();
    let answers = join_all(bodies.iter().map(|body| change(&app, &admin, &read, body))).await;
    let made: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(made.len(), 1);
    assert!(answers.iter().filter(|answer| answer.status != 200).all(|answer| answer.status == 412));
    let now = app.get(&format!("/v1/goods/{GOODS}"), "").await.expect(200).body;
    assert_eq!(now, made[0].body);
    app.finish().await;
}
