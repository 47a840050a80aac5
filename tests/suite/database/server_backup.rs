//! A backup of a database server with its own tools, taken while the shop takes orders, is a shop that passes the audit.

use std::cell::Cell;

use serde_json::json;

use crate::server::place::Place;
use crate::server::{Engine, engine};
use crate::support::{OrderBody, TestApp, amount};

#[actix_web::test]
async fn a_dump_of_a_busy_server_in_one_snapshot_restores_to_a_shop_that_passes_the_audit() {
    if engine() == Engine::Sqlite {
        return println!("SQLite stores are copied by `tradepost backup`");
    }
    let app = TestApp::start().await;
    let goods = app.goods(100_000, "20.00").await;
    let customers = [app.customer("one", "1000000.00").await.1, app.customer("two", "1000000.00").await.1];
    let (is_over, placed) = (Cell::new(false), Cell::new(0));
    let customer = async |token: &str| {
        for attempt in 1.. {
            if is_over.get() {
                return;
            }
            let order_body = OrderBody::of(&goods, 1).with("money_paid", json!(amount(attempt)));
            app.order(token, &format!("order-{attempt}"), &order_body).await.expect(201);
            placed.set(placed.get() + 1);
        }
    };
    let copy = Place::new();
    let dump = async {
        while placed.get() == 0 {
            actix_web::rt::task::yield_now().await;
        }
        // Blocks this thread. The owners go on with what has reached them.
        copy.load_dump_of(app.place());
        is_over.set(true);
    };
    tokio::join!(customer(&customers[0]), customer(&customers[1]), dump);
    app.finish().await;
    let restored = TestApp::at(copy, &[]).await;
    restored.settle().await;
    assert!(restored.number("order", "SELECT count(*) AS n FROM orders") > 0);
    let zs = restored.zs().await;
    restored.order(&zs, "after", &OrderBody::golden()).await.expect(201);
    restored.finish().await;
}
