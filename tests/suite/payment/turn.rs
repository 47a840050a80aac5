//! The starts of one payment take turns, on all nodes: a platform returns the checkout of a payment only once.

use std::time::Duration;

use serde_json::json;

use crate::alipay::platform::CODE;
use crate::platform::{Alipay, AnswerFault, Op, PlannedFault};
use crate::server::{Engine, engine};
use crate::support::{GOODS, NO_QUERIES, OrderBody, TestApp, eventually};

const SECRETS: [(&str, &str); 2] = [
    ("SESSION__SECRET", "the secret of the sessions of two nodes"),
    ("GATEWAY__SANDBOX__SECRET", "the secret of the sandbox of two nodes"),
];

/// Files have one process only.
#[actix_web::test]
async fn two_nodes_that_start_one_payment_create_it_once() {
    if engine() == Engine::Sqlite {
        return;
    }
    let alipay = Alipay::start().await;
    let settings = [alipay.settings(), SECRETS.to_vec(), NO_QUERIES.to_vec()].concat();
    let one = TestApp::with(&settings).await;
    let url = one.store_url();
    let two = TestApp::with(&[settings, vec![("STORE__URL", &url)]].concat()).await;
    alipay.follow(&one.clock);
    let zs = one.zs().await;
    for n in 0..10 {
        let order_body = OrderBody::of(GOODS, 1);
        let order_id = one.order(&zs, &format!("order-{n}"), &order_body).await.expect(201).text_of("order_id");
        let late = AnswerFault::Late(Duration::from_millis(300));
        alipay.plan_fault(PlannedFault::next(Op::Create, late));
        let body = json!({"order_id": order_id, "provider": CODE});
        let (key_one, key_two) = (format!("one-{n}"), format!("two-{n}"));
        let (on_one, on_two) =
            tokio::join!(one.start_payment(&zs, &key_one, &body), two.start_payment(&zs, &key_two, &body));
        let mut statuses = [on_one.status, on_two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 201], "{} {}", on_one.text, on_two.text);
        assert_eq!((&on_one.body, on_one.body["checkout"].is_object()), (&on_two.body, true));
    }
    let creates = alipay.calls().into_iter().filter(|call| call.op == Some(Op::Create)).count();
    assert_eq!(creates, 10);
    two.finish().await;
    one.finish().await;
}

#[actix_web::test]
async fn a_turn_that_is_never_ended_ends_with_its_lease() {
    let app = TestApp::with(&[("PAYMENTS__ANSWER_WITHIN", "300ms")]).await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    app.fail_at("sandbox.apply");
    app.pay(&zs, "pay", &order_id).await.expect_problem(503, "busy");
    app.clear_fault("sandbox.apply");
    // Another node has the turn and dies.
    let until = app.clock.now().plus(Duration::from_secs(30)).0;
    app.tamper("pay", &format!("UPDATE pay_open SET start_until = {until}"));
    let pay_id = app.pay(&zs, "pay", &order_id).await.expect(202).text_of("pay_id");
    app.clock.advance(Duration::from_secs(30));
    let path = format!("/v1/payments/{pay_id}");
    let has_checkout = || async { app.get(&path, &zs).await.body["checkout"].is_object().then_some(()) };
    eventually(Duration::from_secs(10), "the checkout", has_checkout).await;
    app.pay(&zs, "pay", &order_id).await.expect(201);
    app.finish().await;
}

#[actix_web::test]
async fn the_turns_of_an_earlier_run_end_when_the_process_starts_again() {
    let mut app = TestApp::with(&[("PAYMENTS__ANSWER_WITHIN", "300ms")]).await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::of(GOODS, 1)).await.expect(201).text_of("order_id");
    app.fail_at("sandbox.apply");
    app.pay(&zs, "pay", &order_id).await.expect_problem(503, "busy");
    app.clear_fault("sandbox.apply");
    // The process has the turn and is killed.
    let until = app.clock.now().plus(Duration::from_secs(30)).0;
    app.tamper("pay", &format!("UPDATE pay_open SET start_until = {until}"));
    app.restart().await;
    app.pay(&zs, "pay", &order_id).await.expect(201);
    app.finish().await;
}
