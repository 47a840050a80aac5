//! Faults for which WeChat Pay has its own rules: late payments, notices out of order, unknown refunds, an old notice.
//! `payment::platform` has the tests that run on each platform.

use std::time::Duration;

use futures_util::future::join_all;

use crate::platform::{AnswerFault, Kind, Op, PlannedFault, Sending};
use crate::support::{Balances, Case, MINUTE};
use crate::wechat::platform::{SCAN, Shop};

const HOUR: Duration = Duration::from_secs(60 * 60);
const NONE: [&str; 0] = [];

#[actix_web::test]
async fn a_late_payment_of_a_cancelled_order_is_refunded() {
    let (signed, unsigned) = (AnswerFault::Error("ORDER_NOT_EXIST"), AnswerFault::UnsignedError("ORDER_NOT_EXIST"));
    for (false_answer, is_late) in [(signed, true), (signed, false), (unsigned, true), (unsigned, false)] {
        let shop = Shop::open().await;
        let Case { order_id, pay_id } = shop.paying(SCAN).await;
        // The answer, genuine or forged, says that the payment does not exist. The customer can still pay it.
        shop.platform.plan_fault(PlannedFault::next(Op::Close, false_answer).without_effect());
        shop.cancel(&order_id).await.expect(200);
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::cancelled());
        if is_late {
            shop.platform.next_notice(Sending::late(HOUR));
        }
        shop.platform.pay(&pay_id).await;
        shop.advance(HOUR).await;
        shop.settle().await;
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::too_late());
        assert_eq!((shop.platform.reply_statuses(&pay_id), shop.parked().await.len()), (vec![204, 204], 0));
        shop.advance(HOUR).await;
        assert_eq!(shop.platform.trade(&pay_id).refunds.len(), 1);
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
    let queries = join_all((0..5).map(|_| shop.app.post(&query, &shop.admin, serde_json::json!({}))));
    let (answers, ()) = tokio::join!(queries, shop.platform.release_reversed(&pay_id));
    assert!(answers.iter().all(|answer| answer.body["status"] == "paid"), "{answers:?}");
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
    // A query finds the payment, and it is refunded before any notice is delivered.
    shop.advance(MINUTE).await;
    for amount in ["300.00", "580.00"] {
        shop.app.admin_refund(&shop.admin, &order_id, Some(amount)).await.expect(202);
        shop.settle().await;
    }
    assert!(shop.platform.reply_statuses(&pay_id).is_empty());
    shop.platform.release_reversed(&pay_id).await;
    let kinds: Vec<Kind> = shop.platform.deliveries(&pay_id).into_iter().map(|delivery| delivery.kind).collect();
    assert!(kinds.len() == 3 && kinds[2] == Kind::Paid, "{kinds:?}");
    assert_eq!(shop.platform.reply_statuses(&pay_id), [204; 3]);
    shop.settle().await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
    assert_eq!(shop.parked().await, NONE);
    shop.finish().await;
}

#[actix_web::test]
async fn a_refund_in_the_console_is_booked_once_its_payment_is_known() {
    let mut shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paying(SCAN).await;
    shop.platform.notices_of(&pay_id, Sending::held());
    shop.platform.pay(&pay_id).await;
    // A refund in the platform's console. Its notice is delivered first.
    shop.platform.refund_in_console(&pay_id, 1_000).await;
    shop.platform.tick().await;
    shop.platform.release_reversed(&pay_id).await;
    shop.app.settle().await;
    assert_eq!(shop.platform.reply_statuses(&pay_id), [422, 204]);
    assert_eq!(shop.parked().await, ["the refund is not ours"]);
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances { refunded: 1_000, ..Balances::paid() });
    // The platform sends it again.
    while shop.platform.deliver_next().await.is_some() {}
    shop.sign_in().await;
    shop.app.settle().await;
    assert_eq!(shop.parked().await, NONE);
    let part = Balances { refunded: 1_000, back: 1_000, points: 970, ..Balances::paid() };
    assert_eq!(shop.balances(&order_id, &pay_id).await, part);
    shop.finish().await;
}

#[actix_web::test]
async fn an_old_notice_after_the_refund_changes_nothing() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paid(SCAN).await;
    shop.app.refund(&shop.zs, "refund", &order_id).await.expect(202);
    shop.settle().await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
    let before = shop.app.rows();
    let deliveries = shop.platform.deliveries(&pay_id);
    // The same bytes, and the same notice signed again. After an hour the bytes are too old and are refused.
    for age in [Duration::ZERO, HOUR] {
        shop.app.clock.advance(age);
        for delivery in &deliveries {
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
