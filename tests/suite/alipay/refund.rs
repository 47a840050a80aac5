//! Refunds through Alipay: partial, full, delayed and refused.

use crate::alipay::platform::{CODE, PAGE, Shop};
use crate::platform::{AnswerFault, Course, Kind, Op, PlannedFault, RefundState, Sending};
use crate::support::{Case, GOODS, MINUTE, Reply};

#[actix_web::test]
async fn a_full_refund_returns_the_whole_amount_in_one_refund() {
    for provider in [PAGE, CODE] {
        let shop = Shop::without_queries().await;
        let case = shop.paid(provider).await;
        shop.app.refund(&shop.zs, "refund", &case.order_id).await.expect(202);
        shop.settle().await;
        shop.assert_refunded(&case).await;
        assert_eq!(shop.platform.trade(&case.pay_id).refunds.len(), 1);
        shop.assert_replies(&case, &[Reply::Accepted; 2]);
        assert_eq!((shop.app.stock(GOODS).await, shop.pending_counts().await), (1000, [0, 0, 0]));
        shop.finish().await;
    }
}

#[actix_web::test]
async fn concurrent_partial_refunds_are_each_made_once() {
    let shop = Shop::without_queries().await;
    let case = shop.paid(CODE).await;
    shop.platform.notices_of(&case.pay_id, Sending::at_once(5));
    let part = || shop.app.admin_refund(&shop.admin, &case.order_id, Some("300.00"));
    let (one, two, three) = tokio::join!(part(), part(), part());
    let mut statuses = [one.status, two.status, three.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 202, 422]);
    shop.settle().await;
    assert_eq!((shop.ledger(&case), shop.platform.trade(&case.pay_id).refunds.len()), ((88_000, 60_000), 2));
    shop.finish().await;
}

#[actix_web::test]
async fn refund_notices_before_the_payment_notice_lead_to_the_same_state() {
    for provider in [PAGE, CODE] {
        let shop = Shop::without_queries().await;
        let case = shop.paying(provider).await;
        shop.platform.notices_of(&case.pay_id, Sending::held());
        shop.platform.pay(&case.pay_id).await;
        assert_eq!(shop.query(&case.pay_id).await.expect(200).body["status"], "paid");
        shop.settle().await;
        // The answers to the refund calls are lost, so the shop learns of its refunds only from notices.
        shop.platform.plan_fault(PlannedFault::next(Op::Refund, AnswerFault::Html).times(2));
        for amount in [Some("300.00"), None] {
            shop.app.admin_refund(&shop.admin, &case.order_id, amount).await.expect(202);
            shop.app.settle().await;
        }
        shop.assert_payment(&case, "paid").await;
        shop.platform.release_reversed(&case.pay_id).await;
        shop.app.settle().await;
        shop.assert_replies(&case, &[Reply::Accepted; 3]);
        shop.assert_refunded(&case).await;
        assert_eq!(shop.app.number("pay", "SELECT count(*) AS n FROM pay_log"), 1);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn an_accepted_refund_is_not_done_until_alipay_confirms_it() {
    for (provider, is_notified) in [(PAGE, true), (CODE, true), (PAGE, false), (CODE, false)] {
        let shop = Shop::without_queries().await;
        let case = shop.paid(provider).await;
        shop.platform.next_refund(Course::later(MINUTE * 10, RefundState::Success));
        if !is_notified {
            shop.platform.notices_of(&case.pay_id, Sending::lost());
        }
        shop.app.refund(&shop.zs, "refund", &case.order_id).await.expect(202);
        for _ in 0..9 {
            shop.advance_platform_first(MINUTE).await;
            shop.assert_payment(&case, "paid").await;
        }
        assert_eq!((shop.ledger(&case), shop.pending_counts().await), ((88_000, 0), [0, 1, 0]));
        shop.advance_platform_first(MINUTE * 10).await;
        shop.assert_refunded(&case).await;
        assert_eq!(shop.platform.trade(&case.pay_id).refunds.len(), 1);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_refund_with_a_lost_answer_is_made_once() {
    for provider in [PAGE, CODE] {
        let mut shop = Shop::without_queries().await;
        let case = shop.paid(provider).await;
        shop.platform.notices_of(&case.pay_id, Sending::lost());
        shop.platform.plan_fault(PlannedFault::next(Op::Refund, AnswerFault::Breaks));
        shop.app.admin_refund(&shop.admin, &case.order_id, Some("300.00")).await.expect(202);
        shop.app.settle().await;
        assert_eq!((shop.ledger(&case), shop.pending_counts().await), ((88_000, 30_000), [0, 1, 0]));
        shop.restart().await;
        shop.advance_platform_first(MINUTE).await;
        assert_eq!((shop.ledger(&case), shop.pending_counts().await), ((88_000, 30_000), [0, 0, 0]));
        assert_eq!(shop.platform.trade(&case.pay_id).refunds.len(), 1);
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_refund_that_alipay_closed_is_requested_again_under_its_number() {
    let shop = Shop::without_queries().await;
    let case = shop.paid(CODE).await;
    shop.platform.next_refund(Course::later(MINUTE, RefundState::Closed));
    shop.app.refund(&shop.zs, "refund", &case.order_id).await.expect(202);
    shop.settle().await;
    assert_eq!(shop.ledger(&case), (88_000, 0));
    shop.advance_platform_first(MINUTE * 10).await;
    shop.assert_refunded(&case).await;
    shop.finish().await;
}

#[actix_web::test]
async fn a_stuck_refund_stays_pending() {
    let shop = Shop::without_queries().await;
    let case = shop.paid(PAGE).await;
    shop.platform.next_refund(Course::later(MINUTE, RefundState::Abnormal));
    shop.app.refund(&shop.zs, "refund", &case.order_id).await.expect(202);
    for _ in 0..20 {
        shop.advance_platform_first(MINUTE * 5).await;
    }
    assert_eq!((shop.ledger(&case), shop.pending_counts().await), ((88_000, 0), [0, 1, 0]));
    shop.assert_payment(&case, "paid").await;
    assert_eq!(shop.platform.trade(&case.pay_id).refunds.len(), 1);
    shop.finish().await;
}

#[actix_web::test]
async fn a_refund_that_alipay_refuses_is_parked() {
    let shop = Shop::without_queries().await;
    let case = shop.paid(CODE).await;
    shop.app.admin_refund(&shop.admin, &case.order_id, Some("300.00")).await.expect(202);
    shop.settle().await;
    assert_eq!((shop.ledger(&case), shop.pending_counts().await), ((88_000, 30_000), [0, 0, 0]));
    // A finished trade cannot be refunded. Alipay finishes trades after about twelve months.
    shop.platform.finish(&case.pay_id).await;
    shop.app.admin_refund(&shop.admin, &case.order_id, Some("100.00")).await.expect(202);
    shop.settle().await;
    assert_eq!((shop.ledger(&case), shop.pending_counts().await), ((88_000, 30_000), [0, 0, 1]));
    let parked = "SELECT count(*) AS n FROM pay_refund WHERE status = 2 AND remark LIKE '%ACQ.TRADE_HAS_FINISHED%'";
    assert_eq!(shop.app.number("pay", parked), 1);
    shop.finish().await;
}

#[actix_web::test]
async fn a_refund_made_in_the_console_of_alipay_is_booked() {
    let shop = Shop::without_queries().await;
    let case = shop.paid(PAGE).await;
    shop.platform.refund_in_console(&case.pay_id, 80_000).await;
    shop.settle().await;
    assert_eq!(shop.replies(&case), [Reply::Accepted, Reply::Accepted]);
    shop.assert_payment(&case, "paid").await;
    // The shop refunds what is left of the payment.
    shop.app.refund(&shop.zs, "refund", &case.order_id).await.expect(202);
    shop.settle().await;
    assert_eq!(shop.pending_counts().await, [0, 0, 0]);
    shop.assert_refunded(&case).await;
    shop.finish().await;
}

#[actix_web::test]
async fn a_query_or_a_notice_of_a_refunded_payment_changes_nothing() {
    let shop = Shop::without_queries().await;
    let case = shop.paid(CODE).await;
    shop.app.refund(&shop.zs, "refund", &case.order_id).await.expect(202);
    shop.settle().await;
    assert_eq!(shop.platform.status(&case.pay_id), "TRADE_CLOSED");
    assert_eq!(shop.query(&case.pay_id).await.expect(200).body["status"], "refunded");
    shop.platform.notify_again(&case.pay_id, Kind::Paid).await;
    shop.settle().await;
    shop.assert_refunded(&case).await;
    let unknown = Case { order_id: case.order_id, pay_id: "1".to_owned() };
    shop.query(&unknown.pay_id).await.expect_problem(404, "not_found");
    shop.finish().await;
}
