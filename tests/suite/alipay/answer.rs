//! Missing, incomplete and forged answers of Alipay. The outcome of the call is unknown then. The shop repeats the call
//! under the same number until the outcome is known, and never charges or refunds twice.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::alipay::platform::{CODE, PAGE, Shop};
use crate::platform::{Alipay, AnswerFault, Op, PlannedFault, Sending, Stage};
use crate::support::Case;

/// Failures of an answer that leave the outcome of the call unknown.
const FAILURES: [AnswerFault; 14] = [
    AnswerFault::Breaks,
    AnswerFault::BreaksOff,
    AnswerFault::Status(500),
    AnswerFault::Status(503),
    AnswerFault::Status(302),
    AnswerFault::Garbage,
    AnswerFault::Html,
    AnswerFault::Unsigned,
    AnswerFault::BadSignature,
    AnswerFault::OtherKey,
    AnswerFault::Altered,
    AnswerFault::Error("ACQ.SYSTEM_ERROR"),
    AnswerFault::Error("20000"),
    AnswerFault::UnsignedError("isp.unknow-error"),
];
/// Longer than the timeout of any call.
const TOO_LONG: Duration = Duration::from_secs(11);

/// Returns each of `FAILURES` and `more` twice: the platform executes the call (`true`), and it does not (`false`).
fn failures(more: &[AnswerFault]) -> impl Iterator<Item = (AnswerFault, bool)> {
    let all: Vec<AnswerFault> = FAILURES.iter().chain(more).copied().collect();
    all.into_iter().flat_map(|how| [(how, true), (how, false)])
}

/// Plans the failure `how` of the next answer to `op`. The platform executes the call only if `is_done`.
fn upset(op: Op, how: AnswerFault, is_done: bool) -> PlannedFault {
    let upset = PlannedFault::next(op, how);
    if is_done { upset } else { upset.without_effect() }
}

impl Shop {
    /// Pays the case and asserts that its order is paid once.
    async fn pay_once(&self, case: &Case) {
        self.platform.pay(&case.pay_id).await;
        self.settle().await;
        self.assert_paid_once(case).await;
    }

    /// Asserts that an order of 1000.00 is paid once.
    async fn assert_paid_once(&self, case: &Case) {
        self.assert_order(case, "confirmed", "paid").await;
        self.assert_payment(case, "paid").await;
        assert_eq!(self.ledger(case), (100_000, 0));
        let log = format!("SELECT count(*) AS n FROM pay_log WHERE order_id = {}", case.order_id);
        assert_eq!(self.app.number("pay", &log), 1);
    }

    /// Asserts that exactly one refund of 1000.00 was made.
    async fn assert_refunded_once(&self, case: &Case) {
        self.assert_order(case, "refunded", "paid").await;
        self.assert_payment(case, "refunded").await;
        let trade = self.platform.trade(&case.pay_id);
        assert_eq!((trade.charged(), trade.refunded(), trade.refunds.len()), (100_000, 100_000, 1));
    }
}

#[actix_web::test]
async fn a_create_call_without_an_answer_ends_in_one_payment() {
    let shop = Shop::without_queries().await;
    for (n, (how, is_done)) in failures(&[AnswerFault::UnsignedError("ACQ.APPLY_PC_MERCHANT_CODE_ERROR")]).enumerate() {
        let key = format!("order-{n}");
        let order_id = shop.order(&key).await;
        shop.platform.plan_fault(upset(Op::Create, how, is_done));
        shop.start(CODE, &key, &order_id).await.expect_problem(503, "busy");
        let again = shop.start(CODE, &key, &order_id).await.expect(201);
        let first = Case { order_id: order_id.clone(), pay_id: again.text_of("pay_id") };
        let mut case = first.clone();
        if is_done {
            // The QR code is lost, and Alipay does not return it again, so the payment is closed.
            assert_eq!((&again.body["status"], &again.body["checkout"]), (&json!("closed"), &Value::Null), "{how:?}");
            let other = shop.start(CODE, &format!("{key}-other"), &order_id).await.expect(201);
            assert_ne!(other.text_of("pay_id"), first.pay_id);
            shop.open_checkout(&other).await;
            case.pay_id = other.text_of("pay_id");
        } else {
            assert_eq!(again.body["status"], "unpaid", "{how:?}");
            shop.open_checkout(&again).await;
        }
        shop.pay_once(&case).await;
        assert_eq!(shop.ledger(&first).0, if is_done { 0 } else { 100_000 });
    }
    shop.finish().await;
}

#[actix_web::test]
async fn a_payment_whose_code_was_lost_stays_closed_and_another_key_starts_a_new_one() {
    let shop = Shop::with(Alipay::start().await, &[]).await;
    let order_id = shop.order("order").await;
    shop.platform.plan_fault(PlannedFault::next(Op::Create, AnswerFault::Breaks));
    shop.start(CODE, "first", &order_id).await.expect_problem(503, "busy");
    let calls = || shop.platform.calls().len();
    for _ in 0..3 {
        let again = shop.start(CODE, "first", &order_id).await.expect(201);
        assert_eq!((&again.body["status"], &again.body["checkout"]), (&json!("closed"), &Value::Null));
        assert_eq!(calls(), 3, "the payment is closed at the platform too, and is not created again");
    }
    let second = shop.start(CODE, "second", &order_id).await.expect(201);
    shop.open_checkout(&second).await;
    let case = Case { order_id, pay_id: second.text_of("pay_id") };
    shop.pay_once(&case).await;
    assert_eq!(shop.app.number("pay", "SELECT count(*) AS n FROM pay"), 2);
    shop.finish().await;
}

#[actix_web::test]
async fn a_query_without_an_answer_is_repeated() {
    let shop = Shop::without_queries().await;
    for (n, (how, is_done)) in failures(&[AnswerFault::UnsignedError("ACQ.TRADE_NOT_EXIST")]).enumerate() {
        let case = shop.another(if n % 4 < 2 { PAGE } else { CODE }, &format!("order-{n}")).await;
        shop.platform.next_notice(Sending::lost());
        shop.platform.pay(&case.pay_id).await;
        shop.platform.plan_fault(upset(Op::Query, how, is_done));
        shop.query(&case.pay_id).await.expect_problem(503, "busy");
        shop.assert_payment(&case, "unpaid").await;
        assert_eq!(shop.query(&case.pay_id).await.expect(200).body["status"], "paid", "{how:?}");
        shop.settle().await;
        shop.assert_paid_once(&case).await;
    }
    shop.finish().await;
}

#[actix_web::test]
async fn a_close_call_without_an_answer_leaves_the_order_open_until_the_outcome_is_known() {
    let shop = Shop::without_queries().await;
    let unsigned_errors =
        ["ACQ.TRADE_NOT_EXIST", "ACQ.TRADE_HAS_CLOSE", "ACQ.TRADE_STATUS_ERROR"].map(AnswerFault::UnsignedError);
    for (n, (how, is_done)) in failures(&unsigned_errors).enumerate() {
        let case = shop.another(if n % 4 < 2 { PAGE } else { CODE }, &format!("order-{n}")).await;
        shop.platform.plan_fault(upset(Op::Close, how, is_done));
        shop.cancel(&case.order_id).await.expect_problem(503, "busy");
        shop.assert_order(&case, "confirmed", "paying").await;
        shop.assert_payment(&case, "unpaid").await;
        assert_eq!(shop.platform.trade(&case.pay_id).stage == Stage::Closed, is_done, "{how:?}");
        if n % 3 == 0 && !is_done {
            // The trade is still open at Alipay, so a payment counts.
            shop.platform.next_notice(Sending::lost());
            shop.platform.pay(&case.pay_id).await;
            shop.cancel(&case.order_id).await.expect_problem(409, "order_not_cancellable");
            shop.settle().await;
            shop.assert_paid_once(&case).await;
            continue;
        }
        shop.cancel(&case.order_id).await.expect(200);
        shop.settle().await;
        shop.assert_order(&case, "cancelled", "unpaid").await;
        shop.assert_payment(&case, "closed").await;
        assert_eq!((shop.platform.trade(&case.pay_id).stage, shop.ledger(&case)), (Stage::Closed, (0, 0)));
    }
    shop.finish().await;
}

#[actix_web::test]
async fn a_refund_without_an_answer_is_made_once() {
    let shop = Shop::without_queries().await;
    let unsigned_errors = ["ACQ.TRADE_NOT_EXIST", "ACQ.REASON_TRADE_REFUND_FEE_ERR"].map(AnswerFault::UnsignedError);
    for (n, (how, is_done)) in failures(&unsigned_errors).enumerate() {
        let key = format!("order-{n}");
        let case = shop.another(if n % 4 < 2 { PAGE } else { CODE }, &key).await;
        shop.pay_once(&case).await;
        shop.platform.next_notice(Sending::lost());
        shop.platform.plan_fault(upset(Op::Refund, how, is_done));
        // The first query of the refund fails in the same manner.
        shop.platform.plan_fault(upset(Op::RefundQuery, how, is_done));
        shop.app.refund(&shop.zs, &key, &case.order_id).await.expect(202);
        shop.app.settle().await;
        assert_eq!(shop.ledger(&case).1, if is_done { 100_000 } else { 0 }, "{how:?}");
        shop.assert_payment(&case, "paid").await;
        assert_eq!(shop.pending_counts().await[1..], [1, 0]);
        for _ in 0..5 {
            shop.app.advance(Duration::from_secs(10)).await;
        }
        shop.assert_refunded_once(&case).await;
        assert_eq!(shop.pending_counts().await[1..], [0, 0]);
    }
    assert_eq!(shop.me().await.1, 100);
    shop.finish().await;
}

/// Runs the four calls concurrently, because each of them takes the whole timeout.
#[actix_web::test]
async fn an_answer_after_the_timeout_counts_as_no_answer() {
    let shop = Shop::without_queries().await;
    let orders = [shop.order("start-0").await, shop.order("start-1").await];
    let names = ["query", "close", "refund"];
    let mut cases = Vec::new();
    for (n, name) in names.iter().cycle().take(6).enumerate() {
        let case = shop.another(PAGE, &format!("{name}-{n}")).await;
        let how = if n < 3 { AnswerFault::Hangs } else { AnswerFault::Slow(TOO_LONG) };
        match *name {
            "query" => shop.platform.plan_fault(PlannedFault::next(Op::Query, how).of(&case.pay_id)),
            "close" => shop.platform.plan_fault(PlannedFault::next(Op::Close, how).of(&case.pay_id)),
            _ => shop.pay_once(&case).await,
        }
        cases.push(case);
    }
    for how in [AnswerFault::Hangs, AnswerFault::Slow(TOO_LONG)] {
        shop.platform.plan_fault(PlannedFault::next(Op::Create, how));
        shop.platform.plan_fault(PlannedFault::next(Op::Refund, how));
    }
    let starts = join_all(orders.iter().map(|order_id| shop.start(CODE, order_id, order_id)));
    let queries = join_all([&cases[0], &cases[3]].map(|case| shop.query(&case.pay_id)));
    let cancels = join_all([&cases[1], &cases[4]].map(|case| shop.cancel(&case.order_id)));
    let refunds = async {
        for case in [&cases[2], &cases[5]] {
            shop.app.refund(&shop.zs, &case.order_id, &case.order_id).await.expect(202);
        }
        shop.app.settle().await;
    };
    let (starts, queries, cancels, ()) = tokio::join!(starts, queries, cancels, refunds);
    for answer in starts.into_iter().chain(queries).chain(cancels) {
        answer.expect_problem(503, "busy");
    }
    // After so many calls without an answer, only an administrator's query calls the platform, and finds it well.
    for case in [&cases[0], &cases[3]] {
        assert_eq!(shop.query(&case.pay_id).await.expect(200).body["status"], "unpaid");
        shop.pay_once(case).await;
    }
    for order_id in &orders {
        let again = shop.start(CODE, order_id, order_id).await.expect(201);
        assert_eq!(again.body["status"], "closed");
        let other = shop.start(CODE, &format!("{order_id}-other"), order_id).await.expect(201);
        shop.open_checkout(&other).await;
        shop.pay_once(&Case { order_id: order_id.clone(), pay_id: other.text_of("pay_id") }).await;
    }
    for case in [&cases[1], &cases[4]] {
        assert_eq!(shop.platform.trade(&case.pay_id).stage, Stage::Closed);
        shop.assert_order(case, "confirmed", "paying").await;
        shop.cancel(&case.order_id).await.expect(200);
        shop.assert_payment(case, "closed").await;
    }
    shop.app.advance(Duration::from_secs(60)).await;
    for case in [&cases[2], &cases[5]] {
        shop.assert_refunded_once(case).await;
    }
    shop.settle().await;
    shop.finish().await;
}
