//! One shop with goods on PostgreSQL, users on MySQL and the rest on SQLite. Runs only if PostgreSQL is under test.

use std::time::Duration;

use crate::server::place::Place;
use crate::server::{Engine, Server, engine};
use crate::support::{COUPON, GOODS, OrderBody, TestApp, USER, eventually};
use serde_json::{Value, json};

/// Starts an application on three engines. The returned place holds the users' database and must outlive it.
async fn start_mixed(goods_url: &str, settings: &[(&str, &str)]) -> (TestApp, Place) {
    let users = Place::on(Engine::Mysql);
    let users_url = users.url();
    let urls = [("STORE__GOODS__URL", goods_url), ("STORE__USER__URL", users_url.as_str())];
    (TestApp::at(Place::on(Engine::Sqlite), &[&urls, settings].concat()).await, users)
}

/// Returns the balance and the points of the customer.
async fn balance_and_points(app: &TestApp, token: &str) -> (String, i64) {
    let me = app.get("/v1/users/me", token).await.expect(200);
    (me.text_of("user_money"), me.body["user_score"].as_i64().unwrap())
}

#[actix_web::test]
async fn a_shop_on_three_engines_sells_and_is_paid() {
    if engine() != Engine::Postgres {
        return println!("runs if PostgreSQL is tested");
    }
    let goods = Place::on(Engine::Postgres);
    let (app, _users) = start_mixed(&goods.url(), &[]).await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    let order = app.order(&zs, "golden", &OrderBody::golden()).await.expect(201);
    assert_eq!((&order.body["pay_amount"], &order.body["user_id"]), (&json!("880.00"), &json!(USER)));
    let payment = app.pay(&zs, "pay", &order.text_of("order_id")).await.expect(201);
    app.pay_at_platform(&payment.text_of("pay_id"), json!({})).await.expect(200);
    app.settle().await;
    assert_eq!((app.stock(GOODS).await, balance_and_points(&app, &zs).await), (999, ("900.00".to_owned(), 980)));

    let status = app.get("/admin/status", &admin).await.expect(200).body;
    let engine_of = |name: &str| {
        let actors = status["actors"].as_array().unwrap();
        actors.iter().find(|actor| actor["name"] == name).map(|actor| actor["store"]["engine"].clone())
    };
    for (owner, engine) in
        [("goods", "postgres"), ("user", "mysql"), ("order", "sqlite"), ("coupon", "sqlite"), ("pay", "sqlite")]
    {
        assert_eq!(engine_of(owner), Some(json!(engine)), "{owner}");
    }
    app.finish().await;
}

#[actix_web::test]
async fn a_shop_on_three_engines_releases_everything_of_an_order_it_cannot_confirm() {
    if engine() != Engine::Postgres {
        return println!("runs if PostgreSQL is tested");
    }
    let goods = Place::on(Engine::Postgres);
    let (app, _users) = start_mixed(&goods.url(), &[("ORDERS__DEADLINE", "0s")]).await;
    let zs = app.zs().await;
    app.order(&zs, "golden", &OrderBody::golden()).await.expect_problem(409, "order_deadline_passed");
    app.settle().await;
    assert_eq!((app.stock(GOODS).await, balance_and_points(&app, &zs).await), (1000, ("1000.00".to_owned(), 100)));
    assert_eq!(app.number("coupon", &format!("SELECT is_used AS n FROM coupon WHERE coupon_id = {COUPON}")), 0);
    app.finish().await;
}

#[actix_web::test]
async fn the_other_stores_serve_while_one_of_three_engines_is_down_and_orders_resume_when_it_is_back() {
    if engine() != Engine::Postgres {
        return println!("runs if PostgreSQL is tested");
    }
    let server = Server::start(Engine::Postgres);
    server.create_database("shop");
    let (app, _users) = start_mixed(&server.url("shop"), &[]).await;
    let (zs, admin) = (app.zs().await, app.admin().await);
    app.order(&zs, "before", &OrderBody::of(GOODS, 1)).await.expect(201);
    app.settle().await;

    server.kill();
    // The first request may use a connection that is already broken.
    for key in ["first", "once", "again"] {
        let started_at = std::time::Instant::now();
        app.order(&zs, key, &OrderBody::of(GOODS, 1)).await.expect_problem(503, "busy");
        assert!(started_at.elapsed() < Duration::from_secs(1), "{key}: {:?}", started_at.elapsed());
    }
    app.zs().await;
    assert_eq!(balance_and_points(&app, &zs).await.0, "1000.00");
    eventually(Duration::from_secs(5), "the status page reports the store as down", || async {
        let status = app.get("/admin/status", &admin).await.expect(200).body;
        let stores = |is: bool| {
            let actors = status["actors"].as_array().unwrap().iter();
            actors.filter(|actor| actor["store"]["reachable"] == is).map(|actor| actor["name"].clone()).collect()
        };
        let (down, up): (Vec<Value>, Vec<Value>) = (stores(false), stores(true));
        (down == ["goods"] && up.len() == 5 && status["status"] == "unhealthy").then_some(())
    })
    .await;
    app.get("/readyz", "").await.expect_problem(503, "not_ready");

    server.resume();
    eventually(Duration::from_secs(5), "orders are placed again", || async {
        (app.order(&zs, "once", &OrderBody::of(GOODS, 1)).await.status == 201).then_some(())
    })
    .await;
    assert_eq!(app.stock(GOODS).await, 998);
    app.finish().await;
}
