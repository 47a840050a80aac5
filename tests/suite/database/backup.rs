//! A backup that is taken while the shop takes orders is restored elsewhere: the shop starts and its audit passes.

use std::cell::Cell;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tradepost::cli::backup;
use tradepost::config::{self, Settings};

use crate::server::place::Place;
use crate::server::{Engine, engine};
use crate::support::{OrderBody, TestApp, amount};

fn settings(url: &str) -> Settings {
    config::read("", vec![("TRADEPOST__STORE__URL".to_owned(), url.to_owned())]).unwrap()
}

async fn back_up(url: String, folder: PathBuf) -> anyhow::Result<Vec<&'static str>> {
    actix_web::rt::task::spawn_blocking(move || backup::copy_all(&settings(&url), &folder)).await.unwrap()
}

#[actix_web::test]
async fn a_backup_of_a_busy_shop_restores_to_a_shop_that_passes_the_audit() {
    if engine() != Engine::Sqlite {
        return println!("a database server has its own backups");
    }
    let from = Place::new();
    let url = from.url();
    let app = TestApp::at(from, &[]).await;
    let goods = app.goods(100_000, "20.00").await;
    let mut customers = Vec::new();
    for n in 0..6 {
        customers.push(app.customer(&format!("customer-{n}"), "1000000.00").await.1);
    }
    let (is_over, placed) = (Cell::new(false), Cell::new(0));
    let customer = |token: String, n: i64| {
        let (app, goods, is_over, placed) = (&app, &goods, &is_over, &placed);
        async move {
            for attempt in 0.. {
                if is_over.get() {
                    return;
                }
                let order_body = OrderBody::of(goods, 1).with("money_paid", json!(amount(n * 100 + 1)));
                let order = app.order(&token, &format!("order-{attempt}"), &order_body).await.expect(201);
                let order_id = order.text_of("order_id");
                placed.set(placed.get() + 1);
                if attempt % 3 == 0 {
                    app.post(&format!("/v1/orders/{order_id}/cancel"), &token, json!({})).await.expect(200);
                } else {
                    let pay_id =
                        app.pay(&token, &format!("pay-{attempt}"), &order_id).await.expect(201).text_of("pay_id");
                    app.post(&format!("/sandbox/trades/{pay_id}/pay"), "", json!({})).await.expect(200);
                }
            }
        }
    };
    let copies: Vec<Place> = (0..5).map(|_| Place::new()).collect();
    let operator = async {
        let mut placed_during = Vec::new();
        for copy in &copies {
            actix_web::rt::time::sleep(Duration::from_millis(200)).await;
            let before = placed.get();
            let copied = back_up(url.clone(), copy.folder()).await.unwrap();
            assert_eq!(copied, ["coupon", "goods", "user", "order", "pay", "sandbox"]);
            placed_during.push(placed.get() - before);
        }
        is_over.set(true);
        placed_during
    };
    let work = join_all(customers.into_iter().zip(0..).map(|(token, n)| customer(token, n)));
    let (_, placed_during) = tokio::join!(work, operator);
    println!("orders that were placed during each backup: {placed_during:?}");
    assert!(placed_during.iter().sum::<i32>() > 0, "no order was placed during a backup");
    app.finish().await;
    let mut orders = 0;
    for copy in copies {
        let restored = TestApp::at(copy, &[]).await;
        restored.settle().await;
        let found = restored.number("order", "SELECT count(*) AS n FROM orders");
        assert!(found >= orders, "a later backup has fewer orders");
        orders = found;
        let zs = restored.zs().await;
        restored.order(&zs, "after", &OrderBody::golden()).await.expect(201);
        restored.finish().await;
    }
    assert!(orders > 0);
}

#[actix_web::test]
async fn a_backup_is_refused_into_a_folder_that_is_not_empty_and_from_a_server() {
    if engine() != Engine::Sqlite {
        let place = Place::new();
        let elsewhere = tempfile::tempdir().unwrap();
        let app = TestApp::at(place, &[]).await;
        let error = back_up(app.store_url(), elsewhere.path().join("backup")).await.unwrap_err().to_string();
        assert!(error.contains("use the backup of that server"), "{error}");
        return app.finish().await;
    }
    let app = TestApp::start().await;
    let url = app.store_url();
    let folder = tempfile::tempdir().unwrap();
    let (full, file) = (folder.path().join("full"), folder.path().join("full/file"));
    std::fs::DirBuilder::new().mode(0o700).create(&full).unwrap();
    std::fs::write(&file, "something").unwrap();
    let error = format!("{:#}", back_up(url.clone(), full.clone()).await.unwrap_err());
    assert!(error.contains("is not empty"), "{error}");
    assert_eq!(std::fs::read_dir(&full).unwrap().count(), 1);
    let nothing = folder.path().join("nothing");
    let error = format!("{:#}", back_up(format!("sqlite://{}", nothing.display()), file).await.unwrap_err());
    assert!(error.contains("store.url"), "{error}");
    back_up(url, folder.path().join("good")).await.unwrap();
    app.finish().await;
}
