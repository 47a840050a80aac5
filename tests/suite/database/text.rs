//! Text is compared byte by byte on every engine: texts that differ in case, in a trailing space or in an accent are
//! different.

use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::json;
use tradepost::db::with_conn;

use crate::database::error_class::{ItemStore, run};
use crate::support::{OrderBody, TestApp};

#[test]
fn a_unique_text_is_found_only_by_its_exact_bytes() {
    let items = ItemStore::new();
    let mut writer = items.writer();
    let names = ["one", "One", "ONE", "one ", "oné", "one\u{301}"];
    for (id, name) in names.iter().enumerate().skip(1) {
        assert_eq!(run(&mut writer, &format!("INSERT INTO item VALUES ({}, '{name}', 1, NULL)", id + 10)).unwrap(), 1);
    }
    let db = &mut *writer;
    for name in names {
        let found = with_conn!(db, {
            diesel::sql_query("UPDATE item SET n = 5 WHERE name = ".to_owned() + placeholder())
                .bind::<Text, _>(name)
                .execute(db)
        });
        assert_eq!(found, Ok(1), "{name:?}");
    }
}

/// The engine's placeholder for a bound value.
fn placeholder() -> &'static str {
    if crate::server::engine() == crate::server::Engine::Postgres { "$1" } else { "?" }
}

#[actix_web::test]
async fn keys_that_differ_in_case_are_two_orders_and_two_payments() {
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let goods_id = app.goods(10, "1.00").await;
    let mut orders = Vec::new();
    for key in ["a-key", "A-KEY", "a-Key"] {
        orders.push(app.order(&zs, key, &OrderBody::of(&goods_id, 1)).await.expect(201).text_of("order_id"));
    }
    assert_eq!(app.stock(&goods_id).await, 7);
    let one = app.pay(&zs, "a-key", &orders[0]).await.expect(201).text_of("pay_id");
    let two = app.pay(&zs, "A-KEY", &orders[1]).await.expect(201).text_of("pay_id");
    assert_ne!(one, two);
    app.finish().await;
}

#[actix_web::test]
async fn user_names_that_differ_in_case_are_one_user() {
    let app = TestApp::start().await;
    let register = async |user_name: &str| {
        app.post("/v1/users", "", json!({"user_name": user_name, "user_password": "a good password"})).await
    };
    register("anna").await.expect(201);
    for name in ["Anna", "ANNA", "anna"] {
        register(name).await.expect_problem(409, "user_name_taken");
    }
    app.finish().await;
}
