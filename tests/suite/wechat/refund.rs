//! Refunds through WeChat Pay: an accepted refund is pending until it is done, and a failed one is parked.

use std::time::Duration;

use awc::http::Method;
use serde_json::{Value, json};

use crate::platform::{AnswerFault, Course, Op, PlannedFault, RefundState, Sending, Wechat};
use crate::support::{Balances, Case, DELAYED_QUERIES, MINUTE};
use crate::wechat::platform::{INSIDE, SCAN, Shop};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Shop {
    /// Returns the shop's numbers of the refunds that the platform has for a payment.
    fn refund_numbers(&self, pay_id: &str) -> Vec<String> {
        self.platform.trade(pay_id).refunds.into_iter().map(|refund| refund.number).collect()
    }

    /// Returns the details of parked refunds in an order's timeline, as the operator sees it.
    async fn parked_refunds(&self, order_id: &str) -> Vec<String> {
        let timeline = self.app.get(&format!("/admin/orders/{order_id}/events"), &self.admin).await.expect(200).body;
        let is_parked = |event: &&Value| event["what"] == "refund_parked";
        timeline["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(is_parked)
            .map(|event| event["detail"].to_string())
            .collect()
    }
}

#[actix_web::test]
async fn a_refund_is_pending_until_a_notice_reports_it_done() {
    for provider in [SCAN, INSIDE] {
        let shop = Shop::with(Wechat::start().await, &DELAYED_QUERIES).await;
        let Case { order_id, pay_id } = shop.paid(provider).await;
        shop.platform.next_refund(Course::later(MINUTE, RefundState::Success));
        assert_eq!(shop.app.refund(&shop.zs, "refund", &order_id).await.expect(202).body["order_status"], "confirmed");
        shop.app.settle().await;
        let accepted = Balances::paid();
        assert_eq!(shop.balances(&order_id, &pay_id).await, accepted);
        assert_eq!(shop.pending_counts().await, [0, 1, 0]);
        assert_eq!(shop.platform.status(&pay_id), "REFUND");
        // No query is due yet, so the shop learns of it from the notice.
        shop.app.clock.advance(MINUTE);
        shop.platform.tick().await;
        shop.app.settle().await;
        let notice = shop.platform.deliveries(&pay_id).pop().unwrap();
        assert_eq!((notice.status, &*notice.reply), (204, ""));
        assert_eq!(notice.post.url, format!("https://shop.example.com/v1/payments/callbacks/{provider}"));
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
        assert_eq!((shop.call_count(Op::RefundQuery), shop.pending_counts().await), (0, [0, 0, 0]));
        // The same key is the same refund.
        shop.app.refund(&shop.zs, "refund", &order_id).await.expect(202);
        shop.advance(DAY / 24).await;
        assert_eq!((shop.refund_numbers(&pay_id).len(), shop.call_count(Op::Refund)), (1, 1));
        let page = shop.app.get(&shop.app.pay_path(&pay_id), "").await.expect(200).text;
        assert!(page.contains("has gone back"), "{page}");
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_pending_refund_without_a_notice_is_queried_until_it_is_done() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paid(SCAN).await;
    shop.platform.notices_of(&pay_id, Sending::lost());
    shop.platform.next_refund(Course::later(MINUTE * 2, RefundState::Success));
    shop.app.refund(&shop.zs, "refund", &order_id).await.expect(202);
    shop.settle().await;
    for _ in 0..3 {
        assert_eq!(shop.pending_counts().await, [0, 1, 0]);
        shop.advance(MINUTE / 2).await;
    }
    shop.advance(MINUTE * 5).await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
    assert_eq!((shop.call_count(Op::Refund), shop.pending_counts().await), (1, [0, 0, 0]));
    assert!(shop.call_count(Op::RefundQuery) >= 2);
    shop.finish().await;
}

#[actix_web::test]
async fn a_refund_that_is_done_at_once_is_notified_too() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paid(SCAN).await;
    shop.platform.next_refund(Course::AT_ONCE);
    shop.app.admin_refund(&shop.admin, &order_id, None).await.expect(202);
    shop.settle().await;
    assert_eq!((shop.platform.reply_statuses(&pay_id), shop.call_count(Op::RefundQuery)), (vec![204, 204], 0));
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
    shop.finish().await;
}

#[actix_web::test]
async fn a_failed_refund_is_parked_and_never_repeated_automatically() {
    for (end, status, is_notified) in [
        (RefundState::Abnormal, "ABNORMAL", true),
        (RefundState::Abnormal, "ABNORMAL", false),
        (RefundState::Closed, "CLOSED", true),
        (RefundState::Closed, "CLOSED", false),
    ] {
        let mut shop = Shop::open().await;
        let Case { order_id, pay_id } = shop.paid(SCAN).await;
        if !is_notified {
            shop.platform.notices_of(&pay_id, Sending::lost());
        }
        shop.platform.next_refund(Course::later(MINUTE, end));
        shop.app.admin_refund(&shop.admin, &order_id, None).await.expect(202);
        shop.settle().await;
        shop.app.clock.advance(MINUTE * 2);
        match is_notified {
            true => shop.platform.tick().await,
            false => shop.app.settle().await,
        }
        assert_eq!(shop.pending_counts().await, [0, 0, 1], "{status}");
        let parked = shop.parked_refunds(&order_id).await;
        assert!(parked.len() == 1 && parked[0].contains(status), "{parked:?}");
        let stuck = Balances::paid();
        assert_eq!(shop.balances(&order_id, &pay_id).await, stuck);
        // Neither time, nor a restart, nor a query by an operator makes another refund.
        let numbers = shop.refund_numbers(&pay_id);
        shop.restart().await;
        shop.advance(DAY / 4).await;
        let query = format!("/admin/payments/{pay_id}/query");
        assert_eq!(shop.app.post(&query, &shop.admin, json!({})).await.expect(200).body["status"], "paid");
        shop.settle().await;
        assert_eq!((shop.refund_numbers(&pay_id), shop.call_count(Op::Refund)), (numbers, 1), "{status}");
        assert_eq!((shop.pending_counts().await, shop.balances(&order_id, &pay_id).await), ([0, 0, 1], stuck));
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_parked_refund_that_is_resolved_at_the_platform_becomes_done() {
    for is_queried in [false, true] {
        let shop = Shop::open().await;
        let Case { order_id, pay_id } = shop.paid(SCAN).await;
        shop.platform.next_refund(Course::later(Duration::ZERO, RefundState::Abnormal));
        shop.app.admin_refund(&shop.admin, &order_id, None).await.expect(202);
        shop.settle().await;
        assert_eq!(shop.pending_counts().await, [0, 0, 1]);
        if is_queried {
            shop.platform.notices_of(&pay_id, Sending::lost());
        }
        shop.platform.resolve_refund(&shop.refund_numbers(&pay_id)[0], RefundState::Success).await;
        if is_queried {
            let query = format!("/admin/payments/{pay_id}/query");
            assert_eq!(shop.app.post(&query, &shop.admin, json!({})).await.expect(200).body["status"], "refunded");
        }
        shop.app.settle().await;
        assert_eq!((shop.pending_counts().await, shop.call_count(Op::Refund)), ([0, 0, 0], 1));
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_refund_with_a_reason_of_100_characters_is_made() {
    let shop = Shop::open().await;
    let Case { order_id, pay_id } = shop.paid(SCAN).await;
    let body = json!({"reason": "退".repeat(100)});
    let path = format!("/v1/orders/{order_id}/refund");
    let key = [("idempotency-key", "refund")];
    shop.app.send(Method::POST, &path, &shop.zs, &key, Some(&body)).await.expect(202);
    shop.settle().await;
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
    shop.finish().await;
}

#[actix_web::test]
async fn an_order_paid_inside_wechat_is_refunded_in_parts() {
    let shop = Shop::with(Wechat::start().await, &DELAYED_QUERIES).await;
    let Case { order_id, pay_id } = shop.paid(INSIDE).await;
    for (amount, back) in [("0.01", 1), ("400.00", 40_001), ("479.99", 88_000)] {
        shop.app.admin_refund(&shop.admin, &order_id, Some(amount)).await.expect(202);
        shop.settle().await;
        shop.advance(MINUTE).await;
        let balances = shop.balances(&order_id, &pay_id).await;
        assert_eq!((balances.back, balances.refunded), (back, back));
    }
    assert_eq!(shop.platform.status(&pay_id), "REFUND");
    assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
    assert_eq!((shop.refund_numbers(&pay_id).len(), shop.platform.reply_statuses(&pay_id)), (3, vec![204; 4]));
    shop.finish().await;
}

#[actix_web::test]
async fn a_refund_is_made_once_whatever_its_outcome() {
    let ends = [RefundState::Success, RefundState::Abnormal, RefundState::Closed];
    for (end, is_answered) in ends.into_iter().flat_map(|end| [(end, true), (end, false)]) {
        let shop = Shop::open().await;
        let Case { order_id, pay_id } = shop.paid(SCAN).await;
        if !is_answered {
            shop.platform.plan_fault(PlannedFault::next(Op::Refund, AnswerFault::Breaks));
        }
        shop.platform.next_refund(Course::later(MINUTE, end));
        shop.app.refund(&shop.zs, "refund", &order_id).await.expect(202);
        shop.app.settle().await;
        assert_eq!(shop.pending_counts().await, [0, 1, 0]);
        for _ in 0..12 {
            shop.advance(MINUTE).await;
        }
        let trade = shop.platform.trade(&pay_id);
        assert_eq!((trade.refunds.len(), trade.refunds[0].state, shop.call_count(Op::Refund)), (1, end, 1));
        if end == RefundState::Success {
            assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
            assert_eq!(shop.pending_counts().await, [0, 0, 0]);
        } else {
            let balances = Balances::paid();
            assert_eq!(shop.balances(&order_id, &pay_id).await, balances);
            assert_eq!(shop.pending_counts().await, [0, 0, 1]);
        }
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_refund_that_the_books_do_not_know_parks_the_next_one_until_an_operator_decides() {
    let shop = Shop::open().await;
    let case = shop.paid(SCAN).await;
    shop.platform.notices_of(&case.pay_id, Sending::lost());
    shop.platform.refund_in_console(&case.pay_id, 2_000).await;
    shop.platform.tick().await;
    shop.app.admin_refund(&shop.admin, &case.order_id, Some("20.00")).await.expect(202);
    shop.settle().await;
    assert_eq!((shop.pending_counts().await, shop.ledger(&case)), ([0, 0, 1], (88_000, 2_000)));
    let parked = shop.app.get("/admin/parked", &shop.admin).await.expect(200).body;
    let retry = format!("/admin/parked/{}/retry", parked["items"][0]["parked_id"].as_str().unwrap());
    shop.app.post(&retry, &shop.admin, json!({"reason": "wanted besides"})).await.expect(200);
    for _ in 0..3 {
        shop.advance(MINUTE * 5).await;
    }
    assert_eq!((shop.pending_counts().await, shop.ledger(&case)), ([0, 0, 0], (88_000, 4_000)));
    shop.finish().await;
}
