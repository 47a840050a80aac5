//! Money that goes back through Alipay: in parts, wholly, later, or not at all.

use std::time::Duration;

use crate::alipay::desk::{CODE, Case, Desk, PAGE};
use crate::platform::{Course, How, Kind, Op, RefundState, Sending, Upset};
use crate::support::GOODS;

const MINUTE: Duration = Duration::from_secs(60);

#[actix_web::test]
async fn the_customer_gets_all_of_it_back() {
    for provider in [PAGE, CODE] {
        let desk = Desk::deaf().await;
        let case = desk.paid(provider).await;
        desk.app.refund(&desk.zs, "refund", &case.order_id).await.expect(202);
        desk.settle().await;
        desk.assert_refunded(&case).await;
        assert_eq!(desk.alipay.trade(&case.pay_id).refunds.len(), 1);
        desk.assert_replies(&case, &["200 success"; 2]);
        assert_eq!((desk.app.stock(GOODS).await, desk.unsettled().await), (1000, [0, 0, 0]));
        desk.finish().await;
    }
}

#[actix_web::test]
async fn parts_are_refunded_up_to_what_was_paid_and_none_counts_as_a_payment() {
    for provider in [PAGE, CODE] {
        let desk = Desk::deaf().await;
        let case = desk.paid(provider).await;
        for (amount, sum) in [("300.00", 30_000), ("0.01", 30_001), ("500.00", 80_001)] {
            desk.app.give_back(&desk.admin, &case.order_id, Some(amount)).await.expect(202);
            desk.settle().await;
            assert_eq!(desk.ledger(&case), (88_000, sum));
            desk.assert_payment(&case, "paid").await;
            desk.app.assert_order_paid(&desk.zs, &case.order_id).await;
        }
        let too_much = desk.app.give_back(&desk.admin, &case.order_id, Some("80.00")).await;
        too_much.expect_problem(422, "invalid_request");
        desk.app.give_back(&desk.admin, &case.order_id, Some("79.99")).await.expect(202);
        desk.settle().await;
        desk.assert_refunded(&case).await;
        desk.assert_replies(&case, &["200 success"; 5]);
        assert_eq!(desk.app.number("pay", "SELECT count(*) AS n FROM pay_log"), 1);
        assert_eq!(desk.app.number("pay", "SELECT count(*) AS n FROM pay_refund WHERE status = 1"), 4);
        assert!(desk.parked().await.is_empty());
        desk.finish().await;
    }
}

#[actix_web::test]
async fn concurrent_partial_refunds_are_each_made_once() {
    let desk = Desk::deaf().await;
    let case = desk.paid(CODE).await;
    desk.alipay.notices_of(&case.pay_id, Sending::at_once(5));
    let part = || desk.app.give_back(&desk.admin, &case.order_id, Some("300.00"));
    let (one, two, three) = tokio::join!(part(), part(), part());
    let mut statuses = [one.status, two.status, three.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 202, 422]);
    desk.settle().await;
    assert_eq!((desk.ledger(&case), desk.alipay.trade(&case.pay_id).refunds.len()), ((88_000, 60_000), 2));
    desk.finish().await;
}

#[actix_web::test]
async fn refund_notices_before_the_payment_notice_lead_to_the_same_state() {
    for provider in [PAGE, CODE] {
        let desk = Desk::deaf().await;
        let case = desk.paying(provider).await;
        desk.alipay.notices_of(&case.pay_id, Sending::held());
        desk.alipay.pay(&case.pay_id).await;
        assert_eq!(desk.ask(&case).await.expect(200).body["status"], "paid");
        desk.settle().await;
        // What is answered to the shop gets lost: it learns of its refunds by what it is told alone.
        desk.alipay.upset(Upset::next(Op::Refund, How::Html).times(2));
        for amount in [Some("300.00"), None] {
            desk.app.give_back(&desk.admin, &case.order_id, amount).await.expect(202);
            desk.app.settle().await;
        }
        desk.assert_payment(&case, "paid").await;
        desk.alipay.release_reversed(&case.pay_id).await;
        desk.app.settle().await;
        desk.assert_replies(&case, &["200 success"; 3]);
        desk.assert_refunded(&case).await;
        assert_eq!(desk.app.number("pay", "SELECT count(*) AS n FROM pay_log"), 1);
        desk.finish().await;
    }
}

#[actix_web::test]
async fn an_accepted_refund_is_not_done_until_alipay_confirms_it() {
    for (provider, is_told) in [(PAGE, true), (CODE, true), (PAGE, false), (CODE, false)] {
        let desk = Desk::deaf().await;
        let case = desk.paid(provider).await;
        desk.alipay.next_refund(Course::later(MINUTE * 10, RefundState::Success));
        if !is_told {
            desk.alipay.notices_of(&case.pay_id, Sending::lost());
        }
        desk.app.refund(&desk.zs, "refund", &case.order_id).await.expect(202);
        for _ in 0..9 {
            desk.advance(MINUTE).await;
            desk.assert_payment(&case, "paid").await;
        }
        assert_eq!((desk.ledger(&case), desk.unsettled().await), ((88_000, 0), [0, 1, 0]));
        desk.advance(MINUTE * 10).await;
        desk.assert_refunded(&case).await;
        assert_eq!(desk.alipay.trade(&case.pay_id).refunds.len(), 1);
        desk.finish().await;
    }
}

#[actix_web::test]
async fn a_refund_with_a_lost_answer_is_made_once() {
    for provider in [PAGE, CODE] {
        let mut desk = Desk::deaf().await;
        let case = desk.paid(provider).await;
        desk.alipay.notices_of(&case.pay_id, Sending::lost());
        desk.alipay.upset(Upset::next(Op::Refund, How::Breaks));
        desk.app.give_back(&desk.admin, &case.order_id, Some("300.00")).await.expect(202);
        desk.app.settle().await;
        assert_eq!((desk.ledger(&case), desk.unsettled().await), ((88_000, 30_000), [0, 1, 0]));
        desk.restart().await;
        desk.advance(MINUTE).await;
        assert_eq!((desk.ledger(&case), desk.unsettled().await), ((88_000, 30_000), [0, 0, 0]));
        assert_eq!(desk.alipay.trade(&case.pay_id).refunds.len(), 1);
        desk.finish().await;
    }
}

#[actix_web::test]
async fn a_refund_that_alipay_closed_is_requested_again_under_its_number() {
    let desk = Desk::deaf().await;
    let case = desk.paid(CODE).await;
    desk.alipay.next_refund(Course::later(MINUTE, RefundState::Closed));
    desk.app.refund(&desk.zs, "refund", &case.order_id).await.expect(202);
    desk.settle().await;
    assert_eq!(desk.ledger(&case), (88_000, 0));
    desk.advance(MINUTE * 10).await;
    desk.assert_refunded(&case).await;
    desk.finish().await;
}

#[actix_web::test]
async fn a_stuck_refund_stays_pending() {
    let desk = Desk::deaf().await;
    let case = desk.paid(PAGE).await;
    desk.alipay.next_refund(Course::later(MINUTE, RefundState::Abnormal));
    desk.app.refund(&desk.zs, "refund", &case.order_id).await.expect(202);
    for _ in 0..20 {
        desk.advance(MINUTE * 5).await;
    }
    assert_eq!((desk.ledger(&case), desk.unsettled().await), ((88_000, 0), [0, 1, 0]));
    desk.assert_payment(&case, "paid").await;
    assert_eq!(desk.alipay.trade(&case.pay_id).refunds.len(), 1);
    desk.finish().await;
}

#[actix_web::test]
async fn a_refund_alipay_refuses_for_good_is_parked_and_one_it_has_no_money_for_is_made_later() {
    let desk = Desk::deaf().await;
    let case = desk.paid(CODE).await;
    desk.alipay.upset(Upset::next(Op::Refund, How::Says("ACQ.SELLER_BALANCE_NOT_ENOUGH")).times(3).undone());
    desk.app.give_back(&desk.admin, &case.order_id, Some("300.00")).await.expect(202);
    desk.settle().await;
    assert_eq!((desk.ledger(&case), desk.unsettled().await), ((88_000, 0), [0, 1, 0]));
    for _ in 0..3 {
        desk.advance(MINUTE * 10).await;
    }
    assert_eq!((desk.ledger(&case), desk.unsettled().await), ((88_000, 30_000), [0, 0, 0]));
    // About twelve months later nothing can be refunded any more.
    desk.alipay.finish(&case.pay_id).await;
    desk.app.give_back(&desk.admin, &case.order_id, Some("100.00")).await.expect(202);
    desk.settle().await;
    assert_eq!((desk.ledger(&case), desk.unsettled().await), ((88_000, 30_000), [0, 0, 1]));
    let parked = "SELECT count(*) AS n FROM pay_refund WHERE status = 2 AND remark LIKE '%ACQ.TRADE_HAS_FINISHED%'";
    assert_eq!(desk.app.number("pay", parked), 1);
    desk.finish().await;
}

#[actix_web::test]
async fn what_somebody_gives_back_in_alipays_console_is_parked_and_not_ours() {
    let desk = Desk::deaf().await;
    let case = desk.paid(PAGE).await;
    desk.alipay.refund_in_console(&case.pay_id, 80_000).await;
    desk.settle().await;
    assert_eq!(desk.replies(&case), ["200 success", "200 fail"]);
    assert_eq!(desk.parked().await, ["the refund is not ours"]);
    desk.assert_payment(&case, "paid").await;
    // Ours would be too much then.
    desk.app.refund(&desk.zs, "refund", &case.order_id).await.expect(202);
    desk.settle().await;
    assert_eq!((desk.ledger(&case), desk.unsettled().await), ((88_000, 80_000), [0, 0, 1]));
    let complaints = desk.alipay.complaints();
    assert!(complaints.len() == 1 && complaints[0].contains("ACQ.REASON_TRADE_REFUND_FEE_ERR"), "{complaints:?}");
    desk.app.finish().await;
}

#[actix_web::test]
async fn asking_for_a_payment_that_went_back_finds_it_paid() {
    let desk = Desk::deaf().await;
    let case = desk.paid(CODE).await;
    desk.app.refund(&desk.zs, "refund", &case.order_id).await.expect(202);
    desk.settle().await;
    assert_eq!(desk.alipay.status(&case.pay_id), "TRADE_CLOSED");
    assert_eq!(desk.ask(&case).await.expect(200).body["status"], "refunded");
    desk.alipay.tell(&case.pay_id, Kind::Paid).await;
    desk.settle().await;
    desk.assert_refunded(&case).await;
    let none = Case { order_id: case.order_id, pay_id: "1".to_owned() };
    desk.ask(&none).await.expect_problem(404, "not_found");
    desk.finish().await;
}
