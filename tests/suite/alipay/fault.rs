//! Faults between the shop and Alipay: notices that are late, repeated, lost, early or out of order. Forged notices are in
//! `forgery.rs`, faulty answers in `answer.rs`, refunds in `refund.rs`, changes of keys in `key.rs`. Alipay's notices have
//! no limit on their age, so there is no test with a stale timestamp.

use std::time::Duration;

use serde_json::json;
use tradepost::runtime::fault::Fault;

use crate::alipay::desk::{CODE, Case, DEAF, Desk, PAGE, PAY_WITHIN};
use crate::platform::{Act, Alipay, Heard, Kind, Op, Payment, Sending, Stage};
use crate::support::Wish;

const HOUR: Duration = Duration::from_secs(3600);

/// A golden order that is cancelled before its customer gets to Alipay, and paid there all the same.
async fn dead(desk: &Desk, provider: &str) -> Case {
    let order_id = desk.app.order(&desk.zs, "order", &Wish::golden()).await.expect(201).text_of("order_id");
    let started = desk.start(provider, "pay", &order_id).await.expect(201);
    let case = Case { order_id, pay_id: started.text_of("pay_id") };
    desk.cancel(&case).await.expect(200);
    desk.settle().await;
    desk.assert_payment(&case, "closed").await;
    desk.arrive(&started).await;
    case
}

#[actix_web::test]
async fn a_late_payment_of_a_cancelled_order_is_refunded() {
    for provider in [PAGE, CODE] {
        let desk = Desk::open().await;
        let case = dead(&desk, provider).await;
        desk.alipay.next_notice(Sending::late(HOUR * 2));
        desk.alipay.pay(&case.pay_id).await;
        desk.advance(HOUR).await;
        assert_eq!(desk.ledger(&case), (88_000, 0));
        desk.advance(HOUR).await;
        desk.assert_dead_money_back(&case).await;
        desk.assert_replies(&case, &["200 success"; 2]);
        desk.finish().await;
    }
}

#[actix_web::test]
async fn a_callback_after_the_order_has_expired_finds_it_paid() {
    for provider in [PAGE, CODE] {
        let desk = Desk::deaf().await;
        let case = desk.paying(provider).await;
        desk.alipay.next_notice(Sending::late(HOUR * 2));
        desk.alipay.pay(&case.pay_id).await;
        desk.advance(PAY_WITHIN).await;
        desk.assert_paid(&case).await;
        desk.advance(HOUR * 2).await;
        desk.assert_replies(&case, &["200 success"]);
        desk.assert_paid(&case).await;
        desk.finish().await;
    }
}

#[actix_web::test]
async fn a_repeated_callback_pays_once() {
    for sending in [Sending::copies(8), Sending::at_once(20)] {
        let desk = Desk::deaf().await;
        let case = desk.paying(PAGE).await;
        let copies = sending.copies;
        desk.alipay.next_notice(sending);
        desk.alipay.pay(&case.pay_id).await;
        desk.settle().await;
        desk.assert_replies(&case, &vec!["200 success"; copies]);
        desk.assert_paid(&case).await;
        // The same in other words: as an event of its own.
        desk.alipay.tell(&case.pay_id, Kind::Paid).await;
        desk.settle().await;
        desk.assert_replies(&case, &vec!["200 success"; copies + 1]);
        desk.assert_paid(&case).await;
        let kept = "SELECT count(*) AS n FROM pay_notice WHERE verdict = 1";
        assert_eq!(desk.app.number("pay", kept), 2);
        desk.finish().await;
    }
}

#[actix_web::test]
async fn fifty_notices_of_one_late_payment_are_one_refund() {
    let desk = Desk::deaf().await;
    let case = dead(&desk, CODE).await;
    desk.alipay.next_notice(Sending::at_once(50));
    desk.alipay.pay(&case.pay_id).await;
    desk.settle().await;
    desk.assert_dead_money_back(&case).await;
    desk.finish().await;
}

#[actix_web::test]
async fn notices_before_or_after_the_payment_never_move_it_back() {
    for provider in [PAGE, CODE] {
        let desk = Desk::deaf().await;
        let case = desk.paying(provider).await;
        desk.alipay.tell(&case.pay_id, Kind::Waiting).await;
        desk.app.assert_unpaid().await;
        desk.alipay.pay(&case.pay_id).await;
        for kind in [Kind::Closed, Kind::Waiting, Kind::Paid, Kind::Finished] {
            desk.alipay.tell(&case.pay_id, kind).await;
            desk.settle().await;
            desk.assert_paid(&case).await;
        }
        desk.assert_replies(&case, &["200 success"; 6]);
        desk.finish().await;
    }
}

#[actix_web::test]
async fn a_payment_that_was_reported_closed_and_is_paid_later_counts() {
    let desk = Desk::deaf().await;
    let case = desk.paying(PAGE).await;
    desk.alipay.tell(&case.pay_id, Kind::Closed).await;
    desk.settle().await;
    desk.assert_payment(&case, "closed").await;
    desk.alipay.pay(&case.pay_id).await;
    desk.settle().await;
    desk.assert_paid(&case).await;
    desk.finish().await;
}

#[actix_web::test]
async fn a_lost_callback_is_found_by_a_query() {
    for provider in [PAGE, CODE] {
        let mut desk = Desk::open().await;
        let case = desk.paying(provider).await;
        desk.alipay.notices_of(&case.pay_id, Sending::lost());
        desk.alipay.pay(&case.pay_id).await;
        desk.restart().await;
        desk.advance(Duration::from_secs(2)).await;
        desk.assert_paid(&case).await;
        desk.assert_replies(&case, &[]);
        let asked = "SELECT count(*) AS n FROM pay_notice WHERE event_id LIKE 'asked_%' AND verdict = 1";
        assert_eq!(desk.app.number("pay", asked), 1);
        desk.finish().await;
    }
}

#[actix_web::test]
async fn a_closed_trade_without_a_notice_is_found_by_a_query() {
    let desk = Desk::open().await;
    let case = desk.paying(CODE).await;
    desk.alipay.expire(&case.pay_id).await;
    desk.advance(Duration::from_secs(2)).await;
    desk.assert_payment(&case, "closed").await;
    // Another attempt is another trade.
    let again = desk.start(CODE, "again", &case.order_id).await.expect(201);
    desk.arrive(&again).await;
    let again = Case { pay_id: again.text_of("pay_id"), ..case };
    desk.alipay.pay(&again.pay_id).await;
    desk.settle().await;
    desk.assert_paid(&again).await;
    desk.finish().await;
}

#[actix_web::test]
async fn a_callback_before_the_answer_to_the_create_call_is_accepted() {
    let desk = Desk::deaf().await;
    let order_id = desk.app.order(&desk.zs, "order", &Wish::golden()).await.expect(201).text_of("order_id");
    desk.alipay.meanwhile(Op::Create, Act::PaysAndTells);
    let started = desk.start(CODE, "pay", &order_id).await.expect(201);
    assert_eq!(started.body["status"], "paid");
    let case = Case { order_id, pay_id: started.text_of("pay_id") };
    desk.assert_replies(&case, &["200 success"]);
    desk.settle().await;
    desk.assert_paid(&case).await;
    desk.finish().await;
}

#[actix_web::test]
async fn an_old_notice_after_the_refund_changes_nothing() {
    for provider in [PAGE, CODE] {
        let desk = Desk::deaf().await;
        let case = desk.paid(provider).await;
        let old = desk.alipay.deliveries(&case.pay_id).remove(0);
        desk.app.refund(&desk.zs, "refund", &case.order_id).await.expect(202);
        desk.settle().await;
        desk.assert_refunded(&case).await;
        let before = desk.app.rows();
        for _ in 0..2 {
            let again = desk.alipay.replay(&old).await;
            assert_eq!((again.status, &*again.reply), (200, "success"));
            desk.advance(HOUR).await;
        }
        desk.assert_refunded(&case).await;
        assert_eq!(desk.app.rows(), before);
        desk.finish().await;
    }
}

#[actix_web::test]
async fn a_customer_who_pays_during_the_close_call_has_paid() {
    for (provider, act) in [(PAGE, Act::Pays), (CODE, Act::Pays), (PAGE, Act::PaysAndTells), (CODE, Act::PaysAndTells)]
    {
        let desk = Desk::deaf().await;
        let case = desk.paying(provider).await;
        desk.alipay.meanwhile(Op::Close, act);
        desk.cancel(&case).await.expect_problem(409, "order_not_cancellable");
        desk.settle().await;
        desk.assert_paid(&case).await;
        desk.assert_replies(&case, &["200 success"]);
        desk.finish().await;
    }
}

#[actix_web::test]
async fn of_two_paid_payments_of_one_order_one_counts_and_the_other_is_refunded() {
    for [first, second] in [[PAGE, CODE], [CODE, PAGE]] {
        let desk = Desk::deaf().await;
        let one = desk.paying(first).await;
        let started = desk.start(second, "second", &one.order_id).await.expect(201);
        desk.arrive(&started).await;
        let two = Case { pay_id: started.text_of("pay_id"), ..one.clone() };
        desk.alipay.pay(&two.pay_id).await;
        desk.alipay.pay(&one.pay_id).await;
        desk.settle().await;
        assert_eq!((desk.ledger(&two), desk.ledger(&one)), ((88_000, 0), (88_000, 88_000)));
        desk.assert_payment(&two, "paid").await;
        desk.assert_payment(&one, "refunded").await;
        let order = desk.app.get(&format!("/v1/orders/{}", one.order_id), &desk.zs).await.expect(200).body;
        assert_eq!((&order["pay_status"], &order["pay_id"]), (&json!("paid"), &json!(two.pay_id)));
        assert_eq!(desk.me().await.1, 980);
        assert!(desk.parked().await.is_empty());
        desk.finish().await;
    }
}

#[actix_web::test]
async fn a_second_trade_under_one_number_is_parked_with_its_reason() {
    let desk = Desk::deaf().await;
    let case = desk.paid(PAGE).await;
    desk.alipay.pay_again(&case.pay_id).await;
    desk.settle().await;
    assert_eq!(desk.replies(&case), ["200 success", "200 fail"]);
    assert_eq!(desk.parked().await, ["the payment is paid by another trade"]);
    desk.app.assert_paid_once(&desk.zs, &case.order_id).await;
    // Alipay has two trades under one number, which is for people to mend.
    assert_eq!(desk.ledger(&case), (176_000, 0));
    desk.finish().await;
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
        let mut desk = Desk::deaf().await;
        let case = desk.paying(CODE).await;
        desk.alipay.next_notice(Sending::heard(heard, 8));
        desk.alipay.pay(&case.pay_id).await;
        let mut lasted = Duration::ZERO;
        while let Some(by) = desk.alipay.skip().await {
            lasted += by;
        }
        assert!(lasted > HOUR * 23 && lasted < HOUR * 26, "{lasted:?}");
        desk.settle().await;
        desk.assert_replies(&case, &["200 success"; 8]);
        (desk.zs, desk.admin) = (desk.app.zs().await, desk.app.admin().await);
        desk.assert_paid(&case).await;
        assert_eq!(desk.app.number("pay", "SELECT times AS n FROM pay_notice"), 8);
        desk.finish().await;
    }
}

#[actix_web::test]
async fn a_callback_that_could_not_be_stored_is_accepted_when_it_is_repeated() {
    for point in ["pay.apply", "pay.before_commit"] {
        let desk = Desk::with(Alipay::start().await, &DEAF).await;
        let case = desk.paying(PAGE).await;
        desk.settle().await;
        desk.app.faults.plan(point, Fault::Error, 0, 1);
        desk.alipay.pay(&case.pay_id).await;
        desk.assert_replies(&case, &["200 fail"]);
        assert_eq!(desk.app.faults.struck(point), 1);
        desk.app.assert_unpaid().await;
        desk.alipay.skip().await;
        desk.settle().await;
        desk.assert_replies(&case, &["200 fail", "200 success"]);
        desk.assert_paid(&case).await;
        desk.finish().await;
    }
}

#[actix_web::test]
async fn a_coupon_of_the_platform_does_not_change_the_amount() {
    for (provider, is_told) in [(PAGE, true), (CODE, true), (PAGE, false), (CODE, false)] {
        let desk = Desk::deaf().await;
        let case = desk.paying(provider).await;
        if !is_told {
            desk.alipay.next_notice(Sending::lost());
        }
        desk.alipay.pay_with(&case.pay_id, Payment::with_coupon(8_000)).await;
        if !is_told {
            assert_eq!(desk.ask(&case).await.expect(200).body["status"], "paid");
        }
        desk.settle().await;
        assert!(desk.parked().await.is_empty());
        desk.assert_paid(&case).await;
        assert_eq!(desk.alipay.trade(&case.pay_id).stage, Stage::Paid);
        // All of it goes back, the platform's part with it.
        desk.app.refund(&desk.zs, "refund", &case.order_id).await.expect(202);
        desk.settle().await;
        desk.assert_refunded(&case).await;
        desk.finish().await;
    }
}
