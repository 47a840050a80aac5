//! Money at risk equals a sum over the tables that is made in another way.

use std::collections::BTreeMap;

use awc::http::Method;
use diesel::prelude::*;
use serde_json::{Value, json};
use tradepost::db::{self, with_conn};

use crate::model::Shop;
use crate::support::{MINUTE, TestApp};

const KINDS: [&str; 6] =
    ["open_payment", "unbooked_payment", "requested_refund", "pending_refund", "parked_refund", "parked_charge"];
/// Instants at which the sums are compared, at least.
const INSTANTS: usize = 100;
/// Steps of the run between two of them, at most.
const STEPS_MAX: usize = 6;

/// A text of a row.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = diesel::sql_types::Text)]
    t: String,
}

fn texts(app: &TestApp, owner: &str, query: &str) -> Vec<String> {
    let store: db::Store = app.store(owner);
    let db = &mut *store.reader().unwrap();
    let rows: Vec<Row> = with_conn!(db, diesel::sql_query(query).load(db)).unwrap();
    rows.into_iter().map(|row| row.t).collect()
}

/// The sums by kind in minor units, from all rows of all payments and messages.
fn independent(app: &TestApp) -> BTreeMap<&'static str, i64> {
    let sum = |query: &str| app.number("pay", query);
    // Every message to the group that is not delivered, whatever it is about, read in the test.
    let bodies = |owner, group: &str, field: &str| -> Vec<Value> {
        let query = format!("SELECT msg_body AS t FROM mq_producer WHERE msg_status <> 1 AND group_name = '{group}'");
        let bodies = texts(app, owner, &query).into_iter().map(|body| serde_json::from_str(&body).unwrap());
        bodies.filter(|body: &Value| body.get(field).is_some()).collect()
    };
    let unbooked = bodies("pay", "order", "pay_amount").into_iter().map(|body| {
        let pay_id = body["pay_id"].as_str().unwrap();
        sum(&format!("SELECT COALESCE(charged, pay_amount) AS n FROM pay WHERE pay_id = {pay_id} AND is_paid = 2"))
    });
    let unbooked = unbooked.sum();
    let requested = bodies("order", "pay", "refund_id").into_iter().filter_map(|body| {
        let refund_id = body["refund_id"].as_str().unwrap();
        let is_known = sum(&format!("SELECT count(*) AS n FROM pay_refund WHERE refund_id = {refund_id}")) > 0;
        (!is_known).then(|| body["amount_minor"].as_i64().unwrap())
    });
    BTreeMap::from([
        (
            "open_payment",
            sum("SELECT COALESCE(SUM(pay_amount), 0) AS n FROM pay WHERE is_paid = 1 AND close_time IS NULL"),
        ),
        ("unbooked_payment", unbooked),
        ("requested_refund", requested.sum()),
        (
            "pending_refund",
            sum("SELECT COALESCE(SUM(amount), 0) AS n FROM pay_refund WHERE done_time IS NULL AND status = 0"),
        ),
        (
            "parked_refund",
            sum(
                "SELECT COALESCE(SUM(amount), 0) AS n FROM pay_refund WHERE done_time IS NULL AND status = 2 AND dismiss_time IS NULL",
            ),
        ),
        (
            "parked_charge",
            sum("SELECT COALESCE(SUM(amount), 0) AS n FROM pay_parked WHERE status = 0 AND currency = 'CNY'"),
        ),
    ])
}

/// The number of messages that were ever written.
fn written(app: &TestApp) -> [i64; 2] {
    ["pay", "order"].map(|owner| app.number(owner, "SELECT count(*) AS n FROM mq_producer"))
}

/// The sums by kind in minor units, as operators see them.
async fn shown(app: &TestApp) -> BTreeMap<&'static str, i64> {
    let scrape = app.scrape().await;
    let minor = |kind| {
        let sum = format!("{:.0}", scrape.sum("tradepost_money_at_risk", &[("kind", kind)]) * 100.0);
        sum.parse().unwrap()
    };
    KINDS.into_iter().map(|kind| (kind, minor(kind))).collect()
}

/// Makes the latest delivered message with this tag pending, as it is while its delivery is leased.
fn forget_delivery(app: &TestApp, owner: &str, tag: &str) {
    let due = app.clock.now().0 + 20_000;
    let latest = format!(
        "SELECT MAX(id) FROM (SELECT id FROM mq_producer WHERE msg_tag = '{tag}' AND group_name IN ('order', 'pay')) AS t"
    );
    let forget = format!("UPDATE mq_producer SET msg_status = 0, due_time = {due}, attempts = 1 WHERE id = ({latest})");
    let db = &mut *app.store(owner).writer().unwrap();
    with_conn!(db, diesel::sql_query(forget).execute(db)).unwrap();
}

#[actix_web::test]
async fn a_payment_is_at_risk_until_its_order_knows_and_a_refund_until_it_is_made() {
    let app = TestApp::start().await;
    let (zs, order_id, pay_id) = app.paying().await;
    let only = |kind, amount| {
        let mut sums = shown_nothing();
        sums.insert(kind, amount);
        sums
    };
    assert_eq!(shown(&app).await, only("open_payment", 88_000));
    app.fail_at("order.apply");
    app.pay_at_platform(&pay_id, json!({})).await.expect(200);
    assert_eq!(shown(&app).await, only("unbooked_payment", 88_000));
    app.clear_fault("order.apply");
    app.advance(MINUTE).await;
    assert_eq!(shown(&app).await, shown_nothing());

    app.fail_at("pay.apply");
    let path = format!("/v1/orders/{order_id}/refund");
    app.send(Method::POST, &path, &zs, &[("idempotency-key", "refund")], Some(&json!({}))).await.expect(202);
    app.settle().await;
    assert_eq!(shown(&app).await, only("requested_refund", 88_000));
    app.clear_fault("pay.apply");
    app.fail_at("sandbox.call");
    app.advance(MINUTE).await;
    assert_eq!(shown(&app).await, only("pending_refund", 88_000));
    app.clear_fault("sandbox.call");
    app.advance(MINUTE * 10).await;
    assert_eq!(shown(&app).await, shown_nothing());
    app.finish().await;
}

/// The sums if no money is at risk.
fn shown_nothing() -> BTreeMap<&'static str, i64> {
    KINDS.into_iter().map(|kind| (kind, 0)).collect()
}

/// Whether each kind of money at risk was compared that every long run has.
fn is_covered(seen: &BTreeMap<&str, usize>) -> bool {
    let count = |kind| seen.get(kind).copied().unwrap_or(0);
    count("open_payment") > 0 && count("unbooked_payment") > 0 && count("parked_charge") + count("pending_refund") > 0
}

#[actix_web::test]
async fn money_at_risk_equals_an_independent_sum_at_random_instants_of_a_run_with_faults() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut shop = Shop::open(random.fork()).await;
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for instant in 0.. {
        if instant >= INSTANTS && (is_covered(&seen) || instant >= 4 * INSTANTS) {
            break;
        }
        for _ in 0..random.usize(1..=STEPS_MAX) {
            shop.step().await;
        }
        // The outbox does not know that a message was delivered, as after a kill between delivery and acknowledgement.
        for (owner, tag) in [("pay", "paid"), ("order", "repay")] {
            if random.bool() {
                forget_delivery(&shop.app, owner, tag);
            }
        }
        // Work may be going on. Then the tables are not the same before and after, or they are, and a message was written
        // and delivered meanwhile.
        let compared = crate::support::eventually(std::time::Duration::from_secs(20), "a quiet moment", || async {
            let read = || (written(&shop.app), independent(&shop.app));
            let (before, shown) = (read(), shown(&shop.app).await);
            (read() == before).then_some((before.1, shown))
        });
        let (expected, shown) = compared.await;
        assert_eq!(shown, expected, "instant {instant} of seed {seed}");
        for (kind, amount) in shown {
            *seen.entry(kind).or_default() += usize::from(amount > 0);
        }
    }
    println!("{seen:?}");
    assert!(is_covered(&seen), "{seen:?}");
    shop.end_all_trouble().await;
    for _ in 0..2 {
        shop.app.advance(std::time::Duration::from_secs(61)).await;
    }
    shop.close().await;
}
