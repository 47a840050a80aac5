//! Cancellation of a payment, a restart, a payment during its close call, an expired order, and a platform that is not
//! configured.

use std::time::Duration;

use serde_json::json;

use crate::on_each_platform;
use crate::platform::{AnswerFault, BuyerAction, Op, PlannedFault, Sending, Stage};
use crate::support::{
    Balances, DELAYED_QUERIES, MINUTE, NO_QUERIES, OrderBody, PAY_WITHIN, Platform, Reply, Shop, TestApp,
};

const HOUR: Duration = Duration::from_secs(60 * 60);

on_each_platform!(
    a_callback_after_the_order_has_expired_finds_it_paid,
    a_cancelled_order_can_no_longer_be_paid_at_the_platform,
    a_customer_who_pays_during_the_close_call_has_paid,
    a_payment_and_its_refund_continue_after_a_restart,
    a_platform_that_is_not_configured_accepts_no_payment_and_no_notice,
    a_start_that_is_repeated_after_the_customer_has_paid_finds_it_paid,
);

async fn a_start_that_is_repeated_after_the_customer_has_paid_finds_it_paid<P: Platform>() {
    for product in P::CREATED_BY_CALL {
        let shop = Shop::<P>::without_queries().await;
        let order_id = shop.golden_order().await;
        shop.platform.plan_fault(PlannedFault::next(Op::Create, AnswerFault::Breaks));
        shop.start(product, "pay", &order_id).await.expect_problem(503, "busy");
        let pay_id = shop.app.number("pay", "SELECT pay_id AS n FROM pay").to_string();
        shop.platform.next_notice(Sending::lost());
        shop.platform.pay(&pay_id).await;
        let again = shop.start(product, "pay", &order_id).await.expect(201);
        assert_eq!((again.text_of("pay_id"), &again.body["status"]), (pay_id.clone(), &json!("paid")), "{product}");
        shop.settle().await;
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
        shop.finish().await;
    }
}

async fn a_cancelled_order_can_no_longer_be_paid_at_the_platform<P: Platform>() {
    for product in P::PRODUCTS {
        let shop = Shop::<P>::without_queries().await;
        let case = shop.paying(product).await;
        assert_eq!(shop.cancel(&case.order_id).await.expect(200).body["order_status"], "cancelled");
        assert_eq!(shop.platform.trade(&case.pay_id).stage, Stage::Closed);
        assert_eq!(shop.platform.try_pay(&case.pay_id).await, Err("it is closed"));
        shop.settle().await;
        assert_eq!(shop.balances(&case.order_id, &case.pay_id).await, Balances::cancelled());
        assert_eq!((shop.me().await, shop.call_count(Op::Close)), (("1000.00".to_owned(), 100), 1));
        shop.finish().await;
    }
}

async fn a_customer_who_pays_during_the_close_call_has_paid<P: Platform>() {
    const LATE: Duration = Duration::from_secs(29 * 60);
    for product in P::PRODUCTS {
        for (act, after) in [
            (BuyerAction::Pays, Duration::ZERO),
            (BuyerAction::Pays, LATE),
            (BuyerAction::PaysAndNotifies, Duration::ZERO),
            (BuyerAction::PaysAndNotifies, LATE),
        ] {
            let shop = Shop::<P>::open().await;
            let case = shop.paying(product).await;
            shop.app.clock.advance(after);
            shop.app.settle().await;
            shop.platform.during(Op::Close, act);
            shop.cancel(&case.order_id).await.expect_problem(409, "order_not_cancellable");
            let close = shop.platform.calls().into_iter().find(|call| call.op == Some(Op::Close)).unwrap();
            assert_eq!(close.verdict, P::ALREADY_PAID);
            shop.settle().await;
            shop.assert_paid(&case).await;
            shop.advance(HOUR).await;
            shop.assert_paid(&case).await;
            shop.assert_replies(&case, &[Reply::Accepted]);
            assert!(shop.parked().await.is_empty());
            shop.finish().await;
        }
    }
}

async fn a_callback_after_the_order_has_expired_finds_it_paid<P: Platform>() {
    for product in P::PRODUCTS {
        for settings in [&DELAYED_QUERIES, &NO_QUERIES] {
            let shop = Shop::<P>::with(P::start().await, settings).await;
            let case = shop.paying(product).await;
            shop.platform.notices_of(&case.pay_id, Sending::late(HOUR));
            shop.platform.pay(&case.pay_id).await;
            shop.app.clock.advance(PAY_WITHIN);
            // The shop closes the payment before it cancels the order, and so learns that it is paid.
            shop.app.settle().await;
            shop.assert_paid(&case).await;
            shop.advance(PAY_WITHIN).await;
            shop.assert_replies(&case, &[Reply::Accepted]);
            assert!(shop.parked().await.is_empty());
            shop.assert_paid(&case).await;
            shop.finish().await;
        }
    }
}

async fn a_payment_and_its_refund_continue_after_a_restart<P: Platform>() {
    for product in P::PRODUCTS {
        let mut shop = Shop::<P>::without_queries().await;
        let case = shop.paying(product).await;
        shop.restart().await;
        shop.platform.notices_of(&case.pay_id, Sending::late(MINUTE));
        shop.platform.pay(&case.pay_id).await;
        shop.restart().await;
        shop.next_delivery().await;
        shop.app.settle().await;
        shop.assert_replies(&case, &[Reply::Accepted]);
        shop.assert_paid(&case).await;
        shop.restart().await;
        shop.app.admin_refund(&shop.admin, &case.order_id, None).await.expect(202);
        shop.restart().await;
        shop.settle().await;
        shop.advance(MINUTE).await;
        shop.assert_refunded(&case).await;
        assert_eq!(shop.platform.trade(&case.pay_id).refunds.len(), 1);
        shop.finish().await;
    }
}

async fn a_platform_that_is_not_configured_accepts_no_payment_and_no_notice<P: Platform>() {
    let shop = Shop::<P>::without_queries().await;
    let case = shop.paid(P::PRODUCTS[1]).await;
    let valid = shop.platform.deliveries(&case.pay_id).remove(0).post;
    let headers: Vec<(&str, &str)> = valid.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    let app = TestApp::start().await;
    let zs = app.zs().await;
    let order_id = app.order(&zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    let before = app.rows();
    for product in P::PRODUCTS {
        let callbacks = format!("/v1/payments/callbacks/{product}");
        app.send_bytes(&callbacks, &headers, valid.body.clone()).await.expect_problem(404, "not_found");
        app.send_bytes(&callbacks, &[], b"{}".to_vec()).await.expect_problem(404, "not_found");
        let refused = app.start_payment(&zs, product, &P::start_body(product, &order_id)).await;
        let refused = refused.expect_problem(422, "invalid_request");
        assert_eq!(refused.body["errors"][0]["field"], "provider");
    }
    assert_eq!((app.rows(), app.number("pay", "SELECT count(*) AS n FROM pay")), (before, 0));
    app.finish().await;
    shop.finish().await;
}
