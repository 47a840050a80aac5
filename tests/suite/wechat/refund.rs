//! Money that goes back through WeChat Pay: accepted is not done, and what is stuck is somebody's to look at.

use std::time::Duration;

use awc::http::Method;
use serde_json::{Value, json};

use crate::platform::{AnswerFault, Course, Op, PlannedFault, RefundState, Sending, Wechat};
use crate::support::{Balances, Case, DELAYED_QUERIES, MINUTE};
use crate::wechat::platform::{INSIDE, SCAN, Shop};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Shop {
    /// Our numbers of the refunds the platform has of a payment.
    fn numbers(&self, pay_id: &str) -> Vec<String> {
        self.platform.trade(pay_id).refunds.into_iter().map(|refund| refund.number).collect()
    }

    /// What the operator reads of refunds in an order's story.
    async fn refunds_told(&self, order_id: &str) -> Vec<String> {
        let story = self.app.get(&format!("/admin/orders/{order_id}/events"), &self.admin).await.expect(200).body;
        let parked = |event: &&Value| event["what"] == "refund_parked";
        story["items"].as_array().unwrap().iter().filter(parked).map(|event| event["detail"].to_string()).collect()
    }
}

#[actix_web::test]
async fn a_refund_is_accepted_and_then_told_to_be_done() {
    for way in [SCAN, INSIDE] {
        let shop = Shop::with(Wechat::start().await, &DELAYED_QUERIES).await;
        let Case { order_id, pay_id } = shop.paid(way).await;
        shop.platform.next_refund(Course::later(MINUTE, RefundState::Success));
        assert_eq!(shop.app.refund(&shop.zs, "refund", &order_id).await.expect(202).body["order_status"], "refunded");
        shop.app.settle().await;
        let accepted = Balances { payment: "paid".to_owned(), back: 0, refunded: 0, ..Balances::refunded() };
        assert_eq!(shop.balances(&order_id, &pay_id).await, accepted);
        assert_eq!(shop.pending_counts().await, [0, 1, 0]);
        assert_eq!(shop.platform.status(&pay_id), "REFUND");
        // Nobody asks meanwhile: the notice tells.
        shop.app.clock.advance(MINUTE);
        shop.platform.tick().await;
        let told = shop.platform.deliveries(&pay_id).pop().unwrap();
        assert_eq!((told.status, &*told.reply), (204, ""));
        assert_eq!(told.post.url, format!("https://shop.example.com/v1/payments/callbacks/{way}"));
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
        assert_eq!((shop.call_count(Op::RefundQuery), shop.pending_counts().await), (0, [0, 0, 0]));
        // The same key is the same refund.
        shop.app.refund(&shop.zs, "refund", &order_id).await.expect(202);
        shop.advance(DAY / 24).await;
        assert_eq!((shop.numbers(&pay_id).len(), shop.call_count(Op::Refund)), (1, 1));
        let page = shop.app.get(&format!("/pay/{pay_id}"), "").await.expect(200).text;
        assert!(page.contains("has gone back"), "{page}");
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_refund_is_accepted_and_then_asked_for_until_it_is_done() {
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
async fn a_refund_that_is_done_at_once_is_told_of_all_the_same() {
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
async fn a_refund_whose_money_does_not_arrive_is_parked_and_never_made_again_by_itself() {
    for (end, word, is_told) in [
        (RefundState::Abnormal, "ABNORMAL", true),
        (RefundState::Abnormal, "ABNORMAL", false),
        (RefundState::Closed, "CLOSED", true),
        (RefundState::Closed, "CLOSED", false),
    ] {
        let mut shop = Shop::open().await;
        let Case { order_id, pay_id } = shop.paid(SCAN).await;
        if !is_told {
            shop.platform.notices_of(&pay_id, Sending::lost());
        }
        shop.platform.next_refund(Course::later(MINUTE, end));
        shop.app.admin_refund(&shop.admin, &order_id, None).await.expect(202);
        shop.settle().await;
        shop.app.clock.advance(MINUTE * 2);
        match is_told {
            true => shop.platform.tick().await,
            false => shop.app.settle().await,
        }
        assert_eq!(shop.pending_counts().await, [0, 0, 1], "{word}");
        let told = shop.refunds_told(&order_id).await;
        assert!(told.len() == 1 && told[0].contains(word), "{told:?}");
        let stuck = Balances { payment: "paid".to_owned(), back: 0, refunded: 0, ..Balances::refunded() };
        assert_eq!(shop.balances(&order_id, &pay_id).await, stuck);
        // Neither time, nor a restart, nor somebody who looks at it makes another one.
        let numbers = shop.numbers(&pay_id);
        shop.restart().await;
        shop.advance(DAY / 4).await;
        let query = format!("/admin/payments/{pay_id}/query");
        assert_eq!(shop.app.post(&query, &shop.admin, json!({})).await.expect(200).body["status"], "paid");
        shop.settle().await;
        assert_eq!((shop.numbers(&pay_id), shop.call_count(Op::Refund)), (numbers, 1), "{word}");
        assert_eq!((shop.pending_counts().await, shop.balances(&order_id, &pay_id).await), ([0, 0, 1], stuck));
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_parked_refund_that_somebody_sees_to_is_done_in_the_end() {
    for asked in [false, true] {
        let shop = Shop::open().await;
        let Case { order_id, pay_id } = shop.paid(SCAN).await;
        shop.platform.next_refund(Course::later(Duration::ZERO, RefundState::Abnormal));
        shop.app.admin_refund(&shop.admin, &order_id, None).await.expect(202);
        shop.settle().await;
        assert_eq!(shop.pending_counts().await, [0, 0, 1]);
        if asked {
            shop.platform.notices_of(&pay_id, Sending::lost());
        }
        shop.platform.resolve_refund(&shop.numbers(&pay_id)[0], RefundState::Success).await;
        if asked {
            let query = format!("/admin/payments/{pay_id}/query");
            assert_eq!(shop.app.post(&query, &shop.admin, json!({})).await.expect(200).body["status"], "refunded");
        }
        assert_eq!((shop.pending_counts().await, shop.call_count(Op::Refund)), ([0, 0, 0], 1));
        assert_eq!(shop.balances(&order_id, &pay_id).await, Balances::refunded());
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_reason_of_many_characters_does_not_keep_the_money_from_going_back() {
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
    assert_eq!((shop.numbers(&pay_id).len(), shop.platform.reply_statuses(&pay_id)), (3, vec![204; 4]));
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
            let balances = Balances { payment: "paid".to_owned(), back: 0, refunded: 0, ..Balances::refunded() };
            assert_eq!(shop.balances(&order_id, &pay_id).await, balances);
            assert_eq!(shop.pending_counts().await, [0, 0, 1]);
        }
        shop.finish().await;
    }
}
