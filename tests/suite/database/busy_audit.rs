//! Audits beside a busy shop raise no false alarm.

use std::cell::Cell;
use std::time::Duration;

use futures_util::future::{join, join_all};
use serde_json::json;
use tradepost::audit::{self, OwnerStores, Plan};
use tradepost::config;
use tradepost::db::{Limits, Store};
use tradepost::domain::clock::Clock;

use crate::support::{LIMITS, OrderBody, TestApp, eventually};

const CUSTOMERS: usize = 6;
/// The most audits, if no refund is made.
const AUDITS_MAX: usize = 500;

/// The number of audits: `TRADEPOST_AUDITS`, or a few.
fn audits() -> usize {
    #[expect(clippy::disallowed_methods, reason = "the variable belongs to the test run, not to the settings")]
    let number = std::env::var("TRADEPOST_AUDITS");
    number.map_or(12, |text| text.parse().expect("TRADEPOST_AUDITS is a number"))
}

/// Places, pays, refunds in part and cancels orders until `is_over`, and counts the part refunds.
async fn shop_on(
    app: &TestApp,
    number: usize,
    goods: &str,
    admin: &str,
    (refunds, is_over): (&Cell<usize>, &Cell<bool>),
) {
    let (_, token) = app.customer(&format!("customer-{number}"), "100000.00").await;
    let mut round = 0;
    while !is_over.get() {
        round += 1;
        let key = |what: &str| format!("{what}-{number}-{round}");
        let body = OrderBody::of(goods, 2).with("money_paid", json!("0.50"));
        let order_id = app.order(&token, &key("order"), &body).await.expect(201).text_of("order_id");
        if round % 4 == 0 {
            app.post(&format!("/v1/orders/{order_id}/cancel"), &token, json!({})).await.expect(200);
            continue;
        }
        let pay_id = app.pay(&token, &key("pay"), &order_id).await.expect(201).text_of("pay_id");
        app.post(&format!("/sandbox/trades/{pay_id}/pay"), "", json!({})).await.expect(200);
        // On a busy machine, the order may not know of it for a moment.
        let path = format!("/v1/orders/{order_id}");
        let paid = || async { (app.get(&path, &token).await.body["pay_status"] == "paid").then_some(()) };
        eventually(Duration::from_secs(20), "the order is paid", paid).await;
        for _ in 0..3 {
            let part = json!({"amount": "1.00", "reason": "scratched"});
            let answer = app.post(&format!("/admin/orders/{order_id}/refund"), admin, part).await;
            refunds.set(refunds.get() + usize::from(answer.status == 202));
        }
    }
}

/// The stores of the application over connections of their own, each with one reader.
fn stores(app: &TestApp, limits: Limits) -> OwnerStores {
    let open = |owner: &str| Store::new(&app.store_url(), owner, limits).unwrap();
    OwnerStores {
        coupon: open("coupon"),
        goods: open("goods"),
        user: open("user"),
        order: open("order"),
        pay: open("pay"),
    }
}

#[actix_web::test]
async fn audits_beside_a_busy_shop_with_part_refunds_raise_no_false_alarm() {
    let app = TestApp::with(&[("AUDIT__SEAL_EVERY", "50ms"), ("PAYMENTS__SWEEP_EVERY", "50ms")]).await;
    let (goods, admin) = (app.goods(1_000_000, "10.00").await, app.admin().await);
    let settings = config::read("", vec![("TRADEPOST__STORE__URL".to_owned(), app.store_url())]).unwrap();
    let (refunds, is_over) = (Cell::new(0), Cell::new(false));
    let shop_on = |number| shop_on(&app, number, &goods, &admin, (&refunds, &is_over));
    let load = join_all((0..CUSTOMERS).map(shop_on));
    let audit = async {
        let mut number = 0;
        // On a busy machine, the first refund may come after all audits.
        while number < audits() || (refunds.get() == 0 && number < AUDITS_MAX) {
            // Every third audit is of the last second.
            let since = (number % 3 == 2).then(|| Clock::default().now().minus(Duration::from_secs(1)));
            let stores = stores(&app, Limits { readers: 1, ..LIMITS });
            let (horizons, grace) = (settings.horizons(), settings.audit.grace.0);
            let chains = audit::Expected { is_on: true, kept: &[] };
            let report = actix_web::rt::task::spawn_blocking(move || {
                let plan = Plan { grace, horizons: &horizons, chains, files: true, since };
                audit::run(&stores, &Clock::default(), &plan, |_, _| {}).unwrap()
            });
            let report = report.await.unwrap();
            let violations: Vec<_> = report.invariants.iter().flat_map(|invariant| &invariant.violations).collect();
            assert_eq!(violations, [""; 0]);
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
            number += 1;
        }
        is_over.set(true);
    };
    join(load, audit).await;
    assert!(refunds.get() > 0, "no part refund was made beside the audits");
    app.finish().await;
}
