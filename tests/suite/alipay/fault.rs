//! Faults between the shop and Alipay: notices that are late, repeated, lost, early or out of order. Forged notices are in
//! `forgery.rs`, faulty answers in `answer.rs`, refunds in `refund.rs`, changes of keys in `key.rs`. Alipay's notices have
//! no limit on their age, so there is no test with a stale timestamp.

use std::time::Duration;

use serde_json::json;
use tradepost::actor::fault::Fault;

use crate::alipay::platform::{CODE, PAGE, Shop};
use crate::platform::{Act, Alipay, Heard, Kind, Op, Payment, Sending, Stage};
use crate::support::{Case, DEAF, PAY_WITHIN, Reply, Wish};

const HOUR: Duration = Duration::from_secs(3600);

/// A golden order that is cancelled before its customer gets to Alipay, and paid there all the same.
async fn dead(shop: &Shop, provider: &str) -> Case {
    let order_id = shop.app.order(&shop.zs, "order", &Wish::golden()).await.expect(201).text_of("order_id");
    let started = shop.start(provider, "pay", &order_id).await.expect(201);
    let case = Case { order_id, pay_id: started.text_of("pay_id") };
    shop.cancel(&case.order_id).await.expect(200);
    shop.settle().await;
    shop.assert_payment(&case, "closed").await;
    shop.arrive(&started).await;
    case
}

#[actix_web::test]
async fn a_late_payment_of_a_cancelled_order_is_refunded() {
    for provider in [PAGE, CODE] {
        let shop = Shop::with(Alipay::start().await, &[]).await;
        let case = dead(&shop, provider).await;
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
async fn a_callback_after_the_order_has_expired_finds_it_paid() {
    for provider in [PAGE, CODE] {
        let shop = Shop::deaf().await;
        let case = shop.paying(provider).await;
        shop.platform.next_notice(Sending::late(HOUR * 2));
        shop.platform.pay(&case.pay_id).await;
        shop.advance_platform_first(PAY_WITHIN).await;
        shop.assert_paid(&case).await;
        shop.advance_platform_first(HOUR * 2).await;
        shop.assert_replies(&case, &[Reply::Accepted]);
        shop.assert_paid(&case).await;
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_repeated_callback_pays_once() {
    for sending in [Sending::copies(8), Sending::at_once(20)] {
        let shop = Shop::deaf().await;
        let case = shop.paying(PAGE).await;
        let copies = sending.copies;
        shop.platform.next_notice(sending);
        shop.platform.pay(&case.pay_id).await;
        shop.settle().await;
        shop.assert_replies(&case, &vec![Reply::Accepted; copies]);
        shop.assert_paid(&case).await;
        // The same in other words: as an event of its own.
        shop.platform.tell(&case.pay_id, Kind::Paid).await;
        shop.settle().await;
        shop.assert_replies(&case, &vec![Reply::Accepted; copies + 1]);
        shop.assert_paid(&case).await;
        let kept = "SELECT count(*) AS n FROM pay_notice WHERE verdict = 1";
        assert_eq!(shop.app.number("pay", kept), 2);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn fifty_notices_of_one_late_payment_are_one_refund() {
    let shop = Shop::deaf().await;
    let case = dead(&shop, CODE).await;
    shop.platform.next_notice(Sending::at_once(50));
    shop.platform.pay(&case.pay_id).await;
    shop.settle().await;
    shop.assert_paid_too_late(&case).await;
    shop.finish().await;
}

#[actix_web::test]
async fn notices_before_or_after_the_payment_never_move_it_back() {
    for provider in [PAGE, CODE] {
        let shop = Shop::deaf().await;
        let case = shop.paying(provider).await;
        shop.platform.tell(&case.pay_id, Kind::Waiting).await;
        shop.app.assert_unpaid().await;
        shop.platform.pay(&case.pay_id).await;
        for kind in [Kind::Closed, Kind::Waiting, Kind::Paid, Kind::Finished] {
            shop.platform.tell(&case.pay_id, kind).await;
            shop.settle().await;
            shop.assert_paid(&case).await;
        }
        shop.assert_replies(&case, &[Reply::Accepted; 6]);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_payment_that_was_reported_closed_and_is_paid_later_counts() {
    let shop = Shop::deaf().await;
    let case = shop.paying(PAGE).await;
    shop.platform.tell(&case.pay_id, Kind::Closed).await;
    shop.settle().await;
    shop.assert_payment(&case, "closed").await;
    shop.platform.pay(&case.pay_id).await;
    shop.settle().await;
    shop.assert_paid(&case).await;
    shop.finish().await;
}

#[actix_web::test]
async fn a_lost_callback_is_found_by_a_query() {
    for provider in [PAGE, CODE] {
        let mut shop = Shop::with(Alipay::start().await, &[]).await;
        let case = shop.paying(provider).await;
        shop.platform.notices_of(&case.pay_id, Sending::lost());
        shop.platform.pay(&case.pay_id).await;
        shop.restart().await;
        shop.advance_platform_first(Duration::from_secs(2)).await;
        shop.assert_paid(&case).await;
        shop.assert_replies(&case, &[]);
        let asked = "SELECT count(*) AS n FROM pay_notice WHERE event_id LIKE 'asked_%' AND verdict = 1";
        assert_eq!(shop.app.number("pay", asked), 1);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_closed_trade_without_a_notice_is_found_by_a_query() {
    let shop = Shop::with(Alipay::start().await, &[]).await;
    let case = shop.paying(CODE).await;
    shop.platform.expire(&case.pay_id).await;
    shop.advance_platform_first(Duration::from_secs(2)).await;
    shop.assert_payment(&case, "closed").await;
    // Another attempt is another trade.
    let again = shop.start(CODE, "again", &case.order_id).await.expect(201);
    shop.arrive(&again).await;
    let again = Case { pay_id: again.text_of("pay_id"), ..case };
    shop.platform.pay(&again.pay_id).await;
    shop.settle().await;
    shop.assert_paid(&again).await;
    shop.finish().await;
}

#[actix_web::test]
async fn a_callback_before_the_answer_to_the_create_call_is_accepted() {
    let shop = Shop::deaf().await;
    let order_id = shop.app.order(&shop.zs, "order", &Wish::golden()).await.expect(201).text_of("order_id");
    shop.platform.meanwhile(Op::Create, Act::PaysAndTells);
    let started = shop.start(CODE, "pay", &order_id).await.expect(201);
    assert_eq!(started.body["status"], "paid");
    let case = Case { order_id, pay_id: started.text_of("pay_id") };
    shop.assert_replies(&case, &[Reply::Accepted]);
    shop.settle().await;
    shop.assert_paid(&case).await;
    shop.finish().await;
}

#[actix_web::test]
async fn an_old_notice_after_the_refund_changes_nothing() {
    for provider in [PAGE, CODE] {
        let shop = Shop::deaf().await;
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
async fn a_customer_who_pays_during_the_close_call_has_paid() {
    for (provider, act) in [(PAGE, Act::Pays), (CODE, Act::Pays), (PAGE, Act::PaysAndTells), (CODE, Act::PaysAndTells)]
    {
        let shop = Shop::deaf().await;
        let case = shop.paying(provider).await;
        shop.platform.meanwhile(Op::Close, act);
        shop.cancel(&case.order_id).await.expect_problem(409, "order_not_cancellable");
        shop.settle().await;
        shop.assert_paid(&case).await;
        shop.assert_replies(&case, &[Reply::Accepted]);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn of_two_paid_payments_of_one_order_one_counts_and_the_other_is_refunded() {
    for [first, second] in [[PAGE, CODE], [CODE, PAGE]] {
        let shop = Shop::deaf().await;
        let one = shop.paying(first).await;
        let started = shop.start(second, "second", &one.order_id).await.expect(201);
        shop.arrive(&started).await;
        let two = Case { pay_id: started.text_of("pay_id"), ..one.clone() };
        shop.platform.pay(&two.pay_id).await;
        shop.platform.pay(&one.pay_id).await;
        shop.settle().await;
        assert_eq!((shop.ledger(&two), shop.ledger(&one)), ((88_000, 0), (88_000, 88_000)));
        shop.assert_payment(&two, "paid").await;
        shop.assert_payment(&one, "refunded").await;
        let order = shop.app.get(&format!("/v1/orders/{}", one.order_id), &shop.zs).await.expect(200).body;
        assert_eq!((&order["pay_status"], &order["pay_id"]), (&json!("paid"), &json!(two.pay_id)));
        assert_eq!(shop.me().await.1, 980);
        assert!(shop.parked().await.is_empty());
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_second_trade_under_one_number_is_parked_with_its_reason() {
    let shop = Shop::deaf().await;
    let case = shop.paid(PAGE).await;
    shop.platform.pay_again(&case.pay_id).await;
    shop.settle().await;
    assert_eq!(shop.replies(&case), [Reply::Accepted, Reply::Refused]);
    assert_eq!(shop.parked().await, ["the payment is paid by another trade"]);
    shop.app.assert_paid_once(&shop.zs, &case.order_id).await;
    // Alipay has two trades under one number, which is for people to mend.
    assert_eq!(shop.ledger(&case), (176_000, 0));
    shop.finish().await;
}

#[actix_web::test]
async fn a_callback_with_an_ignored_reply_is_repeated_on_schedule_and_pays_once() {
    for heard in [
        Heard::Nothing,
        Heard::Said(500, "success"),
        Heard::Said(200, "fail"),
        Heard::Said(302, "success"),
        Heard::Said(200, "\"success\""),
    ] {
        let mut shop = Shop::deaf().await;
        let case = shop.paying(CODE).await;
        shop.platform.next_notice(Sending::heard(heard, 8));
        shop.platform.pay(&case.pay_id).await;
        let mut lasted = Duration::ZERO;
        while let Some(by) = shop.platform.skip().await {
            lasted += by;
        }
        assert!(lasted > HOUR * 23 && lasted < HOUR * 26, "{lasted:?}");
        shop.settle().await;
        shop.assert_replies(&case, &[Reply::Accepted; 8]);
        (shop.zs, shop.admin) = (shop.app.zs().await, shop.app.admin().await);
        shop.assert_paid(&case).await;
        assert_eq!(shop.app.number("pay", "SELECT times AS n FROM pay_notice"), 8);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_callback_that_could_not_be_stored_is_accepted_when_it_is_repeated() {
    for point in ["pay.apply", "pay.before_commit"] {
        let shop = Shop::with(Alipay::start().await, &DEAF).await;
        let case = shop.paying(PAGE).await;
        shop.settle().await;
        shop.app.faults.plan(point, Fault::Error, 0, 1);
        shop.platform.pay(&case.pay_id).await;
        shop.assert_replies(&case, &[Reply::Refused]);
        assert_eq!(shop.app.faults.struck(point), 1);
        shop.app.assert_unpaid().await;
        shop.platform.skip().await;
        shop.settle().await;
        shop.assert_replies(&case, &[Reply::Refused, Reply::Accepted]);
        shop.assert_paid(&case).await;
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_coupon_of_the_platform_does_not_change_the_amount() {
    for (provider, is_told) in [(PAGE, true), (CODE, true), (PAGE, false), (CODE, false)] {
        let shop = Shop::deaf().await;
        let case = shop.paying(provider).await;
        if !is_told {
            shop.platform.next_notice(Sending::lost());
        }
        shop.platform.pay_with(&case.pay_id, Payment::with_coupon(8_000)).await;
        if !is_told {
            assert_eq!(shop.query(&case.pay_id).await.expect(200).body["status"], "paid");
        }
        shop.settle().await;
        assert!(shop.parked().await.is_empty());
        shop.assert_paid(&case).await;
        assert_eq!(shop.platform.trade(&case.pay_id).stage, Stage::Paid);
        // All of it goes back, the platform's part with it.
        shop.app.refund(&shop.zs, "refund", &case.order_id).await.expect(202);
        shop.settle().await;
        shop.assert_refunded(&case).await;
        shop.finish().await;
    }
}
