//! Missing, incomplete and forged answers of WeChat Pay. The outcome of the call is unknown then. The shop repeats or
//! queries the call, never executes it twice, and never drops it.

use std::time::Duration;

use futures_util::future::join_all;

use crate::platform::{AnswerFault, Course, Op, PlannedFault, RefundState, Sending, Stage, Wechat};
use crate::support::{Case, DELAYED_QUERIES, MINUTE};
use crate::wechat::platform::{INSIDE, SCAN, Shop};

/// One second more than the allowed difference between a timestamp and the clock.
const TOO_LONG: Duration = Duration::from_secs(301);

/// Failures of an answer, and whether the platform executes the call.
const FAILURES: [(AnswerFault, bool); 24] = [
    (AnswerFault::Breaks, true),
    (AnswerFault::Breaks, false),
    (AnswerFault::BreaksOff, true),
    (AnswerFault::Status(500), true),
    (AnswerFault::Status(502), false),
    (AnswerFault::Status(404), true),
    (AnswerFault::Status(302), false),
    (AnswerFault::Garbage, true),
    (AnswerFault::Garbage, false),
    (AnswerFault::Html, true),
    (AnswerFault::Html, false),
    (AnswerFault::Unsigned, true),
    (AnswerFault::BadSignature, true),
    (AnswerFault::OtherKey, true),
    (AnswerFault::UnknownKey, true),
    (AnswerFault::Old(TOO_LONG), true),
    (AnswerFault::Early(TOO_LONG), true),
    (AnswerFault::Error("SYSTEM_ERROR"), true),
    (AnswerFault::Error("SYSTEM_ERROR"), false),
    (AnswerFault::UnsignedError("SYSTEM_ERROR"), true),
    (AnswerFault::Error("FREQUENCY_LIMITED"), false),
    (AnswerFault::Error("SIGN_ERROR"), false),
    (AnswerFault::Error("A_CODE_OF_TOMORROW"), true),
    (AnswerFault::Altered, true),
];

/// Plans a failure of the next answer to `op`.
fn upset(op: Op, (how, works): (AnswerFault, bool)) -> PlannedFault {
    let upset = PlannedFault::next(op, how);
    if works { upset } else { upset.without_effect() }
}

/// Returns the failures that are possible for the answer to `op`. The answer to a close call has no body that could be
/// altered or cut off.
fn failures(op: Op) -> impl Iterator<Item = (AnswerFault, bool)> {
    FAILURES
        .into_iter()
        .filter(move |(how, _)| op != Op::Close || !matches!(how, AnswerFault::Altered | AnswerFault::BreaksOff))
}

impl Shop {
    /// Returns what the platform has charged and refunded for a payment, in fen. The payment must have one trade.
    fn only_ledger(&self, pay_id: &str) -> (i64, i64) {
        let trades = self.platform.trades(pay_id);
        assert_eq!(trades.len(), 1);
        (trades[0].charged(), trades[0].refunded())
    }

    /// Returns the order status and the payment status, separated by a space.
    async fn order_status(&self, order_id: &str) -> String {
        let order = self.app.get(&format!("/v1/orders/{order_id}"), &self.zs).await.expect(200);
        format!("{} {}", order.text_of("order_status"), order.text_of("pay_status"))
    }
}

#[actix_web::test]
async fn a_create_call_without_a_valid_answer_ends_in_one_payment() {
    for provider in [SCAN, INSIDE] {
        let shop = Shop::with(Wechat::start().await, &DELAYED_QUERIES).await;
        for (n, failure) in failures(Op::Create).enumerate() {
            let key = format!("order-{n}");
            let order_id = shop.order(&key).await;
            shop.platform.plan_fault(upset(Op::Create, failure));
            shop.start(provider, &key, &order_id).await.expect_problem(503, "busy");
            let first = shop.platform.calls().pop().unwrap();
            let started = shop.start(provider, &key, &order_id).await.expect(201);
            let (pay_id, second) = (started.text_of("pay_id"), shop.platform.calls().pop().unwrap());
            assert_eq!(
                (first.out_trade_no, first.body),
                (pay_id.clone(), second.body),
                "{failure:?}: the body is the same"
            );
            assert!(started.body["checkout"].is_object());
            shop.pay_and_settle(&pay_id).await;
            assert_eq!(shop.only_ledger(&pay_id), (100_000, 0), "{failure:?}");
            assert_eq!(shop.order_status(&order_id).await, "confirmed paid");
        }
        let payments = shop.app.number("pay", "SELECT count(*) AS n FROM pay");
        assert_eq!((usize::try_from(payments).unwrap(), shop.parked().await.len()), (FAILURES.len(), 0));
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_payment_whose_create_call_failed_and_is_not_repeated_is_closed() {
    for works in [true, false] {
        let shop = Shop::open().await;
        let order_id = shop.golden_order().await;
        shop.platform.plan_fault(upset(Op::Create, (AnswerFault::Breaks, works)));
        shop.start(SCAN, "pay", &order_id).await.expect_problem(503, "busy");
        let pay_id = shop.platform.calls().pop().unwrap().out_trade_no;
        shop.advance(MINUTE).await;
        // The create call may still arrive at the platform.
        assert_eq!(shop.payment(&pay_id).await["status"], "unpaid");
        shop.advance(MINUTE * 30).await;
        assert_eq!(shop.payment(&pay_id).await["status"], "closed");
        assert_eq!(shop.order_status(&order_id).await, "cancelled unpaid");
        if works {
            assert_eq!(shop.platform.trade(&pay_id).stage, Stage::Closed);
        }
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_create_call_repeated_in_the_last_seconds_of_the_order_is_the_same_payment() {
    for provider in [SCAN, INSIDE] {
        let shop = Shop::with(Wechat::start().await, &DELAYED_QUERIES).await;
        let order_id = shop.golden_order().await;
        // The platform requires at least a minute until a payment expires, and the same body each time.
        shop.app.clock.advance(MINUTE * 30 - Duration::from_secs(50));
        shop.platform.plan_fault(upset(Op::Create, (AnswerFault::Breaks, true)));
        shop.start(provider, "pay", &order_id).await.expect_problem(503, "busy");
        shop.app.clock.advance(Duration::from_secs(20));
        let pay_id = shop.start(provider, "pay", &order_id).await.expect(201).text_of("pay_id");
        shop.pay_and_settle(&pay_id).await;
        assert_eq!(
            (shop.only_ledger(&pay_id), shop.order_status(&order_id).await),
            ((88_000, 0), "confirmed paid".to_owned())
        );
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_query_without_a_valid_answer_is_repeated() {
    let shop = Shop::open().await;
    for (n, failure) in failures(Op::Query).enumerate() {
        let Case { order_id, pay_id } = shop.another(SCAN, &format!("order-{n}")).await;
        shop.platform.notices_of(&pay_id, Sending::lost());
        shop.platform.pay(&pay_id).await;
        shop.platform.plan_fault(upset(Op::Query, failure));
        shop.query(&pay_id).await.expect_problem(503, "busy");
        shop.app.settle().await;
        assert_eq!(shop.order_status(&order_id).await, "confirmed paying", "{failure:?}");
        shop.advance(MINUTE).await;
        assert_eq!(shop.order_status(&order_id).await, "confirmed paid", "{failure:?}");
        assert_eq!(shop.only_ledger(&pay_id), (100_000, 0), "{failure:?}");
    }
    assert_eq!(shop.parked().await.len(), 0);
    shop.finish().await;
}

#[actix_web::test]
async fn a_refund_without_a_valid_answer_is_queried_and_made_once() {
    let shop = Shop::open().await;
    for (n, failure) in failures(Op::Refund).enumerate() {
        let Case { order_id, pay_id } = shop.another(SCAN, &format!("order-{n}")).await;
        shop.pay_and_settle(&pay_id).await;
        shop.platform.notices_of(&pay_id, Sending::lost());
        // The refund takes a minute, so that the first answer does not complete it.
        shop.platform.next_refund(Course::later(MINUTE, RefundState::Success));
        shop.platform.plan_fault(upset(Op::Refund, failure));
        shop.app.admin_refund(&shop.admin, &order_id, None).await.expect(202);
        shop.app.settle().await;
        let (_, works) = failure;
        assert_eq!(
            (shop.platform.trade(&pay_id).refunds.len(), shop.pending_counts().await),
            (works.into(), [0, 1, 0])
        );
        for _ in 0..4 {
            shop.advance(MINUTE * 5).await;
        }
        assert_eq!(
            (shop.only_ledger(&pay_id), shop.pending_counts().await),
            ((100_000, 100_000), [0, 0, 0]),
            "{failure:?}"
        );
        assert_eq!(shop.platform.trade(&pay_id).refunds.len(), 1, "{failure:?}");
        assert_eq!(shop.payment(&pay_id).await["status"], "refunded", "{failure:?}");
    }
    // A refund that was made is not requested again. A refund that was not made is, under the same number.
    let undone = FAILURES.iter().filter(|(_, works)| !works).count();
    assert_eq!(shop.call_count(Op::Refund), FAILURES.len() + undone);
    shop.finish().await;
}

#[actix_web::test]
async fn a_refund_query_without_a_valid_answer_is_repeated() {
    let shop = Shop::open().await;
    for (n, failure) in failures(Op::RefundQuery).enumerate() {
        let Case { order_id, pay_id } = shop.another(SCAN, &format!("order-{n}")).await;
        shop.pay_and_settle(&pay_id).await;
        shop.platform.notices_of(&pay_id, Sending::lost());
        shop.app.admin_refund(&shop.admin, &order_id, None).await.expect(202);
        shop.app.settle().await;
        shop.platform.plan_fault(upset(Op::RefundQuery, failure));
        shop.query(&pay_id).await.expect_problem(503, "busy");
        assert_eq!(shop.pending_counts().await, [0, 1, 0], "{failure:?}");
        for _ in 0..2 {
            shop.advance(MINUTE * 5).await;
        }
        assert_eq!(
            (shop.only_ledger(&pay_id), shop.pending_counts().await),
            ((100_000, 100_000), [0, 0, 0]),
            "{failure:?}"
        );
    }
    assert_eq!(shop.call_count(Op::Refund), FAILURES.len());
    shop.finish().await;
}

#[actix_web::test]
async fn a_refund_reported_missing_is_requested_again_and_stays_one_refund() {
    for false_answer in [AnswerFault::Error("RESOURCE_NOT_EXISTS"), AnswerFault::UnsignedError("RESOURCENOTEXISTS")] {
        let shop = Shop::open().await;
        let Case { order_id, pay_id } = shop.another(SCAN, "order").await;
        shop.pay_and_settle(&pay_id).await;
        shop.platform.notices_of(&pay_id, Sending::lost());
        shop.platform.next_refund(Course::later(MINUTE, RefundState::Success));
        shop.app.admin_refund(&shop.admin, &order_id, Some("400.00")).await.expect(202);
        shop.app.settle().await;
        shop.platform.plan_fault(PlannedFault::next(Op::RefundQuery, false_answer));
        shop.query(&pay_id).await.expect(200);
        assert_eq!(
            (shop.call_count(Op::Refund), shop.platform.trade(&pay_id).refunds.len()),
            (2, 1),
            "{false_answer:?}"
        );
        for _ in 0..2 {
            shop.advance(MINUTE * 5).await;
        }
        assert_eq!(
            (shop.only_ledger(&pay_id), shop.pending_counts().await),
            ((100_000, 40_000), [0, 0, 0]),
            "{false_answer:?}"
        );
        shop.finish().await;
    }
}

#[actix_web::test]
async fn a_close_call_without_a_valid_answer_leaves_the_order_open_until_the_outcome_is_known() {
    let shop = Shop::open().await;
    for (n, failure) in failures(Op::Close).enumerate() {
        let Case { order_id, pay_id } = shop.another(SCAN, &format!("order-{n}")).await;
        shop.platform.plan_fault(upset(Op::Close, failure));
        shop.cancel(&order_id).await.expect_problem(503, "busy");
        assert_eq!(shop.order_status(&order_id).await, "confirmed paying", "{failure:?}");
        shop.cancel(&order_id).await.expect(200);
        assert_eq!(shop.order_status(&order_id).await, "cancelled unpaid", "{failure:?}");
        assert_eq!(shop.platform.trade(&pay_id).stage, Stage::Closed, "{failure:?}");
        // The same failure of a close call for a payment that is already paid.
        let Case { order_id, pay_id } = shop.another(SCAN, &format!("paid-{n}")).await;
        shop.platform.notices_of(&pay_id, Sending::lost());
        shop.platform.pay(&pay_id).await;
        shop.platform.plan_fault(upset(Op::Close, failure));
        let refused = shop.cancel(&order_id).await;
        assert!([409, 503].contains(&refused.status), "{failure:?}: {}", refused.text);
        shop.cancel(&order_id).await.expect_problem(409, "order_not_cancellable");
        shop.settle().await;
        assert_eq!(shop.order_status(&order_id).await, "confirmed paid", "{failure:?}");
        assert_eq!(shop.only_ledger(&pay_id), (100_000, 0), "{failure:?}");
    }
    shop.finish().await;
}

#[actix_web::test]
async fn a_slow_answer_within_the_timeout_is_accepted() {
    let shop = Shop::open().await;
    let slow = AnswerFault::Slow(Duration::from_millis(30));
    for op in [Op::Create, Op::Query, Op::Close, Op::Refund, Op::RefundQuery] {
        shop.platform.plan_fault(PlannedFault::next(op, slow).times(99));
    }
    let Case { order_id, pay_id } = shop.another(SCAN, "paid").await;
    shop.platform.notices_of(&pay_id, Sending::lost());
    shop.platform.pay(&pay_id).await;
    assert_eq!(shop.query(&pay_id).await.expect(200).body["status"], "paid");
    shop.app.settle().await;
    shop.app.admin_refund(&shop.admin, &order_id, None).await.expect(202);
    shop.app.settle().await;
    assert_eq!(shop.query(&pay_id).await.expect(200).body["status"], "refunded");
    assert_eq!(shop.only_ledger(&pay_id), (100_000, 100_000));
    let Case { order_id, pay_id } = shop.another(SCAN, "closed").await;
    shop.cancel(&order_id).await.expect(200);
    assert_eq!(shop.platform.trade(&pay_id).stage, Stage::Closed);
    shop.finish().await;
}

#[actix_web::test]
async fn a_call_that_is_never_answered_times_out_and_its_outcome_is_queried() {
    let shop = Shop::open().await;
    let Case { order_id: _, pay_id: queried } = shop.another(SCAN, "queried").await;
    let Case { order_id: cancelled, pay_id: closed } = shop.another(SCAN, "closed").await;
    let Case { order_id: refunded, pay_id: back } = shop.another(SCAN, "back").await;
    let late = shop.order("late").await;
    shop.pay_and_settle(&back).await;
    shop.platform.notices_of(&back, Sending::lost());
    shop.platform.notices_of(&queried, Sending::lost());
    shop.platform.pay(&queried).await;
    for op in [Op::Create, Op::Query, Op::Close, Op::Refund] {
        shop.platform.plan_fault(PlannedFault::next(op, AnswerFault::Hangs));
    }
    shop.app.admin_refund(&shop.admin, &refunded, None).await.expect(202);
    // Concurrently, because each call takes the whole timeout.
    let query = shop.query(&queried);
    let (started, query, cancellation, ()) =
        tokio::join!(shop.start(SCAN, "late", &late), query, shop.cancel(&cancelled), shop.app.settle());
    for answer in [started, query, cancellation] {
        answer.expect_problem(503, "busy");
    }
    // The platform executed every call.
    assert_eq!((shop.platform.trade(&closed).stage, shop.only_ledger(&back).0), (Stage::Closed, 100_000));
    assert_eq!(shop.pending_counts().await[1], 1);
    let started = shop.start(SCAN, "late", &late).await.expect(201).text_of("pay_id");
    assert_eq!(shop.only_ledger(&started), (0, 0));
    shop.cancel(&cancelled).await.expect(200);
    for _ in 0..3 {
        shop.advance(MINUTE).await;
    }
    let status = join_all([&queried, &closed, &back, &started].map(|pay_id| shop.payment(pay_id))).await;
    let status: Vec<&str> = status.iter().map(|payment| payment["status"].as_str().unwrap()).collect();
    assert_eq!(status, ["paid", "closed", "refunded", "unpaid"]);
    assert_eq!((shop.only_ledger(&back), shop.platform.trade(&back).refunds.len()), ((100_000, 100_000), 1));
    shop.finish().await;
}
