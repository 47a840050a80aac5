//! Faults for which Alipay has its own rules: late payments, notices out of order, a closed trade, an old notice, a
//! notice that could not be stored. `payment::platform` has the tests that run on each platform. Forged notices are in
//! `forgery.rs`, faulty answers in `answer.rs`, refunds in `refund.rs`, changes of keys in `key.rs`. Alipay's notices
//! have no age limit, so there is no test with a stale timestamp.

use std::time::Duration;

use tradepost::actor::fault::Fault;

use crate::alipay::platform::{CODE, PAGE, Shop};
use crate::platform::{Alipay, Kind, Sending};
use crate::support::{Case, NO_QUERIES, OrderBody, Reply};

const HOUR: Duration = Duration::from_secs(3600);

/// Cancels a golden order before its customer opens the checkout. The trade can still be paid at Alipay.
async fn cancelled_before_checkout(shop: &Shop, provider: &str) -> Case {
    let order_id = shop.app.order(&shop.zs, "order", &OrderBody::golden()).await.expect(201).text_of("order_id");
    let started = shop.start(provider, "pay", &order_id).await.expect(201);
    let case = Case { order_id, pay_id: started.text_of("pay_id") };
    shop.cancel(&case.order_id).await.expect(200);
    shop.settle().await;
    shop.assert_payment(&case, "closed").await;
    shop.open_checkout(&started).await;
    case
}

#[actix_web::test]
async fn a_late_payment_of_a_cancelled_order_is_refunded() {
    for provider in [PAGE, CODE] {
        let shop = Shop::without_queries().await;
        let case = cancelled_before_checkout(&shop, provider).await;
        shop.platform.next_notice(Sending::late(HOUR * 2));
        shop.platform.pay(&case.pay_id).await;
        shop.advance_platform_first(HOUR).await;
        assert_eq!(shop.ledger(&case), (88_000, 0));
        shop.advance_platform_first(HOUR).await;
        shop.assert_paid_too_late(&case).await;
        shop.assert_replies(&case, &[Reply::Accepted; 2]);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_second_event_of_the_same_payment_is_accepted_and_changes_nothing() {
    let shop = Shop::without_queries().await;
    let case = shop.paid(PAGE).await;
    shop.platform.notify_again(&case.pay_id, Kind::Paid).await;
    shop.settle().await;
    shop.assert_replies(&case, &[Reply::Accepted; 2]);
    shop.assert_paid(&case).await;
    let kept = "SELECT count(*) AS n FROM pay_notice WHERE verdict = 1";
    assert_eq!(shop.app.number("pay", kept), 2);
    shop.finish().await;
}

#[actix_web::test]
async fn fifty_notices_of_one_late_payment_are_one_refund() {
    let shop = Shop::without_queries().await;
    let case = cancelled_before_checkout(&shop, CODE).await;
    shop.platform.next_notice(Sending::at_once(50));
    shop.platform.pay(&case.pay_id).await;
    shop.settle().await;
    shop.assert_paid_too_late(&case).await;
    shop.finish().await;
}

#[actix_web::test]
async fn notices_before_or_after_the_payment_never_move_it_back() {
    for provider in [PAGE, CODE] {
        let shop = Shop::without_queries().await;
        let case = shop.paying(provider).await;
        shop.platform.notify_again(&case.pay_id, Kind::Waiting).await;
        shop.app.assert_unpaid().await;
        shop.platform.pay(&case.pay_id).await;
        for kind in [Kind::Closed, Kind::Waiting, Kind::Paid, Kind::Finished] {
            shop.platform.notify_again(&case.pay_id, kind).await;
            shop.settle().await;
            shop.assert_paid(&case).await;
        }
        shop.assert_replies(&case, &[Reply::Accepted; 6]);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_payment_that_was_reported_closed_and_is_paid_later_counts() {
    let shop = Shop::without_queries().await;
    let case = shop.paying(PAGE).await;
    shop.platform.notify_again(&case.pay_id, Kind::Closed).await;
    shop.settle().await;
    shop.assert_payment(&case, "closed").await;
    shop.platform.pay(&case.pay_id).await;
    shop.settle().await;
    shop.assert_paid(&case).await;
    shop.finish().await;
}

#[actix_web::test]
async fn a_closed_trade_without_a_notice_is_found_by_a_query() {
    let shop = Shop::with(Alipay::start().await, &[]).await;
    let case = shop.paying(CODE).await;
    shop.platform.expire(&case.pay_id).await;
    shop.advance_platform_first(Duration::from_secs(2)).await;
    shop.assert_payment(&case, "closed").await;
    // Another start creates another trade.
    let again = shop.start(CODE, "again", &case.order_id).await.expect(201);
    shop.open_checkout(&again).await;
    let again = Case { pay_id: again.text_of("pay_id"), ..case };
    shop.platform.pay(&again.pay_id).await;
    shop.settle().await;
    shop.assert_paid(&again).await;
    shop.finish().await;
}

#[actix_web::test]
async fn an_old_notice_after_the_refund_changes_nothing() {
    for provider in [PAGE, CODE] {
        let shop = Shop::without_queries().await;
        let case = shop.paid(provider).await;
        let old = shop.platform.deliveries(&case.pay_id).remove(0);
        shop.app.refund(&shop.zs, "refund", &case.order_id).await.expect(202);
        shop.settle().await;
        shop.assert_refunded(&case).await;
        let before = shop.app.rows();
        for _ in 0..2 {
            let again = shop.platform.replay(&old).await;
            assert_eq!((again.status, &*again.reply), (200, "success"));
            shop.advance_platform_first(HOUR).await;
        }
        shop.assert_refunded(&case).await;
        assert_eq!(shop.app.rows(), before);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_callback_that_could_not_be_stored_is_accepted_when_it_is_repeated() {
    for point in ["pay.apply", "pay.before_commit"] {
        let shop = Shop::with(Alipay::start().await, &NO_QUERIES).await;
        let case = shop.paying(PAGE).await;
        shop.settle().await;
        shop.app.faults.plan(point, Fault::Error, 0, 1);
        shop.platform.pay(&case.pay_id).await;
        shop.assert_replies(&case, &[Reply::Refused]);
        assert_eq!(shop.app.faults.fired(point), 1);
        shop.app.assert_unpaid().await;
        shop.platform.deliver_next().await;
        shop.settle().await;
        shop.assert_replies(&case, &[Reply::Refused, Reply::Accepted]);
        shop.assert_paid(&case).await;
        shop.finish().await;
    }
}
