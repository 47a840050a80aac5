//! Faults between the shop and WeChat Pay: notices that are late, repeated, lost, early or out of order, and what the
//! shop and the platform have recorded afterwards.

use std::time::Duration;

use futures_util::future::join_all;

use crate::platform::{Act, Heard, How, Kind, Op, Payment, Sending, Upset};
use crate::support::{Balances, Case, MINUTE, PATIENT, PAY_WITHIN};
use crate::wechat::platform::{INSIDE, SCAN, Shop};

const HOUR: Duration = Duration::from_secs(60 * 60);
const NONE: [&str; 0] = [];

#[actix_web::test]
async fn a_callback_after_the_order_has_expired_finds_it_paid() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paying(SCAN).await;
    shop.platform.notices_of(&pay_id, Sending::late(HOUR));
    shop.platform.pay(&pay_id).await;
    shop.app.clock.advance(PAY_WITHIN);
    // The shop gives the order up, asks its platform first, and so finds the money.
    shop.app.settle().await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
    shop.advance(PAY_WITHIN).await;
    assert_eq!((shop.platform.told(&pay_id), shop.parked().await.len()), (vec![204], 0));
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
    shop.finish().await;
}

#[actix_web::test]
async fn a_late_payment_of_a_cancelled_order_is_refunded() {
    let (signed, unsigned) = (How::Says("ORDER_NOT_EXIST"), How::SaysUnsigned("ORDER_NOT_EXIST"));
    for (lie, is_late) in [(signed, true), (signed, false), (unsigned, true), (unsigned, false)] {
        let shop = Shop::open().await;
        let Case { order_id, pay_id } = shop.paying(SCAN).await;
        // The platform, or somebody on the way, says that it knows no such payment, and it can be paid all the same.
        shop.platform.upset(Upset::next(Op::Close, lie).undone());
        shop.cancel(&order_id).await.expect(200);
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::cancelled());
        if is_late {
            shop.platform.next_notice(Sending::late(HOUR));
        }
        shop.platform.pay(&pay_id).await;
        shop.advance(HOUR).await;
        shop.settle().await;
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::too_late());
        assert_eq!((shop.platform.told(&pay_id), shop.parked().await.len()), (vec![204, 204], 0));
        shop.advance(HOUR).await;
        assert_eq!(shop.platform.trade(&pay_id).refunds.len(), 1);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_repeated_callback_pays_once() {
    for sending in [Sending::copies(30), Sending::at_once(30)] {
        let shop = Shop::open().await;
        let Case { order_id, pay_id } = shop.paying(SCAN).await;
        shop.platform.notices_of(&pay_id, sending);
        shop.buy(&pay_id).await;
        assert_eq!(shop.platform.told(&pay_id), [204; 30]);
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
        shop.app.assert_paid_once(&shop.zs, &order_id).await;
        assert_eq!(shop.app.number("pay", "SELECT times AS n FROM pay_notice"), 30);
        // So does one that tells of a refund.
        shop.app.give_back(&shop.admin, &order_id, None).await.expect(202);
        shop.settle().await;
        assert_eq!(shop.platform.told(&pay_id), [204; 60]);
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_callback_and_concurrent_queries_pay_once() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paying(SCAN).await;
    shop.platform.notices_of(&pay_id, Sending::held());
    shop.platform.pay(&pay_id).await;
    let query = format!("/admin/payments/{pay_id}/query");
    let asks = join_all((0..5).map(|_| shop.app.post(&query, &shop.admin, serde_json::json!({}))));
    let (asked, ()) = tokio::join!(asks, shop.platform.release_reversed(&pay_id));
    assert!(asked.iter().all(|answer| answer.body["status"] == "paid"), "{asked:?}");
    shop.settle().await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
    shop.app.assert_paid_once(&shop.zs, &order_id).await;
    shop.finish().await;
}

#[actix_web::test]
async fn refund_notices_before_the_payment_notice_lead_to_the_same_state() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paying(SCAN).await;
    shop.platform.notices_of(&pay_id, Sending::held());
    shop.platform.pay(&pay_id).await;
    // It is asked for and refunded before anything was told.
    shop.advance(MINUTE).await;
    for amount in ["300.00", "580.00"] {
        shop.app.give_back(&shop.admin, &order_id, Some(amount)).await.expect(202);
        shop.settle().await;
    }
    assert!(shop.platform.told(&pay_id).is_empty());
    shop.platform.release_reversed(&pay_id).await;
    let kinds: Vec<Kind> = shop.platform.deliveries(&pay_id).into_iter().map(|delivery| delivery.kind).collect();
    assert!(kinds.len() == 3 && kinds[2] == Kind::Paid, "{kinds:?}");
    assert_eq!(shop.platform.told(&pay_id), [204; 3]);
    shop.settle().await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
    assert_eq!(shop.parked().await, NONE);
    shop.finish().await;
}

#[actix_web::test]
async fn an_unknown_refund_is_parked_before_and_after_its_payment() {
    let mut shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paying(SCAN).await;
    shop.platform.notices_of(&pay_id, Sending::held());
    shop.platform.pay(&pay_id).await;
    // Somebody gives money back in the platform's console: that comes first.
    shop.platform.refund_in_console(&pay_id, 1_000).await;
    shop.platform.tick().await;
    shop.platform.release_reversed(&pay_id).await;
    shop.app.settle().await;
    assert_eq!(shop.platform.told(&pay_id), [422, 204]);
    assert_eq!(shop.parked().await, ["the refund is not ours"]);
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances { refunded: 1_000, ..Balances::paid() });
    // A day of retries changes nothing.
    while shop.platform.skip().await.is_some() {}
    shop.sign_in().await;
    assert_eq!(shop.app.number("pay", "SELECT times AS n FROM pay_notice WHERE verdict = 2"), 16);
    assert_eq!(shop.parked().await, ["the refund is not ours"]);
    shop.finish().await;
}

#[actix_web::test]
async fn a_lost_callback_is_found_by_a_query() {
    for way in [SCAN, INSIDE] {
        let shop = Shop::with(crate::platform::Wechat::start().await, &PATIENT).await;
        let Case { order_id, pay_id } = shop.paying(way).await;
        shop.platform.next_notice(Sending::lost());
        shop.platform.pay(&pay_id).await;
        shop.settle().await;
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances { charged: 88_000, ..Balances::unpaid() });
        shop.advance(MINUTE).await;
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
        assert!(shop.platform.told(&pay_id).is_empty());
        // Who has paid is not asked for any more.
        let asked = shop.asked(Op::Query);
        shop.advance(HOUR).await;
        assert_eq!((asked, shop.asked(Op::Query), shop.asked(Op::Close)), (1, 1, 0));
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_callback_before_the_answer_to_the_create_call_is_accepted() {
    for way in [SCAN, INSIDE] {
        let shop = Shop::with(crate::platform::Wechat::start().await, &PATIENT).await;
        let order_id = shop.golden_order().await;
        shop.platform.meanwhile(Op::Create, Act::PaysAndTells);
        let started = shop.start(way, "pay", &order_id).await.expect(201);
        let pay_id = started.text_of("pay_id");
        assert_eq!(started.body["status"], "paid", "the row was there before the platform was asked");
        shop.app.settle().await;
        assert_eq!(shop.platform.told(&pay_id), [204]);
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
        shop.app.assert_paid_once(&shop.zs, &order_id).await;
        shop.finish().await;
    }
}

#[actix_web::test]
async fn an_old_notice_after_the_refund_changes_nothing() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paid(SCAN).await;
    shop.app.refund(&shop.zs, "refund", &order_id).await.expect(202);
    shop.settle().await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
    let before = shop.app.rows();
    let told = shop.platform.deliveries(&pay_id);
    // The very bytes; and the same written anew, also when the bytes have become too old.
    for age in [Duration::ZERO, HOUR] {
        shop.app.clock.advance(age);
        for delivery in &told {
            let expected = if age.is_zero() { 204 } else { 401 };
            assert_eq!(shop.platform.replay(delivery).await.status, expected);
        }
        assert_eq!(shop.platform.resend(&pay_id, None).await.status, 204);
        shop.settle().await;
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
    }
    assert_eq!((shop.app.rows(), shop.parked().await.len()), (before, 0));
    shop.finish().await;
}

#[actix_web::test]
async fn a_customer_who_pays_during_the_close_call_has_paid() {
    for act in [Act::Pays, Act::PaysAndTells] {
        let shop = Shop::open().await;
        let Case { order_id, pay_id } = shop.paying(SCAN).await;
        shop.app.clock.advance(PAY_WITHIN - MINUTE);
        shop.app.settle().await;
        shop.platform.meanwhile(Op::Close, act);
        shop.cancel(&order_id).await.expect_problem(409, "order_not_cancellable");
        let close = shop.platform.calls().into_iter().find(|call| call.op == Some(Op::Close)).unwrap();
        assert_eq!(close.verdict, "ORDER_PAID");
        shop.advance(HOUR).await;
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
        assert_eq!((shop.platform.told(&pay_id), shop.parked().await.len()), (vec![204], 0));
        shop.finish().await;
    }
}

#[actix_web::test]
async fn of_two_paid_payments_of_one_order_one_counts_and_the_other_is_refunded() {
    for is_told in [true, false] {
        let shop = Shop::open().await;
        let order_id = shop.golden_order().await;
        let scanned = shop.start(SCAN, "scan", &order_id).await.expect(201).text_of("pay_id");
        let inside = shop.start(INSIDE, "inside", &order_id).await.expect(201).text_of("pay_id");
        if !is_told {
            [&scanned, &inside].into_iter().for_each(|pay_id| shop.platform.notices_of(pay_id, Sending::lost()));
        }
        tokio::join!(shop.platform.pay(&inside), shop.platform.pay(&scanned));
        for _ in 0..3 {
            shop.advance(MINUTE).await;
        }
        let [one, two] = [shop.platform.trade(&scanned), shop.platform.trade(&inside)];
        assert_eq!((one.charged(), two.charged(), one.refunded() + two.refunded()), (88_000, 88_000, 88_000));
        let (kept, back) = if one.refunded() == 0 { (&scanned, &inside) } else { (&inside, &scanned) };
        // Both are in the log: the money of both was there.
        assert_eq!(shop.balances(&order_id, kept).await, Balances::paid());
        let gone = Balances { order: Balances::paid().order, points: 980, ..Balances::refunded() };
        assert_eq!(shop.balances(&order_id, back).await, gone);
        let order = shop.app.get(&format!("/v1/orders/{order_id}"), &shop.zs).await.expect(200);
        assert_eq!((order.text_of("pay_id"), shop.unsettled().await), (kept.clone(), [0, 0, 0]));
        assert_eq!(shop.parked().await, NONE);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_second_trade_under_one_number_is_parked_with_its_reason() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paid(SCAN).await;
    shop.platform.pay_again(&pay_id).await;
    shop.app.settle().await;
    assert_eq!(shop.platform.told(&pay_id), [204, 422]);
    assert_eq!(shop.parked().await, ["the payment is paid by another trade"]);
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances { charged: 176_000, ..Balances::paid() });
    shop.finish().await;
}

#[actix_web::test]
async fn a_callback_with_an_ignored_reply_is_repeated_on_schedule_and_pays_once() {
    for heard in [Heard::Nothing, Heard::Said(500, ""), Heard::Said(302, ""), Heard::Said(401, r#"{"code":"FAIL"}"#)] {
        let mut shop = Shop::open().await;
        let Case { order_id, pay_id } = shop.paying(SCAN).await;
        shop.platform.notices_of(&pay_id, Sending::heard(heard, 99));
        shop.platform.pay(&pay_id).await;
        let paid_at = shop.platform.trade(&pay_id).paid.unwrap().at;
        let mut took = Duration::ZERO;
        while let Some(due) = shop.platform.next_due() {
            took = due.since(paid_at);
            shop.next_delivery().await;
        }
        assert_eq!(took, HOUR * 24 + MINUTE * 4, "as often and as long as the platform says");
        assert_eq!(shop.platform.told(&pay_id), [204; 16], "{heard:?}");
        shop.sign_in().await;
        shop.app.settle().await;
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
        shop.app.assert_paid_once(&shop.zs, &order_id).await;
        assert_eq!(shop.app.number("pay", "SELECT times AS n FROM pay_notice"), 16);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_coupon_of_the_platform_does_not_change_the_amount() {
    for is_told in [true, false] {
        let shop = Shop::open().await;
        let Case { order_id, pay_id } = shop.paying(SCAN).await;
        if !is_told {
            shop.platform.notices_of(&pay_id, Sending::lost());
        }
        shop.platform.pay_with(&pay_id, Payment::with_coupon(1_000)).await;
        shop.advance(MINUTE).await;
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::paid());
        for amount in ["300.00", "580.00"] {
            shop.app.give_back(&shop.admin, &order_id, Some(amount)).await.expect(202);
            shop.settle().await;
            shop.advance(MINUTE).await;
        }
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
        assert_eq!(shop.parked().await, NONE);
        shop.finish().await;
    }
}
