//! Each store says which shop and which owner it belongs to. Stores that do not belong together are refused.

use std::collections::BTreeSet;
use std::time::Duration;

use diesel::prelude::*;
use tradepost::app::stores::Stores;
use tradepost::config;
use tradepost::db::schema::store_meta;
use tradepost::db::with_conn;
use tradepost::domain::clock::Clock;

use crate::support::{GOODS, OrderBody, TestApp};

const OWNERS: [&str; 6] = ["coupon", "goods", "user", "order", "pay", "sandbox"];

fn stores(app: &TestApp) -> Stores {
    let settings = config::read("", vec![("TRADEPOST__STORE__URL".to_owned(), app.store_url())]).unwrap();
    Stores::open(&settings).unwrap()
}

/// The shop of the application. All stores are complete and belong to it.
#[track_caller]
fn shop(app: &TestApp) -> String {
    let mut shops = BTreeSet::new();
    for owner in OWNERS {
        let db = &mut *app.store(owner).reader().unwrap();
        let complete = store_meta::table.filter(store_meta::state.eq(1)).select(store_meta::shop_id);
        shops.extend(with_conn!(db, complete.load::<String>(db)).unwrap().into_iter().map(|shop| (shop, owner)));
    }
    assert_eq!(shops.len(), OWNERS.len(), "{shops:?}");
    let (shop, _) = shops.first().unwrap().clone();
    assert!(shops.iter().all(|(other, _)| *other == shop), "{shops:?}");
    shop
}

/// Both a start and a command that only reads refuse the stores, in one line with these words.
#[track_caller]
fn assert_refused(app: &TestApp, words: &[&str]) {
    let stores = stores(app);
    for error in [stores.set_up().unwrap_err().to_string(), stores.expect_complete().unwrap_err().to_string()] {
        for word in [&["store.url"], words].concat() {
            assert!(error.contains(word), "{word}: {error}");
        }
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[actix_web::test]
async fn stores_that_do_not_belong_together_are_refused_with_the_way_out() {
    let mut app = TestApp::start().await;
    app.stop(Duration::from_secs(5)).await;
    let cases: [(&str, &str, &str, &[&str]); 4] = [
        (
            "pay",
            "UPDATE store_meta SET shop_id = 'another'",
            "UPDATE store_meta SET shop_id = '{shop}'",
            &["pay", "belongs to another shop (another)", "put the store of that shop there"],
        ),
        (
            "order",
            "UPDATE store_meta SET owner = 'pay'",
            "UPDATE store_meta SET owner = 'order'",
            &["order", "has the store of pay", "put its own store back"],
        ),
        (
            "user",
            "UPDATE store_meta SET state = 2",
            "UPDATE store_meta SET state = 1",
            &["user", "unfinished backup", "use another backup"],
        ),
        (
            "goods",
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')",
            "DELETE FROM __diesel_schema_migrations WHERE version = '99999999999999'",
            &["goods", "newer schema (version 99999999999999)", "use the release that migrated it"],
        ),
    ];
    let shop = shop(&app);
    for (owner, wrong, right, words) in cases {
        app.tamper(owner, wrong);
        assert_refused(&app, words);
        app.tamper(owner, &right.replace("{shop}", &shop));
        stores(&app).expect_complete().unwrap();
    }
    app.tamper("coupon", "DELETE FROM store_meta");
    assert_refused(&app, &["coupon", "does not say which shop", "put the store of that shop there"]);
    app.finish_broken().await;
}

#[actix_web::test]
async fn the_stores_of_a_release_without_identities_get_one_and_an_interrupted_upgrade_is_continued() {
    let mut app = TestApp::start().await;
    let zs = app.zs().await;
    let order = app.order(&zs, "before", &OrderBody::golden()).await.expect(201).text_of("order_id");
    app.settle().await;
    app.stop(Duration::from_secs(5)).await;
    let forget = "DROP TABLE store_meta; \
                  DELETE FROM __diesel_schema_migrations WHERE version = '00000000000000'";
    OWNERS.iter().for_each(|owner| app.alter(owner, forget));
    let error = stores(&app).expect_complete().unwrap_err().to_string();
    assert!(error.contains("run `tradepost migrate` first"), "{error}");
    stores(&app).set_up().unwrap();
    let upgraded = shop(&app);
    // Killed after the first pass over the stores, and then after the first store of the second pass.
    for owner in OWNERS {
        app.tamper(owner, "UPDATE store_meta SET state = 0");
    }
    app.tamper("pay", "DELETE FROM store_meta");
    stores(&app).set_up().unwrap();
    app.tamper("user", "UPDATE store_meta SET state = 0");
    app.restart().await;
    assert_eq!(shop(&app), upgraded);
    // Tokens are valid for one shop, and this one has a name of its own now.
    app.get("/v1/users/me", &zs).await.expect(401);
    let zs = app.zs().await;
    app.get(&format!("/v1/orders/{order}"), &zs).await.expect(200);
    app.finish().await;
}

#[actix_web::test]
async fn after_a_start_with_a_clock_that_was_set_back_ids_continue_after_the_stored_ones() {
    let mut app = TestApp::start().await;
    app.clock.advance(Duration::from_secs(3_600));
    let zs = app.zs().await;
    let before = app.order(&zs, "before", &OrderBody::golden()).await.expect(201).text_of("order_id");
    app.settle().await;
    app.clock = Clock::default();
    app.restart().await;
    let zs = app.zs().await;
    let after = app.order(&zs, "after", &OrderBody::of(GOODS, 1)).await.expect(201);
    let number = |id: &str| id.parse::<i64>().unwrap();
    assert!(number(&after.text_of("order_id")) > number(&before), "{after:?} {before}");
    app.clock.advance(Duration::from_secs(3_600));
    app.finish().await;
}
